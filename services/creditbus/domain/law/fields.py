"""Fields: what a lawyer calls each field of the catalogue, and what is decided by it.

``FIELDS`` has every field of every row, by part; a field within a field by its path. The page of
fields, ``creditbus catalogue check`` and ``diff`` speak in these words, and tests hold them to the
rows and each field to a decision that reads it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple


class Words(NamedTuple):
    """The name of a field, and what changes with it."""

    name: str
    decides: str


def _row(in_use: str) -> dict[str, Words]:
    return {
        "name_zh": Words("name", "what it is called wherever it is told"),
        "name_en": Words("name in English", "what it is called in English"),
        "enabled": Words("in use", in_use),
        "note": Words("note", "what is said of it; a row that is off must say why"),
    }


_CLAUSE: Final[dict[str, Words]] = {
    "length.count": Words("how many", "on which day it is over"),
    "length.unit": Words("of which unit", "whether months, days or working days are counted"),
    "bound": Words("most or least", "whether its last day ends something, or a waiting time"),
    "moves": Words("moves off a holiday", "whether an end on a day off moves to a working day"),
    "document": Words("document", "which document is told for it"),
    "article": Words("article", "which article is told for it"),
    "in_force_from": Words("first day in force", "what begins early enough is not bound by it"),
    "in_force_to": Words("last day in force", "what begins after it is not bound by it"),
}

_MEASURE_REACH: Final = "whether it can hit"

FIELDS: Final[Mapping[str, Mapping[str, Words]]] = {
    "basis": {
        **_row("whether a decision or a measure may rest on it"),
        "document": Words("document", "which document is cited"),
        "article": Words("article", "which article is cited"),
        "level": Words("level", "whether it carries a listing and a measure that burdens"),
        "in_force_from": Words("first day in force", "which decisions may rest on it"),
        "in_force_to": Words("last day in force", "which decisions may rest on it no more"),
    },
    "list": {
        **_row("whether anybody can be listed"),
        "polarity": Words(
            "kind of list",
            "whether it burdens, honours or is kept inside: caps, consent, reorganisations, and"
            " what a check says",
        ),
        "keepers": Words("who keeps it", "who may list, and take off"),
        "bases": Words("basis", "on what a listing must rest"),
        "remedy_zh": Words("remedy", "which way out its subjects are told"),
        "remedy_en": Words("remedy in English", "which way out is told in English"),
        "provisions": Words(
            "provisions, with their longest term in years",
            "what a decision may name, and the longest term that it may give",
        ),
        "serious": Words(
            "serious, so that honours are suspended", "whether an entry suspends its subject's red"
        ),
        "years_max": Words("longest term in years", "the longest term that a decision may give"),
        "until_performed": Words(
            "may have no fixed end", "whether an entry may run until its subject has performed"
        ),
        "notice_required": Words(
            "notice required", "whether a listing needs a served notice that states the rights"
        ),
        "persons": Words("natural persons", "whether a natural person can be on it"),
        "organisations": Words("organisations", "whether an organisation can be on it"),
        "classes": Words(
            "first characters of the codes of its organisations", "which organisations can be on it"
        ),
        "for_unit.listed": Words(
            "persons listed for a unit's sake",
            "whether a person's listing must name a unit, or must not",
        ),
        "for_unit.article": Words(
            "article on persons listed for a unit's sake", "which article such a refusal names"
        ),
        "publication": Words(
            "publication by the bus", "whether its entries are exposed, and the courts' clocks run"
        ),
        "clock_start": Words("what starts the term", "from which day a term counts"),
        "exit_bases": Words(
            "basis of term, removal and repair", "which law of the way out its subjects are told"
        ),
        "grace_days": Words(
            "longest grace in days", "until when a decision may take effect at the latest"
        ),
        "performance_timer": Words(
            "clock that performance starts", "by which day its keeper must take off who performed"
        ),
        "early_removal_months": Words(
            "months before early removal", "from when its subject may ask to be taken off early"
        ),
        "extension_years": Words("longest extension in years", "how much a later decision may add"),
        "disclosure_cap_years": Words(
            "years after which nothing is shown", "when every entry ends, whatever was decided"
        ),
        "entered_by": Words(
            "entered by", "for which kinds of event one who keeps it must be registered"
        ),
        "removed_by": Words(
            "removed by", "whether performance ends an entry (E09), and which ways out are told"
        ),
        "consent_required": Words(
            "persons by their own application alone", "whether a person's listing needs a consent"
        ),
        "closing_days": Words("days until a removed entry is closed", "when it is closed"),
        "retention_days": Words("days until a closed entry is erased", "when it is forgotten"),
        "tiers.months_min": Words(
            "shortest publication of a tier, in months",
            "from when the subject of a decision of that tier may ask for repair",
        ),
        "tiers.months_max": Words(
            "longest publication of a tier, in months", "the longest term of that tier"
        ),
        "grounds.name_zh": Words("a provision in words", "how its subjects are told why"),
        "grounds.name_en": Words("a provision in English", "how it is told in English"),
        "grounds.tier": Words("tier of a provision", "which tier's longest term binds it"),
        "grounds.term.months_min": Words(
            "shortest term of a provision, in months", "the shortest term that a decision may give"
        ),
        "grounds.term.months_max": Words(
            "longest term of a provision, in months", "the longest term that a decision may give"
        ),
    },
    "measure": {
        **_row("whether it follows from anything"),
        "measure_class": Words(
            "class", "whether it burdens and needs a law, and a human where it meets a person"
        ),
        "triggers.list_id": Words("follows from", "from entries on which lists it follows"),
        "triggers.provisions": Words(
            "follows from these provisions alone", "from which provisions it follows"
        ),
        "bases": Words("basis", "on which law it rests, and is told"),
        "bodies": Words("pushed to", "which bodies get a directive"),
        "persons": Words("natural persons", f"{_MEASURE_REACH} a natural person"),
        "organisations": Words("organisations", f"{_MEASURE_REACH} an organisation"),
        "automatic": Words(
            "applied without a human where the law allows", "whether a human decides on it always"
        ),
        "record_only": Words(
            "shown only, carried out by others", "whether it is told as another's work, not pushed"
        ),
        "excluded": Words("excluded for good", "whether it may ever be in use, and follow"),
        "executor_zh": Words("carried out by", "who is told to carry it out"),
        "executor_en": Words("carried out by, in English", "who is told so in English"),
        "spares_zh": Words("never touches", "what is told to be spared"),
        "spares_en": Words("never touches, in English", "what is told so in English"),
    },
    "item": {
        **_row("whether anybody may ask about it"),
        "barred_by": Words("barred by", "which measures answer a check with no"),
        "eased_by": Words("eased by", "which incentives an answer names"),
        "purposes": Words("purposes", "for what it may be asked about"),
    },
    "source": {
        **_row("whether it may state anything but its own removals"),
        "kind": Words("kind", "whether it speaks as a court or as an authority"),
        "events": Words("kinds of event it may state", "for which powers it is registered"),
        "superior": Words("its superior", "who may decide above it"),
        "reconsidered_by": Words("who reconsiders what it decides", "who may stay what it decided"),
        "registers": Words(
            "first characters of the codes that it gives out", "whom it registers and deregisters"
        ),
        "credit_office": Words(
            "hands in what subjects state", "whether it files objections and applications"
        ),
        "sandbox": Words("in the sandbox", "whether what it sends is only tried and never counts"),
        "sandbox_until": Words(
            "left the sandbox", "up to which instant what it sent was only tried"
        ),
    },
    "body": {
        **_row("whether it gets directives"),
        "topic": Words("reads its directives from a topic", "whether they lie in its topic too"),
        "concurrency": Words("directives on their way to it at once", "how many are sent at once"),
        "time_limit_s": Words("seconds that its answer may take", "how long an answer is awaited"),
        "attempts": Words("failures in a row until it is only probed", "when it counts as failing"),
    },
    "subscriber": {
        **_row("whether it may ask or read at all"),
        "purposes": Words("purposes", "for what it may ask"),
        "exposures": Words("reads exposures", "whether the feed is open to it"),
        "code": Words("number in the register", "by which number it is explained"),
        "purpose_zh": Words("purpose", "what is told of why it reads"),
        "purpose_en": Words("purpose in English", "what is told so in English"),
        "bases": Words("basis", "by which law it reads; without one in use it may not be in use"),
        "persons": Words("natural persons", "whether it may ask about natural persons"),
        "duties_zh": Words("duties", "what is told of what it owes"),
        "duties_en": Words("duties in English", "what is told so in English"),
    },
    "power": {
        **_row("whether anybody may state such an act"),
        "who": Words("who may state it", "whose act counts"),
        "article": Words("article", "which article a refusal names"),
        "lists.who": Words("who may state it about one list", "whose act counts there"),
        "lists.article": Words("article for one list", "which article a refusal names there"),
    },
    "term": {
        **_row("whether it binds anything"),
        **_CLAUSE,
        "clock_start": Words("what starts it", "from which day it counts"),
        "tier": Words("tier", "for what it holds; without a tier it caps them all"),
    },
    "timer": {
        **_row("whether anybody is late by it"),
        **_CLAUSE,
        "begins": Words("what begins it", "from what it must be counted, or is not loaded"),
        "actor": Words("who must act", "who is late by it; nobody is by a subject's own"),
    },
}
"""Every field of every row of the catalogue, by part, and of terms and timers beside it."""


_WHOLE: Final = {
    "length": "how long",
    "for_unit": "persons listed for a unit's sake",
    "tiers": "terms by tier",
    "grounds": "provisions in words",
    "triggers": "follows from",
    "lists": "who may state it about one list",
}
"""The names of those fields of a row that have fields of their own."""


def words_of(part: str, field: str) -> Words:
    """Return the words of a field of a row; one with fields of its own decides what each does."""
    fields = FIELDS[part]
    if field in fields:
        return fields[field]
    within = [words.decides for path, words in fields.items() if path.startswith(f"{field}.")]
    return Words(_WHOLE[field], "; ".join(dict.fromkeys(within)))
