"""``creditbus catalogue``: the law in files, checked, compared, explained and brought in force."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from creditbus.cli.faults import MISUSED, fail, told
from creditbus.cli.places import sites
from creditbus.cli.prints import give, say
from creditbus.cli.publications import publish
from creditbus.domain.law.differences import (
    Consequence,
    Difference,
    RowChange,
    consequences,
    differences,
)
from creditbus.domain.law.editions import Edition, EditionUnknown
from creditbus.domain.law.explanations import Explanation, Reading, explain, explain_reader
from creditbus.runtime.law.catalogue import CatalogueInvalid, load_draft
from creditbus.runtime.law.editions import Shelf, load_editions, read_edition

catalogues = typer.Typer(
    help="The lists, measures and bases: check, compare, explain, publish.", no_args_is_help=True
)
catalogues.command("publish")(publish)
_FEW: Final = 6

Questions = tuple[tuple[str, tuple[str, ...]], ...]
Where = Annotated[str, typer.Argument(help="A folder, an edition's file, or an edition's hash.")]


@catalogues.command("check")
@told
def check(
    folder: Annotated[Path | None, typer.Argument(help="Folder of the catalogue.")] = None,
) -> None:
    """Look at every row, and say what cannot stand; exit 1 when anything is wrong.

    Of a sound catalogue: what each field that differs from the edition before it decides.
    """
    places = sites()
    here = folder or places.catalogue
    problems: tuple[str, ...] = ()
    edition, changes = None, list[Consequence]()
    try:
        edition, *before = load_editions(here, places.editions, places.shelf).catalogues
        changes = consequences(differences(before[0], edition)) if before else []
    except CatalogueInvalid as invalid:
        problems = invalid.problems
    except EditionUnknown as unknown:
        problems = (f"edition.toml, field follows: {unknown}",)
    name = edition.edition if edition is not None else None
    give({"edition": name, "problems": problems, "changes": changes})
    if edition is not None:
        parts = ", ".join(
            f"{len(rows)} {name} ({sum(row.enabled for row in rows.values())} in use)"
            for name, rows in (("lists", edition.lists), ("measures", edition.measures))
        )
        say(f"edition {edition.edition} is sound: {parts}, {len(edition.bases)} bases")
        for each in changes:
            say(_sentence(each))
    if problems:
        listed = "\n".join(f"- {problem}" for problem in problems)
        fail(f"{here} cannot be published until this is mended:\n{listed}")


@catalogues.command("diff")
@told
def diff(
    before: Where = "",
    after: Where = "",
) -> None:
    """Say what the second says that the first did not; exit 1 when they differ.

    Without arguments: what publishing the catalogue's folder would change.
    """
    new = _edition(after) if after else load_draft(sites().catalogue)[0]
    old = _edition(before or new.follows)
    found = differences(old.catalogue, new.catalogue)
    give({"before": old.id, "after": new.id, "differences": found})
    say(
        f"edition {old.id} (from {old.in_force_from}) -> {new.id} (from {new.in_force_from}):"
        f" {len(found)} rows differ"
    )
    for difference in found:
        _tell(difference)
    raise typer.Exit(1 if found else 0)


@catalogues.command("explain")
@told
def explain_row(
    row: Annotated[str, typer.Argument(help="A measure, such as A13, or a reader, such as S04.")],
) -> None:
    """Say what a measure does or a reader reads: who, from what, on which law, within which limits.

    A reader goes by its number in the register, or by its id.
    """
    catalogue = load_draft(sites().catalogue)[0].catalogue
    measure = next((each for each in catalogue.measures.values() if each.id == row.upper()), None)
    readers = catalogue.subscribers.values()
    reader = next((each for each in readers if row in {each.id, each.code}), None)
    if measure is not None:
        explanation: Explanation | Reading = explain(measure, catalogue)
    elif reader is not None:
        explanation = explain_reader(reader, catalogue)
    else:
        known = ", ".join([*catalogue.measures, *(each.code for each in readers)])
        fail(f"there is no measure and no reader {row}; there are {known}", MISUSED)
    give(explanation)
    for line in _lines(explanation):
        say(line)


def _sentence(change: Consequence) -> str:
    count = len(change.rows)
    which = ", ".join(change.rows) if count <= _FEW else f"{count} rows"
    return f"{change.part}, {change.name}: differs in {which}; it decides {change.decides}"


def _edition(where: str) -> Edition:
    """Return the edition in a folder, in a file, or on the shelf under a hash."""
    places = sites()
    if not where:
        fail("the catalogue follows no edition (edition.toml); name two to compare", MISUSED)
    path = Path(where)
    if path.is_dir():
        return load_draft(path)[0]
    if path.is_file():
        return read_edition(path)
    found = Shelf([places.editions, places.shelf]).find(where)
    if found is None:
        known = sorted(file.stem for file in places.editions.glob("*.json"))
        fail(
            f"{where} is no folder, no file and no edition on the shelf {places.editions};"
            f" there are {', '.join(known) or 'none'}",
            MISUSED,
        )
    return found


def _tell(difference: Difference) -> None:
    title = f"{difference.name_zh} ({difference.name_en})"
    say(f"\n{difference.part} {difference.id} {title}: {difference.kind}")
    for change in difference.fields:
        say(f"  {change.name}")
        if difference.kind is not RowChange.ADDED:
            for each in change.before:
                say(f"    - {each}")
        for each in change.after:
            say(f"    + {each}")


def _lines(explanation: Explanation | Reading) -> list[str]:
    told = [f"{explanation.id} {explanation.name_zh} ({explanation.name_en}): {explanation.state}"]
    asked = _of_reader if isinstance(explanation, Reading) else _of_measure
    for question, answers in asked(explanation):  # type: ignore[arg-type]
        told += [question, *(f"  {answer}" for answer in answers)]
    return told


def _of_reader(reading: Reading) -> Questions:
    return (
        ("why it reads", (reading.purpose,)),
        ("on which law", reading.bases),
        ("what it may ask", reading.asks or ("nothing",)),
        ("may it ask about natural persons", (reading.persons,)),
        ("what it owes for it", reading.duties or ("nothing is stated",)),
    )


def _of_measure(explanation: Explanation) -> Questions:
    return (
        ("what it does", (explanation.does,)),
        ("who carries it out", explanation.executors),
        ("which lists lead to it", explanation.lists or ("none in this edition",)),
        ("on which law", explanation.bases or ("none is named",)),
        ("which matters ask for it", explanation.asked or ("none; nothing is answered",)),
        ("must a human decide", (explanation.human,)),
        ("what it may never touch", explanation.never),
    )
