"""The catalogue: bases, lists, measures, service items, sources and subscribers, as data.

Reviewed like law, not like code: the files lie in ``deploy/catalogue``, and an edition of them has
a hash. Rows that nobody has verified ship with ``enabled = false`` and a note that says why.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any

import msgspec

from creditbus.domain.ids import BasisId, BodyId, ItemId, ListId, MeasureId, SourceId, SubjectId
from creditbus.domain.subjects import USCC, SubjectKind, is_person, kind_of


class Level(StrEnum):
    """How high a basis stands; a memorandum carries no measure that reduces rights."""

    LAW = "law"
    REGULATION = "regulation"
    JUDICIAL_INTERPRETATION = "judicial_interpretation"
    LOCAL_REGULATION = "local_regulation"
    DEPARTMENT_RULE = "department_rule"
    POLICY = "policy"
    MEMORANDUM = "memorandum"


class Polarity(StrEnum):
    """What a list says of its subjects.

    Attention stays inside and reduces no right; abnormal is shown until it is corrected; a
    restriction is a register of single orders.
    """

    BLACK = "black"
    RED = "red"
    RESTRICTION = "restriction"
    ABNORMAL = "abnormal"
    ATTENTION = "attention"


class ClockStart(StrEnum):
    """Which fact starts a term; it differs by rule, so it is a field of each list."""

    DECISION = "decision"
    PUBLICATION = "publication"
    NOTICE = "notice"
    PERFORMANCE = "performance"
    ACT_END = "act_end"


class Tier(StrEnum):
    """How grave published information is: NDRC order 36 of 2025."""

    MINOR = "minor"
    GENERAL = "general"
    SERIOUS = "serious"


class Term(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The least and the most months of a term; none at most is no fixed end.

    Of a ground, the first term that a decision may give; of a tier, how long its information is
    published at least and at most, so that nobody asks for repair before (NDRC order 36).
    """

    months_min: int = 0
    months_max: int | None = None


class Provision(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a provision of a list says in words, how grave it is, and the term that it allows."""

    name_zh: str
    name_en: str
    tier: Tier | None = None
    term: Term | None = None


class Publication(StrEnum):
    """Who may see an entry: nobody by the bus, or the court's exposure platform."""

    NONE = "none"
    COURT = "court"


class MeasureClass(StrEnum):
    """A reduces rights, B manages, C is voluntary, I is an incentive."""

    A = "A"
    B = "B"
    C = "C"
    I = "I"  # noqa: E741 - the class is called I in the national list


class Row(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every row has: names in two languages, whether it is in use, and why not."""

    id: str
    name_zh: str
    name_en: str
    enabled: bool = True
    note: str = ""


class Basis(Row, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A legal provision with the days it is in force."""

    document: str
    article: str
    level: Level
    in_force_from: date
    in_force_to: date | None = None

    def is_in_force(self, day: date) -> bool:
        """Return whether the provision was in force on a day; its last day counts."""
        return self.in_force_from <= day and (self.in_force_to is None or day <= self.in_force_to)


class ForUnit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the law says of a natural person who is listed for the sake of a unit, and where.

    ``listed``: a person is on the list only beside a unit, and the decision names it. Otherwise
    nobody is on it for a unit's debt.
    """

    listed: bool
    article: str


class ListDefinition(Row, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A register that named sources keep on stated bases.

    ``provisions`` maps each article, behaviour or item that a decision may name to the longest
    term in years that it allows; 0 means no fixed term. ``grounds`` says the same provisions in
    words, with tier and exact term: the narrower binds. ``exit_bases`` are what term, removal and
    repair rest on beside the bases; nobody is listed under them. ``tiers`` is the term of each
    tier, where a decision or a ground states one. ``clock_start`` is the day from which the term
    counts. ``grace_days`` is the longest grace that a decision may give before it takes effect;
    without one there are the days to serve or publish it (``terms.spans``). ``entered_by`` and
    ``removed_by`` are kinds of event (``law.numbers``); a removal meets no gate, so the second is
    told and never enforced. ``extension_years`` is what a later decision may add, and is within
    the years of ``provisions``. ``early_removal_months`` is when the subject may ask to be removed
    early; none where the rule has no such way. No entry is shown or used longer than
    ``disclosure_cap_years`` after the end of the act (Shandong credit regulation, article 38).
    ``performance_timer`` is the clock (``timers.toml``) that performance sets going against the
    keeper where it does not end the entry by itself; empty where the rule knows of none.
    ``consent_required``: a natural person is listed on their own application alone (PIPL, article
    13). An entry that has ended is closed after ``closing_days`` and forgotten after
    ``retention_days``. ``classes`` are the first characters of the unified codes of the
    organisations that can be on it (GB 32100), every organisation where none is named.
    ``for_unit`` is what holds of persons listed for a unit's sake; where it is none the law says
    nothing of it, and a decision may name a unit or not.
    """

    polarity: Polarity
    keepers: tuple[SourceId, ...]
    bases: tuple[BasisId, ...]
    remedy_zh: str
    remedy_en: str
    provisions: dict[str, int] = {}
    serious: bool = False
    years_max: int | None = None
    until_performed: bool = False
    notice_required: bool = True
    persons: bool = False
    organisations: bool = True
    classes: tuple[str, ...] = ()
    for_unit: ForUnit | None = None
    publication: Publication = Publication.NONE
    clock_start: ClockStart = ClockStart.DECISION
    exit_bases: tuple[BasisId, ...] = ()
    grace_days: int = 0
    performance_timer: str = ""
    early_removal_months: int | None = None
    extension_years: int = 0
    disclosure_cap_years: int = 5
    entered_by: tuple[str, ...] = ("E12",)
    removed_by: tuple[str, ...] = ("E10", "E31", "E35", "E45")
    consent_required: bool = False
    closing_days: int = 30
    retention_days: int = 365
    tiers: dict[Tier, Term] = {}
    grounds: dict[str, Provision] = {}

    def admits(self, subject: SubjectId) -> bool:
        """Return whether a subject can be on the list at all."""
        if is_person(kind_of(subject)):
            return self.persons
        if not self.classes:
            return self.organisations
        return self.organisations and subject.removeprefix(USCC).startswith(self.classes)


class Trigger(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An active entry on the list, under one of the provisions if any are named."""

    list_id: ListId
    provisions: tuple[str, ...] = ()


class MeasureDefinition(Row, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A kind of consequence; without bodies it is only answered to a check, never pushed.

    ``record_only`` is carried out by others on their own order, the bus only shows it here;
    ``excluded`` is never built, whatever a law says. ``spares`` is what it may never touch
    beside what no measure may.
    """

    measure_class: MeasureClass
    triggers: tuple[Trigger, ...]
    bases: tuple[BasisId, ...]
    bodies: tuple[BodyId, ...] = ()
    persons: bool = False
    organisations: bool = True
    automatic: bool = True
    record_only: bool = False
    excluded: bool = False
    executor_zh: str = ""
    executor_en: str = ""
    spares_zh: str = ""
    spares_en: str = ""

    @property
    def is_adverse(self) -> bool:
        """Whether the measure burdens: classes A and B; nobody is forced to the others."""
        return self.measure_class in {MeasureClass.A, MeasureClass.B}

    def reaches(self, kind: SubjectKind) -> bool:
        """Return whether the measure can hit a subject of this kind."""
        return self.persons if is_person(kind) else self.organisations

    def needs_human(self, kind: SubjectKind) -> bool:
        """Return whether a human must decide: always where a class-A measure meets a person.

        Personal Information Protection Law, article 24: no purely automated decision of
        great effect.
        """
        return not self.automatic or (is_person(kind) and self.measure_class is MeasureClass.A)


class ServiceItem(Row, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A matter that approval systems ask about: the measures that bar it and that ease it."""

    barred_by: tuple[MeasureId, ...] = ()
    eased_by: tuple[MeasureId, ...] = ()
    purposes: tuple[str, ...]


class SourceKind(StrEnum):
    """What reports: a court, an authority, or a utility, whose bills are no credit information."""

    COURT = "court"
    AUTHORITY = "authority"
    UTILITY = "utility"


class Source(Row, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A unit that reports, with its competence: the kinds of event that it may state.

    The lists it may keep are those that name it as a keeper, and are written there alone.
    ``superior`` supervises it within its own branch; ``reconsidered_by`` decides on reconsideration
    of what it decided. ``registers`` are the first characters of the unified codes that it gives
    out as registration authority (GB 32100). ``credit_office``: it hands in what subjects state.
    ``sandbox``: it only tries how it reports, and nothing that it sends is an act;
    ``sandbox_until`` is the instant at which it left the sandbox, for good: what the broker took
    before stays a try.
    """

    kind: SourceKind = SourceKind.AUTHORITY
    events: tuple[str, ...] = ()
    superior: SourceId | None = None
    reconsidered_by: SourceId | None = None
    registers: tuple[str, ...] = ()
    credit_office: bool = False
    sandbox: bool = False
    sandbox_until: datetime | None = None

    def is_trying(self, at: datetime) -> bool:
        """Return whether what the broker took of it at an instant is only a try."""
        return self.sandbox or (self.sandbox_until is not None and at < self.sandbox_until)


class Role(StrEnum):
    """What a source must be towards what an act is about, to state it.

    The decider listed the entry and keeps its list, or issued the document. Who keeps the list
    speaks about what is its own; every other role must also be registered for the kind of event
    (``Source.events``).
    """

    DECIDER = "decider"
    KEEPER = "keeper"
    SUPERIOR = "superior"
    RECONSIDERATION = "reconsideration"
    COURT = "court"
    REGISTRAR = "registrar"
    CREDIT_OFFICE = "credit_office"
    AUTHORITY = "authority"
    REGISTERED = "registered"


class Grant(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who may state a kind of act, any of these roles, and by which article."""

    who: tuple[Role, ...]
    article: str


class Power(Row, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who may state a kind of act; where the law of a list says otherwise, ``lists`` does."""

    who: tuple[Role, ...]
    article: str
    lists: dict[ListId, Grant] = {}

    def on(self, list_id: ListId | None) -> Grant | Power:
        """Return what holds for an act that names this list."""
        return self.lists.get(list_id, self) if list_id is not None else self


class ExecutingBody(Row, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who carries measures out, and how its directives reach it.

    ``topic`` tells whether its directives lie in a topic of its own as well; where its webhook is,
    each deployment says. ``concurrency`` is how many directives are on their way to it at once,
    ``time_limit_s`` how long an answer may take, and after ``attempts`` failures in a row it counts
    as failing: then it is only probed, lifts first, until it answers. One that is off gets none.
    """

    topic: bool = True
    concurrency: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 64
    time_limit_s: Annotated[int, msgspec.Meta(ge=1, le=300)] = 15
    attempts: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 3


class Subscriber(Row, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who reads: the purposes it may name in a check, and whether it reads exposures.

    ``code`` is its number in the register of subscribers; ``persons`` is whether it may ask about
    natural persons, ``bases`` by which law it reads, ``duties`` what it owes for it.
    """

    purposes: tuple[str, ...] = ()
    exposures: bool = False
    code: str = ""
    purpose_zh: str = ""
    purpose_en: str = ""
    bases: tuple[BasisId, ...] = ()
    persons: bool = False
    duties_zh: str = ""
    duties_en: str = ""


class Catalogue(msgspec.Struct, frozen=True, kw_only=True):
    """One edition: every row by its id, and the hash that names it.

    ``powers`` is by kind of act; editions from before it was written down have none.
    """

    edition: str
    bases: dict[BasisId, Basis]
    lists: dict[ListId, ListDefinition]
    measures: dict[MeasureId, MeasureDefinition]
    items: dict[ItemId, ServiceItem]
    sources: dict[SourceId, Source]
    bodies: dict[BodyId, ExecutingBody]
    subscribers: dict[str, Subscriber]
    powers: dict[str, Power] = {}

    @property
    def parts(self) -> dict[str, Mapping[Any, Row]]:
        """Return the rows of each part, by the part's name, in the order of a lawyer's reading."""
        return {
            "basis": self.bases,
            "list": self.lists,
            "measure": self.measures,
            "item": self.items,
            "source": self.sources,
            "body": self.bodies,
            "subscriber": self.subscribers,
            "power": self.powers,
        }
