"""Redis: what views keeps in it, and what query, feed, gateway and console read from it.

Read ``served`` first, the values and their places; then ``writes``, which writes them with the
script ``writes.lua``, and ``reads``, which reads them or raises that it cannot say.
"""
