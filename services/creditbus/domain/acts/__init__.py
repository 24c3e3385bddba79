"""Acts: what authorities and registrars state, and why a statement is refused.

Read ``events`` first: the envelope, and the listing and removal of an entry. Each further kind of
act is a module named after its noun, from ``listings`` and ``objections`` to ``revocations``;
``kinds`` names them all together, ``rows`` joins their records to the numbers in ``law.facts``.
``doors`` asks who speaks about whom, ``gates`` whether a listing is lawful, and a no is one of the
``refusals``. ``activations`` tells the log of a new edition.

Acts about an entry move its registers (``entries.registers``); the others are facts about a subject
that burden nobody.
"""
