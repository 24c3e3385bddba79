"""The HTTP doors: who says nothing, says too much, comes with everybody, or sends rubbish."""

from __future__ import annotations

import asyncio
import socket
import time
from contextlib import ExitStack
from dataclasses import replace
from typing import Final

import aiohttp
import httpx
import msgspec
from redis import Redis

from creditbus.domain.acts.refusals import Refusal
from creditbus.domain.calendar import millis_of
from creditbus.domain.ids import SubjectId
from creditbus.runtime.redis.served import PREFIX
from creditbus.stack.bus import token_name
from creditbus.stack.ports import HOST
from creditbus.stack.services import HOSTED
from creditbus.wire import topics
from creditbus.wire.records import to_record
from tests.bus_fixtures import eventually
from tests.examples import a_listing
from tests.siege.blows import Chapter
from tests.siege.bystanders import (
    CHECK,
    CONSOLE,
    FEED,
    HEALTH,
    LISTING,
    PLATFORM,
    REFUSALS,
    REMOVAL,
)
from tests.siege.siege import Siege

CHAPTER = Chapter("The HTTP doors", door="http")

HTTP: Final = ("gateway", "query", "feed", "console")
MANY: Final = 500
BOUND_S: Final = 60.0
NUMBER: Final = "370299199001012298"
"""A made-up person's number (there is no such county) that could be a firm's code."""
QUESTION: Final = {"matter": "bid-registration", "purpose": "bid-qualification"}


def ports(siege: Siege) -> list[int]:
    """Return the ports of every door: those of HTTP, and each process's health and metrics."""
    found = siege.live.file.ports
    return [getattr(found, name) for name in HTTP] + [found.metrics_of(name) for name in HOSTED]


@CHAPTER.blow(
    strikes="at every port 80 connections that say nothing, or the beginning of a head",
    then="the next question is answered as ever, health and metrics too",
    is_short=True,
)
def silent_peers(siege: Siege) -> None:
    with ExitStack() as opened:
        for port in ports(siege):
            for number in range(80):
                peer = opened.enter_context(socket.create_connection((HOST, port), 5))
                if number % 2:
                    peer.sendall(b"GET / HTTP/1.1\r\nX: ")
        for port in ports(siege):
            assert httpx.get(f"http://{HOST}:{port}/", timeout=5).status_code < 500


@CHAPTER.blow(
    strikes="bodies nested without end, twice-keyed, with NUL, half a surrogate, of another kind, "
    "too large; other methods; bytes that are no HTTP",
    then="a 4xx with a problem",
    is_short=True,
)
def rubbish(siege: Siege) -> None:
    deep = b'{"z": ' + b"[" * 100_000 + b', "type": "entry_listed"}'
    bodies = (
        *(deep, b'{"type": "a", "type": "b"}', b'{"type": "\\u0000"}', b'{"type": "\\ud800"}'),
        *(b" " * 300_000, b"\xff\xfe", b"", b"[]", b'{"subject": {"number": NaN}}'),
    )
    for service, party, path in (
        ("gateway", siege.culprit, "/v1/events"),
        ("query", "trade-centre", "/v1/checks"),
    ):
        with siege.live.http(service, party) as caller:
            for body in bodies:
                problem = caller.post(path, content=body)
                assert 400 <= problem.status_code < 500, (body[:40], problem.text)
                assert problem.json()["detail"]
            typed = caller.post(path, content=b"{}", headers={"Content-Type": "text/plain"})
            assert typed.status_code == 415
            assert caller.delete(path).headers["Allow"] == "POST"
    for port in ports(siege):
        with socket.create_connection((HOST, port), 5) as peer:
            peer.sendall(b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n")
            assert b" 400 " in peer.recv(4096)


@CHAPTER.blow(
    strikes=f"{MANY} checks at once, then {MANY} event streams at once beside {MANY} more checks",
    then="each is answered, and each stream told",
    others="longer waits at query and feed, which share two cores with those who ask",
    spares=(CHECK, FEED, LISTING, REMOVAL, CONSOLE, REFUSALS),
)
def everybody_at_once(siege: Siege) -> None:
    file = siege.live.file
    asker, reader = (
        {"Authorization": f"Bearer {file.secrets[token_name(party)]}"}
        for party in ("trade-centre", PLATFORM)
    )
    question = {"subject": siege.subject(), **QUESTION}

    async def check(client: aiohttp.ClientSession) -> int:
        url = f"http://{HOST}:{file.ports.query}/v1/checks"
        async with client.post(url, json=question, headers=asker) as answer:
            return answer.status

    async def stream(client: aiohttp.ClientSession) -> int:
        url = f"http://{HOST}:{file.ports.feed}/v1/exposures/stream"
        async with client.get(url, headers=reader) as told:
            async for line in told.content:
                if line.startswith(b"retry"):
                    await asyncio.sleep(5)
                    return told.status
        return 0

    async def all_of_them() -> set[int]:
        # Whoever is slow to ask, once connected, is cut off: a client of many is a quick one.
        async with aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0), timeout=aiohttp.ClientTimeout(BOUND_S)
        ) as client:
            first = await asyncio.gather(*(check(client) for _ in range(MANY)))
            both = [*(check(client) for _ in range(MANY)), *(stream(client) for _ in range(MANY))]
            return {*first, *await asyncio.gather(*both)}

    assert asyncio.run(all_of_them()) == {200}


@CHAPTER.blow(
    strikes="Redis flushed while a stream is open, and a stream that comes again with an old id",
    then="both stay open, and are told `reset` and what stands now",
    others="503 at query, feed, gateway's refusals till the views are whole, as health says",
    spares=(CHECK, FEED, REFUSALS, CONSOLE, HEALTH),
)
def a_flush_under_a_stream(siege: Siege) -> None:
    with siege.live.http("feed", PLATFORM) as platform:
        url, bound = "/v1/exposures/stream", httpx.Timeout(BOUND_S)
        old = {"Last-Event-ID": "1764500000000000-5"}
        with platform.stream("GET", url, timeout=bound) as open_one:
            lines = open_one.iter_lines()
            next(line for line in lines if line.startswith("retry"))
            with Redis.from_url(siege.live.file.redis_url) as client:
                client.delete(*client.scan_iter(match=f"{PREFIX}*"))
            with platform.stream("GET", url, headers=old, timeout=bound) as again:
                for told in (lines, again.iter_lines()):
                    assert next(line for line in told if line == "event: reset")
        eventually(lambda: platform.get("/v1/exposures").is_success, BOUND_S)


@CHAPTER.blow(
    strikes="5,000 listings of one source at once",
    then="each is counted",
    others="an event's way takes longer, and nobody who reads gets an error or waits",
    spares=(LISTING, REMOVAL),
)
def a_flood_and_its_readers(siege: Siege) -> None:
    with siege.publisher() as publisher:
        for number in range(5000):
            subject = siege.subject()
            publisher.send(a_listing(subject_id=subject, record_id=f"flood-{number}-{subject}"))
        publisher.flush()
    time.sleep(20)


@CHAPTER.blow(
    strikes="a hundred wrong tokens at the console, a form and a socket of another site",
    then="429 with a time to wait, 403, and no socket",
    is_short=True,
)
def knocking_at_the_console(siege: Siege) -> None:
    url = f"http://{HOST}:{siege.live.file.ports.console}"
    # From another address of this machine, so that nobody else has to wait.
    with httpx.Client(base_url=url, transport=httpx.HTTPTransport(local_address="127.0.0.7")) as it:
        told = {it.post("/login", data={"token": f"guess-{n}"}).status_code for n in range(100)}
        assert told == {401, 429}
        wait = it.post("/login", data={"token": "guess"}).headers["Retry-After"]
        assert 1 <= int(wait) <= 60
        foreign = {"Origin": "http://evil.example"}
        assert it.post("/login", data={"token": "x"}, headers=foreign).status_code == 403
        socket_io = "/_nicegui_ws/socket.io/?EIO=4&transport=polling"
        assert it.get(socket_io).status_code == 401
        policy = it.get("/").headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in policy


@CHAPTER.blow(
    strikes="a natural person's number in the place of a firm's code, with a name, by HTTP and by "
    "Kafka, though it passes the check of a code",
    then="422, or a refusal; no event, no exposure and no refusal has the number or the name",
)
def a_persons_number_for_a_firms(siege: Siege) -> None:
    live, name = siege.live, f"张三{siege.dice.randrange(10**6)}"
    # Only from here on: to read what floods have left takes a core for seconds.
    reader = replace(live.reader(), since_ms=millis_of(live.process().clock.now()))
    listing = a_listing(
        subject_id=SubjectId(f"uscc:{NUMBER}"), subject_name=name, record_id=f"a-person-{name[2:]}"
    )
    content = to_record(listing)
    del content["envelope"]["adult_on_decision"]
    with live.http("gateway", siege.culprit) as gateway:
        answer = gateway.post("/v1/events", content=msgspec.json.encode(content))
    assert (answer.status_code, NUMBER in answer.text) == (422, False)
    siege.put(live.process().codec.encode(listing), key=listing.envelope.record_id.encode())
    refused = eventually(
        lambda: [
            each
            for each in reader.values(topics.REFUSALS)
            if isinstance(each, Refusal) and each.record_id == listing.envelope.record_id
        ]
    )
    assert {each.reason for each in refused} == {"SUBJECT_INVALID"}
    told = (topics.EVENTS, topics.STANDINGS, topics.EXPOSURES, topics.REFUSALS)
    kept = msgspec.json.encode([*reader.values(*told)])
    assert name.encode() not in kept
    assert NUMBER.encode() not in kept
    with live.http("feed", PLATFORM) as feed:
        assert name not in feed.get("/v1/exposures").text
