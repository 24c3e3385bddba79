"""Effects: what follows from a standing for the subject and for those who act on it.

Read ``measures`` first: which measures an active entry asks for, by the catalogue alone. Then
``directives``, what an executing body is told and what it acknowledges; ``checks``, the answer to
"may this subject do this?"; and ``exposures``, what is shown to the public.
"""
