"""TLS: whose certificates the bus believes when it connects, and with which it names itself.

One file of CA certificates counts for Kafka, the registry and Redis alike; it may hold several. The
webhook of a body may have a CA of its own, and then no other is believed there. Every client
library wants it in words of its own, so all of them are here.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from creditbus.runtime.settings import PREFIX, Settings, UnknownSetting

REDIS_SCHEME: Final = "rediss://"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """What a connection is made with; None for ``ca`` is what this system believes.

    None for ``key`` says that it lies in the certificate's own file. ``named`` is the setting that
    a person would correct.
    """

    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    named: str = f"{PREFIX}TLS_CA and {PREFIX}TLS_CERTIFICATE"

    def context(self) -> ssl.SSLContext:
        """Return it as Python's own clients take it: asyncio, aiokafka, aiohttp, httpx.

        Raises ``UnknownSetting`` for files that are missing or hold something else.
        """
        try:
            context = ssl.create_default_context(cafile=self.ca)
            if self.certificate is not None:
                # An encrypted key would be asked for at the terminal, where nobody is.
                context.load_cert_chain(self.certificate, self.key, password=_nobody_types)
        except (OSError, ValueError) as fault:
            files = ", ".join(str(file) for file in (self.ca, self.certificate, self.key) if file)
            raise UnknownSetting(
                f"{self.named}: {files} cannot be used: {fault.strerror or fault}; give PEM files"
                if isinstance(fault, OSError)
                else f"{self.named}: {files} cannot be used: {fault}"
            ) from fault
        return context

    def confluent(self) -> dict[str, str]:
        """Return it in the words of librdkafka, which the registry's client shares.

        Raises ``UnknownSetting``, because librdkafka would tell of a wrong file in words of C.
        """
        if self.ca is not None or self.certificate is not None:
            self.context()
        files = {
            "ssl.ca.location": self.ca,
            "ssl.certificate.location": self.certificate,
            "ssl.key.location": self.key or self.certificate,
        }
        return {name: str(file) for name, file in files.items() if file is not None}

    def redis(self) -> dict[str, Any]:
        """Return it in the words of redis-py, for an address that begins with ``rediss://``."""
        self.context()
        files = {
            "ssl_ca_certs": self.ca,
            "ssl_certfile": self.certificate,
            "ssl_keyfile": self.key or self.certificate,
        }
        return {name: str(file) for name, file in files.items() if file is not None}


def of_servers(settings: Settings) -> Tls:
    """Return what Kafka, the registry and Redis are connected to with."""
    return Tls(ca=settings.tls_ca, certificate=settings.tls_certificate, key=settings.tls_key)


def of_webhook(settings: Settings, body: str) -> Tls:
    """Return what a body's webhook is connected to with: its own CA alone, if it has one.

    ``of_webhook(settings, body).context()`` is what an HTTP client takes.
    """
    return Tls(
        ca=settings.webhook_cas.get(body),
        certificate=settings.webhook_certificates.get(body),
        named=f"{PREFIX}WEBHOOK_CAS and {PREFIX}WEBHOOK_CERTIFICATES of {body}",
    )


def redis_options(settings: Settings) -> dict[str, Any]:
    """Return what redis-py needs beside the address: nothing for one without TLS."""
    if not settings.redis.startswith(REDIS_SCHEME):
        return {}
    return of_servers(settings).redis()


def _nobody_types() -> str:
    raise ValueError("the key is encrypted: give one without a password, readable by the bus alone")
