"""The world outside: settings, the clock, servers, workers, metrics and logs.

Only a service's ``app``, and what it has beside it to connect with, may ask for it, so that
deciding stays pure. Each folder is a floor and imports only what is below it::

    http | workers | redis     callers | loops of streams | what is served
       |
    kafka                      read topics and write to them, for whoever is no slice worker
       |
    process                    what a service is given before it connects to anything
       |
    law | registry             the catalogue's files | the ids of the schemas
       |
    health | outages | tls     is this process well | the world is away | whom it believes there
    | vitals                   its build, its disk and the size of its state
       |
    settings | clock | metrics | logs

Read ``settings`` and ``process`` first.
"""
