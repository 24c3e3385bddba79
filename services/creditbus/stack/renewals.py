"""Renewals: a server of the local bus whose disk is lost gets an empty one, and fills it again.

A broker of several fills its disk from the others. The registry's schemas are all in the program;
what counts is that each gets back the id under which the log was written.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from creditbus.runtime.registry import Registry
from creditbus.stack import kafka
from creditbus.stack.cluster import Cluster, name_of
from creditbus.stack.downloads import install
from creditbus.stack.errors import IdsDiffer, NotKept, NotReady
from creditbus.stack.folder import Folder, StackFile
from creditbus.stack.kafka import Kafka
from creditbus.stack.local import registry_ids
from creditbus.stack.principals import ADMIN, admin_of
from creditbus.stack.processes import is_alive, recorded
from creditbus.stack.registry import read_registered
from creditbus.stack.reports import Report
from creditbus.wire.schemas import Schemas

BOUND_S: Final = 3600.0
"""For how long a broker may copy what it lacks; one that has terabytes is asked for again."""

_LOOK_S: Final = 1.0
_ASK_S: Final = 10.0


def replace_broker(
    folder: Folder, cache: Path, number: int, say: Report, tell: Callable[[int], None]
) -> Path | None:
    """Give one of several brokers an empty disk, and wait until it has copied everything.

    Its process is killed, and started again by its supervisor. ``tell`` is told now and then how
    many partitions lack its copy. Returns where its old disk lies, None when it had none. Raises
    ``NotKept`` for the only broker, which has nobody to copy from.
    """
    file = StackFile.load(folder.stack_file)
    if file.brokers == 1 or number not in range(1, file.brokers + 1):
        raise NotKept(
            f"there is no broker {number} with others beside it: this bus has {file.brokers}. "
            f"A broker that is alone has nobody to copy from: restore a backup."
        )
    broker = _broker(file, folder, cache, number, say)
    empty = broker.format_beside()
    running = [each for each in recorded(folder.records) if each.name == broker.name]
    # Together within milliseconds: its supervisor starts it again after a second.
    for each in running:
        if is_alive(each):
            os.kill(each.pid, signal.SIGKILL)
    lost = _set_aside(broker.data)
    empty.rename(broker.data)
    say(f"{broker.name} has an empty disk and copies what the others hold")
    _wait_whole(admin_of(file), number, tell)
    return lost


def restore_schemas(folder: Folder, schemas: Schemas) -> int:
    """Publish every recorded schema to an empty registry, each under its recorded id.

    Returns how many. Raises ``IdsDiffer`` when the registry gives one another id: what was
    published then is of no use, and the registry's folder is to come from a backup.
    """
    file, ids = StackFile.load(folder.stack_file), registry_ids(folder)
    recorded_ids = ids.recorded()
    lacking = [each for each in recorded_ids if each.place() not in schemas.versions]
    if lacking:
        names = ", ".join(f"{each.subject} {each.version}" for each in lacking)
        raise NotKept(f"{names}: not among the program's schemas; take the newest version of it")
    registry = Registry(file.registry_url, file.registry_login)
    held = {each.place(): each.id for each in read_registered(file.registry_url)}
    for each in sorted(recorded_ids, key=lambda one: one.id):
        if held.get(each.place()) == each.id:
            continue
        given = registry.register(schemas.versions[each.place()])
        if given != each.id:
            raise IdsDiffer(
                f"the registry gave {each.subject} version {each.version} the id {given} instead "
                f"of {each.id}: it was not empty. End it, empty its folder, and run this again; "
                f"if it differs again, bring back the registry's folder from a backup."
            )
    ids.check(read_registered(file.registry_url))
    return len(recorded_ids)


def _broker(file: StackFile, folder: Folder, cache: Path, number: int, say: Report) -> Kafka:
    return Kafka(
        distribution=install(cache, say),
        folder=folder.broker(number),
        logs=folder.logs,
        ports=file.ports,
        password=file.credentials[ADMIN],
        cluster=Cluster(size=file.brokers),
        cluster_id=kafka.cluster_id_of(folder.broker(1 if number != 1 else 2)) or "",
        number=number,
    )


def _set_aside(data: Path) -> Path | None:
    if not data.exists():
        return None
    lost = data.with_name("data.lost")
    suffix = 1
    while lost.exists():
        suffix += 1
        lost = data.with_name(f"data.lost-{suffix}")
    return data.rename(lost)


def _wait_whole(admin: AdminClient, number: int, tell: Callable[[int], None]) -> None:
    deadline = time.monotonic() + BOUND_S
    while lacking := _lacking(admin, number):
        if time.monotonic() > deadline:
            raise NotReady(
                f"{name_of(number)} lacks {lacking} partitions still. It goes on copying: look at "
                f"its log and at its disk."
            )
        tell(lacking)
        time.sleep(_LOOK_S)


def _lacking(admin: AdminClient, number: int) -> int:
    """Return how many partitions a broker has no whole copy of; many while it does not answer."""
    try:
        known = admin.list_topics(timeout=_ASK_S)
    except KafkaException:
        return 1
    parts = [part for topic in known.topics.values() for part in topic.partitions.values()]
    lacking = sum(number in part.replicas and number not in part.isrs for part in parts)
    return lacking + (number not in known.brokers)
