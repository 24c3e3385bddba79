"""Second persons: a skip of many records is proposed by one person and approved by another."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from creditbus.domain.acts.interventions import Intervention, OperatorStep
from creditbus.domain.acts.proposals import Proposal
from creditbus.engine.worker import Skip
from creditbus.runtime.interventions.wishes import (
    ParkedInbox,
    ask_skip,
    place_of,
    records_in,
    skip_entry,
    wish_for,
)
from creditbus.runtime.interventions.writer import InterventionWriter, NotDone
from creditbus.runtime.workers.skips import WantedSkip


def skip_or_propose(
    writer: InterventionWriter,
    wish: WantedSkip,
    skip: Skip,
    reason: str,
    waiting: Iterable[Proposal],
) -> Intervention:
    """Ask a worker to skip a few records; propose it to a second person where they are many.

    Raises ``NotDone`` and ``NoReason``.
    """
    if records_in(skip) <= writer.process.settings.alone_records:
        return ask_skip(writer, wish, skip, reason)
    place = place_of(skip)
    known = next((each for each in waiting if each.place == place), None)
    if known is not None:
        raise NotDone(
            f"{known.by} has proposed this by {known.at:%Y-%m-%d %H:%M}Z ({known.proposal_id}):"
            " somebody else approves it, or rejects it, on Held or by `creditbus held`",
            f"{known.by}已提出该操作（{known.proposal_id}），请由他人在“停住”页批准或驳回",
        )
    asked = skip_entry(writer, OperatorStep.PROPOSE, skip, reason)
    writer.write(asked)
    return asked


def approve(
    writer: InterventionWriter,
    wish_of: Callable[[ParkedInbox], WantedSkip],
    proposal: Proposal,
    parked: Iterable[ParkedInbox],
    reason: str,
) -> Intervention:
    """Carry a proposal out in the name of a second person; ``parked`` are all that wait now.

    Raises ``NotDone`` for who has proposed it and where the inbox stands elsewhere by now, and
    ``NoReason``.
    """
    # By two doors one may come under two spellings: as a login here, as a provider's name there.
    if writer.author.casefold() == proposal.by.casefold():
        raise NotDone(
            f"{proposal.by} has proposed this: somebody else must approve it",
            f"该操作由{proposal.by}提出，须由他人批准",
        )
    stands = next((each for each in parked if each.place == proposal.place), None)
    if stands is None:
        raise NotDone(
            f"{proposal.source} does not stand at {proposal.start} any more: reject this",
            f"{proposal.source} 已不停在 {proposal.start}，请驳回",
        )
    _, partition, _ = proposal.place.rsplit("/", 2)
    skip = Skip(
        topic=stands.topic,
        partition=int(partition),
        start=proposal.start,
        through=proposal.through,
    )
    done = _decided(writer, OperatorStep.APPROVE, proposal, reason)
    wish_for(writer, wish_of(stands), skip, done)
    return done


def reject(writer: InterventionWriter, proposal: Proposal, reason: str) -> Intervention:
    """End a proposal; whoever made it may take it back so as well; raises ``NoReason``."""
    done = _decided(writer, OperatorStep.REJECT, proposal, reason)
    writer.write(done)
    return done


def named(waiting: Iterable[Proposal], proposal_id: str) -> Proposal:
    """Return the proposal of this id; raises ``NotDone`` where none of it waits."""
    found = next((each for each in waiting if each.proposal_id == proposal_id), None)
    if found is None:
        raise NotDone(
            f"no proposal {proposal_id} waits: somebody has decided about it, or it has run out",
            f"没有等待中的提议 {proposal_id}：已有人处理或已过期",
        )
    return found


def _decided(
    writer: InterventionWriter, step: OperatorStep, proposal: Proposal, reason: str
) -> Intervention:
    said = f"through {proposal.through}, {proposal.records} records, proposed by {proposal.by}"
    done = writer.entry(step, proposal.source, proposal.place, reason, detail=said)
    return msgspec.structs.replace(done, through=proposal.through, proposal_id=proposal.proposal_id)
