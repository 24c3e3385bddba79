"""A bus for public credit: agencies state facts, subjects enter and leave lists by law.

It takes each fact once and moves the subject's red and black list entries by the law in force on
the day of the decision. It carries the consequences to the executing bodies that must act on them,
and asks again until each has answered. What it holds is a pure fold of a log of events, so that a
replay gives the same state. The subject never asked to be in it, so the way out is as well made as
the way in.
"""

__version__ = "0.1.0"
