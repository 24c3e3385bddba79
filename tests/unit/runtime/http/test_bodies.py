"""Bodies at the door: whatever comes is read, or told as the caller's mistake, and never ours."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import msgspec
import pytest
from fastapi import FastAPI, Request, Response
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from creditbus.gateway.submissions import EventSubmission
from creditbus.query.questions import Question
from creditbus.runtime.http import bodies
from creditbus.runtime.http.bodies import BODY_MAX_BYTES, read_json, value_of
from creditbus.runtime.http.problems import Malformed, Refused, answer_problems
from creditbus.wire.answers import PROBLEM_JSON

GOOD = {"subject": "uscc:91370200000000000Y", "matter": "m", "purpose": "p"}
DEEP = b"[" * 100_000
JSON = {"Content-Type": "application/json"}


def app_of(kind: Any) -> FastAPI:
    app = FastAPI()
    answer_problems(app)

    @app.post("/")
    async def take(asked: Request) -> Response:
        return Response(msgspec.json.encode(await value_of(asked, kind)))

    return app


@pytest.fixture(scope="module")
def door() -> Iterator[Callable[..., Any]]:
    """Send a body to a route that takes a question."""
    with TestClient(app_of(Question), raise_server_exceptions=False) as client:
        yield lambda body, **headers: client.post(
            "/", content=body, headers={name.replace("_", "-"): v for name, v in headers.items()}
        )


def text_of(**changes: object) -> bytes:
    return json.dumps(GOOD | changes).encode()


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        (b'{"z": ' + DEEP + b', "matter": "m"}', 422, "FIELD_UNKNOWN"),
        (DEEP, 422, "FIELD_INVALID"),
        (text_of()[:-1] + b', "matter": "n"}', 400, "KEY_TWICE"),
        (b'{"subject": {"n": "a", "n": "b"}, "matter": "m", "purpose": "p"}', 400, "KEY_TWICE"),
        (text_of(matter="a\x00b"), 400, "NUL"),
        (text_of(matter=["\x00"]), 422, "FIELD_INVALID"),
        (rb'{"subject": "a", "matter": "\ud800", "purpose": "p"}', 400, "NOT_JSON"),
        (rb'{"subject": "a", "matter": "\udc00\ud800", "purpose": "p"}', 400, "NOT_JSON"),
        (b'{"subject": "a", "matter": "\xed\xa0\x80", "purpose": "p"}', 400, "NOT_JSON"),
        (b'{"subject": "a", "matter": "\x00", "purpose": "p"}', 400, "NOT_JSON"),
        (b"\xef\xbb\xbf\xef\xbb\xbf" + text_of(), 400, "NOT_JSON"),
        (b'{"matter": 1, "matter": 2}', 400, "KEY_TWICE"),
        (text_of().decode().encode("utf-16"), 400, "NOT_JSON"),
        (text_of(matter=1e300), 422, "FIELD_INVALID"),
        (b'{"subject": ' + b"9" * 10_000 + b', "matter": "m", "purpose": "p"}', 422, None),
        (b'{"subject": NaN}', 400, "NOT_JSON"),
        (b"", 400, "NOT_JSON"),
        (b" " * (BODY_MAX_BYTES + 1), 413, "TOO_LARGE"),
    ],
)
def test_what_may_not_be_taken_is_the_callers_mistake(
    door: Callable[..., Any], body: bytes, status: int, reason: str | None
) -> None:
    answer = door(body, **JSON)

    assert (answer.status_code, answer.headers["Content-Type"]) == (status, PROBLEM_JSON)
    assert reason is None or answer.json()["reason"] == reason
    assert answer.json()["detail"]


@pytest.mark.parametrize("nested", [DEEP, b'{"a":' * 50_000, DEEP + b"]" * 100_000])
def test_nesting_without_end_before_the_type_is_told_so(nested: bytes) -> None:
    with TestClient(app_of(EventSubmission), raise_server_exceptions=False) as client:
        answer = client.post("/", content=b'{"z": ' + nested + b', "type": "entry_listed"}')
    assert (answer.status_code, answer.json()["reason"]) == (400, "TOO_DEEP")


def test_a_tag_that_stands_twice_is_told_as_that() -> None:
    with TestClient(app_of(EventSubmission), raise_server_exceptions=False) as client:
        answer = client.post("/", content=b'{"type": "entry_removed", "type": "entry_listed"}')
        assert (answer.status_code, answer.json()["reason"]) == (400, "KEY_TWICE")
        day = {"type": "entry_removed", "envelope": {"decided_on": "2025-02-29"}}
        told = client.post("/", json=day, headers={"Accept-Language": "zh"}).json()["mistakes"]
    (wrong,) = [each for each in told if each["pointer"] == "/envelope/decided_on"]
    assert wrong["detail"].endswith("写法如 2026-07-09")


def test_a_mark_before_the_text_is_passed_by(door: Callable[..., Any]) -> None:
    assert door(b"\xef\xbb\xbf" + text_of(), **JSON).status_code == 200


def test_a_backslash_before_a_u_is_no_nul(door: Callable[..., Any]) -> None:
    assert door(text_of(matter="\\u0000")).status_code == 200
    assert door(text_of(matter="\\\x00")).json()["reason"] == "NUL"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Content_Type": "application/json; charset=UTF-8"}, 200),
        ({"Content_Type": "application/vnd.credit+json"}, 200),
        ({"Content_Type": "text/plain"}, 415),
        ({"Content_Type": "application/x-www-form-urlencoded"}, 415),
        ({"Content_Type": "multipart/form-data; boundary=x"}, 415),
        ({"Content_Type": "application/json; charset=gbk"}, 415),
        ({"Content_Type": ";;;"}, 415),
        ({"Content_Encoding": "gzip"}, 415),
    ],
)
def test_a_body_says_what_it_is(
    door: Callable[..., Any], headers: dict[str, str], status: int
) -> None:
    assert door(text_of(), **headers).status_code == status


def test_a_body_that_is_declared_too_large_is_not_waited_for(door: Callable[..., Any]) -> None:
    answer = door(b"{}", Content_Length=str(BODY_MAX_BYTES + 1))
    assert (answer.status_code, answer.json()["reason"]) == (413, "TOO_LARGE")


def test_a_body_that_does_not_come_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "BODY_BOUND_S", 0.05)
    told: list[Any] = []

    async def receive() -> Any:
        if not told:
            await asyncio.sleep(5)
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        told.append(message)

    scope = {"type": "http", "method": "POST", "path": "/", "headers": [], "query_string": b""}
    asyncio.run(app_of(Question)({**scope, "root_path": ""}, receive, send))
    assert told[0]["status"] == 408


def test_a_caller_who_hangs_up_is_no_mistake_of_ours() -> None:
    told: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        told.append(message)

    scope = {"type": "http", "method": "POST", "path": "/", "headers": [], "query_string": b""}
    asyncio.run(app_of(Question)({**scope, "root_path": ""}, receive, send))
    assert told[0]["status"] == 400


def test_another_method_is_told_which_there_are() -> None:
    with TestClient(app_of(Question)) as client:
        answer = client.put("/", content=b"{}")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    assert answer.headers["Content-Type"] == PROBLEM_JSON


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)
FIELDS = st.sampled_from(["subject", "matter", "purpose", "type", "envelope", "number", "list_id"])
RUBBISH = st.one_of(
    st.binary(max_size=200),
    st.dictionaries(FIELDS | st.text(), VALUES).map(lambda value: json.dumps(value).encode()),
    VALUES.map(lambda value: json.dumps(value, ensure_ascii=False).encode(errors="surrogatepass")),
)


@given(RUBBISH)
def test_nothing_that_is_sent_is_our_mistake(body: bytes) -> None:
    for kind in (Question, EventSubmission):
        with suppress(Malformed, Refused, msgspec.DecodeError, UnicodeDecodeError):
            read_json(body, kind)


def test_every_misfit_is_told_at_once_with_its_pointer_in_the_callers_language() -> None:
    body = {"type": "entry_listed", "envelope": {"recordId": 1, "decided_on": "x"}, "colour": "red"}
    with TestClient(app_of(EventSubmission), raise_server_exceptions=False) as client:
        told = client.post("/", json=body).json()
        answer = client.post("/", json=body, headers={"Accept-Language": "zh-CN"})
    assert [(each["reason"], each["pointer"]) for each in told["mistakes"]] == [
        ("FIELD_MISSING", "/envelope/record_id"),
        ("FIELD_MISSING", "/envelope/record_revision"),
        ("FIELD_INVALID", "/envelope/decided_on"),
        ("FIELD_UNKNOWN", "/envelope/recordId"),
        ("FIELD_MISSING", "/list_id"),
        ("FIELD_UNKNOWN", "/colour"),
    ]
    assert told["mistakes"][3]["suggestion"] == "record_id"
    assert answer.headers["Content-Language"] == "zh"
    assert "缺少必填字段 record_id" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("stated", "meant"), [("EntryRemoved", "entry_removed"), ("entry_removd", ""), (5, "")]
)
def test_an_unknown_kind_of_record_is_told_with_those_there_are(stated: object, meant: str) -> None:
    with TestClient(app_of(EventSubmission), raise_server_exceptions=False) as client:
        (mistake,) = client.post("/", json={"type": stated}).json()["mistakes"]
    assert (mistake["pointer"], mistake["suggestion"]) == ("/type", meant)
    assert "entry_listed, entry_noticed" in mistake["detail"]


def test_what_the_door_itself_says_is_told_in_chinese_too(door: Callable[..., Any]) -> None:
    answer = door(b"{", Accept_Language="zh")
    assert answer.json()["detail"].startswith("请求体不是 JSON")
    assert door(b"{", Accept_Language="fr").headers["Content-Language"] == "en"
