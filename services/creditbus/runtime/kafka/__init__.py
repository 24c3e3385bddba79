"""Kafka for whoever is no slice worker (those have the engine): committed records in, records out.

Read ``clients`` first: topics read to their end, and writing in one transaction. ``follower``
keeps a small topic at hand beside the work, ``producer`` awaits each record for asyncio services,
``reach`` tells whether the broker answers.
``arrivals`` turns the bytes of records into them, for slice workers too.
"""
