"""Old codes on the whole bus: mapped, resolved, at odds, and nothing is lost on the way."""

from __future__ import annotations

from collections.abc import Callable

from creditbus.audit.decide import Sum, total
from creditbus.demo.city import organisation
from creditbus.domain.aliases import AliasKind, SubjectAliasMapped
from creditbus.domain.events import EntryListed, EntryRemoved
from creditbus.domain.identifiers.uscc import organisation_in
from creditbus.domain.ids import BasisId, ListId, SubjectId
from creditbus.domain.refusals import Reason, Refusal
from creditbus.runtime.reading import headers_of
from creditbus.sdk.publisher import Publisher
from creditbus.wire.headers import ALIAS, header
from creditbus.wire.topics import EVENTS, REFUSALS
from tests.bus_fixtures import LiveBus, eventually
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
            used = (header(headers_of(message), ALIAS) or b"").decode().partition("@")[0]
            found.append((event.envelope.subject_id, used, isinstance(event, EntryListed)))
    return found


def refused(live: LiveBus, record_id: str) -> list[Reason]:
    return [
        each.reason
        for each in live.reader().values(REFUSALS)
        if isinstance(each, Refusal) and each.record_id == record_id
    ]


def sent_until(live: LiveBus, is_there: Callable[[], bool], *facts: SubjectAliasMapped) -> None:
    with publisher(live, "market") as market:
        for fact in facts:
            market.publish(fact)
    eventually(is_there)


def added_up(live: LiveBus) -> Sum:
    """Return the sums of all inboxes once nothing in them is open."""
    sums: Sum = eventually(lambda: (found := total(live.reader().sums())).open == 0 and found)
    return sums


def test_a_listing_under_an_old_code_finds_its_subject_and_a_conflict_holds_it_alone(
    live: LiveBus, subject: SubjectId
) -> None:
    other = organisation(910_000 + len(subject))
    code = organisation_in(subject.removeprefix("uscc:"))
    old = SubjectId(f"org9:{code}")
    record = f"alias-{code}"

    def bar(revision: int, named: SubjectId = old) -> EntryListed:
        return a_bid_bar(
            record_id=record,
            record_revision=revision,
            subject_id=named,
            bases=(BasisId("TBL-ART53"),),
        )

    def mapping(number: int, **changes: object) -> SubjectAliasMapped:
        stated = {"record_id": f"{record}-{number}", "alias_kind": AliasKind.ORG9, "alias": code}
        return a_mapping(**(stated | {"subject_id": subject} | changes))

    with publisher(live, "tender") as tender:
        tender.publish(bar(1))
        eventually(lambda: refused(live, record) == [Reason.ALIAS_UNKNOWN])

        revisions = iter(range(2, 500))

        def is_listed() -> bool:
            tender.publish(bar(next(revisions)))
            return bool(logged(live, record))

        sent_until(live, is_listed, mapping(1))
        assert logged(live, record)[0] == (subject, old, True)
        assert eventually(lambda: live.received(subject))[0].action == "APPLY"

        def is_refused() -> bool:
            tender.publish(bar(next(revisions), subject))
            return Reason.IDENTITY_CONFLICT in refused(live, record)

        sent_until(live, is_refused, mapping(2, subject_id=other))

        stated = {"source": "tender", "record_id": record, "list_id": BIDS}
        last = next(revisions)
        tender.publish(a_removal(**stated, record_revision=last, subject_id=old))
        eventually(lambda: live.received(subject)[-1].action == "LIFT")
        removed = {each[0] for each in logged(live, record) if not each[2]}
        assert removed == {subject, other}

    assert added_up(live).twice == 0
