"""Where a webhook may lead: never to a machine's own metadata or to a link-local neighbour."""

from __future__ import annotations

import pytest

from creditbus.delivery.webhooks import Target, TargetRefused, why_not_target
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


def test_a_webhook_that_can_never_be_sent_to_stops_the_start() -> None:
    with pytest.raises(TargetRefused, match="an http or https address"):
        Target("railway", SECRET, SystemClock(), connections=1)
