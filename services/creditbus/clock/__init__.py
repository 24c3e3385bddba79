"""The day turning, as an event.

Reads the civil calendar of Asia/Shanghai. Writes "the day has turned" to every partition of the
log of events. Promises every day once and in order, the missed ones after a stop as well.
"""
