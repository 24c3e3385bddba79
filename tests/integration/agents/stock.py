"""Stock Faust, written as its guide has it: what ``faust worker`` runs for ``test_stock.py``.

Each agent writes down what it was given and then does what the record says.
"""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterable
from typing import Any

import faust
from faust.types.auth import SASLMechanism

from creditbus.runtime.settings import read_settings

settings = read_settings()
TOPICS: dict[str, str] = json.loads((settings.home / "topics.json").read_text())

app = faust.App(
    TOPICS["group"],
    broker=f"kafka://{settings.kafka}",
    broker_credentials=faust.SASLCredentials(
        username=settings.kafka_user,
        password=settings.kafka_password,
        mechanism=SASLMechanism.SCRAM_SHA_256,
    ),
    store="memory://",
    datadir=settings.home / "faust",
    broker_commit_interval=0.2,
    web_enabled=False,
)
outputs = app.topic(TOPICS["outputs"], value_serializer="raw")


def note(agent: str, value: Any) -> None:
    """Write down what an agent was given."""
    with (settings.home / agent).open("a", encoding="utf-8") as taken:
        taken.write(f"{value}\n")


@app.agent(app.topic(TOPICS["fails"], value_serializer="raw"))
async def fails(stream: AsyncIterable[bytes]) -> None:
    """Fail at a record."""
    async for value in stream:
        assert value != b"fail", "told to fail"
        note("fails", value.decode())


@app.agent(app.topic(TOPICS["takes"], value_serializer="raw"))
async def takes(stream: Any) -> None:
    """Take several at once and fail at them."""
    async for values in stream.take(3, within=10):
        assert b"fail" not in values, "told to fail"
        note("takes", " ".join(value.decode() for value in values))


@app.agent(app.topic(TOPICS["decodes"], value_serializer="json"))
async def decodes(stream: AsyncIterable[Any]) -> None:
    """Let Faust decode."""
    async for value in stream:
        note("decodes", value)


@app.agent(app.topic(TOPICS["sends"], value_serializer="raw"))
async def sends(stream: AsyncIterable[bytes]) -> None:
    """Send what the broker refuses, as the guide sends."""
    async for value in stream:
        _delivered = await outputs.send(value=b"x" * 2000)
        note("sends", value.decode())
        note("level", logging.getLevelName(logging.root.level))
