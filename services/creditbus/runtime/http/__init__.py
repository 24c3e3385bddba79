"""HTTP: how a service answers, whom it knows, and how it says no.

Read ``server`` first, the one way to build and run an app. ``credentials`` says who calls, in which
role; ``problems`` which status and words a refusal has; ``persons`` turns an identity number into a
token, before anything else sees it.
"""
