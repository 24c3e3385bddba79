"""``creditbus explain`` on the running bus: what it tells is what listing decided, then and now."""

from __future__ import annotations

import json
from typing import Any

from typer.testing import CliRunner, Result

from creditbus.cli.main import app
from creditbus.domain.acts.events import EntryListed, EntryRemoved
from creditbus.domain.ids import SubjectId
from creditbus.sdk.publisher import Publisher
from creditbus.wire.topics import STANDINGS
from tests.bus_fixtures import LiveBus, eventually
from tests.examples import a_bid_bar, a_removal


def explained(live: LiveBus, *words: str) -> Result:
    places = {
        "CREDITBUS_HOME": str(live.sites.home),
        "CREDITBUS_CATALOGUE": str(live.sites.catalogue),
        "CREDITBUS_SCHEMAS": str(live.sites.schemas),
    }
    result = CliRunner().invoke(app, ["explain", *words], env=places)
    assert (result.exit_code, result.stderr) == (0, "")
    return result


def publish(live: LiveBus, event: EntryListed | EntryRemoved) -> None:
    source = event.envelope.source
    publisher = Publisher(
        source,
        kafka=live.file.bootstrap,
        registry=live.file.registry_url,
        password=live.file.credentials[source],
    )
    publisher.send(event)
    publisher.flush()


def revision_of(live: LiveBus, subject: SubjectId) -> int:
    return max(
        (
            standing.revision  # type: ignore[attr-defined]
            for standing in live.reader().values(STANDINGS)
            if standing.subject_id == subject  # type: ignore[attr-defined]
        ),
        default=0,
    )


def test_account_follows_the_log_from_the_listing_to_the_way_out(
    live: LiveBus, subject: SubjectId
) -> None:
    own: dict[str, Any] = {"subject_id": subject, "record_id": f"explained-{subject}"}
    listing = a_bid_bar(source="tender", synthetic=True, **own)
    publish(live, listing)
    assert eventually(lambda: revision_of(live, subject) == 1)

    account = json.loads(explained(live, subject, "--json").stdout)
    (entry,) = account["entries"]
    assert (entry["stage"], entry["document_number"]) == (
        "ACTIVE",
        listing.envelope.document_number,
    )
    assert entry["done_by"]["event_id"] == listing.envelope.event_id
    assert all(each["passed"] and each["article"] for each in entry["passages"])
    assert "A03" in {each["measure"]["id"] for each in account["measures"]}

    own |= {"list_id": listing.list_id, "record_revision": 2}
    publish(live, a_removal(source="tender", synthetic=True, **own))
    assert eventually(lambda: revision_of(live, subject) == 2)

    after = explained(live, subject, "--zh").stdout
    assert "义务已履行" in after
    assert "A03" not in after


def test_subject_that_nobody_listed_is_told_so(live: LiveBus, subject: SubjectId) -> None:
    assert subject in explained(live, subject).stdout
