"""The generated pages of the docs: each written from the declaration that it describes.

`python -m tests.tidy.pages` in the project's folder writes them; `test_generated.py` fails while
one is stale. A table that is copied by hand is wrong after the next change.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from pathlib import Path
from textwrap import wrap
from typing import Final

import msgspec
from pydantic.fields import FieldInfo

from creditbus.bench.history import HISTORY, HistoryLine, load
from creditbus.bench.rows import table
from creditbus.domain.acts.kinds import KINDS, Kind
from creditbus.domain.law.never import SPARED_EN
from creditbus.domain.law.numbers import NOT_CARRIED, NUMBERS
from creditbus.domain.terms.reckonings import Bound, Clause
from creditbus.domain.terms.words import length_in_words
from creditbus.runtime.law.calendars import load_terms, load_timers
from creditbus.runtime.law.catalogue import load_draft
from creditbus.runtime.metrics import METRICS, Metric
from creditbus.runtime.settings import PREFIX, Settings
from creditbus.sdk.pins import STATED
from creditbus.wire.schemas import load_schemas, meaning_hash
from creditbus.wire.topics import DAY_MS, YEAR_MS, Topic, topics
from tests.crash.programme import CHAPTERS
from tests.crash.scenarios import Chapter
from tests.exercises import page as exercises
from tests.exercises.programme import CHAPTERS as EXERCISES
from tests.kubernetes import manifests
from tests.monitoring import dashboards, levels
from tests.siege import blows
from tests.siege.programme import CHAPTERS as DOORS
from tests.tidy import chart, explaining, sources
from tests.tidy.catalogue_rows import list_row, measure_row
from tests.tidy.field_rows import FILES, field_rows
from tests.tidy.power_rows import power_rows, role_rows
from tests.tidy.sources import Source

COMMAND: Final = ".venv/bin/python -m tests.tidy.pages"
EXPORTED: Final = {"counter": "_total"}
_SLOW_PROBE_MS: Final = 200.0  # the machine of the first figures took 90 to 160


def topics_page() -> str:
    """Return the page of topics; one source and one executing body stand for all."""
    rows = [_topic_row(topic) for topic in topics(["<source>"], ["<body>"])]
    head = (
        "topic",
        "key",
        "partitions",
        "kept",
        "largest record",
        "records",
        "written by",
        "read by",
    )
    return _page(
        "Topics",
        "services/creditbus/wire/topics.py",
        (
            "Every topic of the bus. `<source>` and `<body>` stand for each id of the catalogue.",
            "Writers and readers are principals of the broker: what is not named here is refused.",
            "`creditbus topics check` compares a running broker with this table.",
        ),
        _table(head, rows),
    )


def metrics_page() -> str:
    """Return the page of metrics by the names under which they are scraped."""
    return _page(
        "Metrics",
        "services/creditbus/runtime/metrics.py",
        (
            "Every metric that a process exports at `/metrics`. Each process declares all of them,",
            "so a gauge without labels is 0 where it means nothing: ask for it by service.",
            "A histogram has `_bucket`, `_sum` and `_count`. No label ever holds a subject.",
            "Memory, processor time, open files and the start of a process are `process_…`.",
        ),
        _table(
            ("metric", "kind", "labels", "what it says"), [_metric_row(each) for each in METRICS]
        ),
    )


def events_page() -> str:
    """Return the page of the kinds of event, and of the records that carry them."""
    return _page(
        "Events",
        "services/creditbus/domain/acts/kinds.py",
        (
            "Every kind of event that a source may state: its record, what it reaches, the",
            "register that it moves, and whether it burdens its subject or eases what lies on it.",
            "A record's fields are in `schemas/avro/<record>`, with an example of each version.",
            "A source is registered for the law's numbers; [powers](powers.md) say who may state",
            "what.",
        ),
        [
            *_table(
                ("record", "in words", "reaches", "moves", "weighs", "numbers"),
                [_kind_row(kind) for kind in KINDS.values()],
            ),
            "",
            *_table(
                ("number", "what happens", "record"),
                [_event_row(number) for number in NUMBERS if _carriers(number)],
            ),
        ],
    )


def settings_page() -> str:
    """Return the page of settings by the names of their environment variables."""
    fields = Settings.model_fields.items()
    return _page(
        "Settings",
        "services/creditbus/runtime/settings.py",
        (
            "Every setting, as an environment variable. An unknown one that begins with",
            f"`{PREFIX}` stops the start. `creditbus up` gives each service what it needs;",
            "whoever starts one otherwise sets what differs from the default.",
        ),
        _table(
            ("setting", "default", "what it is"),
            [_setting_row(name, each) for name, each in fields],
        ),
    )


def deadlines_page() -> str:
    """Return the page of timers and terms, each with its source."""
    folder = sources.ROOT / "deploy" / "catalogue"
    timers, terms = load_timers(folder), load_terms(folder)
    rows = [
        *(_clause_row(each, each.begins, each.actor) for each in timers.values()),
        *(_clause_row(each, each.clock_start, "-") for each in terms.values()),
    ]
    return _page(
        "Deadlines",
        "deploy/catalogue",
        (
            "Every clock of the law that the bus knows, from `timers.toml` and `terms.toml`.",
            "The day that begins one is not counted.",
            "`off`: nobody has settled what the rule means, so it binds nobody.",
            "[How to work one out](howto/deadlines.md) tells more.",
        ),
        _table(("id", "what", "how long", "from", "who", "source"), rows),
    )


def benchmarks_page() -> str:
    """Return the page of the last recorded figures of every benchmark."""
    latest: dict[tuple[object, ...], HistoryLine] = {}
    for entry in load(sources.ROOT / HISTORY):
        row = entry.row
        # How many rows a recovery finds differs a little each time: a run is of one magnitude.
        size = f"{row.events:.0e}" if row.offered is None else ""
        # A machine half as fast is another one: its figures stand beside, not instead.
        is_slow = row.extra.get("probe_ms", 0.0) > _SLOW_PROBE_MS
        key = (row.name, row.workers, size, row.offered, is_slow)
        latest.pop(key, None)
        latest[key] = entry
    sessions: dict[str, list[HistoryLine]] = {}
    for entry in latest.values():
        sessions.setdefault(entry.commit, []).append(entry)
    entries = list(chain.from_iterable(sessions.values()))
    head, lines = table([[entry.row for entry in session] for session in sessions.values()])
    rows = [
        (f"`{line[0]}`", *line[1:], entry.commit, entry.day)
        for line, entry in zip(lines, entries, strict=True)
    ]
    machines = {f"{entry.cores} cores of {entry.processor}" for entry in entries}
    versions = entries[-1].versions.items() if entries else ()
    return _page(
        "Benchmarks",
        str(HISTORY),
        (
            "The last recorded figures of each benchmark, on a fast machine and on a slow one:",
            "`probe_ms` is the time of a fixed piece of work beside the run, so 330 is about a",
            "third of the speed of 110. Trust ratios more than digits: broker, load and workers",
            "share the machine. `of bare` and `x faust` compare runs of one commit.",
            "`creditbus bench --help` lists all benchmarks, `--record` appends to the history,",
            "`make bench` runs what an engine is judged by.",
            "Only rows with at most half a core of other work beside them are kept, so some lack.",
            "",
            "![Events a second by commit](benchmarks.svg)",
            "",
            f"Measured on {'; '.join(sorted(machines))}, with",
            f"{', '.join(f'{name} {number}' for name, number in versions)}.",
        ),
        _table((*head, "commit", "day"), rows),
    )


def crashes_page() -> str:
    """Return the page of failures: what is struck, what happens, what a reader sees."""
    told = [line for chapter in CHAPTERS for line in _chapter(chapter)]
    told += ["## Doors that are struck from outside", "", *DOORS_SENTENCES, ""]
    told += [line for chapter in DOORS for line in _door(chapter)]
    return _page(
        "Crashes",
        "tests/crash` and `tests/siege",
        (
            "What strikes the workers of the stream engine in `make crash`, and what comes of it.",
            "After each: the outputs, as a reader of committed records sees them, are those of a",
            "plain fold, none missing, repeated or out of order; the stores equal the changelog",
            "key by key; the group stands at the end. A stock Faust agent, killed likewise, is",
            "seen to lose outputs.",
            "",
            "`make crash SEEDS=10` plays each with ten seeds, `make crash SEED=7 ARGS='-k zombie'`",
            "some with one. Those marked * are played by every `make test`. Readers see nothing of",
            "a crash but a pause, unless a row says otherwise.",
        ),
        told,
    )


def _chapter(chapter: Chapter) -> list[str]:
    rows = [
        (
            f"`{each.name}`{' *' if each.is_short else ''}",
            each.strikes,
            each.then,
            each.readers,
        )
        for each in chapter.scenarios
    ]
    return [f"## {chapter.title}", "", *_table(("scenario", "struck", "then", "readers"), rows), ""]


DOORS_SENTENCES: Final = (
    "`make siege` strikes every door with what one party may send or leave undone, on the whole",
    "bus, while others stand by: an agency that lists and removes, a caller at every HTTP door.",
    "After each blow no record is lost, no process has ended, and no bystander has got an error",
    "or waited more than twice as long at the 99th percentile (a wait under 1 s at a door, or 2 s",
    "on the way to a webhook, is never too long), unless a row says otherwise. Those marked * are",
    "played by every `make test`; `make siege SEED=7 ARGS='-k flood'` plays some.",
)


def _door(chapter: blows.Chapter) -> list[str]:
    rows = [
        (f"`{each.name}`{' *' if each.is_short else ''}", each.strikes, each.then, each.others)
        for each in chapter.blows
    ]
    return [f"### {chapter.title}", "", *_table(("blow", "struck", "then", "others"), rows), ""]


def exercises_page() -> str:
    """Return the page of exercises: each runbook as it was last played, with its seconds."""
    last = exercises.recorded(sources.ROOT / exercises.RECORD)
    head = ("exercise", "runbook", "befalls", "then", *exercises.COLUMNS)
    told: list[str] = []
    for chapter in EXERCISES:
        told += [f"## {chapter.title}", "", *_table(head, exercises.rows_of(chapter)), ""]
    return _page(
        "Exercises",
        "tests/exercises",
        (
            "What `make exercise` does to a bus in use, and how its runbook puts it right: every",
            "command is typed as the runbook has it. Meanwhile an agency lists firms and takes",
            "them off again, executing bodies act, and somebody asks about two firms ten times a",
            "second. Afterwards nothing may be lost (open or owed), nothing repeated (counted or",
            "acted on twice), nothing stale (an older act after a newer one, a wrong answer).",
            "`seconds` is from the blow until all is settled; the silences beside it are the",
            "longest time without an answer to a check, and without a directive at any body.",
            "One that was broken off says nothing and is not on record: `not played yet` means",
            "that its function has not come to its end so far. `ARGS=--record` puts a run on it.",
            "",
            f"Played on {last.day}, on {last.machine}, with other work beside it.",
        ),
        told,
    )


def catalogue_page() -> str:
    """Return the page of lists and measures: basis, term, reach, and whether they are in use."""
    catalogue = load_draft(sources.ROOT / "deploy" / "catalogue")[0].catalogue
    lists = [list_row(row, catalogue) for row in catalogue.lists.values()]
    measures = [measure_row(row, catalogue) for row in catalogue.measures.values()]
    return _page(
        "Lists and measures",
        "deploy/catalogue",
        (
            "Every list and measure of the catalogue, with the law that it rests on. What is off",
            "says why in its note; `creditbus catalogue explain A13` tells one measure whole.",
            *wrap(f"No measure may ever touch: {SPARED_EN}.", 100),
        ),
        [
            *("## Lists", ""),
            *_table(("list", "name", "kind", "basis", "term", "persons", "state", "note"), lists),
            *("", "## Measures", ""),
            *_table(
                ("measure", "name", "follows from", "basis", "human decides", "state", "note"),
                measures,
            ),
        ],
    )


def fields_page() -> str:
    """Return the page of the fields: what each decides, and the functions that read it."""
    told: list[str] = []
    for part, file in FILES.items():
        head = ("field", "what", "decides", "how", "read by")
        told += [f"## {part}: `{file}`", "", *_table(head, field_rows(part)), ""]
    return _page(
        "Fields of the catalogue",
        "services/creditbus/domain/law/fields.py",
        (
            "Every field that a lawyer may write, and what is another once it is changed. The last",
            "column is read off the program: the functions of `services/creditbus` that read the",
            "field. `decides`: an outcome follows from it; `tells`: somebody is told what it says;",
            "`checks`: a catalogue is not loaded that says something wrong.",
            "`creditbus catalogue check` says of each field that differs what it decides.",
        ),
        told,
    )


def powers_page() -> str:
    """Return the page of who may state which kind of act, about an entry on which list."""
    catalogue = load_draft(sources.ROOT / "deploy" / "catalogue")[0].catalogue
    return _page(
        "Powers",
        "deploy/catalogue/powers.toml",
        (
            "Who may state which kind of act. What is not named here is refused, eases included,",
            "with the article of its row: it moves nothing, whatever its revision or its day.",
            "A row with a list holds for entries on that list, in the place of the one above it.",
            "[Change the law](howto/change-the-law.md) says how a row is changed.",
        ),
        [
            *_table(("kind of act", "about", "who", "article"), power_rows(catalogue)),
            *("", "## Who is who", ""),
            "Whoever decided an entry is the source of the record that listed it, as long as it",
            "keeps the list; of a document that fell, its issuer. The other roles:",
            "",
            *_table(("role", "who has it"), role_rows(catalogue)),
        ],
    )


def explain_page() -> str:
    """Return the page that explains five histories, each folded anew."""
    return _page(
        "Explain a subject",
        "tests/explained.py",
        explaining.SENTENCES,
        [*_table(("option", "what it does"), explaining.OPTIONS), *explaining.told()],
    )


PAGES: Final[dict[str, Callable[[], str]]] = {
    "docs/events.md": events_page,
    "docs/topics.md": topics_page,
    "docs/metrics.md": metrics_page,
    "docs/settings.md": settings_page,
    "docs/benchmarks.md": benchmarks_page,
    "docs/deadlines.md": deadlines_page,
    "docs/crashes.md": crashes_page,
    "docs/exercises.md": exercises_page,
    "docs/catalogue.md": catalogue_page,
    "docs/fields.md": fields_page,
    "docs/powers.md": powers_page,
    "docs/howto/explain.md": explain_page,
}


def pins_file() -> str:
    """Return the versions that the SDK writes, each with the hash of its schema."""
    newest = load_schemas(sources.ROOT / "schemas" / "avro").newest
    pins = {
        record: {"version": newest[record].version, "sha256": meaning_hash(newest[record].text)}
        for record in sorted(STATED)
    }
    return json.dumps(pins, indent=1) + "\n"


PINS: Final = "services/creditbus/sdk/pins.json"
"""No page, and written with them, because a schema that is added makes it stale as well."""

BESIDE: Final[dict[str, Callable[[], str]]] = {
    PINS: pins_file,
    levels.PATH: levels.rules,
    **dashboards.FILES,
    **manifests.FILES,
}
"""What is no page and is written with them."""


def stale(page: Source) -> list[str]:
    """Complain about a page that is not what its declaration gives now."""
    if page.text == PAGES[page.path]():
        return []
    return [page.at(1, f"stale: `{COMMAND}` writes it anew")]


def write(root: Path) -> list[str]:
    """Write the pages that are stale or missing, and return their names."""
    written = []
    for name, made in {**PAGES, **BESIDE}.items():
        path, text = root / name, made()
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            written.append(name)
    return written


def _topic_row(topic: Topic) -> Sequence[str]:
    return (
        f"`{topic.name}`",
        topic.key,
        str(topic.partitions),
        _kept(topic),
        f"{topic.max_bytes // 1024} KiB",
        _names(topic.records),
        _names(topic.writers),
        _names(topic.readers),
    )


def _kept(topic: Topic) -> str:
    if topic.compact:
        return "the last of each key"
    if topic.retention_ms is None:
        return "for ever"
    years, rest = divmod(topic.retention_ms, YEAR_MS)
    if rest:
        return f"{topic.retention_ms // DAY_MS} days"
    return f"{years} year{'s' if years > 1 else ''}"


def _kind_row(kind: Kind) -> Sequence[str]:
    words = f"{kind.en}<br>{kind.zh}"
    moves = f"`{kind.moves}`" if kind.moves else "-"
    return f"`{kind.record}`", words, kind.reach, moves, kind.weighs, _names(kind.numbers)


def _event_row(number: str) -> Sequence[str]:
    return f"`{number}`", NUMBERS[number], _carriers(number)


def _carriers(number: str) -> str:
    """Return the records that carry a number, or where else it is; empty for the bus's own."""
    records = [kind.record for kind in KINDS.values() if number in kind.numbers]
    return NOT_CARRIED.get(number) or (_names(records) if records else "")


def _metric_row(metric: Metric) -> Sequence[str]:
    name = f"creditbus_{metric.name}{EXPORTED.get(metric.kind, '')}"
    return f"`{name}`", metric.kind, _names(metric.labels), metric.sentence


def _setting_row(name: str, field: FieldInfo) -> Sequence[str]:
    return f"`{PREFIX}{name.upper()}`", _default(field), field.description or ""


def _clause_row(clause: Clause, begins: str, actor: str) -> Sequence[str]:
    sign = "at least " if clause.bound is Bound.AT_LEAST else ""
    moves = ", moves off a day off" if clause.moves else ""
    until = f"; until {clause.in_force_to}" if clause.in_force_to is not None else ""
    return (
        f"`{clause.id}`" + ("" if clause.enabled else " off"),
        f"{clause.name_zh}<br>{clause.name_en}",
        f"{sign}{length_in_words(clause.length, 'en')}{moves}",
        begins.replace("_", " "),
        actor,
        f"{clause.document} {clause.article}{until}",
    )


def _default(field: FieldInfo) -> str:
    match field.default:
        case "" | None:
            return "none"
        case Path() as path:
            return f"`{path.as_posix()}`"
        case str() as text:
            return f"`{text}`"
        case value:
            return f"`{msgspec.json.encode(value).decode()}`"


def _names(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "-"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = [head, ["---"] * len(head), *rows]
    return [f"| {' | '.join(cell.replace('|', '&#124;') for cell in line)} |" for line in lines]


def _page(title: str, declared: str, sentences: Sequence[str], table: Sequence[str]) -> str:
    origin = f"Made from `{declared}` by `{COMMAND}`; do not edit."
    return "\n".join([f"# {title}", "", *sentences, "", origin, "", *table, ""])


if __name__ == "__main__":
    chart.draw(load(sources.ROOT / HISTORY), sources.ROOT / chart.PATH)
    sys.stdout.writelines(f"wrote {name}\n" for name in write(sources.ROOT))
