"""The law of public credit as pure values and functions: no clock, no connection.

Each folder is a floor and imports only what is below it, so it is read from the ground up::

    accounts              why a subject stands as it does, with every act and article
       |
    effects               what follows: measures, directives, checks, exposures
       |
    entries | aliases     what stands, moved by acts | whom an old code stands for
       |
    acts                  what authorities state, and what is refused of it
       |
    terms                 how long, until when, and by which arithmetic
       |
    law                   the catalogue: lists, bases, measures, their editions
       |
    subjects              who is spoken of
       |
    ids | identifiers | calendar

Whoever wants to know one thing begins on its floor: why an entry ended in ``entries.endings``, why
an act was refused in ``acts.gates``, what a body must do in ``effects.measures``.
"""
