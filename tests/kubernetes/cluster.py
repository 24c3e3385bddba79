"""The brokers, topics and logins, as Strimzi's operators make them: from the table of topics."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from confluent_kafka.admin import AclBinding, AclOperation, ResourcePatternType, ResourceType

from creditbus.domain.law.catalogue import Catalogue
from creditbus.stack.rights import bindings, principals
from creditbus.stack.services import HOSTED
from creditbus.wire.topics import Topic, service_principal, topics
from tests.kubernetes import sizes
from tests.kubernetes.objects import CLUSTER, KAFKA_PORT, PART_OF, Manifest, bounds, manifest

API: Final = "kafka.strimzi.io/v1"
KAFKA: Final = "4.2.1"
"""Not 4.3, which forgets a commit that it has promised (decision 0012)."""
_OURS: Final = {"strimzi.io/cluster": CLUSTER, **PART_OF}
_KINDS: Final = {
    ResourceType.TOPIC: "topic",
    ResourceType.GROUP: "group",
    ResourceType.TRANSACTIONAL_ID: "transactionalId",
    ResourceType.BROKER: "cluster",
}
_PATTERNS: Final = {
    ResourcePatternType.LITERAL: "literal",
    ResourcePatternType.PREFIXED: "prefix",
}

CONFIG: Final[dict[str, Any]] = {
    "auto.create.topics.enable": False,
    "default.replication.factor": sizes.COPIES,
    "min.insync.replicas": 2,
    "offsets.topic.replication.factor": sizes.COPIES,
    "transaction.state.log.replication.factor": sizes.COPIES,
    "transaction.state.log.min.isr": 2,
    "share.coordinator.state.topic.replication.factor": sizes.COPIES,
    "share.coordinator.state.topic.min.isr": 2,
    # A worker that is killed and started again takes its place within seconds.
    "group.min.session.timeout.ms": 1000,
    "group.initial.rebalance.delay.ms": 0,
    "offsets.retention.minutes": 525600,
}


def brokers() -> list[Manifest]:
    """Return three brokers that are their own controllers, each on a node and a disk of its own."""
    apart = {
        "podAntiAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": [
                {
                    "labelSelector": {"matchLabels": {"strimzi.io/cluster": CLUSTER}},
                    "topologyKey": "kubernetes.io/hostname",
                }
            ]
        }
    }
    volume = {
        "id": 0,
        "type": "persistent-claim",
        "size": f"{sizes.BROKER}G",
        "deleteClaim": False,
        "kraftMetadata": "shared",
    }
    pool = {
        "replicas": 3,
        "roles": ["controller", "broker"],
        "storage": {"type": "jbod", "volumes": [volume]},
        "resources": bounds("8Gi", "2"),
        "jvmOptions": {"-Xms": "3g", "-Xmx": "3g"},
        "template": {"pod": {"affinity": apart}},
    }
    listener = {
        "name": "scram",
        "port": KAFKA_PORT,
        "type": "internal",
        "tls": True,
        "authentication": {"type": "scram-sha-512"},
        "networkPolicyPeers": [{"podSelector": {"matchLabels": PART_OF}}],
    }
    operator = {"resources": bounds("512Mi", "100m")}
    kafka = {
        "kafka": {
            "version": KAFKA,
            "listeners": [listener],
            "authorization": {"type": "simple"},
            "config": CONFIG,
        },
        "entityOperator": {"topicOperator": operator, "userOperator": operator},
        "kafkaExporter": {"resources": bounds("256Mi", "100m")},
    }
    return [
        manifest(API, "KafkaNodePool", "brokers", labels=_OURS, spec=pool),
        manifest(API, "Kafka", CLUSTER, labels=PART_OF, spec=kafka),
    ]


def made_topics(catalogue: Catalogue) -> list[Manifest]:
    """Return every topic of the table."""
    table = topics(sorted(catalogue.sources), sorted(catalogue.bodies))
    return [_topic(topic) for topic in table]


def _topic(topic: Topic) -> Manifest:
    spec = {
        "topicName": topic.name,
        "partitions": topic.partitions,
        "replicas": sizes.COPIES,
        "config": topic.settings(),
    }
    return manifest(API, "KafkaTopic", topic.name, labels=_OURS, spec=spec)


def users(catalogue: Catalogue) -> list[Manifest]:
    """Return every login, with exactly the rights that the table gives."""
    sources, bodies = sorted(catalogue.sources), sorted(catalogue.bodies)
    rights: dict[str, list[AclBinding]] = {}
    for binding in bindings(topics(sources, bodies), sources, bodies):
        rights.setdefault(binding.principal.removeprefix("User:"), []).append(binding)
    return [_user(name, rights.get(name, ())) for name in principals(sources, bodies)]


def _user(name: str, rights: Iterable[AclBinding]) -> Manifest:
    login: dict[str, Any] = {"type": "scram-sha-512"}
    services = {service_principal(service): service for service in HOSTED}
    if name in services:
        # The services' passwords come from `creditbus secrets`; the rest the operator makes.
        reference = {"name": f"creditbus-{services[name]}", "key": "creditbus_kafka_password"}
        login["password"] = {"valueFrom": {"secretKeyRef": reference}}
    rules = sorted((_rule(right) for right in rights), key=str)
    spec = {"authentication": login, "authorization": {"type": "simple", "acls": rules}}
    return manifest(API, "KafkaUser", name, labels=_OURS, spec=spec)


def _rule(right: AclBinding) -> Manifest:
    kind = _KINDS[ResourceType(right.restype)]
    resource = {"type": kind}
    if kind != "cluster":
        resource |= {
            "name": right.name,
            "patternType": _PATTERNS[ResourcePatternType(right.resource_pattern_type)],
        }
    operation = "".join(part.capitalize() for part in AclOperation(right.operation).name.split("_"))
    return {"type": "allow", "resource": resource, "operations": [operation], "host": right.host}
