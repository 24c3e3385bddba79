"""The processes: stream workers with a disk each, doors beside one another, and their servers."""

from __future__ import annotations

import json
from typing import Any, Final

from creditbus.stack.services import HOSTED, SLICED
from creditbus.wire.topics import service_principal
from tests.kubernetes import sizes
from tests.kubernetes.objects import (
    CA,
    CLUSTER,
    DOORS,
    HEALTH_PORT,
    IMAGE,
    KAFKA_PORT,
    PROCESSES,
    REDIS_PORT,
    REGISTRY_PORT,
    SECRETS,
    STAFF,
    STATE,
    TOKENS,
    TOLD,
    Manifest,
    bounds,
    closed,
    labels,
    manifest,
    probe,
    selector,
    unprivileged,
)

USER: Final = 10001
PROCESSES_MAP: Final = "creditbus-processes"
PROCESSES_FILE: Final = "processes.json"
REGISTRY_URL: Final = f"http://registry:{REGISTRY_PORT}/apis/ccompat/v7"
WITH_STORE: Final = tuple(name for name in SLICED if name != "intake")
COUNTS: Final = {
    **dict.fromkeys(SLICED, sizes.WORKERS),
    "views": 1,  # one writer of Redis
    "clock": 1,  # one turn of the day
    "console": 1,  # its sessions are its own
    "gateway": 2,
    "query": 2,
    "feed": 2,
}
BARE: Final[Manifest] = {"clusterIP": "None", "publishNotReadyAddresses": True}
"""Each pod by its own address, also one that is not ready: the console asks it why."""
MEMORY: Final = {**dict.fromkeys(WITH_STORE, "2Gi"), "views": "2Gi"}
SITE_TIMES: Final = {"periodSeconds": 10, "failureThreshold": 3}


def environment(service: str) -> list[Manifest]:
    """Return the settings of a service that are no secret."""
    settings = {
        "CREDITBUS_KAFKA": f"{CLUSTER}-kafka-bootstrap:{KAFKA_PORT}",
        "CREDITBUS_KAFKA_PROTOCOL": "SASL_SSL",
        "CREDITBUS_KAFKA_MECHANISM": "SCRAM-SHA-512",
        "CREDITBUS_KAFKA_USER": service_principal(service),
        "CREDITBUS_TLS_CA": f"{CA}/ca.crt",
        "CREDITBUS_REGISTRY": REGISTRY_URL,
        "CREDITBUS_SECRETS": SECRETS,
        "CREDITBUS_STATE": STATE,
        "CREDITBUS_TOKENS": f"{TOKENS}/tokens.json",
        "CREDITBUS_HOST": "0.0.0.0",
        "CREDITBUS_METRICS_PORT": str(HEALTH_PORT),
        "CREDITBUS_WORKERS": json.dumps({name: COUNTS[name] for name in SLICED}),
    }
    return [{"name": name, "value": value} for name, value in settings.items()]


def processes() -> Manifest:
    """Return the file by which the console asks every process how it is, each by its own name."""
    hosts = [
        (service, number, f"{service}-{number}.{service}" if service in SLICED else health(service))
        for service in HOSTED
        # Those beside one another behind one name are asked as one.
        for number in range(COUNTS[service] if service in SLICED else 1)
    ]
    rows = [
        {
            "targets": [f"{host}:{HEALTH_PORT}"],
            "labels": {"service": service, "worker": str(number)},
        }
        for service, number, host in hosts
    ]
    data = {PROCESSES_FILE: "[\n" + ",\n".join(map(json.dumps, rows)) + "\n]\n"}
    return manifest("v1", "ConfigMap", PROCESSES_MAP, labels=labels("console"), data=data)


def health(service: str) -> str:
    """Return the name under which a service is asked how it is, also while it is not ready."""
    return f"{service}-health" if service in DOORS else service


def container(service: str) -> Manifest:
    """Return the one container of a service's pods."""
    worker = [{"name": "WORKER", "value": "0"}]
    if service in SLICED:
        # A worker's number is its pod's: its name, its store and its transactions go by it.
        index = "metadata.labels['apps.kubernetes.io/pod-index']"
        worker = [{"name": "WORKER", "valueFrom": {"fieldRef": {"fieldPath": index}}}]  # type: ignore[dict-item]
    ports = [{"name": "health", "containerPort": HEALTH_PORT}]
    if service in DOORS:
        ports.append({"name": "http", "containerPort": DOORS[service]})
    made: Manifest = {
        "name": service,
        "image": IMAGE,
        "args": ["run", service, "--worker", "$(WORKER)"],
        "env": [*worker, *environment(service)],
        "ports": ports,
        "resources": bounds(MEMORY.get(service, "1Gi"), "1" if service in SLICED else "250m"),
        "securityContext": closed(),
        # A large store takes minutes to restore: until then it lives, and is not ready.
        "startupProbe": probe("/health/live", HEALTH_PORT, periodSeconds=2, failureThreshold=90),
        "livenessProbe": probe("/health/live", HEALTH_PORT, periodSeconds=10, failureThreshold=6),
        "readinessProbe": probe("/health/ready", HEALTH_PORT, **SITE_TIMES),
        "volumeMounts": [
            {"name": "secrets", "mountPath": SECRETS, "readOnly": True},
            {"name": "kafka-ca", "mountPath": CA, "readOnly": True},
            {"name": "state", "mountPath": STATE},
            {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108 - the container's own
        ],
    }
    if service in DOORS:
        made["volumeMounts"].append({"name": "tokens", "mountPath": TOKENS, "readOnly": True})
    if service == "console":
        files = {
            "CREDITBUS_ACCOUNTS": f"{STAFF}/accounts.json",
            "CREDITBUS_SCRAPES": f"{PROCESSES}/{PROCESSES_FILE}",
        }
        made["env"] += [{"name": name, "value": value} for name, value in files.items()]
        made["volumeMounts"] += [
            {"name": "staff", "mountPath": STAFF, "readOnly": True},
            {"name": "processes", "mountPath": PROCESSES, "readOnly": True},
        ]
    if service == "delivery":
        # Where each executing body takes its directives, as JSON; they differ from city to city.
        hooks = {"name": "creditbus-bodies", "key": "webhooks", "optional": True}
        made["env"] += [
            {"name": "CREDITBUS_WEBHOOKS", "valueFrom": {"configMapKeyRef": hooks}},
            {"name": "CREDITBUS_SOURCE_WEBHOOKS", "value": f"{TOLD}/source-webhooks.json"},
        ]
        made["volumeMounts"].append({"name": "sources", "mountPath": TOLD, "readOnly": True})
    return made


def pod(service: str) -> Manifest:
    """Return the pod of a service; without a disk of its own it keeps nothing."""
    volumes: list[Manifest] = [
        {"name": "secrets", "secret": {"secretName": f"creditbus-{service}", "defaultMode": 0o440}},
        {
            "name": "kafka-ca",
            "secret": {
                "secretName": f"{CLUSTER}-cluster-ca-cert",
                "items": [{"key": "ca.crt", "path": "ca.crt"}],
            },
        },
        {"name": "tmp", "emptyDir": {"sizeLimit": "1Gi"}},
    ]
    if service not in WITH_STORE:
        volumes.append({"name": "state", "emptyDir": {"sizeLimit": "1Gi"}})
    if service in DOORS:
        volumes.append({"name": "tokens", "secret": {"secretName": "creditbus-tokens"}})
    if service == "console":
        # Without accounts the operator's token alone opens it.
        volumes += [
            {"name": "staff", "secret": {"secretName": "creditbus-accounts", "optional": True}},
            {"name": "processes", "configMap": {"name": PROCESSES_MAP}},
        ]
    if service == "delivery":
        # Without webhooks of theirs, sources are told by the gateway alone.
        secret = {"secretName": "creditbus-source-webhooks", "optional": True}
        volumes.append({"name": "sources", "secret": secret})
    spread = {
        "maxSkew": 1,
        "topologyKey": "kubernetes.io/hostname",
        "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": {"matchLabels": selector(service)},
    }
    return {
        "metadata": {"labels": labels(service)},
        "spec": {
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,  # they would be unknown settings
            "terminationGracePeriodSeconds": 60,
            "securityContext": unprivileged(USER),
            "topologySpreadConstraints": [spread],
            "containers": [container(service)],
            "volumes": volumes,
        },
    }


def workload(service: str) -> list[Manifest]:
    """Return what runs a service, how it is reached, and how many of it may be away at once."""
    found: dict[str, Any] = {"selector": {"matchLabels": selector(service)}}
    found |= {"replicas": COUNTS[service], "template": pod(service)}
    if service in SLICED:
        found |= {"serviceName": service, "podManagementPolicy": "Parallel"}
        found |= {"updateStrategy": {"type": "RollingUpdate"}}
        if service in WITH_STORE:
            found["volumeClaimTemplates"] = [claim("state", sizes.WORKER)]
        main = manifest("apps/v1", "StatefulSet", service, spec=found)
    else:
        # Two of a kind that must be one would be worse than none for a moment.
        single = COUNTS[service] == 1
        how: Manifest = {"type": "Recreate"} if single else {"type": "RollingUpdate"}
        main = manifest("apps/v1", "Deployment", service, spec=found | {"strategy": how})
    ports = [{"name": "health", "port": HEALTH_PORT}]
    if service in DOORS:
        ports.append({"name": "http", "port": DOORS[service]})
    reached: Manifest = {"selector": selector(service), "ports": ports}
    of_health = {"selector": selector(service), "ports": ports[:1]} | BARE
    beside = [manifest("v1", "Service", health(service), spec=of_health)]
    if service not in DOORS:
        reached |= BARE
        beside = []
    budget = {"maxUnavailable": 1, "selector": {"matchLabels": selector(service)}}
    return [
        main,
        manifest("v1", "Service", service, spec=reached),
        *beside,
        manifest("policy/v1", "PodDisruptionBudget", service, spec=budget),
    ]


def workloads() -> list[Manifest]:
    """Return every service of the bus."""
    return [processes(), *(each for service in HOSTED for each in workload(service))]


def claim(name: str, gigabytes: int) -> Manifest:
    """Return a disk that is made with its pod, and stays when the pod goes."""
    return {
        "metadata": {"name": name},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": f"{gigabytes}G"}},
        },
    }


def server(name: str, user: int, disk: int, box: Manifest) -> list[Manifest]:
    """Return a server with one disk, which is one because its disk is."""
    port = box["ports"][0]["containerPort"]
    secret = {"secretName": f"creditbus-{name}", "defaultMode": 0o440}
    found = {
        "replicas": 1,
        "serviceName": name,
        "selector": {"matchLabels": selector(name)},
        "template": {
            "metadata": {"labels": labels(name)},
            "spec": {
                "automountServiceAccountToken": False,
                "enableServiceLinks": False,
                "terminationGracePeriodSeconds": 60,
                "securityContext": unprivileged(user),
                "containers": [
                    box
                    | {
                        "name": name,
                        "securityContext": closed(),
                        "volumeMounts": [
                            {"name": "data", "mountPath": "/data"},
                            {"name": "secrets", "mountPath": SECRETS, "readOnly": True},
                            {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108
                        ],
                    }
                ],
                "volumes": [
                    {"name": "secrets", "secret": secret},
                    {"name": "tmp", "emptyDir": {"sizeLimit": "1Gi"}},
                ],
            },
        },
        "volumeClaimTemplates": [claim("data", disk)],
    }
    reached = {"selector": selector(name), "ports": [{"name": name, "port": port}]}
    return [
        manifest("apps/v1", "StatefulSet", name, spec=found),
        manifest("v1", "Service", name, spec=reached),
    ]


def servers() -> list[Manifest]:
    """Return the registry and Redis; both come back from their disk, Redis from the topics too."""
    registry = {
        "image": "apicurio/apicurio-registry:3.3.3",
        "env": [
            {"name": "SMALLRYE_CONFIG_LOCATIONS", "value": f"{SECRETS}/registry.properties"},
            {"name": "APICURIO_STORAGE_KIND", "value": "sql"},
            {"name": "APICURIO_STORAGE_SQL_KIND", "value": "h2"},
            {
                "name": "APICURIO_DATASOURCE_URL",
                "value": "jdbc:h2:file:/data/registry;WRITE_DELAY=0",
            },
        ],
        "ports": [{"name": "registry", "containerPort": REGISTRY_PORT}],
        "resources": bounds("1Gi"),
        "startupProbe": probe(
            "/apis/ccompat/v7/subjects", REGISTRY_PORT, periodSeconds=2, failureThreshold=90
        ),
        "readinessProbe": probe("/apis/ccompat/v7/subjects", REGISTRY_PORT, **SITE_TIMES),
    }
    ping = f"REDISCLI_AUTH=$(cat {SECRETS}/password) valkey-cli ping | grep -q PONG"
    asked = {"exec": {"command": ["sh", "-c", ping]}, "timeoutSeconds": 5, **SITE_TIMES}
    valkey = {
        "image": "valkey/valkey:9.1.2",
        "command": ["valkey-server"],
        "args": [
            f"{SECRETS}/valkey.conf",
            *("--appendonly", "yes", "--save", "", "--dir", "/data"),
        ],
        "ports": [{"name": "redis", "containerPort": REDIS_PORT}],
        "resources": bounds("16Gi", "1"),
        "readinessProbe": asked,
    }
    return [*server("registry", 1000, 10, registry), *server("valkey", 999, 50, valkey)]


def provision() -> list[Manifest]:
    """Return the job that publishes the schemas; topics and logins are the operators'."""
    job: Manifest = {
        "name": "provision",
        "image": IMAGE,
        "args": ["provision", "--only-schemas", "--home", SECRETS],
        "env": [{"name": "CREDITBUS_REGISTRY", "value": REGISTRY_URL}],
        "resources": bounds("512Mi"),
        "securityContext": closed(),
        "volumeMounts": [
            {"name": "secrets", "mountPath": SECRETS, "readOnly": True},
            {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108 - the container's own
        ],
    }
    secret = {"secretName": "creditbus-provision", "defaultMode": 0o440}
    template = {
        "metadata": {"labels": labels("provision")},
        "spec": {
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "restartPolicy": "OnFailure",
            "securityContext": unprivileged(USER),
            "containers": [job],
            "volumes": [
                {"name": "secrets", "secret": secret},
                {"name": "tmp", "emptyDir": {"sizeLimit": "100Mi"}},
            ],
        },
    }
    return [manifest("batch/v1", "Job", "provision", spec={"template": template})]
