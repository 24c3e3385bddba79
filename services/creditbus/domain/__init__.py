"""The nouns of public credit and their laws: pure values, no clock, no connection.

Read ids and subjects first, then the catalogue, events and what an event does to a standing.
"""
