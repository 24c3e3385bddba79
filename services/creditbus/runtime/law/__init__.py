"""The law's files: read, checked as a whole, and kept under the name of their content.

Read ``catalogue`` first, which makes one edition of a folder; ``calendars`` does so for days, terms
and timers. ``editions`` is the shelf on which each published edition stays.
"""
