"""Acts: what authorities and registrars state, and why a statement is refused.

Read ``events`` first: the envelope, the classes by what an act reaches, and the listing and removal
of an entry. Each further kind of act is in a module named after its noun, from ``listings`` and
``objections`` to ``revocations``; what a kind means is its row in ``kinds``.
``doors`` asks who speaks about whom, ``gates`` whether a listing is lawful, and a no is one of the
``refusals``. ``activations`` tells the log of a new edition.

Acts about an entry move its registers (``entries.registers``); the others are facts about a subject
that burden nobody.
"""
