"""``creditbus explain``: why a subject stands as it does, entry by entry and measure by measure."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import date
from typing import Annotated, Any, Final

import httpx
import msgspec
import typer

from creditbus.audit.app import TopicReader
from creditbus.cli.faults import MISUSED, fail, told
from creditbus.cli.instants import named_day
from creditbus.cli.places import Home, auditor
from creditbus.cli.prints import give, say, warn
from creditbus.cli.replays import LoggedRecord, Replay, gathered, replay, until
from creditbus.domain.accounts.account import Account
from creditbus.domain.accounts.assembly import account_of
from creditbus.domain.accounts.words import told as in_words
from creditbus.domain.calendar import day_of
from creditbus.domain.entries.standings import Standing
from creditbus.domain.identifiers.uscc import UNIFIED
from creditbus.domain.ids import SubjectId
from creditbus.domain.subjects import Trust, kind_of, uscc_subject, why_not_subject
from creditbus.domain.terms.words import Language
from creditbus.runtime.outages import Unavailable
from creditbus.runtime.process import Process
from creditbus.runtime.redis.reads import Serving
from creditbus.wire.records import Undecodable
from creditbus.wire.topics import EVENTS

_REGISTRY_BOUND_S: Final = 5


@told
def explain(
    subject: Annotated[str, typer.Argument(help="A unified social credit code, or a subject id.")],
    on: Annotated[
        str | None, typer.Option("--on", help="How it stands on a day, such as 2026-09-30.")
    ] = None,
    home: Home = None,
    chinese: Annotated[bool, typer.Option("--zh", help="Tell it in Chinese.")] = False,
) -> None:
    """Say why a subject stands as it does: acts, documents, law, terms, ways out and ends."""
    subject_id = _subject(subject)
    asked = None if on is None else named_day(on)
    process = auditor(home)
    # Whoever decodes waits for the registry for ever; a person is told that it is away.
    httpx.get(process.settings.registry, timeout=_REGISTRY_BOUND_S)
    records = gathered(_read(process, subject_id))
    today = day_of(process.clock.now())
    day = asked or today
    found = _found(process, subject_id, records, day, today)
    account = account_of(found.known, found.law, day, process.clocks)
    give(msgspec.Raw(stated(account)))
    language: Language = "zh" if chinese else "en"
    for line in in_words(account, language):
        say(line)


def stated(account: Account) -> bytes:
    """Return an account as JSON, with its sentences in both languages."""
    content: dict[str, object] = msgspec.to_builtins(account)
    languages: tuple[Language, ...] = ("zh", "en")
    told_in = {language: in_words(account, language) for language in languages}
    return msgspec.json.encode(content | {"explained": told_in})


def disagreement(served: Standing | None, replayed: Standing | None) -> str:
    """Return in words how what is served differs from what the log gives, or nothing."""
    seen = served.revision if served is not None else 0
    known = replayed.revision if replayed is not None else 0
    if seen == known:
        return ""
    return (
        f"the bus serves revision {seen} of this standing and the log leads to {known}:"
        " it is still at work, or `creditbus status` says what is down; the log is told here"
    )


def _subject(text: str) -> SubjectId:
    subject = uscc_subject(text) if UNIFIED.is_valid(text) else SubjectId(text)
    # What is no id might be a person's number, so it is not said again.
    if fault := why_not_subject(kind_of(subject), subject, Trust.EASING):
        fail(f"that names no subject: {fault}", MISUSED)
    return subject


def _found(
    process: Process, subject: SubjectId, records: list[Any], day: date, today: date
) -> Replay:
    """Return what listing knew on the day; on a day to come, what it knows now."""
    if day < today:
        return replay(subject, until(records, day), process.editions, process.clocks)
    found = replay(subject, records, process.editions, process.clocks)
    try:
        served = asyncio.run(_served(process, subject))
    except Unavailable as away:
        warn(f"the standing that is served cannot be compared: {away}")
        return found
    if sentence := disagreement(served, found.standing):
        warn(sentence)
    return found


async def _served(process: Process, subject: SubjectId) -> Standing | None:
    serving = Serving.of(process.settings)
    try:
        return await serving.standing(subject)
    finally:
        await serving.close()


def _read(process: Process, subject: SubjectId) -> Iterator[LoggedRecord]:
    key = subject.encode()
    for message in TopicReader(process).read(EVENTS):
        data, is_own = message.value(), message.key() == key
        if data is None or not (is_own or message.key() is None):
            continue
        try:
            value = process.codec.decode(data)
        except Undecodable:
            continue  # a dead letter: it never moved anything
        yield LoggedRecord(message.partition() or 0, value, is_own=is_own)
