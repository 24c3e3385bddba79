"""The moving of entries on and off lists, and the register of old codes.

Reads the log of events. Writes standings, aliases, refusals, duplicates, what counts in silence,
and dead letters. Promises that a list changes only by an event with a legal act behind it or by a
lawful expiry, that a repeat changes nothing, and that of every act something is told.
"""
