"""The nursery: a process that has imported what services import, and is forked for each of them.

Eleven services import the same libraries: apart, that took two thirds of a start's processor time.
The nursery does it once, while the servers boot, and keeps no thread, no connection and no settings
that a fork could inherit. A service is then this very program run again with its name, as on any
machine: only what is already imported is not imported again. Where Linux's ``pidfd_open`` is
lacking, or the nursery has died, services are started as programs: slower, and nothing else.
"""

from __future__ import annotations

import gc
import importlib
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from io import BufferedRWPair
from typing import Final

import msgspec
from setproctitle import setproctitle

from creditbus.runtime.settings import environment, replace_environment
from creditbus.stack.processes import POLL_S, Launch, RunningProcess, popen
from creditbus.stack.services import HOSTED

IMPORTED: Final = ("creditbus.cli.runs", *(f"creditbus.{name}.app" for name in HOSTED))
"""What the nursery imports before it is asked."""

ANSWER_BOUND_S: Final = 60.0
"""How long it may be silent: on a slow machine it takes some seconds to import."""

END_BOUND_S: Final = 5.0


class _Birth(msgspec.Struct, frozen=True, tag=True):
    """Asks for a child that runs a module with these arguments."""

    module: str
    arguments: Sequence[str]
    env: dict[str, str]
    log: str


class _Ended(msgspec.Struct, frozen=True, tag=True):
    """Asks how a child has ended, which is known to have."""

    pid: int


_Asked = _Birth | _Ended
_ENCODER: Final = msgspec.json.Encoder()
_DECODER: Final = msgspec.json.Decoder(_Asked)


class Nursery:
    """The process, from ``start`` to ``close``; ``spawn`` takes the place of ``popen``."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._line: BufferedRWPair | None = None

    def start(self) -> None:
        """Begin to import, in a process of its own; comes back at once."""
        if not hasattr(os, "pidfd_open"):
            return
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "creditbus.stack.nursery", str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                env=environment({}),
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        with ours:
            ours.settimeout(ANSWER_BOUND_S)
            self._line = ours.makefile("rwb")

    def close(self) -> None:
        """End it; children that still run go on. Doing it twice is harmless."""
        with self._lock:
            if self._line is not None:
                self._line.close()
                self._line = None
        if self._process is not None:
            try:
                self._process.wait(END_BOUND_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait(END_BOUND_S)

    def spawn(self, launch: Launch) -> RunningProcess:
        """Start a process: a Python module as a child of the nursery, anything else as ever."""
        module = _module_of(launch)
        if module is None:
            return popen(launch)
        name, arguments = module
        pid = self._ask(
            _Birth(module=name, arguments=arguments, env=dict(launch.env), log=str(launch.log))
        )
        return popen(launch) if pid is None else _Born(pid, os.pidfd_open(pid), self)

    def code_of(self, pid: int) -> int:
        """Return how a child has ended, as its exit code or minus its signal."""
        code = self._ask(_Ended(pid))
        # A nursery that has died takes the code along; that its child has ended is certain.
        return -signal.SIGKILL if code is None else code

    def _ask(self, asked: _Asked) -> int | None:
        """Return the answer, None when nobody is there to give one."""
        with self._lock:
            if self._line is None:
                return None
            try:
                self._line.write(_ENCODER.encode(asked) + b"\n")
                self._line.flush()
                answer = self._line.readline()
            except OSError:
                answer = b""
            if not answer:
                self._give_up()
        return int(answer) if answer else None

    def _give_up(self) -> None:
        """Ask no more of a nursery that is dead or silent; killed, it forks nothing late."""
        assert self._process is not None
        self._process.kill()
        self._line = None


@dataclass(slots=True)
class _Born:
    """A child of the nursery, as the launcher sees it, from whichever of its threads."""

    pid: int
    _descriptor: int
    _nursery: Nursery
    _code: int | None = None
    # How it ended can be asked once: the system then forgets it, and gives its numbers to others.
    _lock: threading.RLock = field(default_factory=threading.RLock, repr=False)

    def poll(self) -> int | None:
        """Return how it ended, None while it runs."""
        with self._lock:
            if self._code is None and _is_readable(self._descriptor):
                self._code = self._nursery.code_of(self.pid)
                os.close(self._descriptor)
            return self._code

    def wait(self, timeout: float | None = None) -> int:
        """Wait until it ends; raises ``subprocess.TimeoutExpired``."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while (code := self.poll()) is None:
            if deadline is not None and time.monotonic() >= deadline:
                raise subprocess.TimeoutExpired([str(self.pid)], timeout or 0)
            time.sleep(POLL_S)
        return code

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        with self._lock:
            if self.poll() is None:
                signal.pidfd_send_signal(self._descriptor, number)


def _is_readable(descriptor: int) -> bool:
    # Not by select, which knows no descriptor above 1023.
    asked = select.poll()
    asked.register(descriptor, select.POLLIN)
    return bool(asked.poll(0))


def _module_of(launch: Launch) -> tuple[str, Sequence[str]] | None:
    match list(launch.argv):
        case [sys.executable, "-m", str(module), *arguments] if launch.folder is None:
            return module, arguments
    return None


def main(descriptor: int) -> None:
    """Import, then answer until the launcher is gone; in a child, be what was asked for."""
    # Where the title is kept is found by the first title, and in the environment as it began.
    setproctitle("creditbus nursery")
    for name in IMPORTED:
        importlib.import_module(name)
    # What is imported stays: a collector that looked through it would unshare every page.
    gc.collect()
    gc.freeze()
    with socket.socket(fileno=descriptor) as ours, ours.makefile("rwb") as line:
        birth = _serve(line)
    if birth is not None:
        _live(birth)


def _serve(line: BufferedRWPair) -> _Birth | None:
    """Answer every question; return what to be in a child, None in the nursery at its end."""
    while asked := line.readline():
        match _DECODER.decode(asked):
            case _Birth() as birth:
                pid = os.fork()
                if pid == 0:
                    return birth
                answer = pid
            case _Ended(pid):
                answer = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        line.write(f"{answer}\n".encode())
        line.flush()
    return None


def _live(birth: _Birth) -> None:
    """Be a process that was just started: its session, log, environment, arguments and name."""
    os.setsid()
    log = os.open(birth.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    for standard in (sys.stdout.fileno(), sys.stderr.fileno()):
        os.dup2(log, standard)
    os.close(log)
    replace_environment(birth.env)
    sys.argv = [birth.module, *birth.arguments]
    setproctitle(" ".join((birth.module, *birth.arguments)))
    runpy.run_module(birth.module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main(int(sys.argv[1]))
