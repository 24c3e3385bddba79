"""Newcomers: a source that joins a running bus, from its row in the catalogue to its own inbox.

The row is law that people review, so it goes into the catalogue's folder; nothing else knows who
may speak. The broker gets its login, its rights and its inbox by the same table as at a start.
Every process reads the catalogue when it starts, so those that decide by it are started again, and
what was sent to them meanwhile waits in the topics.
"""

from __future__ import annotations

import re
import shutil
import signal
import tempfile
import time
import tomllib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from os import kill
from pathlib import Path
from typing import Final

import msgspec

from creditbus.domain.law.catalogue import Catalogue, Source, SourceKind
from creditbus.domain.law.editions import Edition
from creditbus.runtime.law.catalogue import CatalogueInvalid, load_draft
from creditbus.runtime.law.editions import put
from creditbus.runtime.whole_files import write_whole
from creditbus.stack.bus import Sites
from creditbus.stack.errors import NotReady
from creditbus.stack.folder import Folder, StackFile
from creditbus.stack.ports import HOST
from creditbus.stack.principals import reached_admin
from creditbus.stack.processes import is_alive, recorded
from creditbus.stack.provision import add_passwords, provision
from creditbus.stack.services import crew, worker_name
from creditbus.stack.sockets import answers_well

BY_CATALOGUE: Final = (
    "intake",
    "listing",
    "dispatch",
    "exposure",
    "gateway",
    "query",
    "feed",
    "console",
)
"""Services that decide or tell by the catalogue as they read it at their start."""

READY_BOUND_S: Final = 90.0
_LOOK_S: Final = 0.1
_ASK_BOUND_S: Final = 2.0
_ROWS: Final = "sources.toml"
_TRYING: Final = re.compile(r"^sandbox = true$", re.MULTILINE)
_NOTE: Final = re.compile(r"^note = .*$", re.MULTILINE)
_KEEPERS: Final = re.compile(r"^keepers = \[(?P<named>.*?)\]$", re.DOTALL | re.MULTILINE)


class Newcomer(msgspec.Struct, frozen=True, kw_only=True):
    """A source to be added: its row, and the lists that it shall keep."""

    id: str
    name_zh: str
    name_en: str
    kind: SourceKind
    events: tuple[str, ...]
    superior: str | None = None
    reconsidered_by: str | None = None
    keeps: tuple[str, ...] = ()
    sandbox: bool = False

    def row(self) -> str:
        """Return the row as the catalogue's file has it."""
        stated: dict[str, object] = {
            "name_zh": self.name_zh,
            "name_en": self.name_en,
            "enabled": True,
            "note": "",
            "kind": str(self.kind),
            "events": list(self.events),
            "superior": self.superior,
            "reconsidered_by": self.reconsidered_by,
            "sandbox": True if self.sandbox else None,
        }
        lines = [f"{name} = {_toml(value)}" for name, value in stated.items() if value is not None]
        return "\n".join((f"[{self.id}]", *lines, ""))


def like(known: Source, newcomer: Newcomer) -> Newcomer:
    """Return the newcomer with what is not said of it taken from a source that is known."""
    return msgspec.structs.replace(
        newcomer,
        kind=known.kind,
        events=newcomer.events or known.events,
        superior=newcomer.superior or known.superior,
        reconsidered_by=newcomer.reconsidered_by or known.reconsidered_by,
    )


def enter(folder: Path, newcomer: Newcomer) -> tuple[Edition, bytes]:
    """Write the newcomer into the catalogue's folder; return the edition that it is now.

    A catalogue that would not be sound with it is not touched. Raises ``CatalogueInvalid`` with all
    that is wrong.
    """
    return _entered(folder, _changed(folder, newcomer))


def promote(folder: Path, source: str, at: datetime, why: str) -> tuple[Edition, bytes]:
    """Let a source report for real from an instant on; return the edition that it is now.

    What the broker took before stays a try. The row keeps the instant, and why in its note. Raises
    ``CatalogueInvalid``, also where the row is not written as ``sources add`` writes it.
    """
    path = Path(_ROWS)
    text = (folder / path).read_text(encoding="utf-8")
    row = re.search(rf"^\[{re.escape(source)}\]\n(?P<lines>(?:(?!\[).*\n?)*)", text, re.MULTILINE)
    lines = row["lines"] if row is not None else ""
    instant = at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    changed, tries = _TRYING.subn(f"sandbox_until = {instant}", lines)
    changed, notes = _NOTE.subn(lambda found: _with_note(found[0], why), changed)
    if row is None or (tries, notes) != (1, 1):
        raise CatalogueInvalid(
            folder, [f"{path}: [{source}] has no line `sandbox = true`, or none `note = …`"]
        )
    whole = text[: row.start("lines")] + changed + text[row.end("lines") :]
    return _entered(folder, {path: whole})


def _with_note(line: str, why: str) -> str:
    """Return the line of a note with one more sentence in it; raises ``TOMLDecodeError``."""
    said = tomllib.loads(line)["note"]
    return f"note = {_toml('; '.join(filter(None, (said, why))))}"


def _entered(folder: Path, changed: Mapping[Path, str]) -> tuple[Edition, bytes]:
    with tempfile.TemporaryDirectory() as tried:
        trial = Path(tried) / folder.name
        shutil.copytree(folder, trial)
        _write(trial, changed)
        try:
            edition = load_draft(trial)
        except CatalogueInvalid as invalid:
            raise CatalogueInvalid(folder, list(invalid.problems)) from invalid
    _write(folder, changed)
    return edition


def connect(
    sites: Sites, file: StackFile, parties: Catalogue, edition: tuple[Edition, bytes]
) -> int:
    """Give whoever is in the catalogue a login, rights and an inbox; return the changes.

    Raises ``NotProvisioned``.
    """
    put(*edition, sites.shelf)
    sources, bodies = sorted(parties.sources), sorted(parties.bodies)
    add_passwords(file.credentials, sources, bodies)
    file.save(Folder(sites.home).stack_file)
    return provision(reached_admin(file), file.credentials, sources, bodies)


def start_anew(
    folder: Folder, file: StackFile, services: Sequence[str] = BY_CATALOGUE
) -> list[str]:
    """End the workers of these services, and wait until their supervisor has them ready again.

    Raises ``NotReady``.
    """
    names = crew(file.workers)
    urls = {}
    for place, service in enumerate(names):
        worker = names[:place].count(service)
        metrics = file.ports.metrics_of(service, worker)
        if service in services:
            urls[worker_name(service, worker)] = f"http://{HOST}:{metrics}/health/ready"
    before = {each.name: each for each in recorded(folder.records) if each.name in urls}
    for each in before.values():
        if is_alive(each):
            with suppress(ProcessLookupError):
                kill(each.pid, signal.SIGTERM)
    deadline = time.monotonic() + READY_BOUND_S
    waiting = set(before)
    while waiting:
        now = {each.name: each for each in recorded(folder.records)}
        waiting = {
            name
            for name in waiting
            if now[name].pid == before[name].pid or not answers_well(urls[name], _ASK_BOUND_S)
        }
        if time.monotonic() > deadline:
            raise NotReady(
                f"{', '.join(sorted(waiting))} did not come back within {READY_BOUND_S:g} s: "
                f"`creditbus status` says why, and `creditbus logs NAME` has the rest"
            )
        time.sleep(_LOOK_S)
    return sorted(before)


def _changed(folder: Path, newcomer: Newcomer) -> dict[Path, str]:
    """Return the files that become others, with their new content; raises ``CatalogueInvalid``."""
    rows = (folder / _ROWS).read_text(encoding="utf-8")
    changed = {Path(_ROWS): rows.rstrip("\n") + "\n\n" + newcomer.row()}
    for list_id in newcomer.keeps:
        path = Path("lists") / f"{list_id}.toml"
        text = (folder / path).read_text(encoding="utf-8") if (folder / path).is_file() else ""
        found = _KEEPERS.search(text)
        if found is None:
            raise CatalogueInvalid(
                folder, [f"{path}: there is no such list, or it names no keepers"]
            )
        named = f"{found['named'].rstrip().removesuffix(',')}, {_toml(newcomer.id)}".removeprefix(
            ", "
        )
        changed[path] = text[: found.start()] + f"keepers = [{named}]" + text[found.end() :]
    return changed


def _write(folder: Path, changed: Mapping[Path, str]) -> None:
    for name, content in changed.items():
        write_whole(folder / name, content.encode())


def _toml(value: object) -> str:
    """Return a value as TOML writes it: what JSON says of texts, truths and lists of texts."""
    return msgspec.json.format(msgspec.json.encode(value), indent=0).decode()
