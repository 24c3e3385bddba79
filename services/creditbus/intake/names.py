"""Names: whom a record is about, when it names its subject by an old code.

A listing needs one subject on the day of its decision, confirmed by a registrar if it burdens. What
eases reaches every subject that the code has ever stood for: no doubt about an identity may hold
the way out (law 7), and where nothing is listed it moves nothing.
"""

from __future__ import annotations

import msgspec

from creditbus.domain.acts.events import Act, Burden
from creditbus.domain.acts.kinds import is_way_out
from creditbus.domain.acts.mappings import Alias
from creditbus.domain.acts.refusals import Fault, Reason
from creditbus.domain.aliases.claims import alias_of
from creditbus.domain.aliases.resolution import Aliases
from creditbus.domain.effects.directives import Statement
from creditbus.domain.ids import SubjectId, derive_copy_id
from creditbus.domain.law.articles import ALIASES, IDENTITY
from creditbus.domain.law.catalogue import Polarity
from creditbus.domain.law.editions import Editions
from creditbus.domain.subjects import kind_of


class Submission(msgspec.Struct, frozen=True):
    """A submitted record, whose inbox it came through, and whether the gateway vouches.

    ``alias`` is the old code that it named its subject by, none when it named the subject itself.
    """

    event: Statement
    party: str
    attested: bool
    editions: Editions
    aliases: Aliases = msgspec.field(default_factory=Aliases)
    alias: Alias | None = None

    @property
    def is_adverse(self) -> bool:
        """Return whether the record would burden its subject; of an unknown list nothing is said.

        What a list is, is asked of the edition of the decision's day, as everything in listing.
        """
        if not isinstance(self.event, Burden):
            return False
        then = self.editions.on(self.event.envelope.decided_on)
        definition = then.lists.get(self.event.list_id)
        return definition is not None and definition.polarity is not Polarity.RED


def meant(submission: Submission) -> tuple[Submission, ...] | Fault:
    """Return what a submission says about its subject by the subject's own id, or why it cannot.

    It is one; only what eases, under an old code that has stood for several, is several.
    """
    event = submission.event
    alias = alias_of(event.envelope.subject_id)
    if alias is None:
        return (submission,)
    if not isinstance(event, Act):
        detail = "name the subject by its own id here, not by an old code"
        return Fault(Reason.SUBJECT_INVALID, "subject_id", IDENTITY, detail)
    why_not = alias.why_not()
    if why_not:
        return Fault(Reason.SUBJECT_INVALID, "subject_id", IDENTITY, why_not)
    subjects = _subjects(submission, alias)
    if isinstance(subjects, Fault):
        return subjects
    is_several = len(subjects) > 1
    return tuple(_about(submission, alias, each, is_several=is_several) for each in subjects)


def _subjects(submission: Submission, alias: Alias) -> tuple[SubjectId, ...] | Fault:
    event, aliases = submission.event, submission.aliases
    if isinstance(event, Act) and is_way_out(event):
        # Whatever the code stood for when it was listed: the way out must find the entry.
        found, is_confirmed = aliases.ever_meant(alias), True
    else:
        resolved = aliases.resolve(alias, event.envelope.decided_on)
        found, is_confirmed = resolved.subjects, resolved.is_confirmed
        if len(found) > 1:
            return conflict(f"the old code stands for {len(found)} subjects on that day")
    if not found:
        detail = "no registrar has said what this old code stands for; name the subject itself"
        return Fault(Reason.ALIAS_UNKNOWN, "subject_id", ALIASES, detail)
    if not is_confirmed and submission.is_adverse:
        detail = "what the old code stands for is derived and not confirmed by its registrar"
        return Fault(Reason.ALIAS_UNCONFIRMED, "subject_id", ALIASES, detail)
    return found


def _about(
    submission: Submission, alias: Alias, subject: SubjectId, *, is_several: bool
) -> Submission:
    envelope = msgspec.structs.replace(
        submission.event.envelope, subject_id=subject, subject_kind=kind_of(subject)
    )
    if is_several:
        # Each is an event of its own, and says which record it came of.
        stated = envelope.event_id
        envelope = msgspec.structs.replace(
            envelope, event_id=derive_copy_id(stated, subject), causation_id=stated
        )
    event = msgspec.structs.replace(submission.event, envelope=envelope)
    return msgspec.structs.replace(submission, event=event, alias=alias)


def conflict(what: str) -> Fault:
    """Return the fault of a record that cannot be told from one about another subject."""
    detail = f"{what}; send it again when the registrar has mended that"
    return Fault(Reason.IDENTITY_CONFLICT, "subject_id", ALIASES, detail)
