"""The pages of the operations engineer.

Reads Redis, what every process says of itself, of a dead letter the bytes that were sent and, where
one is named, who an OpenID provider says has come.
Writes interventions, and then what they are about: a record into its inbox once more, a wish into a
worker's folder. Promises that every number is of the instant that the page names, that the page
says so while the views cannot be read, and that nothing is done before it is on record.
"""
