"""The official spreadsheets as they come: the court list, penalties and permits.

Read ``files`` first: a file becomes acts and faults. Below it a row becomes an act
(``court_lists``, ``decisions``), the headers say which table it is (``headers``, ``layouts``), and
a workbook or a text becomes rows of texts within bounds (``workbooks``, ``archives``, ``extents``,
``texts``, ``cells``). What is said of any of it is a ``Sentence`` in two languages.
"""
