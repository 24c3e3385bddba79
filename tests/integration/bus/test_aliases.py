"""Old codes on the whole bus: mapped, resolved, at odds, and nothing is lost on the way."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

from creditbus.audit.decide import Sum, total
from creditbus.demo.city import organisation
from creditbus.domain.acts.events import EntryListed, EntryRemoved
from creditbus.domain.acts.refusals import Reason, Refusal
from creditbus.domain.aliases.claims import AliasClaims
from creditbus.domain.identifiers.uscc import organisation_in
from creditbus.domain.ids import ListId, SubjectId
from creditbus.runtime.kafka.arrivals import headers_or_none
from creditbus.sdk.publisher import Publisher
from creditbus.wire.headers import ALIAS, header
from creditbus.wire.topics import ALIASES, EVENTS, REFUSALS
from tests.bus_fixtures import LiveBus, a_firm, eventually
from tests.examples import a_bid_bar, a_mapping, a_removal

BIDS = ListId("BL-BID-ZT")


def publisher(live: LiveBus, source: str) -> Publisher:
    file = live.file
    return Publisher(
        source,
        kafka=file.bootstrap,
        registry=file.registry_url,
        password=file.credentials[source],
    )


def logged(live: LiveBus, record_id: str) -> list[tuple[SubjectId, str, bool]]:
    """Return subject, alias and whether it is a listing, of every event of a record in the log."""
    reader = live.reader()
    found = []
    for message in reader.read(EVENTS):
        event = reader.process.codec.decode(message.value())
        if isinstance(event, EntryListed | EntryRemoved) and event.envelope.record_id == record_id:
            used = (header(headers_or_none(message), ALIAS) or b"").decode().partition("@")[0]
            found.append((event.envelope.subject_id, used, isinstance(event, EntryListed)))
    return found


def refused(live: LiveBus, record_id: str) -> list[Reason]:
    return [
        each.reason
        for each in live.reader().values(REFUSALS)
        if isinstance(each, Refusal) and each.record_id == record_id
    ]


def added_up(live: LiveBus) -> Sum:
    """Return the sum over the parties of a story once nothing of it is open."""

    def settled() -> Sum | None:
        mine = ("tender", "market")
        found = total(each for each in live.reader().sums() if each.party in mine)
        return None if found.open else found

    found: Sum = eventually(settled)
    return found


class Story:
    """One record of the tender office, named by an old code of which the registrar has to tell."""

    def __init__(self, live: LiveBus, subject: SubjectId, tender: Publisher) -> None:
        self.live, self.subject, self.tender = live, subject, tender
        self.code = organisation_in(subject.removeprefix("uscc:"))
        self.old = SubjectId(f"org9:{self.code}")
        self.record = f"alias-{self.code}"
        self._revisions = count(1)

    def bar(self, named: SubjectId) -> None:
        event = a_bid_bar(
            record_id=self.record, record_revision=next(self._revisions), subject_id=named
        )
        self.tender.publish(event)

    def lift(self, named: SubjectId) -> None:
        removal = a_removal(
            source="tender",
            record_id=self.record,
            record_revision=next(self._revisions),
            subject_id=named,
            list_id=BIDS,
        )
        self.tender.publish(removal)

    def map(self, subject: SubjectId) -> None:
        fact = a_mapping(record_id=f"{self.record}-{subject}", alias=self.code, subject_id=subject)
        with publisher(self.live, "market") as market:
            market.publish(fact)

    def bars_until(self, named: SubjectId, is_there: Callable[[], bool]) -> None:
        """Send listings until one is decided with the aliases that it needs."""

        def is_told() -> bool:
            self.bar(named)
            return is_there()

        eventually(is_told)


def test_a_register_that_comes_at_once_is_taken_whole(live: LiveBus) -> None:
    # More than one batch of the client library's own size, which an inbox would not take.
    mapped = {organisation(800_000 + number) for number in range(4000)}
    with publisher(live, "market") as market:
        for subject in mapped:
            code = organisation_in(subject.removeprefix("uscc:"))
            market.send(a_mapping(record_id=f"once-{code}", alias=code, subject_id=subject))

    def is_known() -> bool:
        claims = [each for each in live.reader().values(ALIASES) if isinstance(each, AliasClaims)]
        return mapped <= {claim.subject_id for each in claims for claim in each.claims}

    assert eventually(is_known)


def test_a_listing_under_an_old_code_finds_its_subject_and_a_conflict_holds_it_alone(
    live: LiveBus, subject: SubjectId
) -> None:
    other = a_firm()
    with publisher(live, "tender") as tender:
        story = Story(live, subject, tender)
        record = story.record
        story.bar(story.old)
        eventually(lambda: refused(live, record) == [Reason.ALIAS_UNKNOWN])

        story.map(subject)
        story.bars_until(story.old, lambda: bool(logged(live, record)))
        assert logged(live, record)[0] == (subject, story.old, True)
        assert eventually(lambda: live.received(subject))[0].action == "APPLY"

        story.map(other)
        story.bars_until(subject, lambda: Reason.IDENTITY_CONFLICT in refused(live, record))

        story.lift(story.old)
        eventually(lambda: live.received(subject)[-1].action == "LIFT")
        removed = {each[0] for each in logged(live, record) if not each[2]}
        assert removed == {subject, other}

    assert added_up(live).twice == 0
