"""Kafka for whoever is no slice worker (those have the engine): committed records in, records out.

Read ``clients`` first: topics read to their end, and writing in one transaction. ``following``
keeps a small topic at hand beside the work, ``producing`` awaits each record for asyncio services.
``reading`` turns the bytes of records into arrivals, for slice workers too.
"""
