"""How many brokers a local bus has, where each listens, and how one speaks to them.

One is enough to work with. Three keep every topic three times and take a write when two have it, as
a bus that is relied on does; they are for tests and exercises, since one machine holds all of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from creditbus.stack.ports import HOST, Ports

SIZES: Final = (1, 3)


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerTls:
    """What brokers show, a PEM file with key and certificate, and who vouches for it."""

    certificate: Path
    ca: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """The brokers of one bus, numbered from 1; with ``tls`` they speak to nobody in the clear.

    ``quick`` trades long-run speed for a start at half the cost.
    """

    size: int = 1
    quick: bool = False
    tls: BrokerTls | None = None

    def __post_init__(self) -> None:
        if self.size not in SIZES:
            raise ValueError(f"a local bus has 1 or 3 brokers, not {self.size}")

    @property
    def numbers(self) -> range:
        """The brokers' numbers."""
        return range(1, self.size + 1)

    @property
    def in_sync(self) -> int:
        """How many of its copies must have a record before it is acknowledged."""
        return self.size // 2 + 1

    @property
    def protocol(self) -> str:
        """How clients and brokers speak, as Kafka names it."""
        return "SASL_PLAINTEXT" if self.tls is None else "SASL_SSL"

    @property
    def ca(self) -> Path | None:
        """Who vouches for the brokers' certificates; None when they speak in the clear."""
        return None if self.tls is None else self.tls.ca

    def bootstrap(self, ports: Ports) -> str:
        """Return the addresses of all brokers."""
        return ",".join(f"{HOST}:{ports.broker(number)[0]}" for number in self.numbers)

    def voters(self, ports: Ports) -> str:
        """Return who elects the controller, and where."""
        return ",".join(f"{number}@{HOST}:{ports.broker(number)[1]}" for number in self.numbers)

    def tls_settings(self) -> str:
        """Return the lines of a broker's settings that TLS needs."""
        if self.tls is None:
            return ""
        return (
            "ssl.keystore.type=PEM\n"
            f"ssl.keystore.location={self.tls.certificate}\n"
            "ssl.truststore.type=PEM\n"
            f"ssl.truststore.location={self.tls.ca}\n"
        )


def name_of(number: int) -> str:
    """Return what a broker is called in logs and sentences.

    >>> name_of(1), name_of(3)
    ('kafka', 'kafka-3')
    """
    return "kafka" if number == 1 else f"kafka-{number}"
