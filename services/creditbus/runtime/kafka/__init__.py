"""Kafka for whoever is no slice worker (those have the engine): committed records in, records out.

Read ``clients`` first: topics read to their end. ``stretches`` passes what cannot be fetched, and
``batches`` tells how far that reaches. ``inflow`` and ``follower`` read on beside the work: many
records at once, or a small topic whole.

``written`` is a record to be written: with others in one of the ``transactions``, or alone by
``appends``, with no marker behind it. ``producer`` awaits each record for asyncio services.
``reach`` tells whether the broker answers.

``arrivals`` turns the bytes of records into them, and ``beginnings`` carries along how each came
in; both are for slice workers too.
"""
