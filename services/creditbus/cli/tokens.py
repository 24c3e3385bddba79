"""``creditbus sources token``, ``tokens`` and ``revoke``: a source's tokens, one beside another."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.table import Table

from creditbus.cli.faults import MISUSED, fail, told
from creditbus.cli.gathered import gathered, option
from creditbus.cli.places import Home, parties, sites, stack_file
from creditbus.cli.prints import give, say, show
from creditbus.domain.calendar import day_of
from creditbus.runtime.clock import SystemClock
from creditbus.runtime.http.credentials import CallerRole, Credential, TokenScope
from creditbus.stack.folder import OWNER_ONLY_FILE, Folder
from creditbus.stack.tokens import NoSuchToken, Tokens, forget

SourceId = Annotated[str, typer.Argument(metavar="SOURCE", help="Id of the source.")]
_TokensFile = Annotated[
    Path | None,
    typer.Option("--tokens", help="File of credentials of a bus that runs elsewhere."),
]
Into = Annotated[
    Path | None,
    typer.Option("--into", help="Write the secret into this new file, and not on the terminal."),
]
_Day = Annotated[
    datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The last day on which it is good.")
]


@dataclass(frozen=True, slots=True)
class KeptAt:
    """Which file of credentials a person named: that of a local bus, or another."""

    tokens: Path | None = None
    home: Path | None = None

    def all(self) -> Tokens:
        """Return the credentials in it."""
        return tokens_of(self.home, self.tokens)


kept_at: Final = gathered(
    "kept", KeptAt, option("tokens", _TokensFile, None), option("home", Home, None)
)
"""Give a command the options that name a file of credentials, in place of ``kept``."""


@kept_at
@told
def token(
    source: SourceId,
    kept: KeptAt,
    old_until: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="The last day of the tokens that it has by now."),
    ] = None,
    good_until: _Day = None,
    only: Annotated[
        TokenScope | None,
        typer.Option(help="All that it may do: state records, or ask what became of them."),
    ] = None,
    into: Into = None,
) -> None:
    """Give a source one more token, told once; those that it has stay good until you say so."""
    party, today = known_source(source, kept.home), day_of(SystemClock().now())
    refuse_taken(into)
    for day in (old_until, good_until):
        if day is not None and day.date() < today:
            fail(f"{day:%Y-%m-%d} is over: give today or a later day", MISUSED)
    known = kept.all()
    until = None if good_until is None else good_until.date()
    new, row = known.give(party, CallerRole.SOURCE, today, good_until=until, only=only)
    handed = hand_over(new, row, into)
    if old_until is not None:
        ended = known.end(party, old_until.date(), but=row.id)
        say(f"until {old_until:%Y-%m-%d}: {_ids(ended) or 'no other token'}")
        others = ended
    else:
        others = [each for each in known.of(party) if each.id != row.id and each.is_good(today)]
        say(
            f"still good beside it: {_ids(others)}; `creditbus sources revoke {party} --token ID`"
            if others
            else f"it is the only one of {party}"
        )
    give(handed | {"beside_it": [_told_of(each) for each in known.of(party) if each in others]})


@kept_at
@told
def tokens(source: SourceId, kept: KeptAt) -> None:
    """List a source's tokens by their ids: since when, until when, taken away or not."""
    rows = kept.all().of(known_source(source, kept.home))
    give(list(map(_told_of, rows)))
    today = day_of(SystemClock().now())
    table = Table("token", "given on", "last day", "taken away on", "may", "good")
    for row in rows:
        days = (_or_dash(row.issued_on), _or_dash(row.expires_on), _or_dash(row.revoked_on))
        table.add_row(row.id, *days, row.only or "all", "yes" if row.is_good(today) else "no")
    show(table)


@kept_at
@told
def revoke(
    source: SourceId,
    kept: KeptAt,
    token: Annotated[str, typer.Option("--token", help="Id of one token; else all.")] = "",
) -> None:
    """Take a token away from a source, or all of them; the next request with it is answered 401."""
    party = known_source(source, kept.home)
    try:
        taken = kept.all().revoke(party, day_of(SystemClock().now()), token)
    except NoSuchToken as unknown:
        fail(str(unknown), MISUSED)
    if kept.tokens is None:
        file = stack_file(kept.home)
        if forget(file, party, taken):
            file.save(Folder(sites(kept.home).home).stack_file)
    say(f"taken away from {party}: {_ids(taken)}")
    give({"source": party, "revoked": [row.id for row in taken]})
    left = [row for row in kept.all().of(party) if row.revoked_on is None]
    if not left:
        say(f"{party} has no token any more; it still has its login at the broker, and its inbox")


def known_source(source: str, home: Path | None) -> str:
    """Return the source, or say who there is."""
    known = parties(sites(home)).sources
    if source not in known:
        near = [each for each in known if each.startswith(source[:3])]
        named = ", ".join(near or list(known)[:5])
        fail(
            f"there is no source {source}; there are {named} and others, which"
            f" `creditbus sources --json` lists; `creditbus sources add {source}` makes one",
            MISUSED,
        )
    return source


def tokens_of(home: Path | None, named: Path | None) -> Tokens:
    """Return the credentials of the local bus or of a named file, or say that there are none."""
    if named is None:
        stack_file(home)
    path = named or sites(home).home / "tokens.json"
    if not path.exists():
        fail(f"there is no {path}: `creditbus up` writes it, or name another with --tokens")
    return Tokens(path)


def refuse_taken(into: Path | None) -> None:
    """Say that a new file cannot be made there; nothing has been done then."""
    if into is not None and into.exists():
        fail(f"{into} is there already: name a new file for the token", MISUSED)
    if into is not None and not (into.parent.is_dir() and os.access(into.parent, os.W_OK)):
        fail(f"{into.parent} is no folder that this user may write: name another", MISUSED)


def hand_over(token: str, row: Credential, into: Path | None) -> dict[str, object]:
    """Say a new token, once: on the terminal, or into a new file that its owner alone may read.

    Returns what a machine is given of it, which is then the only place that has the token.
    """
    until = f", good until {row.expires_on}" if row.expires_on else ""
    until += f", to {row.only} alone" if row.only else ""
    if into is None:
        say(f"token {row.id} of {row.party}{until}, told this once and kept nowhere:")
        say(token)
        return {"source": row.party, **_told_of(row), "token": token, "into": None}
    into.touch(mode=OWNER_ONLY_FILE, exist_ok=False)
    into.write_text(token + "\n", encoding="ascii")
    say(f"token {row.id} of {row.party}{until} is in {into}, and kept nowhere else")
    return {"source": row.party, **_told_of(row), "token": None, "into": str(into)}


def _told_of(row: Credential) -> dict[str, object]:
    """Return what is told of a token, which does not open anything."""
    return {
        "id": row.id,
        "issued_on": row.issued_on,
        "expires_on": row.expires_on,
        "revoked_on": row.revoked_on,
        "only": row.only,
    }


def _ids(rows: list[Credential]) -> str:
    return ", ".join(row.id for row in rows)


def _or_dash(day: date | None) -> str:
    return "-" if day is None else day.isoformat()
