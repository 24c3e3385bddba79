"""Aliases: whom an old code stands for, by what registrars claim.

Read ``claims`` first, the fold of what was said of one code, and when it is in conflict; then
``resolution``, which answers for a code on a day. ``namesakes`` are records whose id has named
another subject.
"""
