"""The small parts that every manifest is made of."""

from __future__ import annotations

from typing import Any, Final

Manifest = dict[str, Any]

NAMESPACE: Final = "creditbus"
CLUSTER: Final = "creditbus"
"""The name of the Kafka cluster, which its operator puts before what it makes."""
IMAGE: Final = "creditbus:0.1.0"
PART_OF: Final = {"app.kubernetes.io/part-of": "creditbus"}

HEALTH_PORT: Final = 9100
KAFKA_PORT: Final = 9093
REGISTRY_PORT: Final = 8080
REDIS_PORT: Final = 6379
DOORS: Final = {"gateway": 8080, "query": 8081, "feed": 8082, "console": 8083}
"""The services that answer HTTP, and where."""

SECRETS: Final = "/run/creditbus"
STATE: Final = "/var/lib/creditbus"
CA: Final = "/run/kafka-ca"
TOKENS: Final = "/etc/creditbus"
STAFF: Final = "/etc/creditbus-staff"
TOLD: Final = "/etc/creditbus-sources"
PROCESSES: Final = "/etc/creditbus-processes"


def labels(name: str) -> dict[str, str]:
    """Return the labels of whatever belongs to one process."""
    return {"app.kubernetes.io/name": name, **PART_OF}


def selector(name: str) -> dict[str, str]:
    """Return the labels by which the pods of one process are found."""
    return {"app.kubernetes.io/name": name, **PART_OF}


def manifest(api: str, kind: str, name: str, **parts: Any) -> Manifest:
    """Return an object of the bus's namespace."""
    own = parts.pop("labels", labels(name))
    return {
        "apiVersion": api,
        "kind": kind,
        "metadata": {"name": name, "namespace": NAMESPACE, "labels": own},
        **parts,
    }


def bounds(memory: str, processor: str = "250m") -> Manifest:
    """Return what a container is given, and the most memory that it may take."""
    return {
        "requests": {"cpu": processor, "memory": memory},
        "limits": {"memory": memory},
    }


def closed() -> Manifest:
    """Return what a container may do: nothing but run."""
    return {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }


def unprivileged(user: int) -> Manifest:
    """Return as whom the processes of a pod run, and who owns its volumes."""
    return {
        "runAsNonRoot": True,
        "runAsUser": user,
        "runAsGroup": user,
        "fsGroup": user,
        "seccompProfile": {"type": "RuntimeDefault"},
    }


def probe(path: str, port: int, **times: int) -> Manifest:
    """Return a question by HTTP."""
    return {"httpGet": {"path": path, "port": port}, "timeoutSeconds": 5, **times}
