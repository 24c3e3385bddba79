"""What is changed on purpose: secrets, partitions, the law, the program."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any, Final

import httpx

from creditbus.demo.city import organisation
from creditbus.domain.ids import SubjectId
from creditbus.sdk.publisher import Publisher
from creditbus.stack.bus import token_name
from creditbus.stack.ports import HOST
from creditbus.stack.services import HOSTED
from creditbus.wire.topics import service_principal
from tests.examples import a_listing
from tests.exercises.drill import Drill
from tests.exercises.exercise import ROOT, Chapter
from tests.exercises.ground import Ground

CHAPTER: Final = Chapter("Changes")
AGENCY: Final = "tender"
TREASURY: Final = "finance"
MEASURE: Final = "A01"
FIRMS: Final = 20
_FIRST: Final = 80_000_000


@CHAPTER.exercise(
    runbook="Rotate a secret",
    strikes="a token, a source's login, every service's, the broker's own, a body's signing"
    " secret, the keys of Redis, registry and attestation: all are replaced",
    then="tokens and sources' logins count at once, the rest after one restart",
)
def every_secret_is_rotated(drill: Drill) -> None:
    old = drill.ground.file.secrets[token_name(AGENCY)]
    drill.press("creditbus rotate token PARTY", PARTY=AGENCY)
    assert _status_with(drill.ground, old) == httpx.codes.UNAUTHORIZED
    assert _status_with(drill.ground, drill.ground.file.secrets[token_name(AGENCY)]) < 300
    drill.press("creditbus rotate login SOURCE", SOURCE=AGENCY)
    drill.press("creditbus rotate webhook BODY", BODY="tender-platform")
    for name in map(service_principal, HOSTED):
        drill.press("creditbus rotate login PRINCIPAL", PRINCIPAL=name)
    for kind in ("attestation", "redis", "registry"):
        drill.press(f"creditbus rotate {kind}")
    drill.press("creditbus rotate login admin")
    drill.press("creditbus down")
    drill.press("creditbus up -d", more=" --bodies")
    drill.press("creditbus status")


def _status_with(ground: Ground, token: str) -> int:
    url = f"http://{HOST}:{ground.file.ports.gateway}/v1/refusals"
    return httpx.get(url, headers={"Authorization": f"Bearer {token}"}, timeout=10).status_code


@CHAPTER.exercise(
    runbook="Add partitions",
    strikes="an inbox of one partition is given four, its source still meanwhile",
    then="every record is decided once, and each record's revisions in their order",
)
def partitions_are_added(drill: Drill) -> None:
    refused = drill.press("creditbus inbox widen SOURCE --partitions N", code=1, SOURCE=AGENCY, N=4)
    assert "partitions" not in refused
    drill.city.stop()
    drill.wait_until(lambda: _widened(drill), "the inbox to be decided")
    drill.city.begin_again()
    drill.press("creditbus topics check")


def _widened(drill: Drill) -> bool:
    line = f"creditbus inbox widen {AGENCY} --partitions 4"
    drill.typed += 1
    return drill.ground.type(line)[0] == 0


@CHAPTER.exercise(
    runbook="A wrong edition was published",
    strikes="an edition is published that switches off a measure which it should not have",
    then="the measure is lifted of everybody; a following edition brings it back, of everybody",
)
def a_wrong_edition(drill: Drill) -> None:
    _git(drill.ground, "init -q . && git add deploy && git -c user.name=x -c user.email=x"
         " commit -q -m before")  # fmt: skip
    firms = _barred_by_the_treasury(drill)
    # The wrong one: the catalogue that counts is published first, so that it can be followed.
    _, said, _ = drill.ground.type("creditbus catalogue publish")
    path = drill.ground.folder / "deploy" / "catalogue" / "measures" / f"{MEASURE}.toml"
    path.write_text(path.read_text().replace("enabled = true", "enabled = false", 1))
    _follow(drill.ground, said)
    _, said, _ = drill.ground.type("creditbus catalogue publish")
    drill.wait_until(lambda: _last_acts(drill, firms) == {"LIFT"}, "the lifts that are wrong")
    told = drill.press("creditbus catalogue diff OLD WRONG", code=1, OLD=_before(said, drill),
                       WRONG=_name_in(said))  # fmt: skip
    assert MEASURE in told
    drill.press("git checkout COMMIT -- deploy/catalogue", COMMIT="HEAD")
    _follow(drill.ground, said)
    drill.press("creditbus catalogue check")
    drill.press("creditbus catalogue publish")
    drill.wait_until(lambda: _last_acts(drill, firms) == {"APPLY"}, "the measure to be back")


def _git(ground: Ground, words: str) -> None:
    code, _, complaint = ground.type(f"git {words}")
    assert code == 0, complaint


def _name_in(said: str) -> str:
    """Return the name of the edition that ``publish`` printed."""
    found = re.search(r"edition ([0-9a-f]{16}),", said)
    assert found, said
    return found[1]


def _before(said: str, drill: Drill) -> str:
    shelf = drill.ground.folder / "deploy" / "editions" / f"{_name_in(said)}.json"
    return str(json.loads(shelf.read_text())["follows"])


def _follow(ground: Ground, said: str) -> None:
    """Write into the catalogue that it follows the edition that was published."""
    path = ground.folder / "deploy" / "catalogue" / "edition.toml"
    text = re.sub(r"follows = .*", f'follows = "{_name_in(said)}"', path.read_text())
    path.write_text(text)


def _barred_by_the_treasury(drill: Drill) -> list[SubjectId]:
    file = drill.ground.file
    firms = [organisation(_FIRST + number) for number in range(FIRMS)]
    with Publisher(
        TREASURY,
        kafka=file.bootstrap,
        registry=file.registry_url,
        password=file.credentials[TREASURY],
    ) as publisher:
        for firm in firms:
            act = a_listing(
                source=TREASURY,
                subject_id=firm,
                record_id=f"edition-{firm}",
                list_id="BL-FIN-CG",
                bases=("GPL-ART77",),
                provisions=("77",),
                ends_on=date(2028, 3, 1),
            )
            publisher.publish(act)
    drill.wait_until(lambda: _last_acts(drill, firms) == {"APPLY"}, "the measure to be applied")
    return firms


def _last_acts(drill: Drill, firms: Sequence[str]) -> set[str]:
    """Return what the bodies did last about the measure, over all firms; none is told as ''."""
    url = f"http://{HOST}:{drill.ground.file.ports.body}/received"
    found: list[dict[str, Any]] = httpx.get(url, timeout=10).json()
    last = dict.fromkeys(map(str, firms), "")
    last |= {
        each["subject_id"]: each["action"]
        for each in found
        if each["subject_id"] in last and each["measure_id"] == MEASURE
    }
    return set(last.values())


@CHAPTER.exercise(
    runbook="Upgrade without a stop",
    strikes="a version of the program with another field in a record that its workers exchange"
    " takes the place of the old one, worker by worker, and gives it back",
    then="old and new workers read each other's records; nobody waits",
)
def an_upgrade(drill: Drill) -> None:
    new = _next_version(drill.ground)
    drill.press("CREDITBUS_SCHEMAS=NEW/schemas/avro creditbus schemas check", NEW=new)
    drill.press("CREDITBUS_SCHEMAS=NEW/schemas/avro creditbus schemas publish", NEW=new)
    for service in ("listing", "dispatch", "exposure"):
        with _beside(drill, new, service):
            drill.live_on()  # both share the partitions
            drill.press("creditbus drain SERVICE --reason WHY", SERVICE=service, WHY="drill")
            drill.live_on()  # the new one has them all
            drill.press("creditbus resume SERVICE --reason WHY", SERVICE=service, WHY="drill")


def _next_version(ground: Ground) -> Path:
    """Return a checkout of a next version: standings have one more field, as a howto says."""
    new = ground.folder / "next"
    shutil.copytree(ROOT / "services", new / "services", ignore=shutil.ignore_patterns("__py*"))
    shutil.copytree(ROOT / "schemas", new / "schemas")
    folder = new / "schemas" / "avro" / "standing"
    last = max(int(path.stem) for path in folder.glob("*.avsc"))
    schema = json.loads((folder / f"{last}.avsc").read_text())
    more = {"name": "written_by", "type": "string", "default": "", "doc": "Who wrote it."}
    schema["fields"].append(more)
    (folder / f"{last + 1}.avsc").write_text(json.dumps(schema))
    value = new / "services" / "creditbus" / "domain" / "entries" / "standings.py"
    text = value.read_text()
    field = "    synthetic: bool = False\n"
    assert field in text
    value.write_text(text.replace(field, f'{field}    written_by: str = "next"\n', 1))
    return new


@contextmanager
def _beside(drill: Drill, new: Path, service: str) -> Iterator[None]:
    """Run a worker of the next version beside the old one, as the runbook says."""
    line = "creditbus run SERVICE --worker 1 --home .creditbus"
    assert line in drill.section
    drill.typed += 1
    environment = {
        **drill.ground.environment,
        "PYTHONPATH": str(new / "services"),
        "CREDITBUS_SCHEMAS": str(new / "schemas" / "avro"),
    }
    words = line.replace("SERVICE", service).split()[1:]
    log = drill.ground.folder / f"{service}-next.log"
    with log.open("wb") as output:
        worker = subprocess.Popen(
            [sys.executable, "-m", "creditbus", *words],
            cwd=drill.ground.folder,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        name = f"{service}-1"
        drill.wait_until(lambda: _is_ready(drill, name), f"{name}: {log.read_text()[-500:]}")
        yield
    finally:
        worker.terminate()
        worker.wait(30)


def _is_ready(drill: Drill, name: str) -> bool:
    _, printed, _ = drill.ground.type("creditbus status --json")
    return any(each["name"] == name and each["ready"] for each in json.loads(printed))
