"""Trials: what a source states to try its way, and what takes that back; all of it is made up.

Who keeps a list lists a made-up organisation and removes it: on a list that leads to directives, so
that the trial reaches the bodies, and on one that is not published, if it keeps such a one. Who
keeps none states a commitment and that it was fulfilled: a fact, which moves nothing.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Final

import msgspec

from creditbus.demo.city import City, organisation
from creditbus.domain.acts.commitments import CommitmentChanged, CommitmentKind, CommitmentStep
from creditbus.domain.acts.events import Act, EntryListed, Envelope
from creditbus.domain.acts.kinds import KINDS
from creditbus.domain.ids import EventId, ListId, MeasureId, SourceId, derive
from creditbus.domain.law.catalogue import ListDefinition, Polarity
from creditbus.domain.law.editions import Editions
from creditbus.domain.subjects import kind_of

_DRAWS: Final = 50
_COMMITMENT: Final = KINDS[CommitmentChanged].numbers


class NoTrial(ValueError):
    """There is nothing that a source may state and take back, so only people can try its way."""


def trial_of(source: SourceId, editions: Editions, *, run: str, today: date) -> tuple[Act, Act]:
    """Return a first statement of a source and the one that takes it back; ``run`` names the trial.

    Raises ``NoTrial``.
    """
    catalogue = editions.on(today)
    kept = [
        each
        for each in catalogue.lists.values()
        if each.enabled
        and source in each.keepers
        and each.organisations
        and each.polarity is not Polarity.RESTRICTION
    ]
    if kept:

        def preference(each: ListDefinition) -> tuple[bool, bool, bool, str]:
            asks = any(measure.bodies for measure in editions.asked_by(ListId(each.id)))
            return (not asks, each.publication != "none", each.serious, each.id)

        return _listed(min(kept, key=preference), source, editions, run, today)
    if set(catalogue.sources[source].events).intersection(_COMMITMENT):
        return _committed(source, run, today)
    raise NoTrial(
        f"{source} keeps no list of organisations and may state no commitment (E29): nothing can be"
        f" made up for it; send a first record of your own, and ask for it with `creditbus fate`"
    )


def _listed(
    definition: ListDefinition, source: SourceId, editions: Editions, run: str, today: date
) -> tuple[Act, Act]:
    for seed in range(_DRAWS):
        city = City(editions, seed=seed, run=run, today=today)
        listing = city.listing(definition, source)
        if listing.ends_on is None or listing.ends_on > today:
            return listing, city.removal(listing)
    raise NoTrial(f"no term on {definition.id} reaches today, so a trial would list nobody")


def _committed(source: SourceId, run: str, today: date) -> tuple[Act, Act]:
    subject = organisation(int(derive("subject", run, 1)[:8], 16) % 900_000)
    signed = CommitmentChanged(
        envelope=Envelope(
            event_id=EventId(derive("event", source, run, 1)),
            source=source,
            record_id=f"{run}-1",
            record_revision=1,
            sequence=0,
            subject_kind=kind_of(subject),
            subject_id=subject,
            occurred_at=datetime.combine(today, time(0), UTC),
            decided_on=today,
            document_number=f"（{today.year}）测试承诺",
            bases=(),
            synthetic=True,
        ),
        kind=CommitmentKind.VOLUNTARY,
        step=CommitmentStep.SIGNED,
        item="测试",
        content_hash=derive("commitment", run),
    )
    fulfilled = msgspec.structs.replace(
        signed,
        envelope=msgspec.structs.replace(
            signed.envelope,
            event_id=EventId(derive("event", source, run, 2)),
            record_revision=2,
        ),
        step=CommitmentStep.FULFILLED,
    )
    return signed, fulfilled


def measures_of(act: Act, editions: Editions) -> frozenset[MeasureId]:
    """Return the measures of executing bodies that an act of a trial may lead to."""
    if not isinstance(act, EntryListed):
        return frozenset()
    asked = editions.asked_by(act.list_id)
    return frozenset(MeasureId(measure.id) for measure in asked if measure.bodies)
