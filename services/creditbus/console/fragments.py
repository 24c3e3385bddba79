"""Fragments: the board as HTML, one function for each part of the page.

Every text goes through ``escape``: what sources call themselves is theirs to choose.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from creditbus.console.decide import Board, BodyLine, Flow, ListLine, Name
from creditbus.console.words import Language, ago, explain, say
from creditbus.domain.calendar import SHANGHAI


def state(board: Board | None, away: str | None, language: Language) -> str:
    """Return the chip that says whether the numbers are live, and of when they are."""
    kind = "away" if away is not None else "live" if board is not None else "starting"
    stamp = ""
    if board is not None:
        at = board.at.astimezone(SHANGHAI)
        stamp = f'<time datetime="{at.isoformat()}">{say("as_of", language)} {at:%H:%M:%S}</time>'
    return f'<span class="chip {kind}">{say(kind, language)}</span>{stamp}'


def warning(away: str | None, language: Language) -> str:
    """Return the banner while the views cannot be read, nothing otherwise."""
    if away is None:
        return ""
    detail = f"{say('away_detail', language)} <small>{escape(away)}</small>"
    return f'<p class="warning"><b>{say("away", language)}</b> {detail}</p>'


def figures(board: Board, language: Language) -> str:
    """Return the numbers on top, those that need a person marked."""
    overdue = sum(line.is_overdue for line in board.bodies)
    refused = sum(line.refused for line in board.sources)
    shown = (
        ("subjects", board.subjects, ""),
        ("exposed_now", board.exposures, ""),
        ("refused_total", refused, ""),
        ("dead_total", board.dead, "attention" if board.dead else ""),
        ("overdue_total", overdue, "alarm" if overdue else "fine"),
    )
    cells = "".join(
        f'<div class="figure {mark}"><b>{count:,}</b><span>{say(word, language)}</span></div>'
        for word, count, mark in shown
    )
    return f'<div class="figures">{cells}</div>'


def flow(board: Board, language: Language) -> str:
    """Return the streams in the order in which a fact passes them."""
    return f'<ol class="flow">{"".join(_stream(each, language) for each in board.flows)}</ol>'


def owed(board: Board, language: Language) -> str:
    """Return what each executing body owes, overdue lifts first."""
    head = ("body", "lifts", "oldest", "applies")
    return _table(head, (_body(line, language) for line in board.bodies), language)


def lists(board: Board, language: Language) -> str:
    """Return the entries of each list by stage."""
    head = ("list", "active", "waiting", "suspended", "removed")
    return _table(head, (_list(line, language) for line in board.lists), language)


def reasons(board: Board, language: Language) -> str:
    """Return the refusals by reason, the commonest first."""
    if not board.reasons:
        return _nothing("none_refused", language)
    most = max(count for _, count in board.reasons)
    rows = (
        f"<td>{explain(reason, language)}<code>{reason}</code>"
        f'<i class="bar" style="width:{100 * count / most:.0f}%"></i></td>{_number(count)}'
        for reason, count in board.reasons
    )
    return _table(("reason", "count"), rows, language)


def sources(board: Board, language: Language) -> str:
    """Return what came of each source's records, the most troubled first."""
    if not board.sources:
        return _nothing("none_received", language)
    head = ("source", "received", "duplicate", "refused", "dead")
    rows = (
        f"<td>{_called(line.name, language)}</td>{_number(line.received)}{_number(line.duplicate)}"
        f"{_number(line.refused, 'attention')}{_number(line.dead, 'alarm')}"
        for line in board.sources
    )
    return _table(head, rows, language)


def _stream(each: Flow, language: Language) -> str:
    rate = f"{each.per_second:,.1f} {say('per_second', language)}"
    moving = "moving" if each.per_second else ""
    return (
        f'<li class="{moving}"><span>{say(each.stream, language)}</span>'
        f"<b>{each.count:,}</b><small>{rate}</small></li>"
    )


def _body(line: BodyLine, language: Language) -> str:
    age = ""
    if line.lift_age_s is not None:
        mark = f' <em class="alarm">{say("overdue", language)}</em>' if line.is_overdue else ""
        age = f"{ago(line.lift_age_s, language)}{mark}"
    elif not line.applies:
        age = f'<span class="fine">{say("settled", language)}</span>'
    lifts = _number(line.lifts, "alarm" if line.is_overdue else "")
    return (
        f"<td>{_called(line.name, language)}</td>{lifts}"
        f'<td class="number">{age}</td>{_number(line.applies)}'
    )


def _list(line: ListLine, language: Language) -> str:
    chip = f'<span class="chip {line.polarity}">{say(line.polarity, language)}</span>'
    counts = (line.active, line.waiting, line.suspended, line.removed)
    numbers = "".join(_number(count) for count in counts)
    return f"<td>{_called(line.name, language, chip)}</td>{numbers}"


def _called(name: Name, language: Language, chip: str = "") -> str:
    text = (name.en if language == "en" else name.zh) or name.id
    return f"{escape(text)} {chip}<code>{escape(name.id)}</code>"


def _number(count: int, mark: str = "") -> str:
    kinds = f"number {mark if count else ''}{'' if count else 'none'}"
    return f'<td class="{kinds}">{count:,}</td>'


def _nothing(word: str, language: Language) -> str:
    return f'<p class="nothing">{say(word, language)}</p>'


def _table(head: Iterable[str], rows: Iterable[str], language: Language) -> str:
    first, *others = (say(word, language) for word in head)
    titles = f"<th>{first}</th>" + "".join(f'<th class="number">{each}</th>' for each in others)
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    return f"<table><thead><tr>{titles}</tr></thead><tbody>{body}</tbody></table>"
