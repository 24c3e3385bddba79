"""What became of an id: the verdict first, then its chain with times, in the order of the flow."""

from __future__ import annotations

import json
from datetime import datetime

from creditbus.domain.ids import SubjectId
from tests.bus_fixtures import LiveBus, eventually, press
from tests.examples import a_bid_bar
from tests.integration.bus.test_inquiries import ask
from tests.integration.bus.test_way_out import a_publisher

FLOW = ["entry_listed", "entry_listed", "standing", "directive"]


def test_a_record_is_followed_from_its_inbox_to_its_directive(
    live: LiveBus, subject: SubjectId
) -> None:
    record = f"traced-{subject}"
    event = a_bid_bar(subject_id=subject, record_id=record)
    with a_publisher(live, "tender") as tender:
        receipt = tender.publish(event)
    eventually(lambda: live.received(subject))

    def traced() -> list[str]:
        told = ask(live, "trace", record)
        return told["chain"] if "acknowledgements" in told["verdict"] else []

    chain = eventually(traced)
    assert chain[0]["position"] == f"{receipt.inbox}/0/{receipt.offset}"
    assert [link["record"] for link in chain][: len(FLOW)] == FLOW
    times = [datetime.fromisoformat(link["at"]) for link in chain]
    assert times == sorted(times)

    for name in (event.envelope.event_id, chain[0]["position"], subject):
        positions = {
            link["position"] for link in ask(live, "trace", name, "--since", "1h")["chain"]
        }
        assert positions >= {chain[0]["position"], chain[1]["position"]}
    code, told = press(live, "trace", record)
    assert code == 0
    assert f"{record}: applied" in told.splitlines()[0]
    code, told = press(live, "trace", record, "--since", "2099-01-01")
    assert (code, "is the id whole?" in told) == (1, True)
    assert press(live, "trace", record, "--since", "yesterday")[0] == 2


def test_sums_since_an_instant_hold_what_was_received_since(
    live: LiveBus, subject: SubjectId
) -> None:
    with a_publisher(live, "tender") as tender:
        tender.publish(a_bid_bar(subject_id=subject, record_id=f"summed-{subject}"))
    eventually(lambda: live.received(subject))

    def is_of_all_days() -> bool:
        # A body's acknowledgement may come between the two questions.
        whole = ask_sums(live)
        assert whole["tender"] > 0
        return ask_sums(live, "--since", "1d") == whole

    assert eventually(is_of_all_days)
    later = ask_sums(live, "--since", "2099-01-01")
    assert (later["total"], later.get("tender", 0)) == (0, 0)


def ask_sums(live: LiveBus, *words: str) -> dict[str, int]:
    """Return what was received of each party, and in all."""
    _, told = press(live, "audit", "--json", *words)
    rows = json.loads(told[: told.rindex("}") + 1])["sums"]
    return {row["party"]: row["received"] for row in rows}
