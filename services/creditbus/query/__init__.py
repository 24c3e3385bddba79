"""The answers to checks.

Reads Redis. Writes the record of who asked what for which purpose. Promises that nothing is
answered for an unknown purpose, that an expired entry is not listed, and that a wrong answer is
never given for want of a right one: 503 instead.
"""
