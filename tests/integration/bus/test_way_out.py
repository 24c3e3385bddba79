"""The way out: a removal survives a dead body, an older apply never comes back."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import msgspec
import pytest
from standardwebhooks import Webhook

from creditbus.domain.effects.directives import Action, Directive
from creditbus.domain.effects.obligations import Obligation
from creditbus.domain.ids import SubjectId
from creditbus.sdk.publisher import Publisher
from creditbus.stack.bus import webhook_secret_name, webhook_url
from creditbus.wire.topics import OBLIGATIONS, directives
from tests.bus_fixtures import BODIES, LiveBus, eventually
from tests.examples import a_bid_bar, a_listing, a_removal

BODY = "tender-platform"


@pytest.fixture
def tender(live: LiveBus) -> Iterator[Publisher]:
    with a_publisher(live, "tender") as publisher:
        yield publisher


def a_publisher(live: LiveBus, source: str) -> Publisher:
    return Publisher(
        source,
        kafka=live.file.bootstrap,
        registry=live.file.registry_url,
        password=live.file.credentials[source],
    )


def actions(live: LiveBus, subject: str) -> list[str]:
    return [each.action for each in live.received(subject)]


def stated(live: LiveBus, subject: str) -> list[Directive]:
    return [
        each
        for each in live.reader().values(directives(BODY))
        if isinstance(each, Directive) and each.subject_id == subject
    ]


def is_settled(live: LiveBus, subject: str) -> bool:
    """Return whether a body has answered for everything about a subject."""
    known = {
        each.obligation_id: each.is_owed
        for each in live.reader().values(OBLIGATIONS)
        if isinstance(each, Obligation) and each.subject_id == subject
    }
    return bool(known) and not any(known.values())


def deliver(live: LiveBus, directive: Directive) -> httpx.Response:
    """Deliver a directive by hand, signed as the bus signs."""
    content = msgspec.json.encode({"data": directive})
    now = datetime.now(UTC)  # noqa: TID251 - a signature carries the real time
    signature = Webhook(live.file.secrets[webhook_secret_name(BODY)]).sign(
        directive.directive_id, now, content.decode()
    )
    headers = {
        "webhook-id": directive.directive_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": signature,
    }
    return httpx.post(webhook_url(live.file, BODY), content=content, headers=headers, timeout=10)


def test_a_removal_waits_for_a_dead_body_and_an_older_apply_is_superseded(
    live: LiveBus, tender: Publisher, subject: SubjectId
) -> None:
    record = f"dead-body-{subject}"
    tender.publish(a_bid_bar(subject_id=subject, record_id=record))
    eventually(lambda: actions(live, subject) == [Action.APPLY])
    (apply,) = stated(live, subject)

    live.bus.services.kill(BODIES, signal.SIGSTOP)
    try:
        tender.publish(
            a_removal(
                source="tender",
                subject_id=subject,
                record_id=record,
                record_revision=2,
                list_id="BL-BID-ZT",
            )
        )
        eventually(lambda: [each.action for each in stated(live, subject)][-1] is Action.LIFT)
    finally:
        live.bus.services.kill(BODIES, signal.SIGKILL)
    live.bus.services.wait_ready([BODIES])

    eventually(lambda: Action.LIFT in actions(live, subject))
    eventually(lambda: is_settled(live, subject))
    answer = deliver(live, apply)
    assert answer.json()["outcome"] == "SUPERSEDED"
    assert actions(live, subject)[-1] == Action.LIFT


def test_a_removed_name_is_gone_from_the_feed(live: LiveBus, subject: SubjectId) -> None:
    record = f"exposed-{subject}"

    def exposed() -> list[str] | None:
        with live.http("feed", "court-platform") as feed:
            page = feed.get("/v1/exposures")
        if page.status_code == httpx.codes.SERVICE_UNAVAILABLE:
            return None  # views is behind for a moment, and nobody can say
        return [
            each["entry_id"] for each in page.json()["exposures"] if each["subject_id"] == subject
        ]

    with a_publisher(live, "court") as court:
        court.publish(a_listing(subject_id=subject, record_id=record))
        eventually(exposed)
        court.publish(a_removal(subject_id=subject, record_id=record, record_revision=2))
        eventually(lambda: exposed() == [])


def test_a_forged_delivery_is_refused(live: LiveBus) -> None:
    answer = httpx.post(
        webhook_url(live.file, BODY),
        content=b'{"data":{}}',
        headers={"webhook-id": "x", "webhook-timestamp": "1", "webhook-signature": "v1,x"},
        timeout=5,
    )
    assert answer.status_code == httpx.codes.UNAUTHORIZED
