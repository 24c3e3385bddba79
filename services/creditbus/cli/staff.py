"""``creditbus accounts``: the staff, who may log in to the console, each in a role."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer
from rich.table import Table

from creditbus.cli.faults import MISUSED, fail, told
from creditbus.cli.places import Home, sites
from creditbus.cli.prints import give, machine, say, show
from creditbus.console.staff import Staff, StaffMember, StaffRefused, StaffRole, staff_file
from creditbus.domain.calendar import day_of
from creditbus.runtime.clock import SystemClock
from creditbus.stack.folder import replace_private

FILE: Final = "accounts.json"

accounts = typer.Typer(help="Who may log in to the console.", no_args_is_help=True)

AccountsFile = Annotated[
    Path | None,
    typer.Option("--accounts", help="File of accounts of a console that runs elsewhere."),
]
Name = Annotated[str, typer.Argument(help="Small letters, digits, dots and hyphens.")]
FromInput = Annotated[
    bool,
    typer.Option("--password-stdin", help="Read the password from the input, and ask for nothing."),
]


class AccountLine(msgspec.Struct, frozen=True, kw_only=True):
    """One account, without what its password could be guessed from."""

    name: str
    role: StaffRole
    since: str


@accounts.command("add")
@told
def add(
    name: Name,
    role: Annotated[
        StaffRole,
        typer.Option(
            help="viewer looks; auditor sees the bytes of dead letters too; reviewer redrives"
            " them; operator may do everything."
        ),
    ],
    password_stdin: FromInput = False,
    accounts: AccountsFile = None,
    home: Home = None,
) -> None:
    """Let somebody log in to the console; the password is asked for."""
    path, staff = _staff(home, accounts)
    if name in {row.name for row in _rows(staff)}:
        fail(f"{name} is there already: `creditbus accounts password {name}` sets another", MISUSED)
    row = _hired(staff, name, role, _password(from_input=password_stdin))
    _write(path, [*staff.rows, row])
    give(_line_of(row))
    say(f"{name} may log in to the console as {role}")


@accounts.command("list")
@told
def list_accounts(accounts: AccountsFile = None, home: Home = None) -> None:
    """Print who may log in."""
    _, staff = _staff(home, accounts)
    lines = list(map(_line_of, _rows(staff)))
    give(lines)
    if not lines:
        say("nobody: the operator's token alone opens the console")
        return
    table = Table("name", "role", "password since")
    for line in lines:
        table.add_row(line.name, line.role, line.since)
    show(table)


@accounts.command("password")
@told
def password(
    name: Name,
    password_stdin: FromInput = False,
    accounts: AccountsFile = None,
    home: Home = None,
) -> None:
    """Set another password; whoever is logged in with the old one is logged out."""
    path, staff = _staff(home, accounts)
    known = _known(staff, name)
    row = _hired(staff, name, known.role, _password(from_input=password_stdin))
    _write(path, [row if each.name == name else each for each in staff.rows])
    give(_line_of(row))
    say(f"{name} has another password, and is logged out")


@accounts.command("remove")
@told
def remove(name: Name, accounts: AccountsFile = None, home: Home = None) -> None:
    """Take somebody's login away, at once; what he or she did stays on record."""
    path, staff = _staff(home, accounts)
    gone = _known(staff, name)
    _write(path, [each for each in staff.rows if each.name != name])
    give(_line_of(gone))
    say(f"{name} may log in no more")


def _line_of(row: StaffMember) -> AccountLine:
    return AccountLine(name=row.name, role=row.role, since=f"{row.since}")


def _staff(home: Path | None, accounts: Path | None) -> tuple[Path, Staff]:
    path = accounts or sites(home).home / FILE
    if not path.parent.is_dir():
        fail(
            f"there is no folder {path.parent}: run `creditbus up`, or name the folder with --home"
            " or the file with --accounts"
        )
    return path, Staff(path)


def _rows(staff: Staff) -> tuple[StaffMember, ...]:
    try:
        return staff.rows
    except ValueError as fault:
        fail(str(fault))


def _known(staff: Staff, name: str) -> StaffMember:
    found = next((row for row in _rows(staff) if row.name == name), None)
    if found is None:
        fail(f"nobody is called {name}: `creditbus accounts list` shows who is", MISUSED)
    return found


def _hired(staff: Staff, name: str, role: StaffRole, given: str) -> StaffMember:
    try:
        return staff.hired(name, role, given, day_of(SystemClock().now()))
    except StaffRefused as refused:
        fail(str(refused), MISUSED)


def _password(*, from_input: bool) -> str:
    if from_input:
        return sys.stdin.readline().rstrip("\r\n")
    if machine() is not None or not sys.stdin.isatty():
        fail("nobody is there to ask for the password: --password-stdin reads it", MISUSED)
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))


def _write(path: Path, rows: list[StaffMember]) -> None:
    replace_private(path, staff_file(rows))
