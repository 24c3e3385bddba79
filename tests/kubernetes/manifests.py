"""The manifests as they lie in ``deploy/kubernetes``, made from the tables of the code."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import Final

import yaml

from creditbus.runtime.law.catalogue import load_draft
from tests.kubernetes import cluster, walls, workloads
from tests.kubernetes.objects import NAMESPACE, Manifest
from tests.tidy.sources import ROOT

FOLDER: Final = "deploy/kubernetes"
_HEAD: Final = (
    "# Made from `tests/kubernetes` by `.venv/bin/python -m tests.tidy.pages`; do not edit.\n"
)


@cache
def manifests() -> dict[str, Sequence[Manifest]]:
    """Return the objects of each file."""
    catalogue = load_draft(ROOT / "deploy" / "catalogue")[0].catalogue
    return {
        "namespace.yaml": [walls.namespace()],
        "kafka.yaml": cluster.brokers(),
        "topics.yaml": cluster.made_topics(catalogue),
        "users.yaml": cluster.users(catalogue),
        "servers.yaml": workloads.servers(),
        "provision.yaml": workloads.provision(),
        "services.yaml": workloads.workloads(),
        "policies.yaml": walls.policies(),
        "monitors.yaml": walls.monitors(),
    }


WHOLE: Final = "kustomization.yaml"
NAMES: Final = (
    "namespace.yaml",
    "kafka.yaml",
    "topics.yaml",
    "users.yaml",
    "servers.yaml",
    "provision.yaml",
    "services.yaml",
    "policies.yaml",
    "monitors.yaml",
    WHOLE,
)


def text_of(name: str) -> str:
    """Return the text of one file."""
    if name != WHOLE:
        return _text(manifests()[name])
    whole = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "namespace": NAMESPACE,
        "resources": list(manifests()),
    }
    return _text([whole])


FILES: Final[dict[str, Callable[[], str]]] = {
    f"{FOLDER}/{name}": partial(text_of, name) for name in NAMES
}
"""Each file by its path."""


def _text(found: Sequence[Manifest]) -> str:
    told = yaml.dump_all(found, Dumper=_Plain, sort_keys=False, allow_unicode=True, width=100)
    return _HEAD + told


class _Plain(yaml.SafeDumper):
    """Writes what occurs twice twice: an anchor is for programs, not for readers."""

    def ignore_aliases(self, _data: object) -> bool:
        return True
