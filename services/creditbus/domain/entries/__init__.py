"""Entries: what all acts together make of a subject's place on the lists, on any day.

Read ``entry`` first, which is what everybody sees. Then the way there: ``registers`` keep what each
kind of act last said, ``transitions`` say how an act changes them, ``dossiers`` hold all of a
subject. From a dossier and a day follow the authorities' ``deadlines``, the ``limits`` of a term,
what ends it (``endings``), the stage of each entry (``stages``), and the whole ``standings``.
A published one is aged by `standings.settle`; ``notes`` keep the facts that move no entry.
"""
