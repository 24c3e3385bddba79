"""docker-compose.yml, run as plain processes from its own words until an event has gone through."""

from __future__ import annotations

import json
import logging
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from creditbus.cli.main import app
from creditbus.runtime.http.source_webhooks import SourceWebhooks
from creditbus.runtime.law.catalogue import load_catalogue
from creditbus.runtime.settings import read_settings
from creditbus.stack.deployment import make_secrets
from creditbus.stack.downloads import install
from creditbus.stack.folder import StackFile
from creditbus.stack.ports import HOST
from creditbus.stack.reports import Report
from creditbus.stack.services import HOSTED
from tests.integration.stack.composed import Composed
from tests.integration.views.stage import free_port, wait_until

SUBJECT = "uscc:91370200000000000Y"
SITES = ("gateway", "query", "feed", "console")


@pytest.mark.timeout(400)
def test_the_compose_file_starts_a_bus_that_takes_an_event(tmp_path: Path) -> None:
    programs = install(read_settings().cache.expanduser(), Report(logging.getLogger("stack").info))
    with ExitStack() as ending:
        composed = Composed(tmp_path, programs, ending)
        said = composed.run("secrets")
        assert "keep it" in said
        run = composed.mount("secrets", "/run/deployment")
        secrets_reach_this_machine(composed, run)
        logs = [composed.start_kafka(), composed.start_registry(), composed.start_valkey()]
        wait_until(lambda: registry_answers(composed), 60)
        first, second = composed.run("provision"), composed.run("provision")
        assert "(0 changes)" not in first
        assert "(0 changes)" in second
        metrics = {name: free_port() for name in HOSTED}
        doors = {name: free_port() for name in SITES}
        for name in HOSTED:
            outside = {"CREDITBUS_METRICS_PORT": str(metrics[name])}
            if name in doors:
                outside[f"CREDITBUS_{name.upper()}_PORT"] = str(doors[name])
            logs.append(composed.start_service(name, outside))
        for name, port in metrics.items():
            try:
                wait_until(lambda port=port: is_ready(port), 120)  # type: ignore[misc]
            except AssertionError as failure:
                said = (tmp_path / f"{name}.log").read_text()
                raise AssertionError(f"{name}: {said}") from failure
        file = StackFile.load(run / "stack.json")
        listed(f"http://{HOST}:{doors['gateway']}", file.secrets["token of tender"])
        token = file.secrets["token of trade-centre"]
        wait_until(lambda: is_barred(f"http://{HOST}:{doors['query']}", token), 60)
        everything = "".join(log.read_text(errors="replace") for log in logs)
        for secret in [*file.credentials.values(), *file.secrets.values()]:
            assert secret not in everything, "a log tells a secret"


def secrets_reach_this_machine(composed: Composed, run: Path) -> None:
    """Name this machine's Redis where the containers' network would name its own."""
    for path in run.glob("*/creditbus_redis"):
        path.chmod(0o600)
        path.write_text(composed.here(path.read_text(), "views"))


def registry_answers(composed: Composed) -> bool:
    try:
        url = f"http://{HOST}:{composed.ports['registry:8080']}/apis/ccompat/v7/subjects"
        return httpx.get(url, timeout=2).is_success
    except httpx.HTTPError:
        return False


def is_ready(port: int) -> bool:
    try:
        return httpx.get(f"http://{HOST}:{port}/health/ready", timeout=2).is_success
    except httpx.HTTPError:
        return False


def listed(gateway: str, token: str) -> None:
    """Bar the subject from tenders, as its supervisor would."""
    envelope = {
        "record_id": "compose-1",
        "record_revision": 1,
        "subject_id": SUBJECT,
        "decided_on": "2026-05-11",
        "document_number": "青招监决〔2026〕17号",
        "bases": ["TBL-ART53"],
        "synthetic": True,
    }
    event = {
        "type": "entry_listed",
        "envelope": envelope,
        "list_id": "BL-BID-ZT",
        "subject_name": "（测）青岛示例有限公司",
        "provisions": ["53"],
        "ends_on": "2027-05-10",
        "notice_served_on": "2026-04-20",
        "rights_stated": True,
    }
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    answer = httpx.post(
        f"{gateway}/v1/events", content=json.dumps(event), headers=headers, timeout=20
    )
    assert answer.status_code == 202, answer.text


def is_barred(query: str, token: str) -> bool:
    """Return whether the subject may not bid any more."""
    question = {"subject": SUBJECT, "matter": "bid-registration", "purpose": "bid-qualification"}
    answer = httpx.post(
        f"{query}/v1/checks",
        json=question,
        headers={"Authorization": f"Bearer {token}"},
        timeout=20,
    )
    return answer.is_success and bool(answer.json()["barred"])


def test_what_was_made_once_stays_and_each_process_has_its_own(tmp_path: Path) -> None:
    catalogue = load_catalogue(Path("deploy/catalogue"))
    file = make_secrets(tmp_path, catalogue, "valkey:6379")
    before = contents(tmp_path)
    assert make_secrets(tmp_path, catalogue, "valkey:6379") == file
    assert contents(tmp_path) == before
    held = {path.parent.name: path for path in tmp_path.glob("*/creditbus_attestation_key")}
    assert set(held) == {"gateway", "intake"}
    password = (tmp_path / "listing" / "creditbus_kafka_password").read_text()
    told = [path.parent.name for path, text in before.items() if password in text]
    assert sorted(told) == ["listing", "provision", tmp_path.name]
    assert tmp_path.stat().st_mode & 0o077 == 0
    # The console's own user reads it, whoever adds an account; an empty one is kept as it is.
    accounts = tmp_path / "staff" / "accounts.json"
    added = ["accounts", "add", "wang", "--role", "viewer", "--password-stdin"]
    done = CliRunner().invoke(
        app, [*added, "--accounts", str(accounts)], input="several words together\n"
    )
    assert (done.exit_code, accounts.stat().st_mode & 0o777) == (0, 0o444), done.output
    # So does delivery's, whoever says where a source is told.
    webhooks = tmp_path / "sources" / "source-webhooks.json"
    said = ["sources", "webhook", "tender", "https://tender.example/fates"]
    done = CliRunner().invoke(app, [*said, "--webhooks", str(webhooks)])
    assert (done.exit_code, webhooks.stat().st_mode & 0o777) == (0, 0o444), done.output
    make_secrets(tmp_path, catalogue, "valkey:6379")
    assert '"wang"' in accounts.read_text()
    (row,) = SourceWebhooks(webhooks).rows()
    assert (row.source, row.url) == ("tender", "https://tender.example/fates")


def contents(folder: Path) -> dict[Path, str]:
    """Return every file's content."""
    return {path: path.read_text() for path in folder.rglob("*") if path.is_file()}
