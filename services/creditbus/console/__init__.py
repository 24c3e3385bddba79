"""The pages of the operations engineer.

Reads Redis and the health of the services. Writes events with an actor, for every action. Promises
that what needs two people is never done by one.
"""
