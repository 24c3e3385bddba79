"""The directives that follow from a standing.

Reads standings. Writes the directives, the lifts among them once more for the express, and the
topics of the bodies that read their own. Promises that every directive has a basis in force.
"""
