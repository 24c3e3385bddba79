"""Fragments: the board as HTML, one function for each part of the page.

Every text goes through ``escape``: what sources call themselves is theirs to choose.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from creditbus.console.decide import Board, BodyLine, Flow, ListLine, Name
from creditbus.console.rounds import ProcessHealth, Rounds
from creditbus.console.visit import Visit
from creditbus.console.words import ago, explain, say
from creditbus.domain.calendar import SHANGHAI
from creditbus.domain.terms.words import Language


def state(board: Board | None, away: str | None, language: Language) -> str:
    """Return the chip that says whether the numbers are live, and of when they are."""
    kind = "away" if away is not None else "starting" if board is None else _pace(board)
    stamp = ""
    if board is not None:
        old = board.as_of if kind == "behind" and board.as_of is not None else board.at
        at, age = old.astimezone(SHANGHAI), (board.at - old).total_seconds()
        aged = f" ({ago(age, language)})" if age >= 1 else ""
        stamp = (
            f'<time datetime="{at.isoformat()}">{say("as_of", language)} {at:%H:%M:%S}{aged}</time>'
        )
    return f'<span class="chip {kind}">{say(kind, language)}</span>{stamp}'


def warning(board: Board | None, away: str | None, language: Language) -> str:
    """Return the banner while the views cannot be read or are behind, nothing otherwise."""
    if away is not None:
        detail = f"{say('away_detail', language)} <small>{escape(away)}</small>"
        return f'<p class="warning"><b>{say("away", language)}</b> {detail}</p>'
    if board is not None and not board.is_current:
        detail = say("behind_detail", language)
        return f'<p class="warning"><b>{say("behind", language)}</b> {detail}</p>'
    return ""


def _pace(board: Board) -> str:
    return "live" if board.is_current else "behind"


def figures(board: Board, held: int, visit: Visit) -> str:
    """Return the numbers on top, those that need a person marked."""
    overdue = sum(line.is_overdue for line in board.bodies)
    refused = sum(line.refused for line in board.sources)
    shown = (
        ("subjects", board.subjects, "", "/subject"),
        ("exposed_now", board.exposures, "", "/exposures"),
        ("refused_total", refused, "", "/refused"),
        ("dead_total", board.dead, "attention" if board.dead else "", "/sources"),
        ("held_total", held, "alarm" if held else "fine", "/held"),
        ("overdue_total", overdue, "alarm" if overdue else "fine", "/owed"),
    )
    cells = "".join(
        f'<a class="figure {mark}" href="{escape(visit.to(path))}"><b>{count:,}</b>'
        f"<span>{visit.say(word)}</span></a>"
        for word, count, mark, path in shown
    )
    return f'<div class="figures">{cells}</div>'


def flow(board: Board, visit: Visit) -> str:
    """Return the streams in the order in which a fact passes them."""
    return f'<ol class="flow">{"".join(_stream(each, visit) for each in board.flows)}</ol>'


def owed(board: Board, visit: Visit) -> str:
    """Return what each executing body owes, overdue lifts first."""
    head = ("body", "lifts", "oldest", "applies")
    return _table(head, (_body(line, visit) for line in board.bodies), visit)


def lists(board: Board, visit: Visit) -> str:
    """Return the entries of each list by stage."""
    head = ("list", "active", "waiting", "suspended", "removed")
    return _table(head, (_list(line, visit) for line in board.lists), visit)


def reasons(board: Board, visit: Visit) -> str:
    """Return the refusals by reason, the commonest first."""
    if not board.reasons:
        return _nothing("none_refused", visit)
    most = max(count for _, count in board.reasons)
    rows = (
        f"<td>{explain(reason, visit.language)}<code>{reason}</code>"
        f'<i class="bar" style="width:{100 * count / most:.0f}%"></i></td>{_number(count)}'
        for reason, count in board.reasons
    )
    return _table(("reason", "count"), rows, visit)


def sources(board: Board, visit: Visit) -> str:
    """Return what came of each source's records, the most troubled first."""
    if not board.sources:
        return _nothing("none_received", visit)
    head = ("source", "received", "duplicate", "refused", "dead")
    rows = (
        f"<td>{_called(line.name, visit, visit.to('/refused', source=line.name.id))}</td>"
        f"{_number(line.received)}{_number(line.duplicate)}"
        f"{_number(line.refused, 'attention')}{_number(line.dead, 'alarm')}"
        for line in board.sources
    )
    return _table(head, rows, visit)


def processes(rounds: Rounds, visit: Visit) -> str:
    """Return every process: whether it does its work, how far it is behind, since when it runs."""
    if rounds.at is None:
        return _nothing("reading", visit)
    ordered = sorted(rounds.states, key=lambda each: each.is_ready)
    tiles = (_tile(each, rounds.at.timestamp(), visit) for each in ordered)
    return f'<ul class="tiles">{"".join(tiles)}</ul>'


def _tile(each: ProcessHealth, now: float, visit: Visit) -> str:
    kind, word = ("live", "ready") if each.is_ready else ("away", "not_ready")
    facts = []
    if each.lag is not None:
        facts.append(f"{visit.say('lag')} {each.lag:,}")
    if each.started_at is not None:
        facts.append(f"{visit.say('up_for')} {ago(now - each.started_at, visit.language)}")
    if each.restarts:
        facts.append(f'<em class="attention">{visit.say("restarts")} {each.restarts:,}</em>')
    why = f'<small class="alarm">{escape(each.why)}</small>' if each.why else ""
    return (
        f'<li class="{kind}"><b>{escape(each.name)}</b> <span class="chip {kind}">'
        f"{visit.say(word)}</span><small>{' · '.join(facts)}</small>{why}</li>"
    )


def _stream(each: Flow, visit: Visit) -> str:
    rate = f"{each.per_second:,.1f} {visit.say('per_second')}"
    moving = "moving" if each.per_second else ""
    return (
        f'<li class="{moving}"><span>{visit.say(each.stream)}</span>'
        f"<b>{each.count:,}</b><small>{rate}</small></li>"
    )


def _body(line: BodyLine, visit: Visit) -> str:
    age = ""
    if line.lift_age_s is not None:
        mark = f' <em class="alarm">{visit.say("overdue")}</em>' if line.is_overdue else ""
        age = f"{ago(line.lift_age_s, visit.language)}{mark}"
    elif not line.applies:
        age = f'<span class="fine">{visit.say("settled")}</span>'
    lifts = _number(line.lifts, "alarm" if line.is_overdue else "")
    said = f" <small>{escape(line.said)}</small>" if line.said else ""
    return (
        f"<td>{_called(line.name, visit, visit.to('/owed', body=line.name.id))}{said}</td>{lifts}"
        f'<td class="number">{age}</td>{_number(line.applies)}'
    )


def _list(line: ListLine, visit: Visit) -> str:
    chip = f'<span class="chip {line.polarity}">{visit.say(line.polarity)}</span>'
    counts = (line.active, line.waiting, line.suspended, line.removed)
    numbers = "".join(_number(count) for count in counts)
    return (
        f"<td>{_called(line.name, visit, visit.to('/lists', id=line.name.id), chip)}</td>{numbers}"
    )


def _called(name: Name, visit: Visit, address: str, chip: str = "") -> str:
    link = f'<a href="{escape(address)}">{escape(visit.called(name))}</a>'
    return f"{link} {chip}<code>{escape(name.id)}</code>"


def _number(count: int, mark: str = "") -> str:
    kinds = f"number {mark if count else ''}{'' if count else 'none'}"
    return f'<td class="{kinds}">{count:,}</td>'


def _nothing(word: str, visit: Visit) -> str:
    return f'<p class="nothing">{visit.say(word)}</p>'


def _table(head: Iterable[str], rows: Iterable[str], visit: Visit) -> str:
    first, *others = (visit.say(word) for word in head)
    titles = f"<th>{first}</th>" + "".join(f'<th class="number">{each}</th>' for each in others)
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    return f"<table><thead><tr>{titles}</tr></thead><tbody>{body}</tbody></table>"
