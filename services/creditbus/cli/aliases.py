"""``creditbus aliases``: bring a registrar's old codes to the bus, and ask what one stands for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import track

from creditbus.audit.app import TopicReader
from creditbus.cli.faults import MISUSED, fail, told
from creditbus.cli.places import Home, auditor, stack_file
from creditbus.cli.prints import PERSONS, give, say
from creditbus.cli.tokens import known_source
from creditbus.domain.acts.mappings import SubjectAliasMapped
from creditbus.domain.aliases.claims import (
    AliasClaims,
    SubjectIdentityConflict,
    alias_of,
    root_of,
    subject_named,
)
from creditbus.domain.ids import SourceId, SubjectId
from creditbus.sdk.mappings import read_mappings
from creditbus.sdk.publisher import Publisher
from creditbus.sdk.sheets.rows import RowFault
from creditbus.wire.topics import ALIASES

aliases = typer.Typer(help="The old codes of subjects.", no_args_is_help=True)


@aliases.command("load")
@told
def load(
    file: Annotated[Path, typer.Argument(help="A registrar's list as .csv, .xlsx or .xls.")],
    source: Annotated[str, typer.Option(help="Id of the registrar.")],
    home: Home = None,
) -> None:
    """Send what each old code of a list stands for; rows that cannot be read are told."""
    if not file.is_file():
        fail(f"there is no file {file}", MISUSED)
    known_source(source, home)
    stack = stack_file(home)
    faults: list[RowFault] = []
    sent = 0
    with Publisher(
        source,
        kafka=stack.bootstrap,
        registry=stack.registry_url,
        password=stack.credentials[source],
    ) as publisher:
        for row in track(_rows(file, source), "sending", console=PERSONS, transient=True):
            if isinstance(row, RowFault):
                faults.append(row)
                continue
            publisher.send(row)
            sent += 1
    for fault in faults:
        say(f"row {fault.row}, {fault.column}: {fault.detail}")
    say(f"{sent} sent, {len(faults)} not read")
    give({"sent": sent, "faults": faults})
    if faults:
        raise typer.Exit(1)


@aliases.command("find")
@told
def find(
    code: Annotated[str, typer.Argument(help="An old code, or org9: and such with the code.")],
    home: Home = None,
) -> None:
    """Print what is claimed of an old code, and whether the claims agree."""
    alias = alias_of(SubjectId(code)) or alias_of(subject_named(code))
    if alias is None:
        fail("that is no old code: `creditbus identify` says what it is", MISUSED)
    found = _claimed(TopicReader(auditor(home)), alias.root)
    if not found:
        fail("no registrar has said what this old code stands for")
    give(found)
    for each in found:
        for line in _lines(each):
            say(line)


def _rows(file: Path, source: str) -> list[SubjectAliasMapped | RowFault]:
    try:
        return list(read_mappings(file, SourceId(source)))
    except ValueError as fault:
        fail(str(fault), MISUSED)


def _claimed(reader: TopicReader, root: str) -> list[AliasClaims | SubjectIdentityConflict]:
    """Return the last of what the topic holds under a root."""
    found: dict[str, object] = {}
    for message in reader.read(ALIASES):
        key, value = (message.key() or b"").decode(), message.value()
        if root_of(key) == root:
            found[key] = None if value is None else reader.process.codec.decode(value)
    return [
        each for each in found.values() if isinstance(each, AliasClaims | SubjectIdentityConflict)
    ]


def _lines(each: AliasClaims | SubjectIdentityConflict) -> Iterator[str]:
    if isinstance(each, SubjectIdentityConflict):
        yield f"conflict: {', '.join(each.candidates)}; to be mended by {', '.join(each.sources)}"
        return
    for count, claims in (("", each.claims), ("formerly ", each.former)):
        for claim in claims:
            since = claim.begins_on or "ever"
            until = "" if claim.ends_on is None else f" until {claim.ends_on}"
            withdrawn = ", withdrawn" if claim.withdrawn else ""
            yield (
                f"{count}{claim.named.id} stands for {claim.subject_id} since {since}{until}"
                f" ({claim.confidence.lower()}, {claim.source} {claim.record_id}"
                f" revision {claim.record_revision}{withdrawn})"
            )
