"""``creditbus rotate``: a secret is replaced by a new one."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from creditbus.cli.faults import MISUSED, fail, told
from creditbus.cli.places import Home, sites, stack_file
from creditbus.cli.prints import give, say
from creditbus.stack.folder import Folder
from creditbus.stack.rotations import OF_SOMEBODY, Rotations, SecretKind

_PERSON: Final = (
    "the key of natural persons is not rotated: it names each of them, so with another key nobody"
    " would be known any more. See docs/runbooks.md for what to do when it has got out"
)
_COUNTS: Final = {
    SecretKind.TOKEN: "it counts from now on, and the old one no more; its holder needs it:",
    SecretKind.LOGIN: "new connections need it; those that are open stay. Who logs in so:",
}
_AT_START: Final = (
    "it is in stack.json and counts from the next start on: `creditbus down`, `creditbus up`"
)
_BY_HAND: Final = ("svc.", "admin")


@told
def rotate(
    kind: Annotated[str, typer.Argument(metavar="KIND", help=f"One of {', '.join(SecretKind)}.")],
    of: Annotated[
        str, typer.Argument(help="Whose: a party (token), a principal (login), a body (webhook).")
    ] = "",
    home: Home = None,
) -> None:
    """Replace a secret by a new one, say from when on it counts, and print what its holder needs.

    A webhook's new secret is told to the body first: its receiver believes several.
    """
    if kind == "person":
        fail(_PERSON, MISUSED)
    if kind not in set(SecretKind):
        fail(f"there is no secret {kind}; there are {', '.join(SecretKind)}", MISUSED)
    chosen = SecretKind(kind)
    if (chosen in OF_SOMEBODY) is not bool(of):
        whose = "say whose, as in `creditbus rotate token court`" if not of else "it is nobody's"
        fail(f"{chosen}: {whose}", MISUSED)
    stack_file(home)
    new = Rotations(Folder(sites(home).home)).rotate(chosen, of)
    is_handed_over = chosen is SecretKind.LOGIN and not of.startswith(_BY_HAND)
    is_told = is_handed_over or chosen in {SecretKind.TOKEN, SecretKind.WEBHOOK}
    counts_now = chosen in {SecretKind.TOKEN, SecretKind.LOGIN} and is_told
    give({"kind": chosen, "of": of, "new": new if is_told else None, "counts_now": counts_now})
    if counts_now:
        say(_COUNTS[chosen])
        say(new)
    elif chosen is SecretKind.WEBHOOK:
        say(f"{_AT_START}; the body believes the old one beside it until then:")
        say(new)
    else:
        say(_AT_START)
