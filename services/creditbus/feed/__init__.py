"""The public feed of exposures.

Reads Redis. Writes HTTP responses, as a snapshot and as changes since it. Promises that a
withdrawal reaches the platform, and that afterwards the feed holds nothing of the subject.
"""
