"""Whole files: whoever reads one while it is written reads what was there before."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Final

_MODE: Final = 0o666
"""As any new file: the umask of the process decides. What is secret is not written here."""


def write_whole(path: Path, content: bytes) -> None:
    """Write a file whole or not at all, in a folder that is made if it is not there.

    Each writer has a partial file of its own, which is on the disk before it takes the place: of
    several at once the last one counts. Raises ``OSError``, and leaves nothing of it behind then.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{secrets.token_hex(8)}.partial")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _MODE)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(descriptor)
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
