"""Principals: whoever speaks to brokers that show certificates believes the folder's authority."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from confluent_kafka import KafkaException
from typer.testing import CliRunner

from creditbus.cli.main import app
from creditbus.runtime.law.catalogue import load_catalogue, load_draft
from creditbus.runtime.settings import Settings, UnknownSetting
from creditbus.stack.bus import Sites
from creditbus.stack.deployment import make_secrets, provision_servers
from creditbus.stack.folder import Folder, StackFile
from creditbus.stack.inboxes import widen_inbox
from creditbus.stack.newcomers import connect
from creditbus.stack.principals import admin_of, login_of
from creditbus.stack.rotations import Rotations, SecretKind
from tests.examples import a_catalogue

SHIPPED = Path("deploy/catalogue")
NOBODY = "127.0.0.1:1"


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """The folder of a bus whose brokers' authority is named, but its file has gone.

    Who does not believe it cannot make a client: so it is seen without a broker.
    """
    made = Folder(tmp_path / "run")
    make_secrets(made.path, a_catalogue(), "valkey:6379")
    file = StackFile.load(made.stack_file)
    file.bootstrap, file.ca = NOBODY, tmp_path / "gone.pem"
    file.save(made.stack_file)
    return made


def a_newcomer(folder: Folder) -> None:
    catalogue = shutil.copytree(SHIPPED, folder.path.parent / "catalogue")
    sites = Sites(home=folder.path, cache=Path(), schemas=Path(), catalogue=catalogue)
    connect(
        sites,
        StackFile.load(folder.stack_file),
        load_catalogue(catalogue),
        load_draft(catalogue),
    )


ASKED: dict[str, Callable[[Folder], object]] = {
    "admin": lambda folder: admin_of(StackFile.load(folder.stack_file)),
    "newcomer": a_newcomer,
    "rotation": lambda folder: Rotations(folder).rotate(SecretKind.LOGIN, "court"),
    "wider inbox": lambda folder: widen_inbox(StackFile.load(folder.stack_file), "court", 2),
}


@pytest.mark.parametrize("asked", ASKED)
def test_whoever_asks_the_brokers_believes_the_authority_of_their_folder(
    folder: Folder, asked: str
) -> None:
    with pytest.raises(KafkaException, match=r"ssl\.ca\.location"):
        ASKED[asked](folder)


@pytest.mark.parametrize("command", ["create", "check"])
def test_the_command_line_believes_it_too(folder: Folder, command: str) -> None:
    done = CliRunner().invoke(app, ["topics", command, "--home", str(folder.path)])
    assert (done.exit_code, "ssl.ca.location" in done.output) == (1, True), done.output


def test_servers_of_ones_own_are_believed_as_the_settings_say(folder: Folder) -> None:
    settings = Settings(
        kafka=NOBODY, kafka_protocol="SASL_SSL", tls_ca=folder.path.parent / "gone.pem"
    )
    with pytest.raises(UnknownSetting, match=r"gone\.pem"):
        provision_servers(StackFile.load(folder.stack_file), settings, a_catalogue())


def test_brokers_without_certificates_are_spoken_to_in_the_clear(folder: Folder) -> None:
    file = StackFile.load(folder.stack_file)
    secured = login_of(file, "court")
    assert (secured["security.protocol"], secured["ssl.ca.location"]) == ("SASL_SSL", str(file.ca))
    clear = login_of(msgspec.structs.replace(file, ca=None), "court")
    assert clear == {
        "bootstrap.servers": NOBODY,
        "security.protocol": "SASL_PLAINTEXT",
        "sasl.mechanism": "SCRAM-SHA-256",
        "sasl.username": "court",
        "sasl.password": file.credentials["court"],
    }
