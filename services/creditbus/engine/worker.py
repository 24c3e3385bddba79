"""Workers: what ``app.py`` builds of a job, and what runs it until it is stopped or fails.

``run`` blocks; host it on a thread of its own, and end the process when it raises: whatever was not
committed is done again by the next start, and nothing else is safe to do.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from confluent_kafka import Consumer, KafkaException, Producer
from confluent_kafka.admin import AdminClient

from creditbus.engine.alarm import Alarm
from creditbus.engine.checkpoint import Checkpoint
from creditbus.engine.claim import claimed
from creditbus.engine.connection import Connection
from creditbus.engine.failpoints import Failpoint, unharmed
from creditbus.engine.failures import Reaction, error_of, halt, kind_of
from creditbus.engine.health import Health
from creditbus.engine.hold import Hold
from creditbus.engine.job import Job
from creditbus.engine.lags import Lags
from creditbus.engine.layout import Layout, look_up
from creditbus.engine.line import ProducerLine
from creditbus.engine.loop import Loop
from creditbus.engine.membership import Membership
from creditbus.engine.restore import RestoreGround
from creditbus.engine.rollcall import RollCall
from creditbus.engine.storage import Storage
from creditbus.engine.surroundings import Counters, Logger, Surroundings
from creditbus.engine.transaction import Transaction
from creditbus.engine.watchdog import Watchdog
from creditbus.engine.wayside import Skip, Wayside

__all__ = ["Connection", "Counters", "Health", "Job", "Logger", "Skip", "Storage", "Worker"]

T = TypeVar("T")
_ASK_SECONDS = 1.0


class Worker:
    """One stable name that reads, decides and writes for an application.

    A crash test may set ``failpoint`` before ``run``.
    """

    failpoint: Failpoint = staticmethod(unharmed)

    def __init__(
        self,
        job: Job[Any],
        connection: Connection,
        storage: Storage,
        *,
        counters: Counters,
        logger: Logger,
        now: Callable[[], datetime],
    ) -> None:
        self._job = job
        self._connection = connection
        self._storage = replace(storage, folder=storage.folder / job.name)
        self._counters = counters
        self._logger = logger
        self._now = now
        self._alarm = Alarm()
        self._stopping = threading.Event()
        self._draining = False
        self._lags = Lags()
        self._hold = Hold(self._lags)
        self._wayside = Wayside(job.may_wait, logger, now, goes_on=self._lags.excuse)
        self._membership: Membership | None = None
        self._loop: Loop | None = None

    def run(self) -> None:
        """Work until ``stop`` is called; raise what a person must know about."""
        with claimed(self._storage.folder):
            self._alarm = Alarm()
            watchdog = Watchdog(self._logger)
            try:
                self._work(watchdog)
            finally:
                watchdog.dismiss()

    def stop(self) -> None:
        """Ask the worker, from any thread, to take a last checkpoint and return."""
        self._stopping.set()

    def pause(self) -> None:
        """Ask the worker, from any thread, to keep its partitions and fetch nothing."""
        self._hold.want()

    def resume(self) -> None:
        """Ask the worker, from any thread, to fetch again."""
        self._hold.end()

    def skip(self, skip: Skip) -> None:
        """Ask the worker, from any thread, to skip what a parked source stands at."""
        self._wayside.ask(skip)

    @property
    def is_asked_to_skip(self) -> bool:
        """Whether a skip is neither committed nor void yet; asked from any thread."""
        return bool(self._wayside.skips)

    def drain(self) -> None:
        """Ask the worker, from any thread, to stop and to leave its group for the others.

        One that only stops stays a member until its session is over, so that it finds its
        partitions again when it is started at once.
        """
        self._draining = True
        self._stopping.set()

    @property
    def ready(self) -> bool:
        """Whether the group has decided, and everything that it gave this worker is restored."""
        member = self._membership
        return member is not None and member.is_decided and not member.restoring

    @property
    def health(self) -> Health:
        """What a watcher wants to know; read from any thread."""
        member = self._membership
        return Health(
            is_ready=self.ready,
            is_paused=self._hold.is_holding,
            assigned=member.assigned if member else (),
            restoring=member.restoring if member else (),
            waiting=self._waiting,
            stalled=self._stalled(),
            behind=self._lags.behind,
            parked=self._wayside.parked,
        )

    @property
    def _waiting(self) -> str | None:
        loop = self._loop
        return self._alarm.waiting or (loop.waiting if loop is not None else None)

    def _stalled(self) -> str | None:
        member, loop = self._membership, self._loop
        if member is None or loop is None or self._waiting or self._hold.is_holding:
            return None
        waiting = {(each.topic, each.partition) for each in self._wayside.parked}
        running = set(member.assigned) - set(member.restoring) - waiting
        return loop.stalled() or self._lags.stalled(running)

    def _work(self, watchdog: Watchdog) -> None:
        admin = self._connection.admin(self._alarm)
        transaction = Transaction(lambda: ProducerLine(self._producer, self._alarm), self._alarm)
        layout = self._start(admin, transaction)
        if layout is None:
            return
        consumer = self._member()
        surroundings = self._surroundings()
        checkpoint = Checkpoint(
            transaction,
            changelog=self._job.changelog,
            topic_id=layout.topic_id,
            membership=consumer.consumer_group_metadata,
            surroundings=surroundings,
            watchdog=watchdog,
        )
        self._wayside.miss(layout.absent)
        ground = self._ground(layout, admin, surroundings)
        membership = Membership(ground, checkpoint, self._wayside)
        loop = Loop(
            self._job,
            consumer,
            transaction=transaction,
            checkpoint=checkpoint,
            membership=membership,
            surroundings=surroundings,
        )
        self._membership, self._loop = membership, loop
        roll_call = RollCall(admin, self._job, self._alarm)
        try:
            membership.join(consumer)
            while not self._stopping.is_set():
                self._answer(roll_call, consumer, membership)
                self._wayside.keep_to(membership.assigned)
                loop.turn(self._alarm, self._hold)
            loop.commit(self._alarm)
            self._logger.info("the last checkpoint is taken", drains=self._draining)
        except BaseException as error:
            # Whoever is asked from here on must not commit what is half done.
            self._alarm.report(error)
            with self._alarm:
                checkpoint.abort()
            raise
        finally:
            roll_call.dismiss()
            with watchdog.watching("leaving the group"):
                self._leave(consumer, membership)
        self._alarm.check()

    def _producer(self, line: ProducerLine) -> Producer:
        return self._connection.transactional(self._job.name, line, logger=line)

    def _member(self) -> Consumer:
        return self._connection.member(self._job, self._alarm, self._lags)

    def _answer(self, roll_call: RollCall, consumer: Consumer, membership: Membership) -> None:
        """Join the group again when partitions are read by nobody and this worker should act."""
        if roll_call.absent is not None:
            self._wayside.miss(roll_call.absent)
        if not roll_call.is_ours_to_close():
            return
        self._logger.warning(
            "nobody reads some partitions; this worker joins the group again, so that it counts"
        )
        membership.leave(consumer)
        membership.join(consumer)

    def _leave(self, consumer: Consumer, membership: Membership) -> None:
        if self._draining and not self._alarm.is_raised:
            membership.leave(consumer)
        consumer.close()
        membership.close()
        self._membership = None

    def _start(self, admin: AdminClient, transaction: Transaction) -> Layout | None:
        """Look the topics up and fence older processes of this name; None when stopped."""
        # Asked first because it gives up soon: a wrong password is only told after a call.
        source = self._job.sources[0]

        def serve() -> None:
            admin.poll(0)
            transaction.serve()

        self._until_answered(lambda: admin.list_topics(source, timeout=_ASK_SECONDS), serve)
        ask = partial(look_up, admin, self._job, self._logger, self._stopping)
        layout = self._until_answered(ask, serve)
        # Repeatable: a call that ran out of time goes on where it was.
        self._until_answered(lambda: transaction.mend(_ASK_SECONDS), serve)
        return None if self._stopping.is_set() else layout

    def _until_answered(self, call: Callable[[], T], serve: Callable[[], None]) -> T | None:
        while not self._stopping.is_set():
            try:
                answer = call()
            except KafkaException as failure:
                serve()
                self._alarm.check()
                if kind_of(failure) not in (Reaction.SILENT, Reaction.RETRY):
                    raise halt("the worker cannot start", error_of(failure)) from failure
                self._alarm.hear(error_of(failure))
            else:
                self._alarm.answered()
                return answer
        return None

    def _surroundings(self) -> Surroundings:
        return Surroundings(
            counters=self._counters,
            logger=self._logger,
            now=self._now,
            failpoint=self.failpoint,
        )

    def _ground(
        self, layout: Layout, admin: AdminClient, surroundings: Surroundings
    ) -> RestoreGround:
        return RestoreGround(
            job=self._job,
            storage=self._storage,
            layout=layout,
            admin=admin,
            asker=self._connection.asker(self._job.application, self._alarm),
            reader=partial(self._connection.reader, self._job.application, self._alarm),
            alarm=self._alarm,
            surroundings=surroundings,
        )
