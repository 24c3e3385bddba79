"""The whole bus on one machine: the servers, the published schemas, the credentials, every service.

Each service gets exactly what it needs: its own principal, and a key only where it signs or
verifies.
"""

from __future__ import annotations

import base64
import secrets
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import msgspec

from creditbus.domain.law.catalogue import Catalogue
from creditbus.runtime.http.credentials import CallerRole, Credentials, file_of, new_token, row_of
from creditbus.runtime.law.catalogue import load_draft
from creditbus.runtime.law.editions import put, read_edition
from creditbus.runtime.registry import Registry
from creditbus.runtime.settings import environment
from creditbus.runtime.workers.modes import Mode, WantedMode
from creditbus.stack.cluster import Cluster
from creditbus.stack.folder import SOURCE_WEBHOOKS, Folder, StackFile, write_private
from creditbus.stack.interrupts import held_back
from creditbus.stack.local import LocalStack, Parties
from creditbus.stack.nursery import Nursery
from creditbus.stack.ports import HOST, Ports, refuse_taken
from creditbus.stack.registry import read_registered
from creditbus.stack.reports import Report
from creditbus.stack.scrapes import write_scrapes
from creditbus.stack.services import HOSTED, SLICED, Plan, Services, run_argv, worker_name
from creditbus.stack.training import WORTH_S, Training
from creditbus.wire.schemas import Schemas, load_schemas
from creditbus.wire.topics import OPERATOR, service_principal

ATTESTATION_KEY: Final = "attestation key"
PERSON_KEY: Final = "person key"
STATEMENT_KEY: Final = "statement key"
READY_BOUND_S: Final = 90.0

_SECRET_BYTES: Final = 32
_HTTP: Final = ("gateway", "query", "feed", "console")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sites:
    """Where a local bus lies: its folder, the cache of downloads, the schemas and the catalogue."""

    home: Path
    cache: Path
    schemas: Path
    catalogue: Path
    editions: Path = Path("deploy/editions")

    @property
    def shelf(self) -> Path:
        """The local bus's own folder of editions: all that it ever decided under."""
        return self.home.absolute() / "editions"


class LocalBus:
    """A local stack with services on it, each as often as it is named in ``services``.

    They may be fewer than all, for tests.
    """

    def __init__(
        self,
        sites: Sites,
        catalogue: Catalogue,
        *,
        ports: Ports,
        say: Report,
        services: Sequence[str] = HOSTED,
        cluster: Cluster | None = None,
    ) -> None:
        self._training: Training | None = None
        parties = Parties(sources=sorted(catalogue.sources), bodies=sorted(catalogue.bodies))
        self.stack = LocalStack(
            sites.home,
            sites.cache,
            ports=ports,
            parties=parties,
            say=say,
            cluster=cluster,
        )
        self._nursery = Nursery()
        self.services = Services(self.stack.folder, self.stack.supervisor, self._nursery.spawn)
        self.catalogue = catalogue
        self._sites = sites
        self._names = services
        self._say = say

    def __enter__(self) -> Self:
        try:
            self._nursery.start()
            self.stack.__enter__()
            self._publish(load_schemas(self._sites.schemas))
            stock(self._sites)
            self.stack.file.workers = {
                name: count for name, count in Counter(self._names).items() if count > 1
            }
            add_secrets(self.stack.file, self.stack.folder, self.catalogue)
            refuse_taken(self.stack.file.ports.web())
            workers = Counter(self._names)
            crew = [(name, worker) for name in workers for worker in range(workers[name])]
            for name, worker in crew:
                # To start the bus is to want its work: what was paused before it stopped works.
                if name in SLICED:
                    wanted = WantedMode(self.stack.folder.state, worker_name(name, worker))
                    wanted.write(Mode.RUNNING)
            write_scrapes(self.stack.folder, self.stack.file.ports, crew)
            self.services.start([self.plan(*each) for each in crew], READY_BOUND_S)
            self._say(f"{len(workers)} services are ready")
        except BaseException:
            self._stop()
            raise
        return self

    def _stop(self) -> None:
        with held_back():
            if self._training is not None:
                self._training.stop()
            self.stack.stop()
            self._nursery.close()

    def train(self) -> None:
        """Begin to make, beside the bus, what later starts are faster with, unless it is there."""
        if self.stack.lacks_class_caches:
            self._training = Training(self.stack.folder, self._sites.cache, self._sites.schemas)
            self._training.start()

    def finish_training(self) -> None:
        """Wait for one more cache, as long as that is worth it; without a training, not at all.

        Each is kept as soon as it is made, so that the next start makes the other one.
        """
        if self._training is not None and self._training.is_running:
            had = self.stack.class_caches
            self._say(
                f"making the next start faster, for {WORTH_S:.0f} s at most; "
                f"Ctrl-C leaves it for later"
            )
            self._training.wait(lambda: self.stack.class_caches > had)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stop()

    def plan(self, service: str, worker: int = 0) -> Plan:
        """Return how one worker of a service is run."""
        settings = service_settings(self.stack.file, self._sites, service, worker)
        metrics = self.stack.file.ports.metrics_of(service, worker)
        return Plan(
            name=worker_name(service, worker),
            argv=run_argv(service, worker),
            env=environment(settings),
            ready_url=f"http://{HOST}:{metrics}/health/ready",
        )

    def _publish(self, schemas: Schemas) -> None:
        """Register what the registry does not hold yet, and keep the ids beside the log."""
        held = {schema.place() for schema in self.stack.registered}
        if not held.issuperset((each.record, each.version) for each in schemas.versions.values()):
            url = self.stack.file.registry_url
            Registry(url, self.stack.file.registry_login).publish(schemas)
            self.stack.registry_ids().record(read_registered(url))
        self._say(f"{len(schemas.versions)} schemas are published")


def stock(sites: Sites) -> None:
    """Put the published editions and today's draft on the local bus's shelf.

    A standing names the edition that it was settled under, so that one must not be lost when
    somebody goes on writing in the catalogue.
    """
    for path in sorted(sites.editions.glob("*.json")):
        put(read_edition(path), path.read_bytes(), sites.shelf)
    put(*load_draft(sites.catalogue), sites.shelf)


def add_secrets(
    file: StackFile, folder: Folder, catalogue: Catalogue, tokens: Path | None = None
) -> None:
    """Give the bus the keys and tokens that it lacks, and write the hashes of the tokens."""
    for name in (ATTESTATION_KEY, PERSON_KEY):
        file.secrets.setdefault(name, secrets.token_hex(_SECRET_BYTES))
    if STATEMENT_KEY not in file.secrets:
        # Made once, and the library takes long to import: no later start shall wait for it.
        from creditbus.wire.signatures import new_statement_key  # noqa: PLC0415

        file.secrets[STATEMENT_KEY] = new_statement_key()
    for body in catalogue.bodies:
        file.secrets.setdefault(webhook_secret_name(body), new_webhook_secret())
    _add_tokens(file, tokens or folder.path / "tokens.json", _callers(catalogue))
    file.save(folder.stack_file)


def _add_tokens(file: StackFile, tokens: Path, callers: Sequence[tuple[str, CallerRole]]) -> None:
    """Give a token to every caller who never had one; a row that a person deleted stays deleted.

    Who has a row has had one that only its hash is kept of, even if it was taken away since.
    """
    rows = list(Credentials.load(tokens).rows)
    had = {row.party for row in rows} | {
        party for party, _ in callers if token_name(party) in file.secrets
    }
    new = {party for party, _ in callers if party not in had}
    if tokens.exists() and not new:
        return
    for party, role in callers:
        if party in new:
            file.secrets[token_name(party)] = new_token()
        if party in new or (not tokens.exists() and token_name(party) in file.secrets):
            rows.append(row_of(file.secrets[token_name(party)], party, role))
    write_private(tokens, file_of(rows))


def token_name(party: str) -> str:
    """Return under which name the stack's file holds a caller's HTTP token."""
    return f"token of {party}"


def webhook_secret_name(body: str) -> str:
    """Return under which name the stack's file holds a body's signing secret."""
    return f"webhook secret of {body}"


def webhook_url(file: StackFile, body: str) -> str:
    """Return where the local demonstration body takes its directives."""
    return f"http://{HOST}:{file.ports.body}/bodies/{body}/v1/directives"


def service_settings(
    file: StackFile, sites: Sites, service: str, worker: int = 0
) -> dict[str, str]:
    """Return the settings of one worker: its own principal, and the keys it needs."""
    principal = service_principal(service)
    settings = {
        "home": str(sites.home.absolute()),
        "kafka": file.bootstrap,
        "kafka_user": principal,
        "kafka_password": file.credentials[principal],
        "kafka_protocol": file.protocol,
        "tls_ca": str(file.ca or ""),
        "registry": file.registry_url,
        "redis": file.redis_url,
        "schemas": str(sites.schemas.absolute()),
        "catalogue": str(sites.catalogue.absolute()),
        "editions": str(sites.shelf),
        "state": str(Folder(sites.home.absolute()).state),
        "workers": msgspec.json.encode(file.workers).decode(),
        "tokens": str(sites.home.absolute() / "tokens.json"),
        "source_webhooks": str(sites.home.absolute() / SOURCE_WEBHOOKS),
        "accounts": str(sites.home.absolute() / "accounts.json"),
        "scrapes": str(Folder(sites.home.absolute()).scrapes_file),
        "metrics_port": str(file.ports.metrics_of(service, worker)),
        **{f"{name}_port": str(getattr(file.ports, name)) for name in _HTTP},
    }
    return settings | _keys(file, service)


def bodies_plan(file: StackFile, sites: Sites) -> Plan:
    """Return how the demonstration's executing bodies are run, without a principal."""
    settings = {
        "home": str(sites.home.absolute()),
        "state": str(Folder(sites.home.absolute()).state),
        "body_port": str(file.ports.body),
        **_webhook_keys(file),
    }
    return Plan(
        name="bodies-0",
        argv=(sys.executable, "-m", "creditbus.demo.bodies"),
        env=environment(settings),
        ready_url=f"http://{HOST}:{file.ports.body}/health/ready",
    )


def _keys(file: StackFile, service: str) -> dict[str, str]:
    keys: dict[str, str] = {}
    if service in {"gateway", "intake"}:
        keys["attestation_key"] = file.secrets[ATTESTATION_KEY]
    if service == "gateway":
        keys["statement_key"] = file.secrets[STATEMENT_KEY]
    if service in {"gateway", "query"}:
        keys |= {"person_key": file.secrets[PERSON_KEY], "allow_synthetic": "true"}
    if service == "delivery":
        keys |= _webhook_keys(file)
    return keys


def _webhook_keys(file: StackFile) -> dict[str, str]:
    prefix = webhook_secret_name("")
    bodies = [name.removeprefix(prefix) for name in file.secrets if name.startswith(prefix)]
    keys = {
        "webhooks": {body: webhook_url(file, body) for body in bodies},
        "webhook_secrets": {body: file.secrets[prefix + body] for body in bodies},
    }
    return {name: msgspec.json.encode(rows).decode() for name, rows in keys.items()}


def _callers(catalogue: Catalogue) -> list[tuple[str, CallerRole]]:
    return [
        *((source, CallerRole.SOURCE) for source in catalogue.sources),
        *((body, CallerRole.BODY) for body in catalogue.bodies),
        *((subscriber, CallerRole.SUBSCRIBER) for subscriber in catalogue.subscribers),
        (OPERATOR, CallerRole.OPERATOR),
    ]


def new_webhook_secret() -> str:
    """Return a secret with which a body's directives are signed."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()
