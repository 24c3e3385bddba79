"""The pages of the operations engineer.

Reads Redis. Writes nothing. Promises that every number is of the instant that the page names, and
that the page says so while the views cannot be read.
"""
