"""Resolution: which subject an old code stands for on the day of a decision.

What intake knows of all aliases, as far as it has read them: a function of the log up to a
position, which goes with whatever was resolved. It keeps of each claim only what is asked.
"""

from __future__ import annotations

from datetime import date

import msgspec

from creditbus.domain.acts.mappings import Alias
from creditbus.domain.aliases.claims import AliasClaim, AliasClaims, SubjectIdentityConflict
from creditbus.domain.ids import SubjectId
from creditbus.domain.subjects import is_doubtful


class Meant(msgspec.Struct, frozen=True, gc=False):
    """One subject that an old code stands for, when, and whether a registrar confirms it.

    ``counts`` is false for what was claimed once and no longer is.
    """

    subject_id: SubjectId
    is_confirmed: bool
    counts: bool
    begins_on: date | None
    ends_on: date | None

    def holds_on(self, day: date) -> bool:
        """Return whether the code stands for the subject on a day."""
        begun = self.begins_on is None or self.begins_on <= day
        return self.counts and begun and (self.ends_on is None or day <= self.ends_on)


class Resolution(msgspec.Struct, frozen=True):
    """The subjects that an old code may stand for on a day; it is resolved when there is one."""

    subjects: tuple[SubjectId, ...]
    is_confirmed: bool


class Aliases:
    """All aliases known so far; ``position`` is how far their topic was read."""

    def __init__(self) -> None:
        self.position = 0
        self._meant: dict[SubjectId, tuple[Meant, ...]] = {}
        self._under: dict[str, tuple[SubjectId, ...]] = {}
        self._conflicts: dict[str, SubjectIdentityConflict] = {}
        self._doubted: dict[SubjectId, set[str]] = {}
        self._vouched: dict[str, frozenset[SubjectId]] = {}

    def __len__(self) -> int:
        return len(self._meant)

    def learn(self, claims: AliasClaims) -> None:
        """Take the whole of what is claimed under a root in the place of what was known."""
        for alias in self._under.pop(claims.root, ()):
            self._meant.pop(alias, None)
        found: dict[SubjectId, tuple[Meant, ...]] = {}
        for each in claims.claims:
            found[each.named.id] = (*found.get(each.named.id, ()), _meant(each, counts=True))
        for each in claims.former:
            found[each.named.id] = (*found.get(each.named.id, ()), _meant(each, counts=False))
        self._meant |= found
        self._vouch(claims)
        self._under[claims.root] = tuple(found)

    def doubt(self, conflict: SubjectIdentityConflict) -> None:
        """Take a conflict: its candidates are in doubt until it is settled."""
        self.settle(conflict.root)
        self._conflicts[conflict.root] = conflict
        for subject in conflict.candidates:
            self._doubted.setdefault(subject, set()).add(conflict.root)

    def settle(self, root: str) -> None:
        """Let go of the conflict under a root, if there is one."""
        conflict = self._conflicts.pop(root, None)
        for subject in conflict.candidates if conflict is not None else ():
            roots = self._doubted[subject]
            roots.discard(root)
            if not roots:
                del self._doubted[subject]

    def resolve(self, alias: Alias, day: date) -> Resolution:
        """Return whom an old code stands for on a day; a confirmed claim outweighs a derived."""
        holding = [each for each in self._meant.get(alias.id, ()) if each.holds_on(day)]
        confirmed = {each.subject_id for each in holding if each.is_confirmed}
        found = confirmed or {each.subject_id for each in holding}
        return Resolution(tuple(sorted(found)), bool(confirmed))

    def ever_meant(self, alias: Alias) -> tuple[SubjectId, ...]:
        """Return every subject that an old code has ever stood for: a removal reaches them all."""
        return tuple(sorted({each.subject_id for each in self._meant.get(alias.id, ())}))

    def is_registered(self, subject: SubjectId) -> bool:
        """Return whether a registrar confirms that a code which could be a person's is a code."""
        return any(subject in each for each in self._vouched.values())

    def _vouch(self, claims: AliasClaims) -> None:
        # Of all other codes nobody asks, so only those few are kept.
        vouched = frozenset(
            each.subject_id
            for each in claims.claims
            if each.vouches and is_doubtful(each.subject_id)
        )
        if vouched:
            self._vouched[claims.root] = vouched
        else:
            self._vouched.pop(claims.root, None)

    def is_doubted(self, subject: SubjectId) -> bool:
        """Return whether the subject is a candidate of a conflict that stands."""
        return subject in self._doubted


def _meant(each: AliasClaim, *, counts: bool) -> Meant:
    return Meant(
        each.subject_id,
        each.is_confirmed,
        counts and not each.withdrawn,
        each.begins_on,
        each.ends_on,
    )
