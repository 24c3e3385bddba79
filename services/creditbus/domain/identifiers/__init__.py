"""Codes of organisations and persons: one module for each kind, each with one ``Scheme``.

A scheme brings a code into its one form, names the checks that it passed and the one that it
failed, and may suggest what was meant. It never mends a wrong letter by itself.
"""
