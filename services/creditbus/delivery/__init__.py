"""What every body owes, and the carrying of it by webhook; what sources are told, by webhook too.

Reads directives, acknowledgements, interventions and its own attempts. Writes what became of each
obligation, webhooks, attempts and, into the body's inbox, its answers. Promises that what is owed
is delivered at least once until its outcome is acknowledged, and that nothing delays a lift.

One of its workers also reads from Redis what became of the records of sources that have a webhook,
and writes there how far each was told. No directive waits for that.
"""
