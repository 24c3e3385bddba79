"""Breakage: what the store library's bare exceptions mean, and the sign that a store is broken.

A damaged block is found when it is read, long after the store was opened. The worker then ends and
leaves a sign beside the folder, so that its next start builds the store again instead of ending at
the same block for ever. A full disk is no damage: nothing is set aside for it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Concatenate, ParamSpec, Protocol, TypeVar, cast

from creditbus.engine.failures import EngineFailure, Halt

P = ParamSpec("P")
T = TypeVar("T")
# An IO error that is the machine's; any other is of files that are missing or make no sense.
_MACHINE = (
    "no space left on device",
    "file too large",
    "disk quota exceeded",
    "too many open files",
    "permission denied",
    "read-only file system",
    "cannot allocate memory",
)


class StoreBroken(EngineFailure):
    """The folder cannot be read as a store."""


class _HasFolder(Protocol):
    @property
    def folder(self) -> Path: ...


S = TypeVar("S", bound=_HasFolder)


def meaning(folder: Path, error: Exception) -> EngineFailure:
    """Return the engine's own exception for one of the library's, and leave a sign of damage."""
    told = str(error)
    # Another process holds it, or this one does; a damaged block is something else.
    if "lock file" in told or "lock hold" in told:
        return Halt(
            f"the store {folder.name} is open in another process",
            "stop the other process: a worker's name belongs to one process",
        )
    if any(reason in told.lower() for reason in _MACHINE):
        return Halt(
            f"the store {folder.name} cannot be used: {told}",
            "see to the machine and start the worker again; nothing is lost",
        )
    sign(folder).write_text(told)
    return StoreBroken(
        f"the store {folder.name} cannot be read: {told}; the next start builds it again"
    )


def sign(folder: Path) -> Path:
    """Return the file that says that the folder's store is broken, and how."""
    return folder.with_name(f"{folder.name}.broken")


def guarded(method: Callable[Concatenate[S, P], T]) -> Callable[Concatenate[S, P], T]:
    """Let a store's method raise the engine's own exceptions."""

    @wraps(method)
    def guard(store: S, *args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return method(store, *args, **kwargs)
        except Exception as error:
            # The library raises nothing but the bare class.
            if type(error) is not Exception:
                raise
            raise meaning(store.folder, error) from error

    return cast("Callable[Concatenate[S, P], T]", guard)
