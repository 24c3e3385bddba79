"""The door for those who come by HTTP.

Reads HTTP requests and, from Redis, what became of a source's records. Writes the inbox of the
source or body that was authenticated; into Redis what it answered and was announced, which may be
lost. Promises a receipt only after the broker has acknowledged the record, and no natural person's
number beyond this point.
"""
