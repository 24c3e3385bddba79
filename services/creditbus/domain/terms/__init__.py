"""Terms: how long something lasts, counted in civil and working days, with every step shown.

Read ``reckonings`` first, the one arithmetic; then the clauses that it is given: ``clauses`` for
disclosure and for the terms of lists, ``timers`` for the authorities' clocks. ``spans`` says how
long the catalogue allows an entry and a window to last. ``words`` writes a reckoning out.
"""
