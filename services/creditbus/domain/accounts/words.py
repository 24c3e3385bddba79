"""An account in words, Chinese or English: what stands, why, by which law, and how it ends."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Final

from creditbus.domain.accounts.account import (
    Account,
    Course,
    Deed,
    EntryAccount,
    Mark,
    MarkKind,
    MeasureAccount,
    Named,
    Passage,
)
from creditbus.domain.accounts.messages import MESSAGES
from creditbus.domain.acts.events import RemovalCause
from creditbus.domain.calendar import day_of
from creditbus.domain.law.catalogue import Basis, MeasureClass
from creditbus.domain.law.never import SPARED_EN, SPARED_ZH
from creditbus.domain.subjects import is_person
from creditbus.domain.terms.reckonings import Reckoning
from creditbus.domain.terms.words import Language, explain

_INDENT: Final = "  "


def told(account: Account, language: Language) -> list[str]:
    """Return an account as lines; what belongs to a line is indented below it."""
    words = _Words(language)
    lines = [
        words.say("head", subject=account.subject_id, day=account.day),
        words.say("edition", edition=account.edition),
    ]
    if not account.entries:
        return [*lines, words.say("nothing")]
    for entry in account.entries:
        lines += ["", *words.entry(entry)]
    for measure in account.measures:
        lines += ["", *words.measure(measure, is_person=is_person(account.subject_kind))]
    if not account.measures:
        return [*lines, "", words.say("no_measure")]
    return [*lines, "", words.say("spared", what=SPARED_ZH if language == "zh" else SPARED_EN)]


class _Words:
    """The messages of one language."""

    def __init__(self, language: Language) -> None:
        self._language = language
        self._place = ("zh", "en").index(language)

    def say(self, key: str, **fields: object) -> str:
        """Return a message; its days are written as the language writes them."""
        said = {
            name: self._day(each) if isinstance(each, date) else each
            for name, each in fields.items()
        }
        return MESSAGES[key][self._place].format(**said)

    def word(self, kind: str, name: str) -> str:
        """Return a word of the law; one that a later catalogue adds goes by its id."""
        key = f"{kind}.{name}"
        return self.say(key) if key in MESSAGES else name

    def entry(self, entry: EntryAccount) -> list[str]:
        listed, stage = entry.on_list, self.word("stage", entry.stage)
        head = self.say("entry", id=listed.id, name=self._name(listed), stage=stage)
        key = "document" if entry.document_number else "document.none"
        document = self.say(key, number=entry.document_number, day=entry.decided_on)
        about = self._removal(entry) if entry.removed_on is not None else self._standing(entry)
        return [head, *_indented([document, *about])]

    def measure(self, measure: MeasureAccount, *, is_person: bool) -> list[str]:
        row = measure.measure
        rank = self.word("class", measure.measure_class)
        lines = [*self._grounds(measure), *self._bases(measure.bases)]
        lines.append(self.say("executor", name=self._name(measure.executor)))
        order = "automatic" if measure.executor.id else "answered"
        if measure.record_only:
            order = "record_only"
        elif measure.human_review:
            is_great = is_person and measure.measure_class is MeasureClass.A
            order = "human.person" if is_great else "human"
        lines.append(self.say(order))
        lines += [self.say("remedy", remedy=self._name(each)) for each in measure.remedies]
        ends = measure.ends_at
        lines.append(self.say("ends", day=day_of(ends)) if ends else self.say("ends.open"))
        if spares := self._name(measure.spares):
            lines.append(self.say("spares", what=spares))
        head = self.say("measure", id=row.id, name=self._name(row), rank=rank)
        return [head, *_indented(lines)]

    def _standing(self, entry: EntryAccount) -> Iterator[str]:
        deed = entry.done_by
        yield (self.say("done_by", deed=self._deed(deed)) if deed else self.say("done_by.unknown"))
        yield from self._bases(entry.bases)
        for each in entry.provisions:
            yield self.say("provision", id=each.id, name=self._name(each))
        yield from self._gates(entry.passages)
        yield from self._course(entry.course)
        yield from (self._mark(each) for each in entry.marks)
        if entry.acts:
            yield self.say("acts")
            yield from _indented(self._deed(each) for each in entry.acts)
        remedy = entry.remedy_zh if self._language == "zh" else entry.remedy_en
        yield self.say("remedy", remedy=remedy)
        if entry.exits:
            separator = "；" if self._language == "zh" else "; "
            # Two kinds of event may read alike to whoever is listed.
            exits = dict.fromkeys(self.word("exit", each) for each in entry.exits)
            yield self.say("exits", exits=separator.join(exits))
        for basis in entry.exit_bases:
            fields = {"document": basis.document, "article": basis.article, "id": basis.id}
            yield self.say("exit_basis", **fields)

    def _removal(self, entry: EntryAccount) -> Iterator[str]:
        assert entry.removal_cause is not None
        cause = self.word("cause", entry.removal_cause)
        yield self.say("removed", day=entry.removed_on, cause=cause)
        if entry.ended_by is not None:
            yield self.say("removed.by", deed=self._deed(entry.ended_by))
            yield from self._bases(entry.ended_by.bases, needed=False)
        elif entry.removal_cause is RemovalCause.EXPIRED:
            yield self.say("removed.by_term")
        else:
            yield self.say("removed.by_unknown")
        yield from (self._mark(each) for each in entry.marks)
        yield self.say("removed.facts")

    def _deed(self, deed: Deed) -> str:
        what = self.word("record", deed.record)
        if deed.step:
            kind = "cause" if deed.record == "entry_removed" else "step"
            what = self.say("step", record=what, step=self.word(kind, deed.step))
        text = self.say(
            "deed",
            what=what,
            source=self._name(deed.source),
            source_id=deed.source.id,
            day=deed.decided_on,
            record=deed.record_id,
            revision=deed.record_revision,
            event=deed.event_id,
        )
        if not deed.document_number:
            return text
        return text + self.say("deed.document", number=deed.document_number)

    def _bases(self, bases: Iterable[Basis], *, needed: bool = True) -> Iterator[str]:
        found = False
        for basis in bases:
            found = True
            yield self.say(
                "basis",
                document=basis.document,
                article=basis.article,
                level=self.word("level", basis.level),
                since=basis.in_force_from,
                id=basis.id,
            )
        if needed and not found:
            yield self.say("basis.none")

    def _gates(self, passages: tuple[Passage, ...]) -> Iterator[str]:
        if not passages:
            return
        passed = sum(each.passed for each in passages)
        yield self.say("gates", passed=passed, asked=len(passages))
        for each in passages:
            result = self.say("gate.passed" if each.passed else "gate.failed")
            what = self.word("gate", each.gate)
            yield _INDENT + self.say("gate", what=what, result=result, article=each.article)

    def _course(self, course: Course | None) -> Iterator[str]:
        if course is None:
            return
        yield self.say("term")
        yield _INDENT + self.say("term.starts", day=course.starts_on)
        if course.stated_on is not None:
            yield _INDENT + self.say("term.stated", day=course.stated_on)
        if course.extended_on is not None:
            yield _INDENT + self.say("term.extended", day=course.extended_on)
        yield from _indented(self._counted("term.longest", course.longest))
        yield from _indented(self._counted("term.cap", course.cap))
        if course.asks_from is not None:
            yield _INDENT + self.say("term.asks", day=course.asks_from)
        last_on = course.last_on
        is_open = last_on is None
        yield _INDENT + (self.say("term.open") if is_open else self.say("term.last", day=last_on))

    def _counted(self, key: str, reckoning: Reckoning | None) -> Iterator[str]:
        if reckoning is not None:
            clause = reckoning.clause
            yield self.say(key, document=clause.document, article=clause.article)
            yield from _indented(explain(reckoning, self._language))

    def _mark(self, mark: Mark) -> str:
        separator = "、" if self._language == "zh" else ", "
        is_overdue = mark.kind is MarkKind.OVERDUE
        items = [self.word("overdue", each) if is_overdue else each for each in mark.items]
        return self.say(
            f"mark.{mark.kind}",
            about=mark.about,
            first=self._day(mark.from_on),
            last=self._day(mark.until_on),
            items=separator.join(items),
        )

    def _grounds(self, measure: MeasureAccount) -> Iterator[str]:
        for each in measure.grounds:
            fields = {"list": each.list_id, "number": each.document_number, "day": each.decided_on}
            text = self.say("ground", **fields)
            yield text + (self.say("ground.disputed") if each.disputed else "")

    def _day(self, day: date | None) -> str:
        if day is None:
            return self.say("day.open")
        is_chinese = self._language == "zh"
        return f"{day.year}年{day.month}月{day.day}日" if is_chinese else day.isoformat()

    def _name(self, row: Named) -> str:
        return row.zh if self._language == "zh" else row.en


def _indented(lines: Iterable[str]) -> Iterator[str]:
    return (_INDENT + line for line in lines)
