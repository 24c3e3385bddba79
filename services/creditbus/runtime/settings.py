"""Settings: the only reader of the environment; one frozen value, passed down.

Every name begins with ``CREDITBUS_``; a misspelt one stops the start with the list of those that
exist, because a setting that is silently ignored is the commonest fault of all.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from creditbus.wire.addresses import ADVICE, are_brokers
from creditbus.wire.topics import SERVICES

PREFIX: Final = "CREDITBUS_"
SAMPLE: Final = "replace-me"

_File = Annotated[Path | None, BeforeValidator(lambda named: named or None)]
"""A file, or none when nothing is named: an empty path would be the folder one stands in."""


def _of_services(workers: dict[str, int]) -> dict[str, int]:
    unknown = sorted(set(workers) - set(SERVICES))
    if unknown:
        raise ValueError(f"no service {', '.join(unknown)}; there are {', '.join(SERVICES)}")
    return workers


def _with_ports(addresses: str) -> str:
    if not are_brokers(addresses):
        raise ValueError(f"{addresses!r} is no broker's address: {ADVICE}")
    return addresses


_Brokers = Annotated[str, AfterValidator(_with_ports)]
_Workers = Annotated[dict[str, Annotated[int, Field(ge=1, le=10)]], AfterValidator(_of_services)]
"""Counts by service; ten have a metrics port each."""


class SettingMissing(ValueError):
    """A setting that a service cannot do without is not set; the sentence names it."""


class UnknownSetting(ValueError):
    """The environment names a setting that does not exist, or a value it cannot have."""


class Settings(BaseSettings):
    """What a process of the bus must be told; ``description`` is the documentation of each."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid")

    home: Path = Field(Path(".creditbus"), description="Folder of the local stack.")
    cache: Path = Field(
        Path("~/.cache/creditbus"), description="Folder of what the local stack has downloaded."
    )
    maven: str = Field(
        "", description="Maven repository the local stack loads from; empty: the public one."
    )
    kafka: _Brokers = Field(
        "127.0.0.1:19092", description="Broker addresses, host:port, with commas."
    )
    kafka_user: str = Field("", description="Principal at the broker; empty: no authentication.")
    kafka_password: str = Field("", description="Password of the principal.", repr=False)
    kafka_protocol: Literal["SASL_PLAINTEXT", "SASL_SSL"] = Field(
        "SASL_PLAINTEXT", description="SASL_PLAINTEXT or SASL_SSL; without a user, TLS alone."
    )
    kafka_mechanism: Literal["SCRAM-SHA-256", "SCRAM-SHA-512"] = Field(
        "SCRAM-SHA-256", description="How the principal logs in: SCRAM-SHA-256 or SCRAM-SHA-512."
    )
    tls_ca: _File = Field(
        None,
        description="CA certificates (PEM) that Kafka, registry and Redis are believed by;"
        " empty: the system's.",
    )
    tls_certificate: _File = Field(
        None, description="Certificate (PEM) that the bus shows to them; empty: none."
    )
    tls_key: _File = Field(
        None, description="Key (PEM) of that certificate; empty: in the certificate's file."
    )
    registry: str = Field(
        "http://127.0.0.1:18081/apis/ccompat/v7", description="Schema registry (Confluent API)."
    )
    redis: str = Field(
        "redis://127.0.0.1:16379/0", description="Redis, with its password.", repr=False
    )
    schemas: Path = Field(Path("schemas/avro"), description="Folder of the Avro schemas.")
    decoder: Literal["pyruhvro", "fastavro"] = Field(
        "pyruhvro", description="How slices are read: at once by pyruhvro, or each by fastavro."
    )
    catalogue: Path = Field(Path("deploy/catalogue"), description="Folder of the catalogue.")
    editions: Path = Field(
        Path("deploy/editions"), description="Folder of the catalogue's published editions."
    )
    secrets: _File = Field(
        None,
        description="Folder of secrets, a file each, named as the setting that it fills, in small"
        " letters; a variable goes before it.",
    )
    state: Path = Field(Path(".creditbus/state"), description="Folder of the workers' stores.")
    workers: _Workers = Field(
        default={},
        description="Workers of each service that shall have more than one, as JSON"
        ' ({"listing": 2}); no other worker is run, paused or drained.',
    )
    store_cache_mb: int = Field(64, description="Memory for what a worker reads of its stores.")
    host: str = Field("127.0.0.1", description="Address that HTTP servers listen on.")
    connections: int = Field(
        2048, ge=1, description="Connections that an HTTP server holds at once."
    )
    connections_of_one: int = Field(
        1024, ge=1, description="Connections of one address at once; a proxy is one address."
    )
    redis_connections: int = Field(
        32, ge=1, description="Connections to Redis that a process shares among its requests."
    )
    free_ports: bool = Field(
        default=False, description="Whether the local bus takes any free ports."
    )
    kafka_port: int = Field(19092, description="Port of the local stack's broker.")
    controller_port: int = Field(19093, description="Port of the local broker's controller.")
    registry_port: int = Field(18081, description="Port of the local stack's registry.")
    redis_port: int = Field(16379, description="Port of the local stack's Redis.")
    metrics_base: int = Field(9100, description="First of the local stack's metrics ports.")
    gateway_port: int = Field(8080, description="Port of the gateway.")
    query_port: int = Field(8081, description="Port of query.")
    feed_port: int = Field(8082, description="Port of the feed.")
    console_port: int = Field(8083, description="Port of the console.")
    console_origin: str = Field(
        "", description="What browsers call the console, https://host; empty: as they ask it."
    )
    alone_records: int = Field(
        100,
        ge=0,
        description="How many records one person may skip at once; more wait for a second person.",
    )
    console_idle_minutes: int = Field(
        60, ge=1, description="After how long without a click a login to the console ends."
    )
    console_hours: int = Field(
        12, ge=1, le=24, description="After how long a login to the console ends in any case."
    )
    openid_issuer: str = Field(
        "",
        description="OpenID provider by which persons log in to the console, its issuer's address;"
        " empty: by accounts and the operator's token alone.",
    )
    openid_client: str = Field("", description="What the provider calls the console: client id.")
    openid_secret: str = Field(
        "", description="The console's secret at the provider; empty: a public client.", repr=False
    )
    openid_role_claim: str = Field(
        "roles", description="Claim of the identity token that names roles; dots lead into it."
    )
    openid_roles: dict[str, Literal["viewer", "auditor", "reviewer", "operator"]] = Field(
        default={
            "viewer": "viewer",
            "auditor": "auditor",
            "reviewer": "reviewer",
            "operator": "operator",
        },
        description="What the claim's values are here, as JSON; a value that is not named is none.",
    )
    openid_minutes: int = Field(
        60,
        ge=1,
        description="After how long a login by the provider ends in any case: its role is asked for"
        " again.",
    )
    scrapes: _File = Field(
        None,
        description="File that says where every process answers, as Prometheus reads it"
        " (file_sd_configs); the console asks them. Empty: it shows none.",
    )
    proxies: str = Field(
        "", description="Addresses of proxies, with commas, that may say who asks and over TLS."
    )
    gateway: str = Field(
        "",
        description="Gateway that submit and fate ask, http://host:port; empty: the local bus's.",
    )
    token_file: _File = Field(
        None, description="File with the token that submit and fate show to it; empty: none."
    )
    body_port: int = Field(8090, description="Port of the demonstration's executing bodies.")
    metrics_port: int = Field(0, description="Port of health and metrics; 0: none.")
    restarts: int = Field(
        0, ge=0, description="How often its supervisor has started this process again."
    )
    tokens: Path = Field(
        Path(".creditbus/tokens.json"), description="Hashed credentials of HTTP callers."
    )
    accounts: Path = Field(
        Path(".creditbus/accounts.json"),
        description="Who may log in to the console: names, roles and password hashes.",
    )
    source_webhooks: Path = Field(
        Path(".creditbus/source-webhooks.json"),
        description="Where sources are told of their fates, and what signs it; delivery reads it.",
    )
    attestation_key: str = Field(
        "",
        description="Key with which the gateway vouches for a record to intake; after a comma an"
        " older one that is still believed.",
        repr=False,
    )
    statement_key: str = Field(
        "",
        description="Keys (JWK set, Ed25519) of signed statements; the first signs; empty: none.",
        repr=False,
    )
    person_key: str = Field("", description="Key of natural persons' tokens.", repr=False)
    webhooks: dict[str, str] = Field(default={}, description="Webhook of each body, as JSON.")
    webhook_secrets: dict[str, str] = Field(
        default={}, description="Signing secret of each body (whsec_…), as JSON.", repr=False
    )
    webhook_cas: dict[str, Path] = Field(
        default={}, description="CA certificates (PEM) of each body's webhook, as JSON."
    )
    webhook_certificates: dict[str, Path] = Field(
        default={},
        description="Certificate with key (PEM) that each body's webhook is shown, as JSON.",
    )
    allow_synthetic: bool = Field(
        default=False, description="Whether made-up natural persons may come in (local stack)."
    )
    traces: str = Field(
        "",
        description="Where traces go by OTLP over HTTP, http://host:4318/v1/traces; empty: none.",
    )
    traces_share: float = Field(
        1.0, ge=0, le=1, description="Share of the traces that is told, each whole or not at all."
    )
    log_level: str = Field("info", description="debug, info, warning or error.")


def read_settings() -> Settings:
    """Return the settings of this process; raises ``UnknownSetting`` with what to do."""
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    given = {name for name in os.environ if name.startswith(PREFIX)}
    if unknown := sorted(given - known):
        raise UnknownSetting(
            f"unknown settings: {', '.join(unknown)}; known are {', '.join(sorted(known))}"
        )
    try:
        return _refuse_samples(_with_secrets())
    except ValidationError as error:
        wrong = "; ".join(
            f"{PREFIX}{'.'.join(map(str, each['loc'])).upper()}: {each['msg']}"
            for each in error.errors()
        )
        raise UnknownSetting(f"settings with a wrong value: {wrong}") from error
    except SettingsError as error:
        raise UnknownSetting(
            f"settings with a wrong value: {error}; what holds several is written as JSON"
        ) from error


def _with_secrets() -> Settings:
    """Return the settings, those from the folder of secrets among them."""
    named = os.environ.get(f"{PREFIX}SECRETS")
    if not named:
        return Settings()
    folder = Path(named)
    if not folder.is_dir():
        raise UnknownSetting(f"{PREFIX}SECRETS: there is no folder {folder}")
    known = {PREFIX.lower() + name for name in Settings.model_fields}
    found = {path.name for path in folder.iterdir() if path.name.startswith(PREFIX.lower())}
    if unknown := sorted(found - known):
        raise UnknownSetting(f"{folder} holds {', '.join(unknown)}, which fill no setting")
    return Settings(_secrets_dir=folder)


def _refuse_samples(settings: Settings) -> Settings:
    """Raise ``UnknownSetting`` for a secret that is still the sample that everybody knows."""
    secret = [name for name, field in Settings.model_fields.items() if not field.repr]
    samples = [name for name in secret if SAMPLE in str(getattr(settings, name))]
    if samples:
        names = ", ".join(PREFIX + name.upper() for name in samples)
        raise UnknownSetting(
            f"still the sample: {names}; `creditbus secrets` makes secrets that nobody knows"
        )
    return settings


def spare_the_loopback() -> None:
    """Keep what talks to this very machine away from a proxy, in this process and its children.

    A machine behind a proxy names it for everything; libraries then ask the proxy for 127.0.0.1.
    """
    for name in ("NO_PROXY", "no_proxy"):
        spared = [each for each in os.environ.get(name, "").split(",") if each]
        if "*" not in spared:
            os.environ[name] = ",".join(dict.fromkeys([*spared, "127.0.0.1", "localhost", "::1"]))


def replace_environment(environment: Mapping[str, str]) -> None:
    """Make this the process's whole environment, as if it had been started with it."""
    os.environ.clear()
    os.environ.update(environment)


def environment(settings: Mapping[str, str]) -> dict[str, str]:
    """Return this process's environment with these settings in place of its own (for a child)."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    return inherited | {PREFIX + name.upper(): value for name, value in settings.items()}
