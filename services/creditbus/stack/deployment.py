"""A deployment: what a bus of containers is given before it starts, and its servers made ready.

One folder holds all of it. ``stack.json`` has every password, key and token, for whoever runs the
bus and for the command line. Beside it each process has a folder of its own with exactly what it
needs, a file a secret, named as the setting that it fills: Docker and Kubernetes mount them so.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from creditbus.domain.law.catalogue import Catalogue
from creditbus.runtime.outages import Unavailable
from creditbus.runtime.process import security_of
from creditbus.runtime.registry import Registry
from creditbus.runtime.settings import PREFIX, Settings
from creditbus.runtime.tls import of_servers
from creditbus.stack.bus import (
    ATTESTATION_KEY,
    PERSON_KEY,
    STATEMENT_KEY,
    add_secrets,
    webhook_secret_name,
)
from creditbus.stack.cluster import Cluster
from creditbus.stack.errors import NotProvisioned
from creditbus.stack.folder import OWNER_ONLY_FOLDER, SOURCE_WEBHOOKS, Folder, StackFile
from creditbus.stack.ports import Ports
from creditbus.stack.principals import ADMIN, admin_with
from creditbus.stack.provision import add_passwords, new_password, provision
from creditbus.stack.registry import rights
from creditbus.stack.services import HOSTED
from creditbus.wire.schemas import load_schemas
from creditbus.wire.topics import service_principal

STACK: Final = "stack.json"
GRAFANA: Final = "grafana"
TOKENS: Final = "http/tokens.json"
ACCOUNTS: Final = "staff/accounts.json"
WEBHOOKS: Final = f"sources/{SOURCE_WEBHOOKS}"
WAIT_S: Final = 120.0
_LOOK_S: Final = 1.0

# What lies in a process's folder is read by the container's user, whoever that is; the folder above
# is closed to all but its owner, and a mount goes past it.
_READ_BY_ALL: Final = 0o444
_OPEN: Final = 0o755


class Provisioned(msgspec.Struct, frozen=True, kw_only=True):
    """What was changed: topics, logins and rights together, and how many schemas there are."""

    changes: int
    schemas: int


def make_secrets(folder: Path, catalogue: Catalogue, redis: str) -> StackFile:
    """Give everyone the passwords, keys and tokens that they lack, and write all files.

    ``redis`` is the address of Redis for the services, host:port. Done twice, it changes nothing.
    """
    folder.mkdir(mode=OWNER_ONLY_FOLDER, parents=True, exist_ok=True)
    home = Folder(folder)
    file = _loaded(home)
    for name in ("redis", "registry", GRAFANA):
        file.secrets.setdefault(name, new_password())
    file.credentials.setdefault(ADMIN, new_password())
    add_passwords(file.credentials, sorted(catalogue.sources), sorted(catalogue.bodies))
    file.at(Ports(), Cluster())
    tokens = folder / TOKENS
    tokens.parent.mkdir(mode=_OPEN, exist_ok=True)
    add_secrets(file, home, catalogue, tokens)
    tokens.chmod(_READ_BY_ALL)  # hashes only
    for rows in (folder / ACCOUNTS, folder / WEBHOOKS):
        if not rows.exists():
            _fill(rows.parent, {rows.name: "[]\n"})
    for service in HOSTED:
        settings = settings_of(file, service, redis)
        _fill(folder / service, {f"{PREFIX}{name}".lower(): at for name, at in settings.items()})
    _fill(folder / "kafka", {"admin": file.credentials[ADMIN]})
    _fill(folder / "registry", {"registry.properties": rights(file.secrets["registry"])})
    password = file.secrets["redis"]
    _fill(folder / "valkey", {"password": password, "valkey.conf": f"requirepass {password}\n"})
    _fill(folder / GRAFANA, {"password": file.secrets[GRAFANA]})
    _fill(folder / "provision", {STACK: (folder / STACK).read_text()})
    return file


def settings_of(file: StackFile, service: str, redis: str) -> dict[str, str]:
    """Return the settings of a service that are secret, each only where it is needed."""
    settings = {"kafka_password": file.credentials[service_principal(service)]}
    if service in {"intake", "views", "gateway", "query", "feed", "console", "delivery"}:
        settings["redis"] = f"redis://:{file.secrets['redis']}@{redis}/0"
    if service in {"gateway", "intake"}:
        settings["attestation_key"] = file.secrets[ATTESTATION_KEY]
    if service == "gateway":
        settings["statement_key"] = file.secrets[STATEMENT_KEY]
    if service in {"gateway", "query"}:
        settings["person_key"] = file.secrets[PERSON_KEY]
    if service == "delivery":
        prefix = webhook_secret_name("")
        keys = {
            name.removeprefix(prefix): secret
            for name, secret in file.secrets.items()
            if name.startswith(prefix)
        }
        settings["webhook_secrets"] = msgspec.json.encode(keys).decode()
    return settings


def provision_servers(file: StackFile, settings: Settings, catalogue: Catalogue) -> Provisioned:
    """Make topics, logins, rights and schemas on the servers that the settings name.

    Waits for a server that is only starting. Done twice, it changes nothing. Raises
    ``NotProvisioned`` with what to do.
    """
    password = file.credentials[ADMIN]
    as_admin = settings.model_copy(update={"kafka_user": ADMIN, "kafka_password": password})
    admin = admin_with({"bootstrap.servers": settings.kafka, **security_of(as_admin)})
    _wait_for(admin, settings.kafka)
    changes = provision(
        admin, file.credentials, sorted(catalogue.sources), sorted(catalogue.bodies)
    )
    return Provisioned(changes=changes, schemas=publish_schemas(file, settings))


def publish_schemas(file: StackFile, settings: Settings) -> int:
    """Publish every schema; raises ``NotProvisioned`` while the registry is away."""
    schemas = load_schemas(settings.schemas)
    login = of_servers(settings).confluent() | file.registry_login
    try:
        Registry(settings.registry, login).publish(schemas)
    except Unavailable as outage:
        raise NotProvisioned(
            f"The registry at {settings.registry} does not answer: {outage}. Look into its log, "
            f"and run this again: what is done stays."
        ) from outage
    return len(schemas.versions)


def _loaded(home: Folder) -> StackFile:
    if home.stack_file.exists():
        return StackFile.load(home.stack_file)
    return StackFile(ports=Ports(), bootstrap="", registry_url="", redis_url="", credentials={})


def _fill(folder: Path, contents: Mapping[str, str]) -> None:
    """Write files that their process may read, each whole or not at all."""
    folder.mkdir(mode=_OPEN, exist_ok=True)
    for name, content in contents.items():
        path = folder / name
        if path.exists() and path.read_text() == content:
            continue
        filling = folder / f".{name}.filling"
        filling.write_text(content)
        filling.chmod(_READ_BY_ALL)
        filling.rename(path)


def _wait_for(admin: AdminClient, address: str) -> None:
    deadline = time.monotonic() + WAIT_S
    while True:
        try:
            admin.list_topics(timeout=5)
        except KafkaException as failure:
            if time.monotonic() > deadline:
                raise NotProvisioned(
                    f"Kafka at {address} does not let admin in: {failure}. Was its storage "
                    f"formatted with this folder's password? Look into its log."
                ) from failure
            time.sleep(_LOOK_S)
        else:
            return
