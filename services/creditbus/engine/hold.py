"""Holds: a worker that is told to pause keeps its partitions and fetches nothing."""

from __future__ import annotations

import threading

from confluent_kafka import Consumer

from creditbus.engine.lags import Lags


class Hold:
    """Whether a worker shall stand still; set from any thread, obeyed by its loop."""

    def __init__(self, lags: Lags) -> None:
        self._lags = lags
        self._wanted = threading.Event()
        self.is_holding = False

    def want(self) -> None:
        """Ask the worker to fetch nothing from its next turn on."""
        self._wanted.set()

    def end(self) -> None:
        """Ask the worker to go on."""
        self._wanted.clear()

    def obey(self, consumer: Consumer) -> None:
        """Hold every partition of the moment, or let them go again.

        Asked once a turn: partitions that arrive during a hold are held too. What the client had
        fetched ahead is fetched again afterwards.
        """
        if self._wanted.is_set():
            consumer.pause(consumer.assignment())
            self._lags.ask(consumer)
            self.is_holding = True
        elif self.is_holding:
            consumer.resume(consumer.assignment())
            self.is_holding = False
