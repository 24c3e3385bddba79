"""The door for those who come by HTTP.

Reads HTTP requests, and refusals from Redis. Writes the inbox of the source or body that
was authenticated. Promises a receipt only after the broker has acknowledged the record, and no
natural person's number beyond this point.
"""
