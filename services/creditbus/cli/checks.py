"""``creditbus check``: may this subject do this? Asked as an approval system would ask."""

from __future__ import annotations

from typing import Annotated, Final

import httpx
import msgspec
import typer

from creditbus.cli.faults import FAILED, MISUSED, fail, told
from creditbus.cli.places import Home, catalogue, sites, stack_file, url
from creditbus.cli.prints import give, say, stress
from creditbus.domain.effects.checks import Answer, Finding
from creditbus.domain.identifiers.uscc import UNIFIED
from creditbus.domain.law.catalogue import Catalogue
from creditbus.domain.subjects import uscc_subject
from creditbus.stack.bus import token_name
from creditbus.stack.folder import StackFile

_WAIT_S: Final = 10


@told
def check(
    subject: Annotated[str, typer.Argument(help="A unified social credit code, or a subject id.")],
    matter: Annotated[str, typer.Option(help="The service item that is asked about.")],
    purpose: Annotated[str, typer.Option(help="What the answer is for.")],
    home: Home = None,
) -> None:
    """Ask whether a subject may do something, and why not."""
    places = sites(home)
    known = catalogue(places)
    asker = asker_for(known, purpose)
    if asker is None:
        purposes = sorted({each for row in known.subscribers.values() for each in row.purposes})
        fail(
            f"no subscriber asks for the purpose {purpose}; there are {', '.join(purposes)}",
            MISUSED,
        )
    subject_id = uscc_subject(subject) if UNIFIED.is_valid(subject) else subject
    question = {"subject": subject_id, "matter": matter, "purpose": purpose}
    content = ask(stack_file(home), asker, question)
    give(msgspec.Raw(content))
    _tell(msgspec.json.decode(content, type=Answer))


def asker_for(known: Catalogue, purpose: str) -> str | None:
    """Return a subscriber that may ask for a purpose, None when there is none."""
    return next((each.id for each in known.subscribers.values() if purpose in each.purposes), None)


def ask(file: StackFile, asker: str, question: dict[str, str]) -> bytes:
    """Return the answer of query to a subscriber's question, or say why there is none."""
    try:
        answer = httpx.post(
            f"{url(file.ports.query)}/v1/checks",
            json=question,
            headers={"Authorization": f"Bearer {file.secrets[token_name(asker)]}"},
            timeout=_WAIT_S,
        )
    except httpx.TransportError:
        fail("query does not answer: is the bus up? `creditbus status` says")
    if not answer.is_success:
        detail = answer.json().get("detail", answer.text)
        fail(detail, FAILED if answer.is_server_error else MISUSED)
    return answer.content


def _tell(answer: Answer) -> None:
    listed = "listed" if answer.listed else "not listed"
    stress(answer.verdict, f"({listed}, as of revision {answer.as_of})")
    for finding in answer.barred:
        _tell_finding("barred by", finding)
    for finding in answer.eased:
        _tell_finding("eased by", finding)


def _tell_finding(how: str, finding: Finding) -> None:
    say(f"  {how} {finding.measure_id} {finding.name_zh} ({finding.name_en})")
    for ground in finding.grounds:
        until = (
            f"until {ground.ends_at:%Y-%m-%d %H:%M} UTC" if ground.ends_at else "until performed"
        )
        say(f"    {ground.list_id} {ground.document_number} of {ground.decided_on}, {until}")
    for remedy in finding.remedies:
        say(f"    remedy: {remedy}")
