"""Follow the feed of exposures: keep a file with exactly what the public may see now.

    python examples/follow_feed.py http://127.0.0.1:8082 TOKEN shown.json

The standard library alone. The file is replaced whole at each change; beside what is shown it holds
the id of the last event, so the program goes on where it was stopped. It ends when the token is not
good (any more), and comes again after everything else.
"""

from __future__ import annotations

import http.client
import json
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

SILENCE_S = 35  # a heartbeat comes every 10 s; nothing for this long means that the line is dead
AGAIN_S = 2


class Shown:
    """What is shown, by entry, and the id of the last event that is in it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        kept = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        self.last: str = kept.get("last", "")
        self.entries: dict[str, Any] = kept.get("entries", {})
        self._coming: dict[str, Any] | None = None
        self._wanted = 0

    def take(self, name: str, content: dict[str, Any], place: str) -> None:
        """Do what one event says."""
        if name == "reset":
            # All that stands follows; until it is there, what was shown stays.
            self._coming, self._wanted = {}, content["exposures"]
        elif self._coming is not None and len(self._coming) < self._wanted:
            self._coming[content["entry_id"]] = content["exposure"]
        elif name == "exposed":
            self.entries[content["entry_id"]] = content["exposure"]
        elif name == "withdrawn":
            self.entries.pop(content["entry_id"], None)
        if self._coming is not None and len(self._coming) == self._wanted:
            coming = self._coming.items()
            self.entries = {entry: exposure for entry, exposure in coming if exposure}
            self._coming = None
        self.last = place or self.last
        self._keep()

    def _keep(self) -> None:
        written = self._path.with_suffix(".part")
        content = json.dumps({"last": self.last, "entries": self.entries}, ensure_ascii=False)
        written.write_text(content, encoding="utf-8")
        written.replace(self._path)


def events(lines: Iterator[bytes]) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Yield name, content and id of each event; the id is empty where it has none."""
    name = data = place = ""
    for raw in lines:
        line = raw.decode("utf-8").rstrip("\r\n")
        field, _, text = line.partition(": ")
        if not line and data:
            yield name, json.loads(data), place
            name = data = place = ""
        elif field == "event":
            name = text
        elif field == "data":
            data += text
        elif field == "id":
            place = text


def follow(url: str, token: str, shown: Shown) -> None:
    """Follow until the connection ends."""
    headers = {"Authorization": f"Bearer {token}", "Accept": "text/event-stream"}
    if shown.last:
        headers["Last-Event-ID"] = shown.last
    asked = urllib.request.Request(f"{url}/v1/exposures/stream", headers=headers)  # noqa: S310
    with urllib.request.urlopen(asked, timeout=SILENCE_S) as stream:  # noqa: S310
        for name, content, place in events(stream):
            shown.take(name, content, place)


def main() -> None:
    """Follow for ever."""
    url, token, path = sys.argv[1:]
    shown = Shown(Path(path))
    while True:
        try:
            follow(url, token, shown)
        except urllib.error.HTTPError as refused:
            if refused.code in {401, 403}:
                sys.exit(f"the feed does not know this token: {refused.read().decode()}")
        except (OSError, http.client.HTTPException) as away:
            print(f"the feed is away ({away}); trying again", file=sys.stderr)  # noqa: T201
        time.sleep(AGAIN_S)


if __name__ == "__main__":
    main()
