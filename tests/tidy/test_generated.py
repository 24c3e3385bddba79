"""The generated pages say what the code declares, and a stale one is told with the command."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest
from prometheus_client import generate_latest

from creditbus.bench import history
from creditbus.console.app import PAGES
from creditbus.runtime.metrics import METRICS, Meters
from creditbus.runtime.settings import PREFIX, Settings
from creditbus.stack.folder import Folder
from creditbus.stack.ports import HOST
from creditbus.stack.services import HOSTED
from creditbus.wire.topics import FIXED
from tests.monitoring.expressions import rules
from tests.tidy import chart, pages, sources
from tests.tidy.sources import Source, assert_tidy

RUNBOOKS: Final = "docs/operating.md"


@pytest.mark.parametrize("path", pages.BESIDE)
def test_what_is_made_beside_the_pages_is_fresh(path: str) -> None:
    kept = (sources.ROOT / path).read_text(encoding="utf-8")
    assert kept == pages.BESIDE[path](), f"stale: `{pages.COMMAND}` writes it anew"


def generated() -> list[Source]:
    return [source for source in sources.documents() if source.path in pages.PAGES]


def test_generated_pages_are_there() -> None:
    assert {source.path for source in generated()} == set(pages.PAGES)


def test_generated_pages_are_fresh() -> None:
    assert_tidy(wrong for source in generated() for wrong in pages.stale(source))


@pytest.mark.parametrize("path", pages.PAGES)
def test_stale_page_is_caught(path: str) -> None:
    changed = pages.PAGES[path]().replace("| `", "| `other-", 1)
    [complaint] = pages.stale(Source(path, changed))
    assert complaint.startswith(f"{path}:1: ")
    assert pages.COMMAND in complaint


def test_pages_are_written_once(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    assert set(pages.write(tmp_path)) == {*pages.PAGES, *pages.BESIDE}
    assert pages.write(tmp_path) == []


def test_nothing_that_is_declared_is_left_out() -> None:
    topics, metrics = pages.topics_page(), pages.metrics_page()
    assert [topic.name for topic in FIXED if f"`{topic.name}`" not in topics] == []
    assert [metric.name for metric in METRICS if metric.sentence not in metrics] == []
    names = [PREFIX + name.upper() for name in Settings.model_fields]
    assert [name for name in names if f"`{name}`" not in pages.settings_page()] == []


def test_no_default_tells_a_secret() -> None:
    hidden = [field for field in Settings.model_fields.values() if not field.repr]
    assert hidden
    assert {field.default for field in hidden if isinstance(field.default, str)} <= {
        "",
        "redis://127.0.0.1:16379/0",
    }


def test_metrics_are_called_as_they_are_scraped() -> None:
    scraped = generate_latest(Meters().registry).decode()
    page = pages.metrics_page()
    unlabelled = [metric for metric in METRICS if not metric.labels and metric.kind != "histogram"]
    names = [f"creditbus_{m.name}{pages.EXPORTED.get(m.kind, '')}" for m in unlabelled]
    assert names
    assert [name for name in names if f"\n{name} " not in scraped or f"`{name}`" not in page] == []


def text_of(path: str) -> str:
    return (sources.ROOT / path).read_text(encoding="utf-8")


def test_every_alert_has_a_runbook() -> None:
    linked = [
        rule["annotations"]["runbook_url"].partition("#") for rule in rules() if "alert" in rule
    ]
    titles = re.findall(r"^#+ (.+)$", text_of(RUNBOOKS), re.MULTILINE)
    anchors = {re.sub(r"[^a-z0-9 -]", "", title.lower()).replace(" ", "-") for title in titles}
    assert linked
    # The address is one of the deployment: only its operators know where they read the page.
    assert {address for address, _, _ in linked} == {"{{ $externalLabels.runbooks }}"}
    assert {anchor for _, _, anchor in linked} <= anchors
    for name in ("prometheus", "containers"):
        settings = text_of(f"deploy/prometheus/{name}.yml")
        assert re.search(r"^ +runbooks: https?://\S+$", settings, re.MULTILINE)


def test_what_an_alert_links_to_in_the_console_is_there() -> None:
    linked = [rule["annotations"]["console_url"] for rule in rules() if "console_url" in str(rule)]
    places = [
        re.fullmatch(r"\{\{ \$externalLabels\.console \}\}(/\w*)(\?.+)?", each) for each in linked
    ]
    assert places
    assert {place[1] if place else None for place in places} <= set(PAGES)


def test_prometheus_scrapes_every_process_of_the_bus_that_was_started_here() -> None:
    place = Path("deploy/prometheus") / "../../.creditbus"
    asked = re.findall(r'files: \["(.+)"\]', text_of("deploy/prometheus/prometheus.yml"))
    assert asked == [
        (place / Folder(Path()).scrapes_file).relative_to("deploy/prometheus").as_posix()
    ]


def test_compose_runs_every_service_with_a_login_of_its_own() -> None:
    compose = text_of("docker-compose.yml")
    assert re.findall(r"command: \[run, (\w+), --worker, \"0\"\]", compose) == list(HOSTED)
    assert re.findall(r"CREDITBUS_KAFKA_USER: svc\.(\w+)", compose) == list(HOSTED)
    mounted = re.findall(r"- \./deploy/run/(\w+):/run/creditbus:ro", compose)
    assert mounted[-len(HOSTED) :] == list(HOSTED)
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    assert set(re.findall(rf"{PREFIX}\w+(?=:)", compose)) <= known
    published = re.findall(r'^ +- "(.+:\d+:\d+)"', compose, re.MULTILINE)
    assert published
    assert [port for port in published if not port.startswith(f"{HOST}:")] == []


def test_chart_is_drawn_alike_from_the_same_history(tmp_path: Path) -> None:
    entries = history.load(sources.ROOT / history.HISTORY)
    first, second = tmp_path / "first.svg", tmp_path / "second.svg"

    for target in (first, second):
        chart.draw(entries, target)

    assert first.read_bytes() == second.read_bytes()
    assert b"engine, 1 worker" in first.read_bytes()
