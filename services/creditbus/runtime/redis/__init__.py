"""Redis: what views keeps in it, what query, feed, gateway and console read, and what may be lost.

Read ``served`` first, the values and their places; then ``writes``, which writes them with the
script ``writes.lua``, and ``reads``, which reads them or raises that it cannot say. On ``reads``
stand ``pages`` (long views a page at a time), ``fates`` (what became of a record) and ``numbers``
(of a source's running numbers, those that never came). ``tail`` reads the exposures once for all
who follow, ``told`` the fates. ``recall`` asks for both doors, within a bound, whom records have
named.

What no topic says lies here too, and may be lost: ``repeats``, ``inventories`` and
``announcements`` for the gateway alone, ``errands`` for delivery.
"""
