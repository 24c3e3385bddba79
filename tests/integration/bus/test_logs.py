"""No log names anybody: not a firm, not a person, neither by number, token nor name."""

from __future__ import annotations

import re
import time

import httpx

from creditbus.domain.ids import SubjectId
from creditbus.sdk.publisher import Publisher
from tests.bus_fixtures import LiveBus, eventually
from tests.examples import a_bid_bar
from tests.integration.http.test_gateway import a_submission

NAME = "（测）日志示例有限公司"
NUMBER = "SYN-00009117-1980"
CITIZEN = "370202198001019117"
"""Of the form of a person's number; its last digit is wrong."""

TOKEN = re.compile(r"person:[0-9a-f]{64}")
FLUSHED_S = 1.0


def spoken_about(live: LiveBus, firm: SubjectId) -> None:
    """Say a firm and a person at every door, rightly and wrongly."""
    file = live.file
    with Publisher(
        "tender",
        kafka=file.bootstrap,
        registry=file.registry_url,
        password=file.credentials["tender"],
    ) as publisher:
        publisher.publish(a_bid_bar(subject_id=firm, record_id=f"logs-{firm}", subject_name=NAME))
    eventually(lambda: live.received(firm))
    person = {"kind": "NATURAL_PERSON", "number_kind": "synthetic", "number": NUMBER}
    with live.http("gateway", "court") as gateway:
        for who in (person, person | {"number": CITIZEN}, person | {"number_kind": "citizen"}):
            gateway.post("/v1/events", json=a_submission(subject=who))
        gateway.get(f"/v1/records/{CITIZEN}")
        gateway.get("/v1/refusals", params={"record": firm})
    with live.http("query", "trade-centre") as query:
        for subject in (firm, CITIZEN, NUMBER, f"uscc:{CITIZEN}"):
            question = {"subject": subject, "matter": "bid-registration", "purpose": "?"}
            query.post("/v1/checks", json=question)
    with live.http("console", "operator") as console:
        console.get(f"/subject/{firm}")
        console.get("/subject", params={"q": CITIZEN})


def test_no_log_names_anybody(live: LiveBus, subject: SubjectId) -> None:
    try:
        spoken_about(live, subject)
    except httpx.HTTPError as fault:
        raise AssertionError("a door did not answer at all") from fault
    time.sleep(FLUSHED_S)
    clear = (subject, subject.partition(":")[2], NAME, NUMBER, CITIZEN)
    logs = sorted((live.sites.home / "logs").glob("*.log"))
    assert len(logs) > 10
    for log in logs:
        told = log.read_text(errors="replace")
        assert not [each for each in clear if each in told], log
        assert not TOKEN.search(told), log
