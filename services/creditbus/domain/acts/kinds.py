"""Kinds: what each statement of a source means, a row a kind.

What must know every kind follows from these rows: the records and topics, the table of powers, what
the gateway takes, what listing moves, the words of accounts, the page of events. A new kind is its
schema files, its struct and its row; and a grant in the catalogue, or nobody may state it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from enum import StrEnum
from typing import Any, Final, TypeVar

import msgspec

from creditbus.domain.acts.commitments import CommitmentChanged, CommitmentStep
from creditbus.domain.acts.decisions import PenaltyDecided, PermitDecided
from creditbus.domain.acts.evaluations import GovernanceStepDone, OrganisationEvaluated
from creditbus.domain.acts.events import (
    Act,
    Burden,
    EntryAct,
    EntryListed,
    EntryRemoved,
    Fact,
    OwnAct,
    SourceStatement,
    SubjectAct,
)
from creditbus.domain.acts.listings import EntryExtended, EntryNoticed, EntryVaried
from creditbus.domain.acts.mappings import SubjectAliasMapped
from creditbus.domain.acts.objections import ObjectionDecided, ObjectionFiled, ObjectionResult
from creditbus.domain.acts.registrations import RelationChanged, SubjectRegistered
from creditbus.domain.acts.repairs import (
    RepairApplied,
    RepairDecided,
    RepairPropagated,
    RepairStep,
)
from creditbus.domain.acts.revocations import BasisRevoked, ConsentWithdrawn, ReorganisationRuled
from creditbus.domain.acts.suspensions import (
    DutyPerformed,
    EntrySuspended,
    Proceeding,
    RestrictionLifted,
    Stay,
)

S = TypeVar("S", bound=SourceStatement)


class Reach(StrEnum):
    """What a statement is about: one entry, all entries of a subject, none, or an old code."""

    ENTRY = "entry"
    SUBJECT = "subject"
    FACT = "fact"
    ALIAS = "alias"


Kept = tuple[str, date | None, date | None]
"""What is kept of a fact: the word that it turns on, its first day and its last."""


def _always(_act: Any) -> bool:
    return True


def _never(_act: Any) -> bool:
    return False


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of statement.

    A source is registered for it by one of ``numbers`` (``law.numbers``). ``moves`` is the register
    of the entry, or the field of the subject's dossier, that it moves. ``eases`` says whether one
    statement only eases what lies on its subject. ``decider`` names the field of whoever decided
    what it is about, where the class does not say it. ``parts`` are the kinds that the table of
    powers tells apart within the record, ``part`` names that of a statement. ``kept`` is what
    remains of a fact.
    """

    statement: type[SourceStatement]
    numbers: tuple[str, ...]
    zh: str
    en: str
    moves: str = ""
    eases: Callable[[Any], bool] = _never
    decider: str = ""
    parts: tuple[str, ...] = ("",)
    part: Callable[[Any], str] | None = None
    kept: Callable[[Any], Kept] | None = None

    @property
    def record(self) -> str:
        """Return the name of the record that carries it."""
        return str(self.statement.__struct_config__.tag)

    @property
    def reach(self) -> Reach:
        """Return what it is about, as its class says."""
        return next(reach for base, reach in _REACH.items() if issubclass(self.statement, base))

    @property
    def names_list(self) -> bool:
        """Return whether such a statement names a list."""
        return "list_id" in self.statement.__struct_fields__

    @property
    def decided_by(self) -> str:
        """Return the field of whoever decided what it is about, empty where nothing was decided."""
        return self.decider or next(
            (field for base, field in _DECIDERS.items() if issubclass(self.statement, base)), ""
        )

    @property
    def weighs(self) -> str:
        """Return whether it burdens or eases its subject, in words."""
        if issubclass(self.statement, Burden):
            return "burdens"
        if self.eases is _always:
            return "eases"
        return "-" if self.eases is _never else "eases by what it says"


_REACH: Final[dict[type[SourceStatement], Reach]] = {
    OwnAct: Reach.ENTRY,
    EntryAct: Reach.ENTRY,
    SubjectAct: Reach.SUBJECT,
    Fact: Reach.FACT,
    SourceStatement: Reach.ALIAS,
}
_DECIDERS: Final[dict[type[SourceStatement], str]] = {
    OwnAct: "envelope.source",
    EntryAct: "entry.source",
}

_LISTS: Final = tuple(f"E{number}" for number in range(19, 29))
"""The numbers of those lists that are entered and left by decisions of their keepers."""

_ROWS: Final = (
    Kind(
        statement=EntryNoticed,
        numbers=("E11", "E13"),
        zh="列入前告知",
        en="notice",
        moves="notice",
    ),
    Kind(
        statement=EntryListed,
        numbers=("E12", "E14", "E17", *_LISTS),
        zh="列入",
        en="listed",
        moves="listing",
    ),
    Kind(
        statement=EntryExtended,
        numbers=("E15",),
        zh="延长期限",
        en="extended",
        moves="extension",
    ),
    Kind(
        statement=EntryVaried,
        numbers=("E17",),
        zh="变更内容",
        en="varied",
        moves="variation",
    ),
    Kind(
        statement=EntryRemoved,
        numbers=("E16", "E17", *_LISTS),
        zh="移出",
        en="removed",
        moves="removal",
        eases=_always,
    ),
    Kind(
        statement=EntrySuspended,
        numbers=("E32",),
        zh="复议、诉讼或者监督",
        en="review",
        moves="stays",
        eases=lambda act: act.stay is Stay.STAYED,
        parts=tuple(f".{each.lower()}" for each in Proceeding),
        part=lambda act: f".{act.proceeding.lower()}",
    ),
    Kind(
        statement=RestrictionLifted,
        numbers=("E17",),
        zh="暂时解除限制",
        en="lifted for some days",
        moves="lifts",
        eases=lambda act: not act.withdrawn,
    ),
    Kind(
        statement=DutyPerformed,
        numbers=("E09",),
        zh="义务履行",
        en="performed",
        moves="performances",
        eases=_always,
    ),
    Kind(
        statement=ObjectionFiled,
        numbers=("E30",),
        zh="提出异议",
        en="objection filed",
        moves="objections",
        eases=lambda act: not act.withdrawn,
    ),
    Kind(
        statement=ObjectionDecided,
        numbers=("E31",),
        zh="异议处理决定",
        en="objection decided",
        moves="objections",
        eases=lambda act: act.result is not ObjectionResult.DISMISSED,
    ),
    Kind(
        statement=RepairApplied,
        numbers=("E33",),
        zh="申请信用修复",
        en="repair applied for",
        moves="repairs",
    ),
    Kind(
        statement=RepairDecided,
        numbers=("E34", "E35"),
        zh="信用修复处理",
        en="repair decided",
        moves="repairs",
        eases=lambda act: act.step in {RepairStep.ACCEPTED, RepairStep.GRANTED},
    ),
    Kind(
        statement=RepairPropagated,
        numbers=("E36",),
        zh="修复结果共享",
        en="told of the repair",
        moves="repairs",
    ),
    Kind(
        statement=BasisRevoked,
        numbers=("E10",),
        zh="决定被撤销",
        en="decision revoked",
        moves="fallen",
        eases=lambda act: not act.reinstated,
        decider="issuer",
    ),
    Kind(
        statement=ConsentWithdrawn,
        numbers=("E28",),
        zh="撤回同意",
        en="consent withdrawn",
        moves="unconsented",
        eases=_always,
    ),
    Kind(
        statement=ReorganisationRuled,
        numbers=("E38",),
        zh="重整裁定",
        en="reorganisation ruled",
        moves="reorganised",
    ),
    Kind(
        statement=SubjectRegistered,
        numbers=("E01",),
        zh="主体登记",
        en="registration",
        moves="registered",
    ),
    Kind(
        statement=RelationChanged,
        numbers=("E03",),
        zh="任职关系变更",
        en="relation changed",
        kept=lambda fact: (fact.relation, fact.valid_from, fact.valid_to),
    ),
    Kind(
        statement=CommitmentChanged,
        numbers=("E29",),
        zh="信用承诺",
        en="commitment",
        parts=("", ".breached"),
        part=lambda fact: ".breached" if fact.step is CommitmentStep.BREACHED else "",
        kept=lambda fact: (fact.step, fact.envelope.decided_on, fact.valid_to),
    ),
    Kind(
        statement=OrganisationEvaluated,
        numbers=("E25", "E26"),
        zh="信用评价",
        en="evaluation",
        kept=lambda fact: (fact.grade, fact.valid_from, fact.valid_to),
    ),
    Kind(
        statement=PenaltyDecided,
        numbers=("E08",),
        zh="行政处罚",
        en="penalty",
        kept=lambda fact: (fact.tier or "", fact.envelope.decided_on, fact.published_until),
    ),
    Kind(
        statement=PermitDecided,
        numbers=("E07",),
        zh="行政许可",
        en="permit",
        kept=lambda fact: (
            "REVOKED" if fact.revoked else fact.mode,
            fact.valid_from,
            fact.valid_to,
        ),
    ),
    Kind(
        statement=GovernanceStepDone,
        numbers=("E37",),
        zh="约谈、培训、整改",
        en="guidance",
        kept=lambda fact: (fact.step, fact.done_on, None),
    ),
    Kind(
        statement=SubjectAliasMapped,
        numbers=("E02",),
        zh="新旧代码映射",
        en="old code mapped",
    ),
)

KINDS: Final[Mapping[type[SourceStatement], Kind]] = {kind.statement: kind for kind in _ROWS}
"""The row of each kind, by its struct."""

assert len(KINDS) == len(_ROWS), "every kind has one row"

STATEMENTS: Final[tuple[type[SourceStatement], ...]] = tuple(KINDS)
"""Everything that a source may state."""

_EASES: Final = {statement: kind.eases for statement, kind in KINDS.items()}


def kinds_below(base: type[S]) -> tuple[type[S], ...]:
    """Return the kinds that are of a class such as ``Fact``, in the order of the rows."""
    return tuple(statement for statement in STATEMENTS if issubclass(statement, base))


ACTS: Final = kinds_below(Act)
BURDENS: Final = kinds_below(Burden)


def is_way_out(act: Act) -> bool:
    """Return whether an act only eases what lies on its subject, so that no doubt may hold it.

    Law 7; 山东省社会信用条例 第四十条. It passes even where its record's revision was used before.
    """
    return _EASES[type(act)](act)
