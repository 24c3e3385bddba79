"""The bus's services as supervised processes: started together, waited for, restarted, reported.

Each is this very program run again with a service's name: what runs locally runs anywhere.
"""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec

from creditbus.stack.errors import NotReady
from creditbus.stack.folder import Folder
from creditbus.stack.processes import SERVICE_RANK, Child, Launch, Spawn, popen, stop_all
from creditbus.stack.sockets import answers_well
from creditbus.stack.supervisor import Supervisor
from creditbus.wire.topics import BY_HAND, SERVICES

HOSTED: Final = tuple(name for name in SERVICES if name not in BY_HAND)
"""The services that run as processes, in the order of the flow."""

SLICED: Final = ("intake", "listing", "dispatch", "exposure", "delivery")
"""Those of them that are slice workers, which can be paused and drained."""

READY_BOUND_S: Final = 60.0
ASK_BOUND_S: Final = 2.0
ASK_EVERY_S: Final = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One process to run; without a readiness address it is ready as soon as it lives."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str]
    ready_url: str | None = None


class ProcessState(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a process now."""

    name: str
    pid: int | None
    running: bool
    ready: bool
    restarts: int


def crew(workers: Mapping[str, int]) -> tuple[str, ...]:
    """Return the services as often as each has workers, in the order of the flow.

    >>> crew({"listing": 2})[:3]
    ('intake', 'listing', 'listing')
    """
    return tuple(name for name in HOSTED for _ in range(workers.get(name, 1)))


def why_not_worker(service: str, worker: int, workers: Mapping[str, int]) -> str:
    """Return in words why a service has no worker of this number, or nothing when it has.

    ``workers`` is how many each service has, where that is not one.
    """
    count = workers.get(service, 1)
    if 0 <= worker < count:
        return ""
    names = ", ".join(worker_name(service, each) for each in range(count))
    more = f'{{"{service}": {max(worker + 1, 2)}}}'
    return (
        f"there is no worker {worker_name(service, worker)}, only {names}; "
        f"CREDITBUS_WORKERS='{more}' declares more"
    )


def run_argv(service: str, worker: int = 0) -> tuple[str, ...]:
    """Return the command that runs one worker of a service."""
    return (sys.executable, "-m", "creditbus", "run", service, "--worker", str(worker))


def worker_name(service: str, worker: int = 0) -> str:
    """Return the one stable name of a worker.

    >>> worker_name("listing")
    'listing-0'
    """
    return f"{service}-{worker}"


@dataclass(slots=True)
class Services:
    """The services of one stack, by name."""

    folder: Folder
    supervisor: Supervisor
    spawn: Spawn = popen
    _plans: dict[str, Plan] = field(default_factory=dict)
    _children: dict[str, Child] = field(default_factory=dict)

    def start(self, plans: Sequence[Plan], bound_s: float = READY_BOUND_S) -> None:
        """Start all of them and wait until each is ready; raise for the first that is not."""
        for plan in plans:
            launch = Launch(
                name=plan.name,
                argv=plan.argv,
                env=plan.env,
                log=self.folder.logs / f"{plan.name}.log",
                rank=SERVICE_RANK,
            )
            child = Child(launch, self.folder.records, self.spawn)
            self._plans[plan.name], self._children[plan.name] = plan, child
            child.start()
            self.supervisor.keep(child)
        self.wait_ready([plan.name for plan in plans], bound_s)

    def wait_ready(self, names: Sequence[str], bound_s: float = READY_BOUND_S) -> None:
        """Wait until these answer as ready, restarts included."""
        deadline = time.monotonic() + bound_s
        waiting = list(names)
        while waiting := [name for name in waiting if not self.is_ready(name)]:
            if time.monotonic() > deadline:
                child = self._children[waiting[0]]
                raise NotReady(
                    f"{', '.join(waiting)} not ready within {bound_s:g} s. The end of "
                    f"{child.launch.log}:\n{child.tail()}"
                )
            time.sleep(ASK_EVERY_S)

    def is_ready(self, name: str) -> bool:
        """Return whether a service lives and calls itself ready."""
        url = self._plans[name].ready_url
        if not self._children[name].is_running() or url is None:
            return self._children[name].is_running()
        return answers_well(url, ASK_BOUND_S)

    def kill(self, name: str, number: signal.Signals = signal.SIGKILL) -> None:
        """Send a signal to a service; it is started again after its pause."""
        self._children[name].send(number)

    def states(self) -> list[ProcessState]:
        """Return what every service is doing, in the order they were started."""
        return [self._state(name, child) for name, child in self._children.items()]

    def stop(self) -> None:
        """End the services and leave the servers running."""
        children = list(self._children.values())
        self.supervisor.release(children)
        stop_all(children)
        self._children.clear()
        self._plans.clear()

    def _state(self, name: str, child: Child) -> ProcessState:
        return ProcessState(
            name=name,
            pid=child.pid,
            running=child.is_running(),
            ready=self.is_ready(name),
            restarts=child.restarts,
        )
