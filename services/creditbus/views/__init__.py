"""What Redis serves: derived, disposable, rebuilt from the topics.

Reads the log of events, standings, directives, acknowledgements, obligations, exposures, refusals,
duplicates, silent effects, dead letters and interventions. Writes Redis. Promises that a view never
goes back to a lower revision, and that an unfinished rebuild is marked as one.
"""
