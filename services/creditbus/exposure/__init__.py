"""What the public may see of an entry, and until when.

Reads standings. Writes exposures. Promises that no exposure outlives its entry, and that a natural
person is masked and shown only where a named rule orders publication.
"""
