"""What must hold after every crash: outputs, stores, changelog and positions equal the fold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from creditbus.engine import offsets
from creditbus.engine.alarm import Alarm
from creditbus.engine.changelog import Stretch, follow
from creditbus.engine.layout import Layout
from creditbus.engine.store import Store
from tests.crash.run import Run
from tests.integration.engine.words import COUNTS

Rows = dict[bytes, bytes]
Totals = Mapping[str, Sequence[int]]

_ALL = (b"", b"\xff" * 8)
_MARK = b"\0mark"
_MANY = 10_000_000
_NAMED = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """How outputs differ from the fold: each difference is a word with its total."""

    lost: tuple[str, ...]
    repeated: tuple[str, ...]
    disordered: tuple[str, ...]

    @property
    def is_good(self) -> bool:
        """Whether every output is there, once, and in its place."""
        return not (self.lost or self.repeated or self.disordered)

    def __str__(self) -> str:
        return "; ".join(
            f"{len(words)} {what}: {', '.join(words[:_NAMED])}{' ...' * (len(words) > _NAMED)}"
            for what, words in (
                ("lost", self.lost),
                ("repeated or wrong", self.repeated),
                ("out of order", self.disordered),
            )
            if words
        )


def compare(expected: Totals, found: Totals) -> Verdict:
    """Return how the outputs of each word differ from what they must be."""
    due, seen = _counted(expected), _counted(found)
    return Verdict(
        lost=tuple(sorted((due - seen).elements())),
        repeated=tuple(sorted((seen - due).elements())),
        disordered=tuple(
            word
            for word, totals in sorted(expected.items())
            if (there := found.get(word, ())) != totals and sorted(there) == sorted(totals)
        ),
    )


def _counted(totals: Totals) -> Counter[str]:
    return Counter(f"{word}={total}" for word, said in totals.items() for total in said)


def judge(run: Run) -> Verdict:
    """Return how the run's committed outputs differ from the fold's.

    Of a compacted topic only the newest output of each word counts, which is what its readers see.
    """
    expected, found = run.totals, run.outputs()
    if run.is_compacted:
        expected, found = _newest(expected), _newest(found)
    return compare(expected, found)


def _newest(totals: Totals) -> dict[str, list[int]]:
    return {word: [said[-1]] for word, said in totals.items()}


def check(run: Run) -> None:
    """See that the outputs, both states and the positions are the fold's; workers have ended."""
    check_outputs(run)
    check_positions(run)
    if run.play.has_tables:
        check_stores(run)


def check_outputs(run: Run) -> None:
    """See that committed outputs and dead letters are complete, and each of them there once."""
    verdict = judge(run)
    assert verdict.is_good, str(verdict)
    dead = run.read(run.play.dead_letters or "", 1)
    assert sorted(value or b"" for _, value in dead) == sorted(run.buried)


def check_positions(run: Run) -> None:
    """See that the group stands behind the last record of every partition."""
    stands = {source: offset for source, offset in run.standing().items() if offset is not None}
    assert stands == run.ends


def check_stores(run: Run) -> None:
    """See that each partition's store and its changelog agree key by key, and with the fold."""
    counts: dict[str, int] = {}
    for partition, rebuilt in rebuild(run).items():
        for key, value in rebuilt.items():
            if key.startswith(COUNTS.stored(b"")):
                counts[key[len(COUNTS.stored(b"")) :].decode()] = int(value)
        current = _current_stores(run, partition)
        assert current or not rebuilt, f"no store of partition {partition} is at the end"
        for rows in current:
            assert rows == rebuilt, f"partition {partition}"
    assert counts == {word: count for word, count in run.counts.items() if count}


def rebuild(run: Run) -> dict[int, Rows]:
    """Return the rows of each partition as the engine restores them into an empty store."""
    places = [(run.changelog, partition) for partition in range(run.partitions)]
    ends, found = offsets.log_ends(run.admin, places), dict[int, Rows]()
    for topic, partition in places:
        store = Store(run.folder / "rebuilt" / str(partition))
        stretch = Stretch(
            topic=topic,
            partition=partition,
            start=0,
            end=ends[topic, partition],
            layout=Layout(),
            at=0,
        )
        open_reader = partial(run.connection.reader, run.play.application, Alarm())
        assert follow(open_reader, store, stretch, tables=(), go_on=lambda _: True, alarm=Alarm())
        found[partition] = rows_of(store)
        store.close()
    return found


def rows_of(store: Store) -> Rows:
    """Return everything in a store but its mark."""
    return {key: value for key, value in store.scan(*_ALL, _MANY) if key != _MARK}


def _current_stores(run: Run, partition: int) -> list[Rows]:
    """Return the rows of the partition's stores that are at the end, whoever holds them.

    A worker that gave the partition away keeps a store that is behind.
    """
    found = []
    for folder in sorted(Path(run.play.folder).glob(f"*/p{partition}")):
        store = Store(folder)
        source = (run.sources[0], partition)
        if store.position(source[0]) == run.ends.get(source):
            found.append(rows_of(store))
        store.close()
    return found
