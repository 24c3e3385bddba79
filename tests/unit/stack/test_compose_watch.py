"""Who watches the containers: Prometheus and Grafana find what the project brings for them."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import yaml

from creditbus.stack.deployment import make_secrets
from tests.examples import ROOT, a_catalogue

PROFILE: Final = "monitoring"
PROVISIONED: Final = ROOT / "deploy" / "grafana" / "provisioning"


def watchers() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())[
        "services"
    ]
    return {name: each for name, each in found.items() if PROFILE in each.get("profiles", ())}


def mounts(name: str) -> dict[str, str]:
    """Return what a watcher finds at each path of its container."""
    pairs = (each.split(":")[:2] for each in watchers()[name]["volumes"])
    return {inside: outside for outside, inside in pairs}


def test_both_are_started_by_the_profile_alone() -> None:
    assert set(watchers()) == {"prometheus", "grafana"}
    for each in watchers().values():
        assert each["read_only"]
        assert all(port.startswith("127.0.0.1:") for port in each["ports"])


def test_grafana_finds_the_dashboards_and_the_prometheus() -> None:
    found = mounts("grafana")
    (provider,) = yaml.safe_load((PROVISIONED / "dashboards" / "creditbus.yaml").read_text())[
        "providers"
    ]
    assert (ROOT / found["/etc/grafana/provisioning"]).samefile(PROVISIONED)
    dashboards = ROOT / found[provider["options"]["path"]]
    assert list(dashboards.glob("*.json"))
    (source,) = yaml.safe_load((PROVISIONED / "datasources" / "prometheus.yaml").read_text())[
        "datasources"
    ]
    assert source["url"] == "http://prometheus:9090"


def test_grafanas_keeper_has_a_password_that_nobody_knows(tmp_path: Path) -> None:
    file = make_secrets(tmp_path, a_catalogue(), "valkey:6379")
    said = watchers()["grafana"]["environment"]["GF_SECURITY_ADMIN_PASSWORD__FILE"]
    inside, name = said.rsplit("/", 1)
    outside = mounts("grafana")[inside].removeprefix("./deploy/run/")
    assert (tmp_path / outside / name).read_text() == file.secrets["grafana"]
    assert len(file.secrets["grafana"]) > 20
