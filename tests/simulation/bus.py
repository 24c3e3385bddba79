"""The whole bus in one process: real decisions over dictionaries, a broker made of plain lists.

A worker takes a slice, decides, and checkpoints in one step; a crash before the checkpoint loses
the decision and nothing else, so the slice comes again to a state read back from its bytes.
Delivery and the bodies stand outside: there everything may be lost, late, doubled or turned round.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, Final, Self
from zlib import crc32

import msgspec

from creditbus.audit.decide import merged
from creditbus.clock.decide import days_to_turn
from creditbus.delivery.decide import TABLES as DEBTS
from creditbus.delivery.decide import Heard
from creditbus.delivery.decide import decide as deliver
from creditbus.dispatch.decide import DIRECTIVES, LastStated
from creditbus.dispatch.decide import TABLES as LEDGERS
from creditbus.dispatch.decide import build as build_dispatch
from creditbus.domain.acts.events import DayTurned
from creditbus.domain.acts.mappings import SubjectAliasMapped
from creditbus.domain.acts.refusals import Refusal, Taken
from creditbus.domain.aliases.claims import AliasClaims, SubjectIdentityConflict, alias_of
from creditbus.domain.aliases.resolution import Aliases
from creditbus.domain.effects.directives import Acknowledgement, Action, Attempt, Directive, Ground
from creditbus.domain.effects.directives import Outcome as Answer
from creditbus.domain.effects.exposures import Exposure
from creditbus.domain.effects.obligations import Obligation
from creditbus.domain.entries.deadlines import DeadlineMissed
from creditbus.domain.entries.standings import Standing
from creditbus.domain.ids import ObligationId
from creditbus.engine.values import Arrival, DictState, Output, Slice, SliceOutcome, State, Table
from creditbus.exposure.decide import TABLES as EXPOSED
from creditbus.exposure.decide import Withdrawal
from creditbus.exposure.decide import build as build_exposure
from creditbus.intake.decide import Renamed
from creditbus.intake.decide import build as build_intake
from creditbus.listing.aliases import Settled
from creditbus.listing.decide import TABLES as ENTRIES
from creditbus.listing.decide import build as build_listing
from creditbus.sdk.receiver import Answered, Fence
from creditbus.wire.headers import ALIAS, header
from creditbus.wire.topics import inbox, party_of_inbox
from tests.examples import (
    DECIDED_ON,
    Decide,
    a_catalogue,
    a_codec,
    a_turn,
    an_acknowledgement,
    an_arrival,
    restored,
    some_clocks,
    some_editions,
)
from tests.simulation.city import SPAN, Agencies, Submitted

PARTITIONS: Final = 2
KEY: Final = b"attestation"
AT: Final = datetime(2026, 11, 23, 16, 30, tzinfo=UTC)


def vouched(stated: bytes, raw: bytes) -> bool:
    return stated == attest(raw)


def attest(raw: bytes) -> bytes:
    return hmac.digest(KEY, raw, "sha256")


def place_of(subject: str) -> int:
    """Return the partition of a subject."""
    return crc32(subject.encode()) % PARTITIONS


@dataclass
class Topics:
    """The broker: topics of arrivals, where each came in, and what it became elsewhere."""

    records: dict[str, list[Arrival[Any]]] = field(default_factory=dict)
    fates: list[tuple[str, str]] = field(default_factory=list)

    def put(
        self,
        topic: str,
        value: msgspec.Struct,
        *,
        origin: str = "",
        headers: tuple[tuple[str, bytes | None], ...] = (),
    ) -> None:
        records = self.records.setdefault(topic, [])
        arrival = an_arrival(
            value, topic=topic, offset=len(records), origin=origin, headers=headers
        )
        records.append(arrival)

    def values(self, topic: str) -> list[Any]:
        return [arrival.value for arrival in self.records.get(topic, [])]


@dataclass
class Worker:
    """One worker of one partition, with its tables and its positions."""

    decide: Decide
    sources: Sequence[str]
    tables: Sequence[Table[Any, Any]]
    write: Callable[[Output], None]
    state: DictState = field(default_factory=DictState)
    positions: dict[str, int] = field(default_factory=dict)

    def waiting(self, topics: Topics) -> list[str]:
        """Return the sources with records that were not decided yet."""
        return [
            source
            for source in self.sources
            if len(topics.records.get(source, [])) > self.positions.get(source, 0)
        ]

    def step(self, topics: Topics, random: Random) -> None:
        """Decide one slice; one in five is lost to a crash before its checkpoint."""
        source = random.choice(self.waiting(topics))
        start = self.positions.get(source, 0)
        columns = topics.records[source][start : start + random.randint(1, 6)]
        outcome = self.decide(Slice(topic=source, partition=0, columns=columns), self.state)
        if random.random() < 0.2:
            self.state = restored(self.state, self.tables)
            return
        self.state.apply(outcome.changes)
        self.positions[source] = start + len(columns)
        for output in outcome.outputs:
            self.write(output)


class Body:
    """An executing body behind its fence: what it applies at present."""

    def __init__(self, fence: Fence, random: Random) -> None:
        self.applied: dict[ObligationId, tuple[Ground, ...]] = {}
        self._fence = fence
        self._random = random

    def receive(self, directive: Directive) -> Answer:
        return self._fence.once(directive, self._act).outcome

    def _act(self, directive: Directive) -> Answered:
        if self._random.random() < 0.2:
            return Answered(Answer.ACCEPTED)
        if directive.action is Action.APPLY:
            self.applied[directive.obligation_id] = directive.grounds
        else:
            self.applied.pop(directive.obligation_id, None)
        return Answered(Answer.APPLIED)


class Bus:
    """Everything, moved by one source of chance; on some days the clock may be down."""

    def __init__(
        self,
        seed: int,
        folder: Path,
        clock_down: range = range(0),
        begins_on: date = DECIDED_ON,
    ) -> None:
        self.random = Random(seed)
        self.topics = Topics()
        self.received: dict[str, set[str]] = {}
        self.refusals: list[Refusal] = []
        self.public: dict[str, Exposure] = {}
        self.days = 0
        self.turned = self.begins_on = begins_on
        self.clock_down = clock_down
        self._agencies = Agencies(self.random)
        self._fences = ExitStack()
        self.bodies = {
            body: Body(self._fences.enter_context(Fence(folder / f"{body}.sqlite")), self.random)
            for body in a_catalogue().bodies
        }
        catalogue, editions = a_catalogue(), some_editions()
        parties = [*catalogue.sources, *catalogue.bodies]
        self.register: list[AliasClaims | SubjectIdentityConflict | Settled] = []
        self.aliases = Aliases()
        intake = build_intake(editions, party_of_inbox, vouched, self.aliases)
        self.intake = Worker(
            self._informed(intake), [inbox(party) for party in parties], (), self._admit
        )
        self.listing = self._workers(
            build_listing(editions, some_clocks()), ENTRIES, self._list, "events"
        )
        self.dispatch = self._workers(
            build_dispatch(editions), LEDGERS, self._instruct, "standings"
        )
        self.told: dict[ObligationId, Obligation] = {}
        self.delivery = self._workers(
            _heard, DEBTS, self._tell, "directives", "acknowledgements", "attempts"
        )
        self.exposure = self._workers(build_exposure(editions), EXPOSED, self._show, "standings")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_raised: object) -> None:
        self._fences.close()

    def live(self, steps: int, until: int | None = None) -> None:
        """Let this many things happen, each by chance, or those before the evening of a day."""
        moves = [self._speak, self._work, self._work, self._deliver, self._deliver]
        for _ in range(steps):
            if self.days == until:
                return
            self.random.choice(moves)()
            if self.random.random() < SPAN / steps:
                self.turn()

    def settle(self, bound: int = 40_000) -> bool:
        """Go on without new facts until nothing waits and nothing is owed; tell whether it came."""
        for _ in range(bound):
            owed = self.owed()
            if not owed and not self._busy():
                return True
            # Once nothing is owed, what is sent again would only keep everybody busy.
            self.random.choice([self._work, self._deliver if owed else self._work])()
        return False

    def work_off(self) -> None:
        """Decide whatever waits; nothing is delivered meanwhile."""
        while self._busy():
            self._work()

    def directives(self) -> list[Directive]:
        return [
            directive
            for place in range(PARTITIONS)
            for directive in self.topics.values(f"directives/{place}")
        ]

    def owed(self) -> list[Directive]:
        """Return the last directive of each obligation that its body has not settled."""
        newest, settled = {each.obligation_id: each for each in self.directives()}, self._settled()
        return [
            each for each in newest.values() if (each.obligation_id, each.revision) not in settled
        ]

    def _settled(self) -> set[tuple[ObligationId, int]]:
        return {
            (answer.obligation_id, answer.revision)
            for place in range(PARTITIONS)
            for answer in self.topics.values(f"acknowledgements/{place}")
            if answer.outcome.settles
        }

    def standings(self) -> dict[str, Standing]:
        """Return the last standing of each subject."""
        return {
            standing.subject_id: standing
            for place in range(PARTITIONS)
            for standing in self.topics.values(f"standings/{place}")
        }

    def obligations(self) -> dict[ObligationId, LastStated]:
        """Return everything in the ledgers."""
        return {
            obligation_id: obligation
            for worker in self.dispatch
            for ledger in worker.state.rows.get("ledger", {}).values()
            for obligation_id, obligation in ledger.obligations.items()
        }

    def debts(self) -> dict[ObligationId, Obligation]:
        """Return every obligation as delivery's state holds it."""
        return {
            row.obligation.obligation_id: row.obligation
            for worker in self.delivery
            for row in worker.state.rows.get("obligations", {}).values()
            if row.obligation is not None
        }

    def _workers(
        self,
        decide: Decide,
        tables: Sequence[Table[Any, Any]],
        write: Callable[[Output], None],
        *sources: str,
    ) -> list[Worker]:
        return [
            Worker(decide, [f"{source}/{place}" for source in sources], tables, write)
            for place in range(PARTITIONS)
        ]

    def _busy(self) -> list[Worker]:
        workers = [self.intake, *self.listing, *self.dispatch, *self.exposure, *self.delivery]
        return [worker for worker in workers if worker.waiting(self.topics)]

    def _work(self) -> None:
        if busy := self._busy():
            self.random.choice(busy).step(self.topics, self.random)

    def _speak(self) -> None:
        self.submit(self._agencies.speak())

    def submit(self, said: Submitted) -> str:
        """Put a record into its inbox and return where it came in.

        What no reader can read becomes a dead letter there.
        """
        received = self.received.setdefault(said.party, set())
        if isinstance(said.value, bytes):
            origin = f"dead/{said.party}/{len(received)}"
            received.add(origin)
            self.topics.fates.append((origin, "dead"))
            return origin
        topic = inbox(said.party)
        origin = f"{topic}/0/{len(self.topics.records.get(topic, []))}"
        received.add(origin)
        signed = attest(a_codec().encode(said.value)) if said.attested else None
        self.topics.put(topic, said.value, headers=(("attestation", signed),))
        return origin

    def turn(self) -> None:
        """Let a day turn, unless the clock is down."""
        self.days += 1
        if self.days in self.clock_down:
            return
        for day in days_to_turn(self.turned, self.today):
            for place in range(PARTITIONS):
                self.topics.put(f"events/{place}", a_turn(day), origin="clock")
            self.turned = day

    @property
    def today(self) -> date:
        """The day it is, whether or not a clock has said so."""
        return self.begins_on + timedelta(days=self.days)

    def _deliver(self) -> None:
        owed, ever = self.owed(), self.directives()
        if not ever:
            return
        again = self.random.random() < 0.3 or not owed
        directive = self.random.choice(ever if again else owed)
        place = place_of(directive.subject_id)
        if self.random.random() < 0.2:
            self.topics.put(f"attempts/{place}", _attempt(directive, None))
            return  # lost on the way there
        outcome = self.bodies[directive.body].receive(directive)
        for _ in range(self.random.choice([0, 1, 1, 2])):  # lost on the way back, or doubled
            answer = an_acknowledgement(directive, outcome)
            self.submit(Submitted(directive.body, answer))
        if self.random.random() < 0.8:  # killed before it was noted
            self.topics.put(f"attempts/{place}", _attempt(directive, outcome))

    def _informed(self, decide: Decide) -> Decide:
        """Return intake's decision, which knows of the register what has come to it by chance.

        Before it tells a removal that nobody knows the old code, it reads everything.
        """

        def informed(arrived: Slice[Any], state: State) -> SliceOutcome:
            self._learn(self.random.randint(0, 3))
            named = [alias_of(each.value.envelope.subject_id) for each in arrived.columns]
            if any(alias is not None and not self.aliases.ever_meant(alias) for alias in named):
                self._learn(len(self.register))
            return decide(arrived, state)

        return informed

    def _learn(self, count: int) -> None:
        for value in self.register[self.aliases.position :][:count]:
            match value:
                case AliasClaims():
                    self.aliases.learn(value)
                case SubjectIdentityConflict():
                    self.aliases.doubt(value)
                case Settled():
                    self.aliases.settle(value.root)
            self.aliases.position += 1

    def _admit(self, output: Output) -> None:
        if isinstance(output.value, Refusal):
            self.refusals.append(output.value)
            self.topics.fates.append((output.origin, "refused"))
            return
        if isinstance(output.value, Renamed):
            event = output.value.event
            place = place_of(event.envelope.subject_id)
            used = (ALIAS, output.value.alias.encode())
            self.topics.put(f"events/{place}", event, origin=output.origin, headers=(used,))
            return
        assert isinstance(output.value, Arrival)
        value = output.value.value
        if isinstance(value, SubjectAliasMapped):
            place = place_of(value.named.root)
            self.topics.put(f"events/{place}", value, origin=output.origin)
            return
        is_answer = isinstance(value, Acknowledgement)
        assert output.stream == ("acknowledgements" if is_answer else "events")
        place = place_of(value.envelope.subject_id)
        self.topics.put(f"{output.stream}/{place}", value, origin=output.origin)

    def _list(self, output: Output) -> None:
        if isinstance(output.value, Standing):
            place = place_of(output.value.subject_id)
            self.topics.put(f"standings/{place}", output.value, origin=output.origin)
            return
        if isinstance(output.value, Taken | DeadlineMissed):
            # What is told of a record that counts, or of a clock, changes no sum.
            return
        if isinstance(output.value, AliasClaims | SubjectIdentityConflict | Settled):
            self.register.append(output.value)
            return
        if isinstance(output.value, Refusal):
            self.refusals.append(output.value)
        fate = "duplicate" if output.stream == "duplicates" else "refused"
        self.topics.fates.append((output.origin, fate))

    def _instruct(self, output: Output) -> None:
        assert isinstance(output.value, Directive)
        if output.stream == DIRECTIVES:
            place = place_of(output.value.subject_id)
            self.topics.put(f"directives/{place}", output.value, origin=output.origin)

    def _tell(self, output: Output) -> None:
        assert isinstance(output.value, Obligation)
        self.told[output.value.obligation_id] = output.value

    def _show(self, output: Output) -> None:
        assert isinstance(output.value, Exposure | Withdrawal)
        self.public.pop(output.value.entry_id, None)
        if isinstance(output.value, Exposure):
            self.public[output.value.entry_id] = output.value

    def became(self) -> tuple[dict[str, int], list[tuple[str, str]]]:
        """Return how often each position became a record of the log, and what else it became."""
        counts: dict[str, int] = {}
        copies: dict[str, dict[str, int]] = {}
        for place in range(PARTITIONS):
            for topic in (f"events/{place}", f"acknowledgements/{place}"):
                for arrival in self.topics.records.get(topic, []):
                    event = arrival.value
                    if header(arrival.headers, ALIAS) is not None:
                        by_subject = copies.setdefault(arrival.origin, {})
                        subject = event.envelope.subject_id
                        by_subject[subject] = by_subject.get(subject, 0) + 1
                    elif not isinstance(event, DayTurned):
                        counts[arrival.origin] = counts.get(arrival.origin, 0) + 1
        renamed, fates = merged(copies, self.topics.fates)
        return counts | renamed, fates


def _heard(arrived: Slice[Any], state: State) -> SliceOutcome:
    """Let delivery decide over records that were all written at one instant."""
    heard = [Heard(arrival.value, AT) for arrival in arrived.columns]
    return deliver(Slice(topic=arrived.topic, partition=0, columns=heard), state)


def _attempt(directive: Directive, outcome: Answer | None) -> Attempt:
    return Attempt(
        directive_id=directive.directive_id,
        obligation_id=directive.obligation_id,
        subject_id=directive.subject_id,
        body=directive.body,
        lane=directive.lane,
        number=1,
        tried_at=AT,
        duration_ms=1,
        status=200 if outcome is not None else None,
        outcome=outcome,
    )
