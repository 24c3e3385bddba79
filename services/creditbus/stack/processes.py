"""Supervised processes: started in their own session, recorded at once, restarted, ended in order.

A child's identity is its pid together with its start time, written to the folder as soon as it
lives. So a stack whose launcher was killed can be found and ended by the next start, and a pid that
the system gave to another program since then is never touched.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, Protocol

import msgspec
import psutil

from creditbus.runtime.clock import SystemClock
from creditbus.runtime.settings import PREFIX
from creditbus.runtime.whole_files import write_whole
from creditbus.stack.errors import NotReady
from creditbus.stack.interrupts import held_back

POLL_S: Final = 0.02
STOP_BOUND_S: Final = 15.0
KILL_BOUND_S: Final = 5.0
SAME_START_S: Final = 1.0
TAIL_LINES: Final = 12
TAIL_COLUMNS: Final = 300
TAIL_BYTES: Final = 16_384
RESTARTS: Final = f"{PREFIX}RESTARTS"
SERVER_RANK: Final = 0
SERVICE_RANK: Final = 1


_FAILURES: Final = ("error", "critical")


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """Which process this is: ``created`` is its start in seconds since the epoch, by psutil.

    Higher ``rank`` ends first: services before the servers they talk to. ``restarts`` is how often
    its launcher has started it again, ``last_exit`` how it ended before, empty if it never did.
    """

    name: str
    pid: int
    created: float
    rank: int
    restarts: int = 0
    last_exit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """What to run: the environment is complete, nothing is inherited.

    ``folder`` is where it is run, by default where the launcher is.
    """

    name: str
    argv: Sequence[str]
    env: Mapping[str, str]
    log: Path
    rank: int = SERVICE_RANK
    folder: Path | None = None


class RunningProcess(Protocol):
    """A process that was started, as ``subprocess.Popen`` knows it."""

    @property
    def pid(self) -> int:
        """Its process id."""

    def poll(self) -> int | None:
        """Return how it ended, minus the signal if one ended it; None while it runs."""

    def wait(self, timeout: float | None = None) -> int:
        """Wait until it ends; raises ``subprocess.TimeoutExpired``."""

    def send_signal(self, number: int, /) -> None:
        """Send a signal, unless it has ended."""


Spawn = Callable[[Launch], RunningProcess]


def popen(launch: Launch, *, apart: bool = True) -> RunningProcess:
    """Start a program, ``apart`` in a session of its own, where no terminal's Ctrl-C is heard."""
    with launch.log.open("ab") as log:
        return subprocess.Popen(
            list(launch.argv),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=dict(launch.env),
            cwd=launch.folder,
            start_new_session=apart,
        )


@dataclass(slots=True)
class Child:
    """One supervised process; ``records`` is the folder its identity is kept in."""

    launch: Launch
    records: Path
    spawn: Spawn = popen
    restarts: int = 0
    last_exit: str = ""
    _process: RunningProcess | None = field(default=None, repr=False)
    _identity: Identity | None = None
    _log_from: int = 0

    def start(self) -> None:
        """Start the process and record it at once."""
        launch = replace(self.launch, env={**self.launch.env, RESTARTS: str(self.restarts)})
        launch.log.parent.mkdir(parents=True, exist_ok=True)
        self._log_from = launch.log.stat().st_size if launch.log.exists() else 0
        with held_back():
            self._process = self.spawn(launch)
            pid = self._process.pid
            self._identity = Identity(
                name=launch.name,
                pid=pid,
                created=psutil.Process(pid).create_time(),
                rank=launch.rank,
                restarts=self.restarts,
                last_exit=self.last_exit,
            )
            _write_record(self.records, self._identity)

    def note_exit(self) -> str:
        """Return how the process has ended, in a sentence that its record keeps from now on."""
        self.last_exit = exit_sentence(self.exit_code(), self.launch.log, self._log_from)
        if self._identity is not None:
            self._identity = msgspec.structs.replace(self._identity, last_exit=self.last_exit)
            _write_record(self.records, self._identity)
        return self.last_exit

    @property
    def pid(self) -> int | None:
        """Return the process id, None before the first start."""
        return None if self._process is None else self._process.pid

    def exit_code(self) -> int | None:
        """Return how it ended, minus the signal if one ended it; None while it runs."""
        return None if self._process is None else self._process.poll()

    def is_running(self) -> bool:
        """Return whether the process lives."""
        return self._process is not None and self._process.poll() is None

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the process, if it lives."""
        if self._process is not None:
            self._process.send_signal(number)

    def stop(self, bound_s: float = STOP_BOUND_S) -> None:
        """Ask the process to end; kill its whole session after the bound."""
        stop_all([self], bound_s)

    def kill(self) -> None:
        """End the process and its whole session at once, if it was started."""
        if self._process is not None:
            _signal_session(self._process.pid, signal.SIGKILL)
            self.end_by(time.monotonic() + KILL_BOUND_S)

    def tail(self) -> str:
        """Return the last lines of its log."""
        return tail(self.launch.log)

    def wait_until(self, answers: Callable[[], bool], bound_s: float) -> None:
        """Wait until the process answers; raise with the tail of its log when it does not."""
        deadline = time.monotonic() + bound_s
        while not answers():
            if not self.is_running():
                raise NotReady(
                    f"{self.launch.name} ended with code {self.exit_code()} at start. {self._see()}"
                )
            if time.monotonic() > deadline:
                raise NotReady(
                    f"{self.launch.name} did not answer within {bound_s:g} s. {self._see()}"
                )
            time.sleep(POLL_S)

    def end_by(self, deadline: float) -> None:
        """Wait until this monotonic instant, then kill the session; the record goes with it."""
        assert self._process is not None, "only what was started can end"
        try:
            self._process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            _signal_session(self._process.pid, signal.SIGKILL)
            self._process.send_signal(signal.SIGKILL)
            self._process.wait(KILL_BOUND_S)
        _record_path(self.records, self.launch.name).unlink(missing_ok=True)

    def _see(self) -> str:
        return f"The end of its log, {self.launch.log}:\n{self.tail()}"


def stop_all(children: Iterable[Child], bound_s: float = STOP_BOUND_S) -> None:
    """End the processes: higher ranks first, those of one rank together, killed after the bound."""
    started = [child for child in children if child.pid is not None]
    for rank in sorted({child.launch.rank for child in started}, reverse=True):
        level = [child for child in started if child.launch.rank == rank]
        for child in level:
            child.send(signal.SIGTERM)
        deadline = time.monotonic() + bound_s
        for child in level:
            child.end_by(deadline)


def stop_leftovers(records: Path, bound_s: float = STOP_BOUND_S) -> list[Identity]:
    """End the processes a crashed launcher left, in order; return those that were still alive.

    A record whose pid now belongs to another program is only forgotten.
    """
    recorded = [_read_record(path) for path in sorted(records.glob("*.json"))]
    living = [identity for identity in recorded if is_alive(identity)]
    for rank in sorted({identity.rank for identity in living}, reverse=True):
        _end_level([identity for identity in living if identity.rank == rank], bound_s)
    for identity in recorded:
        _record_path(records, identity.name).unlink(missing_ok=True)
    return living


def is_alive(identity: Identity) -> bool:
    """Return whether this very process lives: the same pid and the same start, and no zombie."""
    try:
        process = psutil.Process(identity.pid)
        same = abs(process.create_time() - identity.created) < SAME_START_S
        return same and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def uptime(identity: Identity) -> float:
    """Return for how many seconds a process has lived, by the clock that told its start."""
    return max(0.0, SystemClock().now().timestamp() - identity.created)


def own_memory(pid: int) -> int:
    """Return the bytes that a process holds and shares with no other, 0 when it is gone."""
    try:
        return int(psutil.Process(pid).memory_full_info().uss)
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return 0


def recorded(records: Path) -> list[Identity]:
    """Return the processes the folder knows of, dead ones included."""
    return [_read_record(path) for path in sorted(records.glob("*.json"))]


def exit_sentence(code: int | None, log: Path, begins: int = 0) -> str:
    """Return in a sentence how a process ended: its code, and why, by its log from ``begins`` on.

    What a signal ended had no time to say anything.
    """
    if code is not None and code < 0:
        return f"ended by {signal.Signals(-code).name}"
    words = _last_words(log, begins)
    return f"ended with code {code}" + (f": {words}" if words else "")


def _last_words(log: Path, begins: int) -> str:
    """Return the last line of a log that tells of a failure, or its last line of all."""
    if not log.exists():
        return ""
    with log.open("rb") as stream:
        stream.seek(max(begins, log.stat().st_size - TAIL_BYTES))
        lines = stream.read().decode("utf-8", "replace").splitlines()
    said = next((found for line in reversed(lines) if (found := _failure(line))), "")
    return (said or (lines[-1].strip() if lines else ""))[:TAIL_COLUMNS]


def _failure(line: str) -> str:
    """Return what a line of a structured log tells of a failure, nothing when it tells of none."""
    try:
        told = msgspec.json.decode(line, type=dict[str, object])
    except msgspec.DecodeError:
        return ""
    if told.get("level") not in _FAILURES:
        return ""
    return str(told.get("why") or told.get("event") or "")


def tail(log: Path) -> str:
    """Return the last lines of a log."""
    if not log.exists():
        return "(no log)"
    with log.open("rb") as stream:
        stream.seek(max(0, log.stat().st_size - TAIL_BYTES))
        lines = stream.read().decode("utf-8", "replace").splitlines()
    return "\n".join(line[:TAIL_COLUMNS] for line in lines[-TAIL_LINES:])


def _end_level(living: Sequence[Identity], bound_s: float) -> None:
    for identity in living:
        _signal_session(identity.pid, signal.SIGTERM)
    _wait_gone(living, bound_s)
    for identity in living:
        # The whole session: a process that has ended may have left its own children behind.
        _signal_session(identity.pid, signal.SIGKILL)
    _wait_gone(living, KILL_BOUND_S)


def _wait_gone(identities: Sequence[Identity], bound_s: float) -> None:
    deadline = time.monotonic() + bound_s
    while any(is_alive(identity) for identity in identities) and time.monotonic() < deadline:
        time.sleep(POLL_S)


def _signal_session(pid: int, number: signal.Signals) -> None:
    try:
        os.killpg(pid, number)
    except ProcessLookupError:
        return


def _record_path(records: Path, name: str) -> Path:
    return records / f"{name}.json"


def _write_record(records: Path, identity: Identity) -> None:
    write_whole(_record_path(records, identity.name), msgspec.json.encode(identity))


def _read_record(path: Path) -> Identity:
    return msgspec.json.decode(path.read_bytes(), type=Identity)
