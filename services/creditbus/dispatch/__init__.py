"""The directives that follow from a standing, and the ledger of what is owed.

Reads standings and acknowledgements. Writes the directives of each executing body. Promises that
every directive has a basis in force, and stays owed until its executing body acknowledges the
outcome.
"""
