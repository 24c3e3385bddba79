"""The stream engine: slices of records in; outputs, state and position out, all in one transaction.

It knows topics, tables, slices and bytes, and nothing of credit. Start at ``worker`` (what
``app.py`` builds), then ``loop`` (one turn), ``checkpoint`` (what makes a turn durable) and
``restore`` (how a partition comes back). ``values`` is the part that a pure ``decide`` may import.
"""
