"""No log names anybody: not a firm, not a person, neither by number, token nor name."""

from __future__ import annotations

import re
import time

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

ANSWERED: dict[str, list[int]] = {
    "events": [202, 422, 422],
    "records": [404],
    "refusals": [422],
    "checks": [200, 422, 422, 422, 403, 422, 422, 422],
    "console": [404, 200, 200],
}
"""What each door has to say of it: where it had not understood the question, no log would tell."""


def spoken_about(live: LiveBus, firm: SubjectId) -> dict[str, list[int]]:
    """Say a firm and a person at every door, rightly and wrongly; return what was answered."""
    told: dict[str, list[int]] = {}
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
    citizen = person | {"number_kind": "citizen", "number": CITIZEN}
    with live.http("gateway", "court") as gateway:
        submitted = [
            a_submission(subject=who, subject_id=None, record_id=f"logs of {firm} {place}")
            for place, who in enumerate((person, person | {"number": CITIZEN}, citizen))
        ]
        told["events"] = [gateway.post("/v1/events", json=each).status_code for each in submitted]
        told["records"] = [gateway.get(f"/v1/records/{CITIZEN}").status_code]
        told["refusals"] = [gateway.get("/v1/refusals", params={"after": CITIZEN}).status_code]
    with live.http("query", "trade-centre") as query:
        questions = [
            {"subject": subject, "matter": "bid-registration", "purpose": purpose}
            for purpose in ("bid-qualification", "?")
            for subject in (firm, CITIZEN, NUMBER, f"uscc:{CITIZEN}")
        ]
        told["checks"] = [query.post("/v1/checks", json=each).status_code for each in questions]
    with live.http("console", "operator") as console:
        told["console"] = [
            console.get(path, params=params).status_code
            for path, params in (
                (f"/subject/{firm}", {}),
                ("/subject", {"id": firm}),
                ("/subject", {"id": CITIZEN}),
            )
        ]
    return told


def test_no_log_names_anybody(live: LiveBus, subject: SubjectId) -> None:
    assert spoken_about(live, subject) == ANSWERED
    time.sleep(FLUSHED_S)
    clear = (subject, subject.partition(":")[2], NAME, NUMBER, CITIZEN)
    logs = sorted((live.sites.home / "logs").glob("*.log"))
    assert len(logs) > 10
    for log in logs:
        told = log.read_text(errors="replace")
        assert not [each for each in clear if each in told], log
        assert not TOKEN.search(told), log
