"""A real Kafka broker (KRaft, SCRAM logins, access rules) for the local stack.

Each node is broker and controller. Internal topics have few partitions, because that is what a
start waits for; topics are never created by asking for them.
"""

from __future__ import annotations

import json
import secrets
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from confluent_kafka import KafkaException

from creditbus.stack.cluster import Cluster, name_of
from creditbus.stack.downloads import Distribution
from creditbus.stack.errors import FolderInUse, NotReady
from creditbus.stack.folder import OWNER_ONLY_FOLDER, write_private
from creditbus.stack.ports import HOST, Ports
from creditbus.stack.principals import ADMIN, admin_with, login
from creditbus.stack.processes import SERVER_RANK, Launch
from creditbus.stack.sockets import is_listening

FORMAT_BOUND_S: Final = 60
CLUSTER_ID_BYTES: Final = 11
ANSWER_BOUND_S: Final = 5
# The serial collector started fastest and used least processor time on two cores.
MEMORY: Final = ("-Xms256m", "-Xmx512m", "-XX:+UseSerialGC")
MODEST: Final = ("-Xms128m", "-Xmx320m", "-XX:+UseSerialGC")
# The simple compiler only: a start costs half, long runs are slower.
QUICK: Final = ("-XX:TieredStopAtLevel=1",)
LOGGING: Final = (
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSZ",
)
_CLASSES: Final = "kafka"
JAVA_ENVIRONMENT: Final = {"LANG": "C.UTF-8"}

SETTINGS: Final = """\
process.roles=broker,controller
node.id={number}
controller.quorum.voters={voters}
controller.listener.names=CONTROLLER
listeners={protocol}://{host}:{kafka},CONTROLLER://{host}:{controller}
advertised.listeners={protocol}://{host}:{kafka}
listener.security.protocol.map=CONTROLLER:PLAINTEXT,{protocol}:{protocol}
inter.broker.listener.name={protocol}
sasl.enabled.mechanisms=SCRAM-SHA-256
sasl.mechanism.inter.broker.protocol=SCRAM-SHA-256
listener.name.{listener}.scram-sha-256.sasl.jaas.config=\
org.apache.kafka.common.security.scram.ScramLoginModule required \
username="{admin}" password="{password}";
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
# ANONYMOUS is the controller's own listener on the loopback.
super.users=User:{admin};User:ANONYMOUS
log.dirs={data}
auto.create.topics.enable=false
default.replication.factor={copies}
min.insync.replicas={in_sync}
offsets.topic.replication.factor={copies}
offsets.topic.num.partitions=8
transaction.state.log.replication.factor={copies}
transaction.state.log.min.isr={in_sync}
transaction.state.log.num.partitions=8
share.coordinator.state.topic.replication.factor={copies}
share.coordinator.state.topic.min.isr={in_sync}
group.initial.rebalance.delay.ms=0
# A killed broker may register again once its old session ended: 5 s rather than 9.
broker.session.timeout.ms=5000
broker.heartbeat.interval.ms=1000
# A worker killed and restarted must be able to take its place within seconds.
group.min.session.timeout.ms=1000
offsets.retention.minutes=525600
log.segment.bytes=134217728
log.index.size.max.bytes=2097152
log.cleaner.dedupe.buffer.size=33554432
log.cleaner.backoff.ms=5000
num.network.threads=2
num.io.threads=4
{tls}"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kafka:
    """A broker over ``folder``, alone or one of a cluster.

    ``recording`` makes its cache of classes, when it ends. Brokers of one cluster share its id.
    """

    distribution: Distribution
    folder: Path
    logs: Path
    ports: Ports
    password: str
    recording: bool = False
    cluster: Cluster = field(default_factory=Cluster)
    cluster_id: str = ""
    number: int = 1

    @property
    def name(self) -> str:
        """What it is called."""
        return name_of(self.number)

    def prepare(self) -> None:
        """Write the settings and, once, format the storage with the first login."""
        self.folder.mkdir(mode=OWNER_ONLY_FOLDER, exist_ok=True)
        write_private(self._settings_file(), self._settings(self.data).encode())
        if not self.data.exists():
            self.format_beside().rename(self.data)

    @property
    def data(self) -> Path:
        """Where its log lies."""
        return self.folder / "data"

    def format_beside(self) -> Path:
        """Format a storage that holds nothing yet, and return where; it is to be renamed."""
        filling = self.folder / "data.filling"
        shutil.rmtree(filling, ignore_errors=True)
        unformatted = self.folder / "format.properties"
        write_private(unformatted, self._settings(filling).encode())
        self._format(unformatted)
        unformatted.unlink()
        return filling

    def launch(self) -> Launch:
        """Return how the broker is started."""
        classes = self.distribution.class_cache(_CLASSES, recording=self.recording)
        return Launch(
            name=self.name,
            argv=[
                *self._java(*(QUICK if self.cluster.quick else ()), *classes.flags()),
                "kafka.Kafka",
                str(self._settings_file()),
            ],
            env=JAVA_ENVIRONMENT,
            log=self.logs / f"{self.name}.log",
            rank=SERVER_RANK,
        )

    def answers(self) -> bool:
        """Return whether the broker lists its topics to the admin, and knows all the others."""
        port, _ = self.ports.broker(self.number)
        if not is_listening(port):
            return False
        config = login(f"{HOST}:{port}", ADMIN, self.password, self.cluster.ca)
        try:
            known = admin_with(config).list_topics(timeout=ANSWER_BOUND_S).brokers
        except KafkaException:
            return False
        return len(known) == self.cluster.size

    def _settings_file(self) -> Path:
        return self.folder / "server.properties"

    def _settings(self, data: Path) -> str:
        port, controller = self.ports.broker(self.number)
        return SETTINGS.format(
            host=HOST,
            number=self.number,
            voters=self.cluster.voters(self.ports),
            protocol=self.cluster.protocol,
            listener=self.cluster.protocol.lower(),
            copies=self.cluster.size,
            in_sync=self.cluster.in_sync,
            tls=self.cluster.tls_settings(),
            kafka=port,
            controller=controller,
            admin=ADMIN,
            password=self.password,
            data=_property(data),
        )

    def _java(self, *flags: str) -> list[str]:
        temporary = self.folder / "tmp"
        temporary.mkdir(exist_ok=True)
        return [
            str(self.distribution.java),
            *(MEMORY if self.cluster.size == 1 else MODEST),
            *flags,
            *LOGGING,
            f"-Djava.io.tmpdir={temporary}",
            "-cp",
            self.distribution.kafka_classpath(),
        ]

    def _format(self, settings: Path) -> None:
        login = f"SCRAM-SHA-256=[name={ADMIN},password={self.password}]"
        cluster = self.cluster_id or new_cluster_id()
        classes = self.distribution.class_cache(_CLASSES)
        tool = [*self._java(*QUICK, *classes.flags()), "kafka.tools.StorageTool", "format"]
        done = subprocess.run(
            [*tool, "-t", cluster, "-c", str(settings), "--add-scram", login],
            env=JAVA_ENVIRONMENT,
            capture_output=True,
            timeout=FORMAT_BOUND_S,
            check=False,
        )
        if done.returncode:
            raise NotReady(
                f"Kafka's storage could not be formatted: {done.stderr.decode()[-2000:]}"
            )


def _property(path: Path) -> str:
    """Return a path as Java reads it in its settings, which it takes for Latin letters."""
    return json.dumps(str(path))[1:-1]


def new_cluster_id() -> str:
    """Return an id for a new cluster."""
    return secrets.token_hex(CLUSTER_ID_BYTES)  # base64 could begin with a dash


def cluster_id_of(folder: Path) -> str | None:
    """Return the id that a broker's data was formatted with, None when there is no data."""
    try:
        told = (folder / "data" / "meta.properties").read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    lines = (line.partition("=") for line in told.splitlines())
    return next((value.strip() for name, _, value in lines if name == "cluster.id"), None)


def refuse_orphan(folder: Path, *, has_credentials: bool) -> None:
    """Refuse broker data whose credentials are lost: nobody could log in to it."""
    if (folder / "data").exists() and not has_credentials:
        raise FolderInUse(
            f"{folder / 'data'} holds a broker's data, but the file with its credentials "
            f"(stack.json) is missing. Put it back, or delete the whole stack folder to start anew."
        )
