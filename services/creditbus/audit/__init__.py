"""The proof that nothing was lost and nothing invented.

Reads the inboxes and all that intake and listing wrote. Writes one line for each inbox. Promises
to fail wherever received is not applied + duplicate + refused + dead.
"""
