"""The local stack: Kafka, the schema registry and Valkey as supervised processes, from pip alone.

Read ``local.py`` first: it is the order of a start. Nothing here knows a record or a law; topics,
principals and rights come from the table in ``wire.topics``.
"""
