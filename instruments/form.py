"""A form as located lines: a core workbook with its modules put in at their places."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from instruments.faults import Fault, Place, fault
from instruments.workbook import Workbook

COLUMNS = {
    "survey": (
        "type",
        "name",
        "label",
        "hint",
        "appearance",
        "required",
        "relevant",
        "constraint",
        "constraint_message",
    ),
    "choices": ("list_name", "name", "label", "description"),
    "settings": ("form_title", "form_id", "version"),
    "_context": ("key", "value"),
    "_indicators": ("item", "indicator", "scaling", "baseline"),
    "_uses": ("item", "use", "expected", "against"),
}
"""Sheets and their columns; everything else is refused by name."""
REQUIRED_SHEETS = ("survey", "settings", "_context")
KEYS = ("role", "per", "wave", "context", "blanks", "notice", "self_code")
MODULE_KEYS = ("extends", "before")


@dataclass(frozen=True)
class Line:
    """One row of one sheet, with the place a fault of it is shown at."""

    file: str
    sheet: str
    row: int
    cells: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "")

    @property
    def bracket(self) -> tuple[str, str]:
        """``('begin' or 'end', 'group' or 'repeat')`` of a row that opens or closes a section,
        else ``('', '')``."""
        edge, _, kind = self["type"].replace("_", " ").partition(" ")
        known = edge in ("begin", "end") and kind in ("group", "repeat")
        return (edge, kind) if known else ("", "")

    def place(self, column: str = "") -> Place:
        """Where this row, or its cell in ``column``, stands."""
        return Place(self.file, self.sheet, self.row, column)


@dataclass(frozen=True)
class Form:
    """All lines by sheet, modules merged; ``faults`` found on the way."""

    name: str
    sheets: Mapping[str, tuple[Line, ...]]
    faults: tuple[Fault, ...]

    def lines(self, sheet: str) -> tuple[Line, ...]:
        """Lines of ``sheet``; none when the form lacks it."""
        return self.sheets.get(sheet, ())

    def settings(self, column: str) -> str:
        """Cell ``column`` of the only settings row."""
        rows = self.lines("settings")
        return rows[0][column] if rows else ""

    def context(self, key: str) -> str:
        """Value of ``key`` in the core's ``_context`` sheet."""
        return {line["key"]: line["value"] for line in self.lines("_context")}.get(key, "")


def join_form(workbooks: Sequence[Workbook]) -> Form:
    """Merge the first workbook (core) with the further ones (modules) into one form."""
    core, modules = workbooks[0], workbooks[1:]
    faults = [problem for book in workbooks for problem in (*book.faults, *_layout_faults(book))]
    sheets = _lines(core)
    for module in modules:
        faults += _module_faults(module, sheets)
        own = _lines(module)
        before = context_of(module).get("before", "")
        sheets["survey"] = _insert(sheets.get("survey", ()), own.get("survey", ()), before)
        for sheet in ("choices", "_indicators", "_uses"):
            sheets[sheet] = sheets.get(sheet, ()) + own.get(sheet, ())
    return Form(core.name, sheets, tuple(faults))


def context_of(workbook: Workbook) -> dict[str, str]:
    """Keys and values of the sheet ``_context``."""
    sheet = workbook.sheet("_context")
    rows = sheet.rows if sheet else ()
    return {row.cells.get("key", ""): row.cells.get("value", "") for row in rows}


def form_id(workbook: Workbook) -> str:
    """The form's code in the sheet ``settings``, '' when it has none."""
    sheet = workbook.sheet("settings")
    return sheet.rows[0].cells.get("form_id", "") if sheet and sheet.rows else ""


def supplied_type(name: str) -> str:
    """Type, in a form written for other programs, of the question that stands for what the site
    supplies as ``name``."""
    return f"select_one site_{name}"


def _lines(workbook: Workbook) -> dict[str, tuple[Line, ...]]:
    """Lines by sheet, without the questions, and their lists, that the site answers itself."""
    supplied = {n: supplied_type(n) for n in context_of(workbook).get("context", "").split()}
    lists = {kind.partition(" ")[2] for kind in supplied.values()}
    lines = {
        sheet.name: tuple(Line(sheet.file, sheet.name, row.number, row.cells) for row in sheet.rows)
        for sheet in workbook.sheets
    }
    kept = {
        "survey": lambda line: supplied.get(line["name"], "-") != line["type"],
        "choices": lambda line: line["list_name"] not in lists,
    }
    return {name: tuple(filter(kept.get(name), found)) for name, found in lines.items()}


def _insert(survey: tuple[Line, ...], own: tuple[Line, ...], before: str) -> tuple[Line, ...]:
    for position, line in enumerate(survey):
        if before and line["name"] == before and line.bracket[0] == "begin":
            return survey[:position] + own + survey[position:]
    return survey + own


def _layout_faults(workbook: Workbook) -> list[Fault]:
    faults = []
    known = "、".join(COLUMNS)
    for sheet in workbook.sheets:
        place = Place(sheet.file, sheet.name)
        if sheet.name not in COLUMNS:
            faults.append(fault("instruments.unknown_sheet", place, sheet=sheet.name, known=known))
            continue
        for column in sheet.header:
            if column not in COLUMNS[sheet.name]:
                filled = (row.number for row in sheet.rows if column in row.cells)
                here = Place(sheet.file, sheet.name, next(filled, sheet.header_row), column)
                columns = "、".join(COLUMNS[sheet.name])
                found = fault("instruments.unknown_column", here, column=column, known=columns)
                faults.append(found)
    for name in REQUIRED_SHEETS:
        sheet_found = workbook.sheet(name)
        if sheet_found is None or not sheet_found.rows:
            faults.append(fault("instruments.missing_sheet", Place(workbook.name), sheet=name))
    return faults + _context_faults(workbook)


def _context_faults(workbook: Workbook) -> list[Fault]:
    sheet = workbook.sheet("_context")
    faults = []
    context = context_of(workbook)
    known = MODULE_KEYS if "extends" in context else KEYS
    seen: set[str] = set()
    for row in sheet.rows if sheet else ():
        key = row.cells.get("key", "")
        place = Place(sheet.file if sheet else "", "_context", row.number, "key")
        if key not in known:
            listed = "、".join(known)
            faults.append(fault("instruments.unknown_key", place, key=key, known=listed))
        if key in seen:
            faults.append(fault("instruments.repeated_key", place, key=key))
        seen.add(key)
    return faults


def _module_faults(module: Workbook, sheets: Mapping[str, tuple[Line, ...]]) -> list[Fault]:
    context, place = context_of(module), Place(module.name, "_context")
    faults = []
    if "extends" not in context:
        faults.append(fault("instruments.module_extends_nothing", place))
    before = context.get("before", "")
    survey = sheets.get("survey", ())
    groups = {line["name"] for line in survey if line.bracket[0] == "begin"}
    if before and before not in groups:
        faults.append(fault("instruments.unknown_group", place, group=before))
    return faults
