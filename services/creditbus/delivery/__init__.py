"""The carrying of directives to executing bodies by webhook.

Reads the directives of each executing body and the acknowledgements. Writes webhooks, attempts and,
into the body's inbox, its answers. Promises at least one delivery of what is owed, and that a burst
of applies delays no lift.
"""
