"""Every rule is sound, and every alert fires when it must and lets go again: promtool says so."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.monitoring.cases import CASES, Case
from tests.monitoring.expressions import ALERTS, FOLDER, LEVELS, RULES, rules

pytestmark = pytest.mark.skipif(
    shutil.which("promtool") is None,
    reason="needs promtool: `apt-get install prometheus` has it, and .ci/run installs it",
)


def promtool(*given: str | Path) -> str:
    """Run promtool; its words, when it is content."""
    done = subprocess.run(["promtool", *given], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_rules_are_sound() -> None:
    promtool("check", "rules", *RULES)


@pytest.mark.parametrize("name", ["prometheus.yml", "containers.yml"])
def test_the_settings_of_prometheus_are_sound(name: str) -> None:
    told = promtool("check", "config", FOLDER / name)
    assert all(path.name in told for path in RULES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.alert)
def test_alert_fires_and_lets_go(case: Case, tmp_path: Path) -> None:
    told = {
        "rule_files": [str(LEVELS if case.promise else ALERTS)],
        "evaluation_interval": case.interval,
        "tests": [case.group()],
    }
    file = tmp_path / "case.yml"
    file.write_text(yaml.safe_dump(told))
    promtool("test", "rules", file)


def test_every_alert_has_a_case() -> None:
    alerts = [rule["alert"] for rule in rules() if "alert" in rule]
    assert sorted(alerts) == sorted({case.alert for case in CASES})
