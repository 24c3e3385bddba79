"""Principals: how each of them logs in to the brokers of a bus, the admin before all.

There is one way, so that nobody speaks in the clear to brokers that show certificates.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from confluent_kafka.admin import AdminClient

from creditbus.stack.errors import NotReady
from creditbus.stack.folder import StackFile
from creditbus.stack.sockets import listens

# Settings of a confluent-kafka client, as the library types them.
ClientConfig = dict[str, str | int | float | bool]

ADMIN: Final = "admin"


def login(bootstrap: str, principal: str, password: str, ca: Path | None = None) -> ClientConfig:
    """Return the settings with which a principal logs in; ``ca`` vouches for the brokers.

    Without one they speak in the clear.
    """
    tls: ClientConfig = {} if ca is None else {"ssl.ca.location": str(ca)}
    return tls | {
        "bootstrap.servers": bootstrap,
        "security.protocol": "SASL_PLAINTEXT" if ca is None else "SASL_SSL",
        "sasl.mechanism": "SCRAM-SHA-256",
        "sasl.username": principal,
        "sasl.password": password,
    }


def login_of(file: StackFile, principal: str = ADMIN) -> ClientConfig:
    """Return the settings with which a principal of a bus logs in to its brokers."""
    return login(file.bootstrap, principal, file.credentials[principal], file.ca)


def admin_with(config: ClientConfig) -> AdminClient:
    """Return the client that asks and changes what the brokers hold, silent on stderr."""
    return AdminClient({"log_level": 2, **config})


def admin_of(file: StackFile) -> AdminClient:
    """Return that client of a bus, in the name of who may do everything."""
    return admin_with(login_of(file))


def reached_admin(file: StackFile) -> AdminClient:
    """Return that client of a bus that somebody is to change now.

    Raises ``NotReady`` at once when no broker listens: the client itself would wait for one for
    half a minute, as it should while a bus starts.
    """
    admin = admin_of(file)
    if not listens(file.bootstrap):
        raise NotReady(
            f"no broker listens at {file.bootstrap}, so nothing was changed: `creditbus status`"
            " says what runs, and `creditbus up` starts the bus"
        )
    return admin
