"""Who may speak to whom, and what Prometheus reads."""

from __future__ import annotations

from typing import Any, Final

from creditbus.stack.services import HOSTED
from tests.kubernetes.objects import (
    CLUSTER,
    DOORS,
    HEALTH_PORT,
    KAFKA_PORT,
    NAMESPACE,
    PART_OF,
    REDIS_PORT,
    REGISTRY_PORT,
    Manifest,
    labels,
    manifest,
    selector,
)

API: Final = "networking.k8s.io/v1"
ASK_REDIS: Final = ("intake", "views", "gateway", "query", "feed", "console", "delivery")
MONITORS: Final = "monitoring"
"""The namespace that Prometheus is in."""
COMES_IN: Final = "ingress"
"""The namespace of whatever lets HTTP in and speaks TLS with the callers."""


def namespace() -> Manifest:
    """Return the namespace, in which no pod may be more than the restricted ones."""
    strict = {"pod-security.kubernetes.io/enforce": "restricted"}
    return {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": NAMESPACE, "labels": {**PART_OF, **strict}},
    }


def policies() -> list[Manifest]:
    """Return what is let through; all else of the bus's own pods is not."""
    nothing = {"podSelector": {"matchLabels": PART_OF}, "policyTypes": ["Ingress", "Egress"]}
    names = {"protocol": "UDP", "port": 53}
    asked = {
        "podSelector": {"matchLabels": PART_OF},
        "policyTypes": ["Egress"],
        "egress": [{"ports": [names, names | {"protocol": "TCP"}]}],
    }
    return [
        manifest(API, "NetworkPolicy", "nothing", labels=PART_OF, spec=nothing),
        manifest(API, "NetworkPolicy", "names", labels=PART_OF, spec=asked),
        *(_of_service(service) for service in HOSTED),
        _of_provision(),
        _of_server("registry", REGISTRY_PORT, (*HOSTED, "provision")),
        _of_server("valkey", REDIS_PORT, ASK_REDIS),
    ]


def _of_service(service: str) -> Manifest:
    brokers = {"matchLabels": {"strimzi.io/cluster": CLUSTER, "strimzi.io/kind": "Kafka"}}
    out = [_to(brokers, KAFKA_PORT), _to({"matchLabels": selector("registry")}, REGISTRY_PORT)]
    if service in ASK_REDIS:
        out.append(_to({"matchLabels": selector("valkey")}, REDIS_PORT))
    if service == "delivery":
        # To the bodies' webhooks, wherever they are; narrow it to their addresses.
        out.append({"ports": [{"protocol": "TCP", "port": 443}]})
    if service == "console":
        out += [_to({"matchLabels": selector(each)}, HEALTH_PORT) for each in HOSTED]
    asks = {"podSelector": {"matchLabels": selector("console")}}
    health = [{"protocol": "TCP", "port": HEALTH_PORT}]
    come = [_from_namespace(MONITORS, HEALTH_PORT), {"from": [asks], "ports": health}]
    if service in DOORS:
        come.append(_from_namespace(COMES_IN, DOORS[service]))
    spec = {
        "podSelector": {"matchLabels": selector(service)},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": come,
        "egress": out,
    }
    return manifest(API, "NetworkPolicy", service, spec=spec)


def _of_provision() -> Manifest:
    spec = {
        "podSelector": {"matchLabels": selector("provision")},
        "policyTypes": ["Egress"],
        "egress": [_to({"matchLabels": selector("registry")}, REGISTRY_PORT)],
    }
    return manifest(API, "NetworkPolicy", "provision", spec=spec)


def _of_server(name: str, port: int, askers: tuple[str, ...]) -> Manifest:
    who = [{"podSelector": {"matchLabels": selector(asker)}} for asker in askers]
    spec = {
        "podSelector": {"matchLabels": selector(name)},
        "policyTypes": ["Ingress"],
        "ingress": [{"from": who, "ports": [{"protocol": "TCP", "port": port}]}],
    }
    return manifest(API, "NetworkPolicy", name, spec=spec)


def _to(pods: Manifest, port: int) -> Manifest:
    return {"to": [{"podSelector": pods}], "ports": [{"protocol": "TCP", "port": port}]}


def _from_namespace(name: str, port: int) -> Manifest:
    found = {"matchLabels": {"kubernetes.io/metadata.name": name}}
    return {
        "from": [{"namespaceSelector": found}],
        "ports": [{"protocol": "TCP", "port": port}],
    }


def monitors() -> list[Manifest]:
    """Return what Prometheus reads: each pod, under the name of its service and its worker."""
    return [_monitor(service) for service in HOSTED]


def _monitor(service: str) -> Manifest:
    named: list[dict[str, Any]] = [
        {"targetLabel": "service", "replacement": service},
        {"sourceLabels": ["__meta_kubernetes_pod_name"], "targetLabel": "worker"},
    ]
    endpoint = {"port": "health", "path": "/metrics", "interval": "15s", "relabelings": named}
    spec = {"selector": {"matchLabels": labels(service)}, "endpoints": [endpoint]}
    return manifest("monitoring.coreos.com/v1", "ServiceMonitor", service, spec=spec)
