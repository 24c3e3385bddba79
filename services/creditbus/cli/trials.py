"""``creditbus sources test``: a made-up record of a source goes all the way, and is taken back."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer

from creditbus.cli.fates import said
from creditbus.cli.faults import fail, told
from creditbus.cli.inquiries import served
from creditbus.cli.newcomers import running
from creditbus.cli.places import Home, auditor, sites, url
from creditbus.cli.prints import give, say
from creditbus.cli.tokens import SourceId, known_source, tokens_of
from creditbus.cli.ways_in import token_in
from creditbus.demo.trials import NoTrial, measures_of, trial_of
from creditbus.domain.acts.events import Act
from creditbus.domain.calendar import day_of
from creditbus.domain.effects.directives import Action
from creditbus.domain.effects.obligations import Obligation
from creditbus.domain.ids import MeasureId, ObligationId, SubjectId, derive_obligation_id
from creditbus.domain.ids import SourceId as PartyId
from creditbus.runtime.http.credentials import CallerRole
from creditbus.runtime.process import Process
from creditbus.sdk.gateway import Gateway, GatewayRefused
from creditbus.sdk.publisher import NotPublished, Publisher
from creditbus.stack.folder import StackFile
from creditbus.wire.answers import FateState, LineAnswer, RecordFate
from creditbus.wire.records import to_record

WAIT_S: Final = 30
_BODIES_BOUND_S: Final = 10.0
_ASK_S: Final = 0.25


@told
def trial(
    source: SourceId,
    token_file: Annotated[
        Path | None,
        typer.Option(help="File with the source's own token, which is tried then as well."),
    ] = None,
    home: Home = None,
) -> None:
    """Send a made-up record as the source, by HTTP, follow it, and take it back by Kafka.

    Without the source's token one is made for the trial alone, and taken away after it. Says how
    far it got, and exits with 1 when that was not all the way.
    """
    party = PartyId(known_source(source, home))
    file, process = running(sites(home), home), auditor(home)
    now = process.clock.now()
    try:
        first, back = trial_of(
            party, process.editions, run=f"trial-{now:%Y%m%dT%H%M%S%f}", today=day_of(now)
        )
    except NoTrial as nothing:
        fail(str(nothing))
    if token_file is not None:
        _try(first, back, file, process, token_in(token_file))
        return
    kept, today = tokens_of(home, None), day_of(now)
    token, row = kept.give(party, CallerRole.SOURCE, today, good_until=today)
    try:
        _try(first, back, file, process, token)
    finally:
        kept.revoke(party, today, row.id)


def _try(first: Act, back: Act, file: StackFile, process: Process, token: str) -> None:
    steps = _Steps()
    envelope = first.envelope
    with Gateway(url(file.ports.gateway), token) as door:
        place = _submitted(door, first)
        steps.say(f"the gateway took record {envelope.record_id}: offset {place[1]} of the inbox")
        fate = _decided(door, place)
        steps.say(_decision(fate))
        _expect(fate)
        measures = measures_of(first, process.editions)
        if not fate.sandbox:
            names = _obligations(envelope.subject_id, measures, process)
            _follow(steps, process, names, Action.APPLY)
        place = _published(back, file)
        login = envelope.source
        steps.say(f"the broker took what takes it back from the login {login}: {place[1]}")
        fate = _decided(door, place)
        steps.say(_decision(fate))
        _expect(fate)
        if fate.sandbox:
            steps.say(
                f"{envelope.source} is connected, in the sandbox: both were tried, and nothing of"
                f" them counts. `creditbus sources promote {envelope.source}` lets it out"
            )
            return
        _follow(steps, process, _obligations(envelope.subject_id, measures, process), Action.LIFT)
    steps.say(f"{envelope.source} is connected: its record went all the way, and is taken back")
    give({"source": envelope.source, "steps": steps.said})


class _Steps:
    """What is said of each step, with the time since the first."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self.said: list[dict[str, object]] = []

    def say(self, sentence: str) -> None:
        passed, line = time.monotonic() - self._began, sentence.replace("\n", "; ")
        self.said.append({"seconds": round(passed, 1), "said": line})
        say(f"{passed:5.1f} s  {line}")


def _decision(fate: RecordFate) -> str:
    """Return the sentence that says what was decided of a record, and by whom."""
    if fate.sandbox:
        wrong = "" if fate.state is FateState.APPLIED else f", {said(fate)}"
        return f"intake tried it: outside the sandbox it would be {fate.state}{wrong}"
    return f"listing decided: {fate.state}" + (f", {said(fate)}" if said(fate) else "")


def _submitted(door: Gateway, act: Act) -> tuple[int, int]:
    """Return partition and offset of an act that the gateway took, or say what it said."""
    content = to_record(act)
    del content["envelope"]["adult_on_decision"]
    try:
        line = next(iter(door.send_batch([msgspec.json.encode(content) + b"\n"])))
    except GatewayRefused as refused:
        fail(f"the gateway does not let it in: {refused}")
    if not isinstance(line, LineAnswer) or line.offset is None:
        mistakes = getattr(line, "mistakes", ())
        why = "; ".join(f"{each.field}: {each.detail}" for each in mistakes)
        fail(f"the gateway took nothing: {why or getattr(line, 'broken', '')}")
    return line.partition, line.offset


def _published(act: Act, file: StackFile) -> tuple[int, int]:
    """Return partition and offset of an act that the broker took from the source's own login."""
    party = act.envelope.source
    try:
        with Publisher(
            party,
            kafka=file.bootstrap,
            registry=file.registry_url,
            password=file.credentials[party],
        ) as publisher:
            receipt = publisher.publish(act)
            return receipt.partition, receipt.offset
    except NotPublished as fault:
        fail(f"the record stands, and could not be taken back by Kafka: {fault}")


def _decided(door: Gateway, place: tuple[int, int]) -> RecordFate:
    partition, offset = place
    fate = door.fate_at(offset, WAIT_S, partition=partition)
    if fate.state is FateState.WAITING:
        fail(
            f"it got as far as the inbox, and waits for {fate.waits_for} since {WAIT_S} s:"
            " `creditbus status` says whether that runs"
        )
    return fate


def _expect(fate: RecordFate) -> None:
    if fate.state is not FateState.APPLIED:
        fail(f"it got as far as listing, which does not apply it: {said(fate)}")


def _follow(steps: _Steps, process: Process, names: Sequence[ObligationId], action: Action) -> None:
    """Say to which bodies directives went, and what they answered; they may take their time."""
    if not names:
        return

    def ask() -> list[Obligation]:
        found = served(process, lambda serving: serving.obligations_of(names))
        return [each for each in found if each.action is action]

    found = _eventually(ask)
    what = f"to {action.lower()}"
    if not found:
        steps.say(f"nobody was told {what} anything: `creditbus explain` says why of the subject")
        return
    done = {each.body for each in found if not each.is_owed}
    owing = {each.body for each in found} - done
    said = [f"{', '.join(sorted(done))} acknowledged it"] if done else []
    said += [f"{', '.join(sorted(owing))} owed it still"] if owing else []
    steps.say(f"directives {what} went to {len(done | owing)} bodies: {'; '.join(said)}")


def _eventually(ask: Callable[[], list[Obligation]]) -> list[Obligation]:
    deadline = time.monotonic() + _BODIES_BOUND_S
    found = ask()
    while time.monotonic() < deadline and (not found or any(each.is_owed for each in found)):
        time.sleep(_ASK_S)
        found = ask()
    return found


def _obligations(
    subject: SubjectId, measures: Collection[MeasureId], process: Process
) -> list[ObligationId]:
    return [
        derive_obligation_id(subject, MeasureId(measure.id), body)
        for measure in process.catalogue.measures.values()
        if measure.id in measures
        for body in measure.bodies
    ]
