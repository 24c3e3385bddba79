"""One real Kafka broker (KRaft, SCRAM logins, access rules) for the local stack.

One node is broker and controller. Every internal topic has one replica and few partitions, because
that is what a start waits for; topics are never created by asking for them.
"""

from __future__ import annotations

import json
import secrets
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from creditbus.stack.downloads import Distribution
from creditbus.stack.errors import FolderInUse, NotReady
from creditbus.stack.folder import write_private
from creditbus.stack.ports import HOST, Ports
from creditbus.stack.processes import SERVER_RANK, Launch
from creditbus.stack.sockets import is_listening

# Settings of a confluent-kafka client, as the library types them.
ClientConfig = dict[str, str | int | float | bool]

ADMIN: Final = "admin"
FORMAT_BOUND_S: Final = 60
CLUSTER_ID_BYTES: Final = 11
ANSWER_BOUND_S: Final = 5
# The serial collector started fastest and used least processor time on two cores.
MEMORY: Final = ("-Xms256m", "-Xmx512m", "-XX:+UseSerialGC")
# The simple compiler only: a start costs half, long runs are slower.
QUICK: Final = ("-XX:TieredStopAtLevel=1",)
LOGGING: Final = (
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSZ",
)
JAVA_ENVIRONMENT: Final = {"LANG": "C.UTF-8"}

SETTINGS: Final = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{host}:{controller}
controller.listener.names=CONTROLLER
listeners=SASL_PLAINTEXT://{host}:{kafka},CONTROLLER://{host}:{controller}
advertised.listeners=SASL_PLAINTEXT://{host}:{kafka}
listener.security.protocol.map=CONTROLLER:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT
inter.broker.listener.name=SASL_PLAINTEXT
sasl.enabled.mechanisms=SCRAM-SHA-256
sasl.mechanism.inter.broker.protocol=SCRAM-SHA-256
listener.name.sasl_plaintext.scram-sha-256.sasl.jaas.config=\
org.apache.kafka.common.security.scram.ScramLoginModule required \
username="{admin}" password="{password}";
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
# ANONYMOUS is the controller's own listener on the loopback.
super.users=User:{admin};User:ANONYMOUS
log.dirs={data}
auto.create.topics.enable=false
default.replication.factor=1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=8
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=8
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
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
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kafka:
    """A broker over ``folder``; ``quick`` trades long-run speed for a start at half the cost.

    ``recording`` makes its cache of classes, when it ends.
    """

    distribution: Distribution
    folder: Path
    logs: Path
    ports: Ports
    password: str
    quick: bool = False
    recording: bool = False
    name: str = "kafka"

    def prepare(self) -> None:
        """Write the settings and, once, format the storage with the first login."""
        data = self.folder / "data"
        write_private(self._settings_file(), self._settings(data).encode())
        if data.exists():
            return
        filling = self.folder / "data.filling"
        shutil.rmtree(filling, ignore_errors=True)
        unformatted = self.folder / "format.properties"
        write_private(unformatted, self._settings(filling).encode())
        self._format(unformatted)
        unformatted.unlink()
        filling.rename(data)

    def launch(self) -> Launch:
        """Return how the broker is started."""
        classes = self.distribution.class_cache(self.name, recording=self.recording)
        return Launch(
            name=self.name,
            argv=[
                *self._java(*(QUICK if self.quick else ()), *classes.flags()),
                "kafka.Kafka",
                str(self._settings_file()),
            ],
            env=JAVA_ENVIRONMENT,
            log=self.logs / "kafka.log",
            rank=SERVER_RANK,
        )

    def answers(self) -> bool:
        """Return whether the broker lists its topics to the admin."""
        if not is_listening(self.ports.kafka):
            return False
        try:
            admin = AdminClient(client_config(f"{HOST}:{self.ports.kafka}", ADMIN, self.password))
            admin.list_topics(timeout=ANSWER_BOUND_S)
        except KafkaException:
            return False
        return True

    def _settings_file(self) -> Path:
        return self.folder / "server.properties"

    def _settings(self, data: Path) -> str:
        return SETTINGS.format(
            host=HOST,
            kafka=self.ports.kafka,
            controller=self.ports.controller,
            admin=ADMIN,
            password=self.password,
            data=_property(data),
        )

    def _java(self, *flags: str) -> list[str]:
        temporary = self.folder / "tmp"
        temporary.mkdir(exist_ok=True)
        return [
            str(self.distribution.java),
            *MEMORY,
            *flags,
            *LOGGING,
            f"-Djava.io.tmpdir={temporary}",
            "-cp",
            self.distribution.kafka_classpath(),
        ]

    def _format(self, settings: Path) -> None:
        login = f"SCRAM-SHA-256=[name={ADMIN},password={self.password}]"
        cluster = secrets.token_hex(CLUSTER_ID_BYTES)  # base64 could begin with a dash
        classes = self.distribution.class_cache(self.name)
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


def client_config(bootstrap: str, principal: str, password: str) -> ClientConfig:
    """Return the confluent-kafka settings with which a principal logs in."""
    return {
        "bootstrap.servers": bootstrap,
        "security.protocol": "SASL_PLAINTEXT",
        "sasl.mechanisms": "SCRAM-SHA-256",
        "sasl.username": principal,
        "sasl.password": password,
    }


def refuse_orphan(folder: Path, *, has_credentials: bool) -> None:
    """Refuse broker data whose credentials are lost: nobody could log in to it."""
    if (folder / "data").exists() and not has_credentials:
        raise FolderInUse(
            f"{folder / 'data'} holds a broker's data, but the file with its credentials "
            f"(stack.json) is missing. Put it back, or delete the whole stack folder to start anew."
        )
