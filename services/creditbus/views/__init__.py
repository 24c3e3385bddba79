"""What Redis serves: derived, disposable, rebuilt from the topics.

Reads standings, directives, acknowledgements, attempts, exposures, refusals, duplicates and dead
letters. Writes Redis. Promises that a view never goes back to a lower revision, and that an
unfinished rebuild is marked as one.
"""
