"""The load: an open loop that sends at a fixed rate, whatever happens to what it sent.

Each event carries the instant at which it was due, so a sender that falls behind makes latencies
longer instead of hiding them.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from creditbus.bench.supply import LISTS, SEED, Event, framed, producer_of, put, subject_of
from creditbus.bench.yardstick import LISTED, REMOVED
from creditbus.stack.principals import ClientConfig

SUBJECTS: Final = 200_000


class Load:
    """Sends events that all change a set, until it is told to end."""

    def __init__(self, client: ClientConfig, topic: str, rate: float) -> None:
        self._topic = topic
        self._rate = rate
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._send, name="load", daemon=True)
        self.sent = 0
        # A request for each event would keep the broker busier than the worker does.
        self._producer = producer_of(client, 2)

    def begin(self) -> None:
        """Begin to send."""
        self._thread.start()

    def end(self) -> None:
        """Stop sending; return when the broker has everything."""
        self._over.set()
        self._thread.join()
        assert self._producer.flush(30) == 0, "the broker did not take every event"

    def _send(self) -> None:
        began = time.monotonic()
        chance = random.Random(SEED)
        while not self._over.is_set():
            due = began + self.sent / self._rate
            early = due - time.monotonic()
            if early > 0:
                # Slept, not polled: a poll of less than a millisecond does not wait, and a sender
                # that spins takes a core from what is measured.
                time.sleep(min(early, 0.05))
                continue
            event = _changing(self.sent, chance, int(due * 1e6))
            put(self._producer, self._topic, event[1], framed(event, self.sent))
            self._producer.poll(0)
            self.sent += 1


@contextmanager
def loaded(client: ClientConfig, topic: str, rate: float) -> Iterator[Load]:
    """Keep a topic under load."""
    load = Load(client, topic, rate)
    load.begin()
    try:
        yield load
    finally:
        load.end()


def _changing(number: int, chance: random.Random, at: int) -> Event:
    """Return an event that changes its subject's set: onto the list, then off it, and so on."""
    turn, place = divmod(number, SUBJECTS)
    event_id = b"%036x" % chance.getrandbits(128)
    return event_id, subject_of(place), REMOVED if turn % 2 else LISTED, LISTS[0], at
