"""The law's decisions, a row a scenario: through intake, listing, dispatch and exposure.

A row is what was said, in its order, and what is lawful after it: where the entry is, whether the
public sees it, whether a body still owes its measure, what was refused by which article. Each is
lived with a seed: slices are cut and decisions lost by chance meanwhile.
"""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from creditbus.domain.acts.refusals import Reason
from creditbus.domain.effects.directives import Action
from creditbus.domain.entries.entry import Entry
from creditbus.domain.law.catalogue import Publication
from creditbus.domain.subjects import is_person, kind_of
from tests.examples import BID_LIST, a_bid_bar, a_catalogue, a_removal
from tests.simulation.bus import Bus
from tests.simulation.city import Submitted
from tests.simulation.scenarios import decisions, performance, powers, subjects, terms
from tests.simulation.scenarios.rows import Row

SEEDS: Final = (1,)
TABLES: Final = {
    "1 powers": powers.ROWS,
    "2, 3 terms": terms.ROWS,
    "4 performance": performance.ROWS,
    "5 decisions": decisions.ROWS,
    "6 subjects": subjects.ROWS,
}
ROWS: Final[dict[str, Row]] = {
    f"{point}: {scenario}": row for point, rows in TABLES.items() for scenario, row in rows.items()
}


def lived(row: Row, seed: int, folder: Path) -> Bus:
    """Return a bus after what was said, each thing decided before the next, and a day turned."""
    with Bus(seed, folder) as bus:
        bus.turn()
        for said in row.said:
            if isinstance(said, date):
                bus.days = (said - bus.begins_on - timedelta(days=1)).days
                bus.turn()
            else:
                person = is_person(kind_of(said.envelope.subject_id))
                bus.submit(Submitted(said.envelope.source, said, attested=person))
            bus.work_off()
        if not isinstance(row.said[-1], date):
            bus.turn()
            bus.work_off()
    return bus


def the_entry(bus: Bus, row: Row) -> Entry | None:
    acts: list[Any] = [each for each in row.said if not isinstance(each, date)]
    standing = bus.standings().get(acts[0].envelope.subject_id)
    entries = standing.entries if standing is not None else ()
    assert len(entries) <= 1, "no row makes two entries, or one that nobody listed"
    assert all(entry.list_id == list_of(row) for entry in entries), "no removal renames a list"
    return entries[0] if entries else None


def list_of(row: Row) -> str:
    """Return the list that the first listing or notice names, else the first act at all."""
    acts: list[Any] = [each for each in row.said if not isinstance(each, date)]
    listed = [each for each in acts if type(each).__name__ in {"EntryListed", "EntryNoticed"}]
    name: str = (listed or acts)[0].list_id
    return name


@pytest.mark.parametrize("name", ROWS)
@pytest.mark.parametrize("seed", SEEDS, ids="SEED={}".format)
def test_the_lawful_outcome(name: str, seed: int, tmp_path: Path) -> None:
    row = ROWS[name]
    bus = lived(row, seed, tmp_path)
    entry = the_entry(bus, row)
    assert (entry.stage if entry is not None else "") == row.stage
    if entry is not None:
        assert (entry.disputed, entry.removal_cause) == (row.disputed, row.cause)
        assert entry.overdue == row.overdue
        if row.ends_on is not None:
            assert entry.ends_at is not None
            assert (entry.ends_at + timedelta(hours=7)).date() == row.ends_on
    articles = [each.article for each in bus.refusals]
    assert len(articles) == len(row.refused)
    assert all(
        found.startswith(wanted) for found, wanted in zip(articles, row.refused, strict=True)
    )
    if row.told:
        assert bus.refusals[-1].field == row.told
    what_follows(bus, row)


def what_follows(bus: Bus, row: Row) -> None:
    """Assert that the public sees and the bodies owe what is in effect, and no more."""
    definition = a_catalogue().lists.get(list_of(row))  # type: ignore[call-overload]
    is_active = row.stage == "ACTIVE"
    is_shown = definition is not None and definition.publication is Publication.COURT
    assert bool(bus.public) == (is_shown and is_active)
    newest = {each.obligation_id: each.action for each in bus.directives()}
    if list_of(row) == BID_LIST and newest:
        assert set(newest.values()) == {Action.APPLY if is_active else Action.LIFT}
    if is_active and list_of(row) == BID_LIST:
        assert newest, "a bar that counts is carried out"


def test_every_point_has_its_rows_and_every_row_its_article() -> None:
    assert len(ROWS) >= 40
    assert all(row.law for row in ROWS.values()), [name for name in ROWS if not ROWS[name].law]
    assert min(map(len, TABLES.values())) >= 5


def test_a_refused_act_takes_no_revision_of_a_record(tmp_path: Path) -> None:
    """Who got the power later, or mends the record, may use the revision that was refused."""
    bid = a_bid_bar()
    wrong = a_removal(source="tender", record_id=bid.envelope.record_id)
    right = msgspec.structs.replace(wrong, list_id=bid.list_id)
    row = Row(said=(bid, wrong, right), stage="REMOVED")
    bus = lived(row, 1, tmp_path)
    entry = the_entry(bus, row)
    assert entry is not None
    assert (entry.stage, entry.record_revision) == ("REMOVED", 2)
    assert [each.reason for each in bus.refusals] == [Reason.SOURCE_NOT_COMPETENT]
