"""The manifests of Kubernetes: sound by its own schemas, and as strict as they claim to be."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

import kubernetes_validate
import pytest
import yaml

from creditbus.runtime.settings import PREFIX, Settings
from creditbus.stack.rights import bindings, principals
from creditbus.stack.services import HOSTED
from creditbus.wire.topics import topics
from tests.examples import a_catalogue
from tests.kubernetes import sizes
from tests.kubernetes.manifests import FILES, WHOLE, manifests
from tests.kubernetes.objects import DOORS, Manifest
from tests.kubernetes.workloads import WITH_STORE
from tests.tidy.sources import ROOT

VERSION: Final = "1.32"
"""The oldest Kubernetes that the manifests are for: a pod knows its number since 1.28."""

OWN: Final = ("v1", "apps/v1", "batch/v1", "policy/v1", "networking.k8s.io/v1")
"""What Kubernetes brings itself; of the operators' kinds no schemas are bundled."""

PAGE: Final = "docs/howto/run-on-kubernetes.md"


def all_objects() -> list[Manifest]:
    return [each for found in manifests().values() for each in found]


def of_kind(kind: str) -> dict[str, Manifest]:
    return {each["metadata"]["name"]: each for each in all_objects() if each["kind"] == kind}


def pods() -> Iterator[tuple[str, Any]]:
    for kind in ("StatefulSet", "Deployment", "Job"):
        for name, each in of_kind(kind).items():
            yield name, each["spec"]["template"]["spec"]


@pytest.mark.parametrize("api", OWN)
def test_what_kubernetes_brings_is_as_its_schemas_say(api: str) -> None:
    found = [each for each in all_objects() if each["apiVersion"] == api]
    assert found
    for each in found:
        kubernetes_validate.validate(each, VERSION, strict=True)


def test_a_wrong_manifest_is_caught() -> None:
    (wrong,) = [each for each in all_objects() if each["kind"] == "Job"]
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong | {"spec": {"templates": {}}}, VERSION, strict=True)


def test_the_files_name_each_other_and_nothing_twice() -> None:
    texts = {path.rpartition("/")[2]: made() for path, made in FILES.items()}
    assert yaml.safe_load(texts.pop(WHOLE))["resources"] == list(texts)
    named = [(each["kind"], each["metadata"]["name"]) for each in all_objects()]
    assert len(named) == len(set(named))
    names = [name for _, name in named]
    assert all(re.fullmatch(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?", name) for name in names), names


def test_no_process_may_more_than_run() -> None:
    found = dict(pods())
    assert found.keys() == {*HOSTED, "registry", "valkey", "provision"}
    for pod in found.values():
        assert pod["securityContext"]["runAsNonRoot"]
        assert pod["securityContext"]["runAsUser"] > 0
        assert pod["automountServiceAccountToken"] is False
        for box in pod["containers"]:
            may = box["securityContext"]
            assert (may["readOnlyRootFilesystem"], may["allowPrivilegeEscalation"]) == (True, False)
            assert may["capabilities"] == {"drop": ["ALL"]}
            assert box["resources"]["limits"]["memory"]


def test_each_service_is_asked_how_it_is_and_has_its_walls() -> None:
    walls, budgets, read = (
        of_kind(kind) for kind in ("NetworkPolicy", "PodDisruptionBudget", "ServiceMonitor")
    )
    for name, pod in pods():
        assert name in walls
        if name in HOSTED:
            (box,) = pod["containers"]
            assert {"startupProbe", "livenessProbe", "readinessProbe"} <= box.keys()
            assert name in budgets
            assert name in read
            assert box["args"] == ["run", name, "--worker", "$(WORKER)"]
    assert walls["nothing"]["spec"].keys() == {"podSelector", "policyTypes"}
    redis = walls["valkey"]["spec"]["ingress"][0]["from"]
    asks = {who["podSelector"]["matchLabels"]["app.kubernetes.io/name"] for who in redis}
    assert asks == {"intake", "views", "delivery", *DOORS}


def test_a_worker_with_a_store_has_a_disk_of_its_own() -> None:
    sets = of_kind("StatefulSet")
    for name in WITH_STORE:
        (claim,) = sets[name]["spec"]["volumeClaimTemplates"]
        assert claim["spec"]["resources"]["requests"]["storage"] == f"{sizes.WORKER}G"
        assert sets[name]["spec"]["replicas"] == sizes.WORKERS


def test_every_variable_is_a_setting_and_none_a_secret() -> None:
    known = {f"{PREFIX}{name.upper()}": field for name, field in Settings.model_fields.items()}
    for name, pod in pods():
        for box in pod["containers"]:
            ours = [each for each in box.get("env", ()) if each["name"].startswith(PREFIX)]
            assert {each["name"] for each in ours} <= known.keys(), name
            assert all(known[each["name"]].repr for each in ours), name
    assert of_kind("Secret") == {}


def test_topics_and_logins_are_those_of_the_table() -> None:
    catalogue = a_catalogue()
    sources, bodies = sorted(catalogue.sources), sorted(catalogue.bodies)
    table = {topic.name: topic for topic in topics(sources, bodies)}
    made = {each["spec"]["topicName"]: each["spec"] for each in of_kind("KafkaTopic").values()}
    assert made.keys() == table.keys()
    for name, topic in table.items():
        assert made[name]["partitions"] == topic.partitions
        assert made[name]["config"] == topic.settings()
        assert made[name]["replicas"] == sizes.COPIES
    users = of_kind("KafkaUser")
    assert users.keys() == {*principals(sources, bodies)}
    rules = sum(len(each["spec"]["authorization"]["acls"]) for each in users.values())
    assert rules == len(bindings(tuple(table.values()), sources, bodies))
    court = users["court"]["spec"]["authorization"]["acls"]
    written = [rule["resource"]["name"] for rule in court if rule["operations"] == ["Write"]]
    assert written == ["credit.inbox.court.v1"]


def test_the_page_tells_the_numbers_that_the_manifests_have() -> None:
    page = " ".join((ROOT / PAGE).read_text(encoding="utf-8").split())
    for told in (
        f"{sizes.EVENT_BYTES} bytes",
        f"{sizes.LOG} GB",
        f"{sizes.STATE} GB",
        f"{sizes.BROKER:,} GB",
        f"{sizes.WORKER} GB",
        f"{sizes.REPLAY_H:.1f} hours",
        f"{sizes.RESTORE_MIN:.0f} minutes",
    ):
        assert told in page, told
