"""Every process speaks TLS to the broker when it is told to: one record goes all the way."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from creditbus.domain.effects.directives import Action
from creditbus.domain.ids import SubjectId
from creditbus.runtime.law.catalogue import load_catalogue
from creditbus.runtime.settings import read_settings
from creditbus.sdk.publisher import NotPublished, Publisher, PublisherTls
from creditbus.stack import cluster, ports
from creditbus.stack.bus import LocalBus, Sites, bodies_plan
from creditbus.stack.reports import Report
from tests.bus_fixtures import LiveBus, eventually, press
from tests.certificates import Authority
from tests.examples import a_bid_bar

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def secured(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveBus]:
    """A bus whose broker has no listener in the clear."""
    sites = Sites(
        home=tmp_path_factory.mktemp("tls"),
        cache=read_settings().cache,
        schemas=ROOT / "schemas" / "avro",
        catalogue=ROOT / "deploy" / "catalogue",
    )
    tls = cluster.BrokerTls(certificate=authority.issue("broker"), ca=authority.ca)
    with LocalBus(
        sites,
        load_catalogue(sites.catalogue),
        ports=ports.free(),
        say=Report(logging.getLogger("tls").info),
        cluster=cluster.Cluster(quick=True, tls=tls),
    ) as bus:
        bus.services.start([bodies_plan(bus.stack.file, sites)])
        yield LiveBus(bus, sites)


def publisher(secured: LiveBus, tls: PublisherTls | None) -> Publisher:
    return Publisher(
        "tender",
        kafka=secured.file.bootstrap,
        registry=secured.file.registry_url,
        password=secured.file.credentials["tender"],
        tls=tls,
    )


def test_a_record_goes_all_the_way_over_tls(
    secured: LiveBus, authority: Authority, subject: SubjectId
) -> None:
    with publisher(secured, PublisherTls(ca=authority.ca)) as tender:
        tender.publish(a_bid_bar(subject_id=subject, record_id=f"tls-{subject}"))

    eventually(lambda: [each.action for each in secured.received(subject)] == [Action.APPLY])
    eventually(lambda: all(state.ready for state in secured.bus.services.states()))


def test_the_command_line_asks_the_brokers_over_tls(secured: LiveBus) -> None:
    code, told = press(secured, "topics", "check")
    assert (code, "as declared" in told) == (0, True), told


def test_an_authority_that_nobody_named_is_not_believed(
    secured: LiveBus, tmp_path: Path, subject: SubjectId
) -> None:
    stranger = Authority(tmp_path, "A stranger")
    with (
        pytest.raises(NotPublished, match="certificate is not believed"),
        publisher(secured, PublisherTls(ca=stranger.ca)) as tender,
    ):
        tender.publish(a_bid_bar(subject_id=subject, record_id=f"stranger-{subject}"))


def test_the_broker_does_not_speak_in_the_clear(secured: LiveBus) -> None:
    config = secured.bus.stack.client_config("admin") | {"security.protocol": "SASL_PLAINTEXT"}
    with pytest.raises(KafkaException):
        AdminClient(config | {"log_level": 0}).list_topics(timeout=3)
