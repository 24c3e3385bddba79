"""``creditbus sources add`` and ``promote``: a source joins the running bus, and counts there."""

from __future__ import annotations

import getpass
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer
from confluent_kafka import KafkaException

from creditbus.cli.faults import MISUSED, fail, told
from creditbus.cli.gathered import gathered, option
from creditbus.cli.places import Home, Reason, catalogue, parties, sites, stack_file, url, why
from creditbus.cli.prints import give, say
from creditbus.cli.tokens import (
    Into,
    SourceId,
    hand_over,
    known_source,
    refuse_taken,
    tokens_of,
)
from creditbus.domain.calendar import day_of
from creditbus.domain.identifiers.citizen import hide_persons
from creditbus.domain.ids import SourceId as PartyId
from creditbus.domain.law.catalogue import Catalogue, SourceKind
from creditbus.runtime.clock import SystemClock
from creditbus.runtime.http.credentials import CallerRole
from creditbus.runtime.law.catalogue import CatalogueInvalid
from creditbus.runtime.law.editions import put
from creditbus.stack.bus import Sites
from creditbus.stack.errors import NotProvisioned
from creditbus.stack.folder import Folder, StackFile, holder
from creditbus.stack.newcomers import Newcomer, connect, enter, like, promote, start_anew
from creditbus.wire.topics import inbox

_NAME: Final = re.compile(r"[^\x00-\x1f\x7f]+")


@dataclass(frozen=True, slots=True)
class JoinTerms:
    """As what a source joins: the keeper of which lists, with commas, and in the sandbox or not."""

    keeps: str = ""
    sandbox: bool = False


join_terms: Final = gathered(
    "terms",
    JoinTerms,
    option(
        "keeps",
        Annotated[str, typer.Option(help="Lists that it shall keep, with commas.")],
        "",
    ),
    option(
        "sandbox",
        Annotated[
            bool,
            typer.Option("--sandbox", help="Answer it, and count nothing yet."),
        ],
        False,
    ),
)
"""Give a command these options, in place of ``terms``."""


@join_terms
@told
def add(
    source: SourceId,
    names: Annotated[
        tuple[str, str],
        typer.Option(metavar="ZH EN", help="Its names: in Chinese, then in English."),
    ],
    states: Annotated[
        str,
        typer.Option(
            help="What it may state: numbers with commas (E07,E29), or a source like which it is."
        ),
    ],
    terms: JoinTerms,
    into: Into = None,
    home: Home = None,
) -> None:
    """Add a source: its row in the catalogue, its login, rights and inbox, and its token."""
    places = sites(home)
    file = running(places, home)
    refuse_taken(into)
    _refuse_known(source, parties(places))
    newcomer = _newcomer(source, names, states, catalogue(places))
    newcomer = msgspec.structs.replace(newcomer, keeps=_named(terms.keeps), sandbox=terms.sandbox)
    try:
        edition = enter(places.catalogue, newcomer)
    except CatalogueInvalid as invalid:
        faults = "\n".join(f"- {problem}" for problem in invalid.problems)
        fail(f"{source} cannot join so, and nothing was changed:\n{faults}", MISUSED)
    say(f"{source} is in {places.catalogue / 'sources.toml'}: review it as law")
    try:
        changes = connect(places, file, parties(places), edition)
    except (NotProvisioned, KafkaException) as fault:
        fail(
            f"its row is written, and the broker has not all that it needs: {fault}. `creditbus"
            f" down` and `creditbus up` make the rest, and `creditbus sources token {source}` gives"
            " it a token"
        )
    say(f"{inbox(source)}, a login and its rights are there ({changes} changes)")
    today = day_of(SystemClock().now())
    token, row = tokens_of(home, None).give(source, CallerRole.SOURCE, today)
    handed = hand_over(token, row, into)
    started = start_anew(Folder(places.home), file)
    say(f"started anew with the catalogue: {', '.join(started)}")
    ways = _ways(source, file)
    give({"token": handed, "changes": changes, "started": list(started), "ways": ways})
    for name, value in ways.items():
        say(f"  {name:9} {value}")
    say(f"try it: creditbus sources test {source}")
    if terms.sandbox:
        say(f"it is in the sandbox: `creditbus sources promote {source} --reason …` lets it out")


@told
def promote_source(source: SourceId, reason: Reason = "", home: Home = None) -> None:
    """Let a source out of the sandbox: what the broker takes of it from now on counts.

    What was sent before stays a try for good. The reason, who gave it and the instant are kept in
    its row of the catalogue.
    """
    places = sites(home)
    file, reason = running(places, home), why(reason)
    row = catalogue(places).sources[PartyId(known_source(source, home))]
    if not row.sandbox:
        fail(f"{source} is not in the sandbox: `creditbus sources` says who is", MISUSED)
    at = SystemClock().now()
    said = f"reports for real since {day_of(at)} ({getpass.getuser()}): {hide_persons(reason)}"
    try:
        edition = promote(places.catalogue, source, at, said)
    except CatalogueInvalid as invalid:
        faults = "\n".join(f"- {problem}" for problem in invalid.problems)
        fail(f"{source} stays in the sandbox, and nothing was changed:\n{faults}", MISUSED)
    put(*edition, places.shelf)
    say(f"{source} is let out in {places.catalogue / 'sources.toml'}: review it as law")
    started = start_anew(Folder(places.home), file)
    give({"source": source, "sandbox_until": at, "note": said, "started": list(started)})
    say(f"started anew with the catalogue: {', '.join(started)}")
    say(f"what {source} sends from now on counts; try it: creditbus sources test {source}")


def _refuse_known(source: str, known: Catalogue) -> None:
    if source in known.sources:
        more = f"`creditbus sources token {source}` gives it one more token"
        fail(f"there is a source {source} already: {more}", MISUSED)
    if source in known.bodies:
        fail(f"{source} is an executing body: give the source another id", MISUSED)


def _newcomer(source: str, names: tuple[str, str], states: str, known: Catalogue) -> Newcomer:
    """Return the newcomer with the row of a source that it is like, or with these numbers."""
    if not all(map(_NAME.fullmatch, names)):
        fail("a name is one line of text", MISUSED)
    alike = known.sources.get(PartyId(states))
    newcomer = Newcomer(
        id=source,
        name_zh=names[0],
        name_en=names[1],
        kind=SourceKind.AUTHORITY,
        events=() if alike else _named(states),
    )
    return newcomer if alike is None else like(alike, newcomer)


def running(places: Sites, home: Path | None) -> StackFile:
    """Return the addresses of the bus that runs in the folder, or say that none does."""
    file = stack_file(home)
    if holder(Folder(places.home)) is None:
        fail(
            f"no bus runs in {places.home}: start it with `creditbus up`; a start gives whoever is"
            f" in the catalogue a login, an inbox and a token"
        )
    return file


def _named(listed: str) -> tuple[str, ...]:
    return tuple(each for part in listed.split(",") if (each := part.strip()))


def _ways(source: str, file: StackFile) -> dict[str, str]:
    """Return what the agency needs."""
    return {
        "gateway": url(file.ports.gateway),
        "kafka": f"{file.bootstrap}, {file.protocol}, SCRAM-SHA-256, login {source}",
        "password": "in stack.json, under credentials",
        "registry": file.registry_url,
        "inbox": inbox(source),
    }
