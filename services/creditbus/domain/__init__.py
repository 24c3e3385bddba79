"""The nouns of public credit and their laws: pure values, no clock, no connection.

Read ids and subjects first, then the catalogue and events; then registers, transitions and stages:
what was said of an entry, how an act changes that, and what follows on a day.
"""
