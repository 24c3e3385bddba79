"""The executing bodies: one that is slow, hangs, babbles, has no name, or answers for another."""

from __future__ import annotations

import time
from collections.abc import Iterable
from gzip import compress
from typing import Any, Final

from creditbus.domain.acts.events import EntryListed
from creditbus.domain.effects.directives import Action, Attempt, Directive
from creditbus.domain.effects.obligations import Obligation
from creditbus.domain.ids import SubjectId
from creditbus.domain.subjects import SubjectKind
from creditbus.wire.topics import ATTEMPTS, DIRECTIVES, OBLIGATIONS
from tests.bus_fixtures import eventually
from tests.examples import CONSUMPTION, a_removal, a_restriction
from tests.siege.blows import Chapter
from tests.siege.culprit import CULPRIT_BODY, Manner
from tests.siege.siege import Siege

CHAPTER: Final = Chapter("The executing bodies", door="body")

MANY: Final = 100
"""More than one body is sent at once."""

BOUND_S: Final = 90.0
NAME_KEPT_S: Final = 11.0
"""A little longer than delivery keeps what a name has led to."""

RUBBISH: Final[dict[str, Manner]] = {
    '"DONE" is no outcome': Manner(content=b'{"outcome":"DONE"}'),
    "byte order": Manner(content=b'\xef\xbb\xbf{"outcome":"APPLIED"}'),
    "longer than 64 KiB": Manner(content=b"x" * 100_000),
    "gzip": Manner(
        content=compress(b'{"outcome":"APPLIED"}'), headers=(("Content-Encoding", "gzip"),)
    ),
    "unreadable answer": Manner(content=b"<html>It works</html>"),
    "HTTP 302": Manner(content=b"", status=302, headers=(("Location", "http://169.254.169.254/"),)),
    "HTTP 500": Manner(content=b'{"outcome":"APPLIED"}', status=500),
}
"""What is no answer, by what its try is told as."""


def listed(siege: Siege, count: int) -> list[SubjectId]:
    """Let the court restrict so many firms, for which the culprit has then something to do."""
    subjects = [siege.subject() for _ in range(count)]
    with siege.publisher() as publisher:
        for subject in subjects:
            publisher.send(restricted(subject))
        publisher.flush()
    return subjects


def restricted(subject: SubjectId) -> EntryListed:
    """Return the order that a firm may buy no houses until it has performed."""
    return a_restriction(
        subject_id=subject,
        subject_kind=SubjectKind.LEGAL_PERSON,
        subject_name="（测）第一贸易有限公司",
        adult_on_decision=None,
        provisions=("3",),
        record_id=f"body-{subject}",
    )


def removed(siege: Siege, subjects: Iterable[SubjectId]) -> None:
    """Let the court take firms off again."""
    with siege.publisher() as publisher:
        for subject in subjects:
            publisher.publish(
                a_removal(subject_id=subject, record_id=f"body-{subject}", list_id=CONSUMPTION)
            )


def told(siege: Siege, subject: SubjectId, topic: str) -> list[Any]:
    """Return what a topic holds of the culprit body about a subject, in its order."""
    return [
        each
        for each in siege.live.reader().values(topic)
        if isinstance(each, Attempt | Directive | Obligation)
        and (each.subject_id, each.body) == (subject, CULPRIT_BODY)
    ]


def whys(siege: Siege, subjects: Iterable[SubjectId]) -> list[str]:
    """Return what is on record of tries about any of these."""
    wanted = {*subjects}
    return [
        each.detail
        for each in siege.live.reader().values(ATTEMPTS)
        if isinstance(each, Attempt) and each.subject_id in wanted
    ]


def answer_to(directive: Directive) -> dict[str, Any]:
    """Return how a body acknowledges a directive at the gateway."""
    return {
        "type": "acknowledgement",
        "envelope": {"subject_id": directive.subject_id, "synthetic": True},
        "directive_id": directive.directive_id,
        "obligation_id": directive.obligation_id,
        "measure_id": directive.measure_id,
        "action": directive.action,
        "revision": directive.revision,
        "outcome": "APPLIED",
    }


def see_done(siege: Siege, subjects: Iterable[SubjectId], action: Action) -> None:
    """See that the culprit body has done its part about all of these."""
    wanted = {(str(subject), str(action)) for subject in subjects}
    eventually(lambda: wanted <= {*siege.body.acted}, BOUND_S)


@CHAPTER.blow(
    strikes=f"a body takes {MANY} directives and never answers, and owes two lifts as well",
    then="it owes them; when it answers it has the lifts before the rest, and each once in effect",
)
def a_body_that_hangs(siege: Siege) -> None:
    first = listed(siege, 2)
    see_done(siege, first, Action.APPLY)
    with siege.body.behaves(Manner(hangs=True)):
        asked = siege.body.asked
        rest = listed(siege, MANY)
        eventually(lambda: siege.body.asked > asked + 50)
        removed(siege, first)
        time.sleep(3)
        before, on_their_way = len(siege.body.acted), siege.body.asked - asked
    see_done(siege, first, Action.LIFT)
    see_done(siege, rest, Action.APPLY)
    # Those that hang are answered first, in whatever order: they are on their way already.
    assert on_their_way < MANY
    after = siege.body.acted[before:]
    assert max(after.index((subject, Action.LIFT)) for subject in first) <= on_their_way + 1


@CHAPTER.blow(
    strikes=f"a body takes three seconds for each of {MANY} directives",
    then="they are owed until it has answered, at its own pace",
)
def a_body_that_is_slow(siege: Siege) -> None:
    with siege.body.behaves(Manner(delay_s=3)):
        subjects = listed(siege, MANY)
        time.sleep(10)
    see_done(siege, subjects, Action.APPLY)


@CHAPTER.blow(
    strikes="answers that are none: no outcome, a byte order mark, 100 KB, gzip, HTML, a redirect "
    "to the metadata service, an outcome with status 500",
    then="each try is on record with its reason; the directive is owed until it is acknowledged",
)
def a_body_that_answers_rubbish(siege: Siege) -> None:
    for why, manner in RUBBISH.items():
        with siege.body.behaves(manner):
            (subject,) = listed(siege, 1)
            tries = eventually(lambda s=subject: told(siege, s, ATTEMPTS))  # type: ignore[misc]
            assert why in tries[0].detail, tries[0]
            assert tries[0].outcome is None
            assert told(siege, subject, OBLIGATIONS)[-1].is_owed
        (directive,) = told(siege, subject, DIRECTIVES)
        with siege.live.http("gateway", CULPRIT_BODY) as gateway:
            assert gateway.post("/v1/acknowledgements", json=answer_to(directive)).is_success
        eventually(lambda s=subject: not told(siege, s, OBLIGATIONS)[-1].is_owed)  # type: ignore[misc]


@CHAPTER.blow(
    strikes="no name server answers for the name of a body, and its connections break",
    then="its directives are owed, each try with `no answer within`; named again, it has them",
)
def a_body_without_a_name(siege: Siege) -> None:
    with siege.body.behaves(Manner(headers=(("Connection", "close"),))):
        see_done(siege, listed(siege, 1), Action.APPLY)
    with siege.body.nameless():
        # What was looked up before is kept for a while.
        time.sleep(NAME_KEPT_S)
        subjects = listed(siege, MANY)
        # Of many tries that fail alike only some are put on record.
        eventually(
            lambda: any("no answer within" in each for each in whys(siege, subjects)), BOUND_S
        )
    see_done(siege, subjects, Action.APPLY)


@CHAPTER.blow(
    strikes="acknowledgements that name another subject, measure, action, revision or directive, "
    "one by another body, and bytes that are none",
    then="422 with the field, or a dead letter; what the body owes it owes",
    is_short=True,
)
def acknowledgements_of_another(siege: Siege) -> None:
    with siege.body.behaves(Manner(hangs=True)):
        (subject,) = listed(siege, 1)
        (directive,) = eventually(lambda: told(siege, subject, DIRECTIVES))
        wrong: tuple[dict[str, Any], ...] = (
            {"envelope": {"subject_id": siege.subject(), "synthetic": True}},
            {"measure_id": "B02"},
            {"action": "LIFT"},
            {"revision": directive.revision + 1},
            {"directive_id": "d" * 32},
            {"obligation_id": "0" * 32},
        )
        with siege.live.http("gateway", CULPRIT_BODY) as gateway:
            for other in wrong:
                answer = gateway.post("/v1/acknowledgements", json=answer_to(directive) | other)
                assert answer.status_code == 422, (other, answer.text)
                assert answer.json()["reason"] == "DIRECTIVE_UNKNOWN"
        with siege.live.http("gateway", "airline") as gateway:
            answer = gateway.post("/v1/acknowledgements", json=answer_to(directive))
            assert answer.status_code == 422, "who is another body's"
        place = siege.put(b"no acknowledgement", source=CULPRIT_BODY)
        eventually(lambda: place in siege.letters(CULPRIT_BODY))
        assert told(siege, subject, OBLIGATIONS)[-1].is_owed
    see_done(siege, [subject], Action.APPLY)
