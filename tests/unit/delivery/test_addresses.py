"""Where a webhook may lead: never to a machine's own metadata or to a link-local neighbour."""

from __future__ import annotations

import asyncio
import socket
import threading

import pytest

from creditbus.delivery.addresses import AddressRefused, Found, GuardedResolver, why_not_target
from creditbus.delivery.webhooks import Target, TargetRefused, WebhookBounds
from creditbus.runtime.clock import SystemClock

HTTPS = "https://body.example/v1/directives"
SECRET = "whsec_c2VjcmV0LW9mLWEtdGVzdGVkLWJvZHk="


@pytest.mark.parametrize(
    ("url", "address", "may"),
    [
        (HTTPS, "127.0.0.1", True),
        (HTTPS, "::1", True),
        (HTTPS, "10.1.2.3", True),
        (HTTPS, "192.0.2.7", True),
        (HTTPS, "169.254.169.254", False),
        (HTTPS, "::ffff:169.254.169.254", False),
        (HTTPS, "fe80::1%eth0", False),
        (HTTPS, "fd00:ec2::254", False),
        (HTTPS, "100.100.100.200", False),
        (HTTPS, "0.0.0.0", False),
        (HTTPS, "224.0.0.1", False),
        ("http://metadata.google.internal./v1", "192.0.2.7", False),
        ("ftp://body.example/", "192.0.2.7", False),
        ("file:///etc/passwd", "127.0.0.1", False),
        ("https:///v1/directives", "192.0.2.7", False),
    ],
)
def test_a_target_is_one_reachable_host_and_no_metadata(
    url: str, address: str, *, may: bool
) -> None:
    assert (why_not_target(url, [address]) == "") is may


def test_one_forbidden_address_among_several_is_enough() -> None:
    assert why_not_target(HTTPS, ["192.0.2.7", "169.254.169.254"]) != ""


LIMITS = WebhookBounds(connections=1, seconds=1)


def test_a_webhook_that_can_never_be_sent_to_stops_the_start() -> None:
    with pytest.raises(TargetRefused, match="an http or https address"):
        Target("railway", SECRET, SystemClock(), LIMITS)


@pytest.mark.parametrize(
    "url", ["http://169.254.169.254/v1", "https://[fe80::1]/v1", "http://[::ffff:169.254.169.254]/"]
)
def test_an_address_that_nobody_looks_up_is_judged_at_the_start(url: str) -> None:
    with pytest.raises(TargetRefused, match="no address of one reachable host"):
        Target(url, SECRET, SystemClock(), LIMITS)


def found(*addresses: str) -> Found:
    family = socket.AF_INET
    return [(family, socket.SOCK_STREAM, 6, "", (address, 443)) for address in addresses]


def test_a_client_is_given_the_very_addresses_that_were_judged() -> None:
    answers = iter([found("192.0.2.7", "192.0.2.8"), found("169.254.169.254")])
    resolver = GuardedResolver(HTTPS, lambda _host, _port: next(answers))

    async def ask() -> list[str]:
        return [each["host"] for each in await resolver.resolve("body.example", 443)]

    assert asyncio.run(ask()) == ["192.0.2.7", "192.0.2.8"]
    with pytest.raises(AddressRefused, match=r"169\.254\.169\.254"):
        asyncio.run(ask())


def test_a_name_server_that_does_not_answer_holds_up_no_other_body() -> None:
    silent, asked = threading.Event(), []

    def hang(host: str, _port: int) -> Found:
        asked.append(host)
        silent.wait(30)
        return found("192.0.2.7")

    async def steps() -> None:
        stuck = GuardedResolver(HTTPS, hang)
        waiting = [asyncio.ensure_future(stuck.resolve("stuck.example", 443)) for _ in range(50)]
        await asyncio.sleep(0)
        for number in range(100):
            other = GuardedResolver(HTTPS, lambda _host, _port: found("192.0.2.9"))
            async with asyncio.timeout(5):
                (answer,) = await other.resolve(f"body-{number}.example", 443)
            assert answer["host"] == "192.0.2.9"
        assert asked == ["stuck.example"], "one look-up serves all that wait for it"
        waiting[0].cancel()
        silent.set()
        assert len(await asyncio.gather(*waiting[1:])) == 49, "who gives up gives up alone"

    asyncio.run(steps())


def test_a_name_that_cannot_be_looked_up_is_told() -> None:
    def nobody(_host: str, _port: int) -> Found:
        raise socket.gaierror(-2, "Name or service not known")

    async def ask() -> None:
        await GuardedResolver(HTTPS, nobody).resolve("gone.example", 443)

    with pytest.raises(OSError, match=r"gone\.example cannot be looked up"):
        asyncio.run(ask())
