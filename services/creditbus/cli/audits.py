"""``creditbus audit``: law 1 for every inbox, counted from the topics, and what is still owed."""

from __future__ import annotations

from rich.table import Table

from creditbus.audit.app import TopicReader
from creditbus.audit.decide import Sum, total
from creditbus.cli.faults import fail, told
from creditbus.cli.instants import Since, since_ms
from creditbus.cli.places import Home, auditor
from creditbus.cli.prints import give, say, show


@told
def audit(since: Since = "", home: Home = None) -> None:
    """Count what became of every record, and whether every directive was settled.

    With --since: of the records received since then, and the directives stated since then.
    """
    process = auditor(home)
    reader = TopicReader(process, since_ms(since, process.clock.now()))
    sums, reconciliation = reader.sums(), reader.reconciliation()
    rows = [*sums, total(sums)]
    give({"sums": rows, "reconciliation": reconciliation})
    table = Table("party", "received", "applied", "duplicate", "refused", "dead", "open")
    for row in [*filter(_says_something, sums), rows[-1]]:
        counts = (row.received, row.applied, row.duplicate, row.refused, row.dead, row.open)
        table.add_row(row.party, *(str(count) for count in counts))
    show(table)
    silent = sum(not _says_something(row) for row in sums)
    if silent:
        say(f"{silent} more parties have sent nothing")
    say(
        f"{reconciliation.obligations} obligations, {reconciliation.settled} settled, "
        f"{reconciliation.owed} owed"
    )
    if not (total(sums).adds_up and reconciliation.adds_up):
        fail("something is open, counted twice or owed: ask again when the bus is idle")


def _says_something(row: Sum) -> bool:
    """Whether a party sent anything, or something is counted for it that it did not send."""
    return any((row.received, row.applied, row.duplicate, row.refused, row.dead, row.open))
