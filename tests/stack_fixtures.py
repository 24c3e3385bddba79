"""The real stack for tests: one Kafka, registry and Valkey for a whole pytest run.

Tests that ask for ``stack`` share it, so every test uses names of its own (``throwaway_topic``).
Under pytest-xdist each worker has one at most (``tests/sharing.py``).
The servers come from pip and are the real ones, so a container engine is neither needed nor used.
"""

from __future__ import annotations

import itertools
import logging
import os
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Final

import pytest
from confluent_kafka.admin import NewTopic

from creditbus.runtime.settings import read_settings
from creditbus.stack import ports
from creditbus.stack.cluster import Cluster
from creditbus.stack.local import LocalStack, Parties
from creditbus.stack.principals import ClientConfig
from creditbus.stack.reports import Report

SOURCES: Final = ("court", "tax", "tender")
BODIES: Final = ("tender-platform", "railway")
TOPIC_BOUND_S: Final = 15
_NUMBERS = itertools.count(1)

ThrowawayTopic = Callable[..., str]
ConfigOf = Callable[[str], ClientConfig]


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    """A running stack on free ports, with three sources and two executing bodies."""
    say = logging.getLogger("stack").info
    with LocalStack(
        # As somebody's own folder may be called: every server must cope with it.
        tmp_path_factory.mktemp("信用 总线"),
        read_settings().cache,
        ports=ports.free(),
        parties=Parties(sources=SOURCES, bodies=BODIES),
        say=Report(say),
        cluster=Cluster(quick=True),
    ) as running:
        yield running


@pytest.fixture(scope="session")
def client_config(stack: LocalStack) -> ConfigOf:
    """Give the confluent-kafka settings of a principal; ``admin`` may do everything."""
    return stack.client_config


@pytest.fixture(scope="session")
def throwaway_topic(stack: LocalStack) -> ThrowawayTopic:
    """Make a topic nobody else uses and return its name; the end of the run deletes it."""
    admin = stack.admin()

    def make(
        *, partitions: int = 1, config: Mapping[str, str] | None = None, prefix: str = "test"
    ) -> str:
        name = f"{prefix}-{os.getpid()}-{next(_NUMBERS)}"
        topic = NewTopic(name, partitions, 1, config=dict(config or {}))
        for made in admin.create_topics([topic], operation_timeout=TOPIC_BOUND_S).values():
            made.result(TOPIC_BOUND_S)
        deadline = time.monotonic() + TOPIC_BOUND_S
        # The controller answers some milliseconds before the broker knows the topic.
        while name not in admin.list_topics(timeout=TOPIC_BOUND_S).topics:
            assert time.monotonic() < deadline, f"the broker never knew {name}"
            time.sleep(0.01)
        return name

    return make
