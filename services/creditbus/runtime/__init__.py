"""The world outside: settings, the clock, servers, workers, metrics and logs.

Only a service's ``app``, and what it has beside it to connect with, may ask for it, so that
deciding stays pure. Each folder is a floor and imports only what is below it::

    interventions              what a person does to the bus itself, on record before it is done
       |
    http | workers | redis     callers | loops of streams | what is served
       |
    kafka                      read topics and write to them, for whoever is no slice worker
       |
    process                    what a service is given before it connects to anything
       |
    law | registry | traces    the catalogue's files | ids of schemas | what one event sets going
       |
    health | outages | tls     is this process well | the world is away | whom it believes there
    | vitals                   its build, its disk and the size of its state
       |
    settings | clock | tasks   the environment | the time | how what runs beside the work ends
    | metrics | logs           figures | lines
    | interpreter              which Python runs
    | attestations             how the gateway vouches for a record to intake
    | whole_files              files that nobody reads half of

Read ``settings`` and ``process`` first.
"""
