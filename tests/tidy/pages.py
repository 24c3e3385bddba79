"""The generated pages of the docs: each written from the declaration that it describes.

`python -m tests.tidy.pages` in the project's folder writes them; `test_generated.py` fails while
one is stale. A table that is copied by hand is wrong after the next change.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from textwrap import wrap
from typing import Final

import msgspec
from pydantic.fields import FieldInfo

from creditbus.domain.catalogue import Catalogue, ListDefinition, MeasureDefinition
from creditbus.domain.differences import cited
from creditbus.domain.ids import BasisId
from creditbus.domain.never import SPARED_EN
from creditbus.domain.reckonings import Bound, Clause
from creditbus.domain.term_words import length_in_words
from creditbus.runtime.calendars import load_terms, load_timers
from creditbus.runtime.catalogue import load_draft
from creditbus.runtime.metrics import METRICS, Metric
from creditbus.runtime.settings import PREFIX, Settings
from creditbus.wire.topics import DAY_MS, YEAR_MS, Topic, topics
from tests.tidy import sources
from tests.tidy.sources import Source

COMMAND: Final = ".venv/bin/python -m tests.tidy.pages"
EXPORTED: Final = {"counter": "_total"}


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
        ),
        _table(
            ("metric", "kind", "labels", "what it says"), [_metric_row(each) for each in METRICS]
        ),
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


def catalogue_page() -> str:
    """Return the page of lists and measures: basis, term, reach, and whether they are in use."""
    catalogue = load_draft(sources.ROOT / "deploy" / "catalogue")[0].catalogue
    lists = [_list_row(row, catalogue) for row in catalogue.lists.values()]
    measures = [_measure_row(row, catalogue) for row in catalogue.measures.values()]
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


PAGES: Final[dict[str, Callable[[], str]]] = {
    "docs/topics.md": topics_page,
    "docs/metrics.md": metrics_page,
    "docs/settings.md": settings_page,
    "docs/deadlines.md": deadlines_page,
    "docs/catalogue.md": catalogue_page,
}


def stale(page: Source) -> list[str]:
    """Complain about a page that is not what its declaration gives now."""
    if page.text == PAGES[page.path]():
        return []
    return [page.at(1, f"stale: `{COMMAND}` writes it anew")]


def write(root: Path) -> list[str]:
    """Write the pages that are stale or missing, and return their names."""
    written = []
    for name, made in PAGES.items():
        path, text = root / name, made()
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            written.append(name)
    return written


def _list_row(row: ListDefinition, catalogue: Catalogue) -> Sequence[str]:
    persons = "by their own application" if row.consent_required else "yes"
    return (
        f"`{row.id}`",
        f"{row.name_zh}<br>{row.name_en}",
        row.polarity,
        _cited(row.bases, catalogue),
        _term_of(row),
        persons if row.persons else "no",
        "in use" if row.enabled else "off",
        row.note,
    )


def _measure_row(row: MeasureDefinition, catalogue: Catalogue) -> Sequence[str]:
    human = "always" if not row.automatic else "for persons" if row.persons else "no"
    return (
        f"`{row.id}`",
        f"{row.name_zh}<br>{row.name_en}",
        ", ".join(
            f"`{each.list_id}`" + (f" {', '.join(each.provisions)}" if each.provisions else "")
            for each in row.triggers
        )
        or "-",
        _cited(row.bases, catalogue),
        "the court" if row.record_only and row.is_adverse else human,
        "in use" if row.enabled else "excluded" if row.excluded else "off",
        row.note,
    )


def _term_of(row: ListDefinition) -> str:
    years = {*row.provisions.values(), row.years_max or 0} - {0}
    fixed = [f"{' / '.join(map(str, sorted(years)))} years at most"] if years else []
    if years == {1}:
        fixed = ["a year at most"]
    return ", or ".join([*fixed, *(["until performed"] if row.until_performed else [])])


def _cited(bases: Sequence[BasisId], catalogue: Catalogue) -> str:
    return "<br>".join(cited(catalogue.bases[basis]) for basis in bases) or "-"


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
        case "":
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
    sys.stdout.writelines(f"wrote {name}\n" for name in write(sources.ROOT))
