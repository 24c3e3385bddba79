"""What the public may see of an entry, and until when.

Reads standings. Writes exposures. Promises that no exposure outlives its entry, and that a person
is never exposed (decision 0006).
"""
