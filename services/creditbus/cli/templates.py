"""``creditbus files template``: an empty workbook of an official table, with what may stand where.

The headers are those that the reader knows, with a star where a cell is needed; codes and numbers
are texts, so that none loses digits; days and words are checked while they are typed.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from creditbus.cli.faults import MISUSED, fail, told
from creditbus.cli.prints import give, say
from creditbus.domain.acts.days import FIRST_YEAR, LAST_YEAR
from creditbus.sdk.sheets.court_lists import CONDUCTS
from creditbus.sdk.sheets.layouts import LAYOUTS, SheetLayout

files = typer.Typer(help="The official tables as files.", no_args_is_help=True)
_LAYOUTS: Final[Mapping[str, SheetLayout]] = {layout.name: layout for layout in LAYOUTS}
Table = StrEnum("Table", {name: name for name in _LAYOUTS})  # type: ignore[misc]

_DAYS: Final = frozenset(
    {"decided", "published", "published_until", "notice", "valid_from", "valid_to"}
)
_AMOUNTS: Final = frozenset({"fine", "confiscated"})
_CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "kind": ("法人及非法人组织",),
    "status": ("正常", "撤销"),
    "rights": ("是", "否"),
    "conduct": tuple(CONDUCTS.values()),
    "penalty": (
        *(
            "警告",
            "通报批评",
            "罚款",
            "没收违法所得",
            "没收非法财物",
            "暂扣许可证件",
            "吊销许可证件",
        ),
        *("降低资质等级", "限制开展生产经营活动", "责令停产停业", "责令关闭", "限制从业", "其他"),
    ),
    "permit": ("普通", "特许", "认可", "核准", "登记", "其他"),
}
_OF_TABLE: Final[Mapping[str, frozenset[str]]] = {
    "court-list": frozenset({"party"}),
    "penalty": frozenset(),
    "permit": frozenset(),
}
"""What machines write and no clerk: it is left out of the template."""

_ROWS: Final = 5_000


@files.command("template")
@told
def template(
    table: Annotated[Table, typer.Argument(help="Which official table.")],
    out: Annotated[Path | None, typer.Option(help="Where to write it, as .xlsx.")] = None,
) -> None:
    """Write an empty workbook of a table: fill it in, and hand it in with `creditbus submit`."""
    path = out or Path(f"{table.value}.xlsx")
    if path.suffix.lower() != ".xlsx":
        fail(f"{path}: a template is written as .xlsx", MISUSED)
    if path.exists():
        fail(f"{path} exists and may be filled in: name another with --out", MISUSED)
    workbook_of(_LAYOUTS[table.value]).save(path)
    give({"file": str(path)})
    say(f"{path}: fill it in, and try it with `creditbus submit {path} --dry-run`")


def workbook_of(layout: SheetLayout) -> Any:
    """Return the empty workbook of a table."""
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Font

    book = Workbook()
    sheet = book.active
    sheet.title = layout.title
    fields = [each for each in layout.fields if each not in _OF_TABLE[layout.name]]
    for place, field in enumerate(fields, start=1):
        star = "*" if field in layout.required else ""
        cell = sheet.cell(1, place, star + layout.fields[field][0])
        cell.font = Font(bold=True)
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        column = sheet.column_dimensions[cell.column_letter]
        column.width = 22
        column.number_format = (
            "yyyy-mm-dd" if field in _DAYS else "General" if field in _AMOUNTS else "@"
        )
        _checked(sheet, cell.column_letter, field)
    sheet.freeze_panes = "A2"
    return book


def _checked(sheet: Any, column: str, field: str) -> None:
    """Let the office program check a column while it is filled in."""
    from openpyxl.worksheet.datavalidation import DataValidation

    if field in _CHOICES:
        asked = DataValidation("list", formula1=f'"{",".join(_CHOICES[field])}"')
        asked.showErrorMessage, asked.errorStyle = True, "warning"
    elif field in _DAYS:
        first, last = f"DATE({FIRST_YEAR},1,1)", f"DATE({LAST_YEAR},12,31)"
        asked = DataValidation("date", operator="between", formula1=first, formula2=last)
        asked.showErrorMessage, asked.errorStyle = True, "warning"
        asked.error = "日期应为实际日期，如 2026-07-09；不明的请留空"
    elif field == "code":
        asked = DataValidation("textLength", operator="between", formula1="9", formula2="18")
        asked.showErrorMessage, asked.errorStyle = True, "warning"
        asked.error = "统一社会信用代码为18位"
    else:
        return
    asked.allow_blank = True
    asked.add(f"{column}2:{column}{_ROWS}")
    sheet.add_data_validation(asked)
