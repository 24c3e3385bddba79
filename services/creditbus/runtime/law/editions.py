"""The shelf of editions: immutable files, each named by the hash of its own bytes.

A file that is found by its name and does not give that name was changed after it was published, and
stops whoever reads it: law that somebody touched is no law.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from creditbus.domain.law.editions import Edition, Editions, opened
from creditbus.runtime.law.catalogue import CatalogueInvalid, load_draft
from creditbus.runtime.whole_files import write_whole


class EditionDamaged(ValueError):
    """A file of the shelf is no edition, or not the one that its name says."""


class Shelf:
    """The published editions in some folders, read when one is asked for and then kept."""

    def __init__(self, folders: Iterable[Path]) -> None:
        self._folders = tuple(folders)
        self._found: dict[str, Edition] = {}

    def find(self, edition: str) -> Edition | None:
        """Return the edition of a name, or None; raises ``EditionDamaged``."""
        if edition not in self._found:
            places = (folder / f"{edition}.json" for folder in self._folders)
            place = next((path for path in places if path.is_file()), None)
            if place is None:
                return None
            self._found[edition] = read_edition(place)
        return self._found[edition]


def load_editions(catalogue: Path, *shelf: Path) -> Editions:
    """Return the succession whose newest is the draft in the folder, over the shelf's editions.

    Raises ``CatalogueInvalid``, ``EditionDamaged``, or ``EditionUnknown`` when one is missing.
    """
    draft, _ = load_draft(catalogue)
    find = Shelf(shelf).find
    before = find(draft.follows) if draft.follows else None
    if before is not None and draft.in_force_from < before.in_force_from:
        sentence = (
            f"edition.toml: in force from {draft.in_force_from}, before the edition that it"
            f" follows ({before.in_force_from}); give that day or a later one"
        )
        raise CatalogueInvalid(catalogue, [sentence])
    return Editions(draft, find)


def read_edition(path: Path) -> Edition:
    """Return the edition in a file; raises ``EditionDamaged``."""
    try:
        edition = opened(path.read_bytes())
    except ValueError as fault:
        raise EditionDamaged(f"{path} is no edition of the catalogue: {fault}") from fault
    if edition.id != path.stem:
        raise EditionDamaged(
            f"{path} was changed after it was published: its content is edition {edition.id};"
            " restore the file, and publish what changes as the next edition"
        )
    return edition


def put(edition: Edition, data: bytes, shelf: Path) -> Path:
    """Put an edition's file on the shelf, unless it is there, and return its path."""
    path = shelf / f"{edition.id}.json"
    if not path.exists():
        write_whole(path, data)
    return path
