"""Accounts: why a subject stands as it does on a day, down to the document and the article.

Read ``account`` first, the values; then ``assembly``, which makes one from a dossier and the law
with ``deeds`` (the acts that are cited) and ``courses`` (how long an entry runs). ``words`` writes
an account in Chinese and English, with the sentences of ``messages``.
"""
