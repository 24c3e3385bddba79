"""One process of the bus: what every service is given before it connects to anything."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import structlog

from creditbus.domain.entries.deadlines import Clocks
from creditbus.domain.law.catalogue import Catalogue
from creditbus.domain.law.editions import Editions
from creditbus.runtime.clock import Clock, SystemClock
from creditbus.runtime.health import HealthServer, Readiness
from creditbus.runtime.law.calendars import load_calendar, load_terms, load_timers
from creditbus.runtime.law.editions import load_editions
from creditbus.runtime.logs import configure_logs
from creditbus.runtime.metrics import Meters
from creditbus.runtime.outages import Patience
from creditbus.runtime.registry import Registry
from creditbus.runtime.settings import Settings
from creditbus.runtime.tls import of_servers
from creditbus.runtime.traces import Trail, trail_of
from creditbus.runtime.vitals import Vitals
from creditbus.wire.records import Codec
from creditbus.wire.schemas import load_schemas
from creditbus.wire.topics import records_of


@dataclass
class Process:
    """The worker that this process is, with its settings, logs, metrics and clock."""

    service: str
    worker: int
    settings: Settings
    meters: Meters = field(default_factory=Meters)
    clock: Clock = field(default_factory=SystemClock)

    @property
    def name(self) -> str:
        """The worker's one stable name: group instance, transactional id, folder and lock."""
        return f"{self.service}-{self.worker}"

    @cached_property
    def logger(self) -> structlog.stdlib.BoundLogger:
        """The structured log, bound to this worker."""
        return configure_logs(self.service, self.name, self.settings.log_level)

    @cached_property
    def trail(self) -> Trail | None:
        """Where this process tells what it does to each event; None without the setting."""
        return trail_of(self.settings, self.service, self.logger, self.clock)

    @cached_property
    def patience(self) -> Patience:
        """How this process waits for servers that are away."""
        return Patience(self.meters, self.logger)

    @cached_property
    def catalogue(self) -> Catalogue:
        """The newest edition of the catalogue, which this process began with."""
        return self.editions.latest

    @property
    def parties(self) -> Catalogue:
        """The newest edition with whom only older ones name: whose inboxes and debts there are."""
        return self.editions.inclusive

    @cached_property
    def editions(self) -> Editions:
        """The editions of the catalogue: an event is decided under that of its day."""
        return load_editions(self.settings.catalogue, self.settings.editions)

    @cached_property
    def clocks(self) -> Clocks:
        """The law's timers and terms, and the calendar that they are counted by."""
        folder = self.settings.catalogue
        return Clocks(load_timers(folder), load_calendar(folder), load_terms(folder))

    @cached_property
    def codec(self) -> Codec:
        """The records' codec.

        Waits for the registry, at start and whenever an unknown id turns up.
        """
        schemas = load_schemas(self.settings.schemas)
        registry = Registry(self.settings.registry, of_servers(self.settings).confluent())
        records = records_of(self.service)
        ids = self.patience.insist(lambda: registry.ids(schemas, records))
        return Codec(
            schemas,
            ids,
            lambda number: self.patience.insist(lambda: registry.text_of(number)),
            in_bulk=self.settings.decoder == "pyruhvro",
        )

    @property
    def security(self) -> dict[str, str]:
        """The login at the broker and its TLS, as librdkafka names them."""
        return security_of(self.settings)

    def serve_health(self, readiness: Callable[[], Readiness]) -> HealthServer | None:
        """Begin to answer health and metrics; None when no port is set."""
        if not self.settings.metrics_port:
            return None

        def with_patience() -> Readiness:
            if self.patience.waiting_for is not None:
                return Readiness(is_ready=False, why=f"waiting for the {self.patience.waiting_for}")
            return readiness()

        self.meters.set("started_at_seconds", self.clock.now().timestamp())
        self.meters.set("restarts", self.settings.restarts)
        vitals = Vitals(self.meters, self.settings.state / self.name)
        server = HealthServer(
            (self.settings.host, self.settings.metrics_port),
            self.meters,
            with_patience,
            vitals.measure,
            self.name,
        )
        server.start()
        return server


def security_of(settings: Settings) -> dict[str, str]:
    """Return the login at the broker that settings name, and its TLS, as librdkafka names them."""
    tls = of_servers(settings).confluent() if settings.kafka_protocol == "SASL_SSL" else {}
    if not settings.kafka_user:
        return {"security.protocol": settings.kafka_protocol.removeprefix("SASL_")} | tls
    return tls | {
        "security.protocol": settings.kafka_protocol,
        "sasl.mechanism": settings.kafka_mechanism,
        "sasl.username": settings.kafka_user,
        "sasl.password": settings.kafka_password,
    }
