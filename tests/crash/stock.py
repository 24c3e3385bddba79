"""A stock Faust agent that counts words, with a table in RocksDB: what the engine is not.

Every setting is Faust's own default but the addresses and the session, which is as short as the
engine's so that a killed worker is missed in seconds and not in a minute. Run as a program it is
one worker process, told where to be by the same argument as the engine's workers.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import faust
from faust.auth import SASLCredentials
from faust.types.auth import SASLMechanism

from creditbus.engine.connection import SESSION_MS
from tests.crash.actor import Part

PARTITIONS = 4


def app_for(part: Part) -> Any:
    """Return the app of the part: it passes on each word's count once, or means to.

    A record carries the running number of its word. One that the table has counted is dropped, as
    every service does that must not count an event twice.
    """
    app = faust.App(
        part.application,
        broker=f"kafka://{part.bootstrap}",
        broker_credentials=SASLCredentials(
            username=part.security["sasl.username"],
            password=part.security["sasl.password"],
            mechanism=SASLMechanism("SCRAM-SHA-256"),
        ),
        store="rocksdb://",
        datadir=str(Path(part.folder) / part.name),
        topic_partitions=PARTITIONS,
        broker_session_timeout=SESSION_MS / 1000,
        broker_heartbeat_interval=1.0,
        web_enabled=False,
    )
    source = app.topic(part.sources[0], key_serializer="raw", value_serializer="raw")
    outputs = app.topic(part.outputs, key_serializer="raw", value_serializer="raw")
    counts = app.Table("counts", default=int, key_type=str, partitions=PARTITIONS)

    @app.agent(source)
    async def count(words: Any) -> None:
        async for word, number in words.items():
            total = counts[word.decode()] + 1
            if int(number) >= total:
                counts[word.decode()] = total
                _delivery = await outputs.send(key=word, value=str(total).encode())

    return app


def main() -> None:
    """Run the agent's worker until it is told or made to end."""
    part = Part(**json.loads(sys.argv[1]))
    (Path(part.folder) / part.name).mkdir(parents=True, exist_ok=True)
    app = app_for(part)
    sys.argv[1:] = ["worker", "--loglevel=warn", "--without-web"]
    app.main()


if __name__ == "__main__":
    main()
