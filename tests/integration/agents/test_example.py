"""The example of docs/agents.md: a team's own agent, with its body's login alone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from creditbus.runtime.settings import environment
from creditbus.stack.local import LocalStack
from creditbus.wire.topics import directives
from tests.contract.test_serving import directive
from tests.integration.views.stage import ROOT, stage_on, wait_until
from tests.stack_fixtures import BODIES


def test_the_example_prints_what_its_body_is_told(stack: LocalStack, tmp_path: Path) -> None:
    body = BODIES[0]
    told = directive(1)
    output = tmp_path / "printed"
    with stage_on(stack, tmp_path) as stage:
        stage.send("dispatch", directives(body), [(told.obligation_id, told)])
        with output.open("wb") as printed:
            agent = subprocess.Popen(
                [sys.executable, str(ROOT / "examples/directives_agent.py"), body],
                env=environment(stage.settings(body)) | {"PYTHONPATH": str(ROOT / "services")},
                cwd=tmp_path,
                stdout=printed,
                stderr=subprocess.STDOUT,
            )
        try:
            line = f"{told.action} {told.measure_id} {told.subject_id}\n"
            wait_until(lambda: line in output.read_text())
            agent.terminate()
            assert agent.wait(20) == 0, output.read_text()
        finally:
            agent.kill()
            agent.wait()
