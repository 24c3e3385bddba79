"""Days: the made-up ones that agencies' systems write for "not known", in any act.

``made_up(act)`` names the first field of an act whose day cannot be one of the law. What eases is
never held by a day that decides nothing in it (law 7): the time of the statement, and the first day
of effect of anything but a removal.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from operator import attrgetter
from typing import Any, Final, get_args, get_type_hints

import msgspec

from creditbus.domain.acts.events import Act, EntryRemoved, Envelope
from creditbus.domain.acts.kinds import ACTS, is_way_out
from creditbus.domain.acts.refusals import Fault, Reason
from creditbus.domain.law.articles import LISTS

FIRST_YEAR: Final = 1949
LAST_YEAR: Final = 2098
"""Agencies' systems write 2999-12-31, 2099-12-31, 1900-01-01 or 0001-01-01 for "not known".

No term of the law runs so long, and no decision is so old.
"""

MADE_UP: Final = (
    "leave a day out that is not known: 2999-12-31 and 1900-01-01 are no days of the law"
)

_IDLE: Final = frozenset({"occurred_at", "effective_on"})
"""What decides nothing in an act that eases, but for the first day of a removal."""


def made_up(act: Act) -> str | None:
    """Return the name of the first field whose day is made up, None where every day may be one."""
    names, read = _DAYS_OF[type(act)]
    for place, day in enumerate(read(act)):
        if day is not None and not FIRST_YEAR <= day.year <= LAST_YEAR:
            name = names[place].rpartition(".")[2]
            if not _is_idle(act, name):
                return name
    return None


def day_fault(act: Act) -> Fault | None:
    """Return the refusal of an act with a made-up day, or None."""
    field = made_up(act)
    return Fault(Reason.DATE_MADE_UP, field, LISTS, MADE_UP) if field is not None else None


def _is_idle(act: Act, name: str) -> bool:
    if name not in _IDLE or not is_way_out(act):
        return False
    return name == "occurred_at" or not isinstance(act, EntryRemoved)


def _days_of(kind: type[msgspec.Struct]) -> list[str]:
    hints = get_type_hints(kind)
    return [name for name, hint in hints.items() if _holds_day(hint)]


def _holds_day(hint: Any) -> bool:
    return any(
        isinstance(each, type) and issubclass(each, date) for each in (hint, *get_args(hint))
    )


def _reading(kind: type[Act]) -> tuple[list[str], Callable[[Any], tuple[date | None, ...]]]:
    names = [f"envelope.{name}" for name in _days_of(Envelope)] + _days_of(kind)
    return names, attrgetter(*names)


_DAYS_OF: Final = {kind: _reading(kind) for kind in ACTS}
"""Every day of each kind of act, by its field; the type of a field says that it is one."""
