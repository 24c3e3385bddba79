"""The law as data: which lists, bases, measures and authorities there are, and since when.

Read ``catalogue`` first, whose rows are all that the other floors ask; then ``editions``, the
catalogue over time. ``facts`` numbers the kinds of event, ``articles`` holds what more than one
place cites. ``review`` reports the rows that cannot be right, by what ``never`` forbids too;
``differences`` and ``explanations`` put two editions, and one measure, into words.
"""
