"""The admission of what lies in the inboxes.

Reads the inboxes and the aliases, and asks Redis whom record ids have named. Writes admitted
events, acknowledgements, refusals and dead letters. Promises that every record of an inbox comes
out exactly once, as one of these, with its origin.
"""
