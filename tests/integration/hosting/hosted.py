"""The engine's toy job inside a Faust app, as services run theirs; a program of one worker."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from creditbus.runtime.process import Process
from creditbus.runtime.settings import Settings
from creditbus.runtime.workers.hosts import host
from tests.integration.engine.words import Play, job_of


def main() -> None:
    """Host the worker of the play in the first argument until a signal asks it to stop."""
    play = Play(**json.loads(sys.argv[1]))
    settings = Settings(
        kafka=play.bootstrap,
        kafka_user=play.security["sasl.username"],
        kafka_password=play.security["sasl.password"],
        state=Path(play.folder),
        metrics_port=play.metrics_port,
    )
    service, _, number = play.name.rpartition("-")
    host(Process(service, int(number), settings), job_of(play))


if __name__ == "__main__":
    main()
