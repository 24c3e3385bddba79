"""Redis: what views keeps in it, and what query, feed, gateway and console read from it.

Read ``served`` first, the values and their places; then ``storing``, which writes them with the
script ``storing.lua``, and ``serving``, which reads them or raises that it cannot say.
"""
