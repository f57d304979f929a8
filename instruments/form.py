"""A form as located lines: a core workbook with its modules put in at their places."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from instruments.faults import Fault, Place, fault
from instruments.languages import (
    SPOKEN_KEYS,
    TITLE,
    WORDS,
    common_languages,
    further_languages,
    own_language,
    read_language,
    split_column,
    spoken_languages,
    word_columns,
    worded,
)
from instruments.model import Language
from instruments.workbook import Sheet, Workbook

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
    "settings": ("form_title", "form_id", "version", "default_language"),
    "_context": ("key", "value"),
    "_indicators": ("item", "indicator", "scaling", "baseline"),
    "_uses": ("item", "use", "expected", "against"),
}
"""Sheets and their columns; everything else is refused by name."""
REQUIRED_SHEETS = ("survey", "settings", "_context")
KEYS = ("role", "per", "wave", "context", "blanks", *SPOKEN_KEYS, "self_code")
MODULE_KEYS = ("extends", "before")
Spoken = Mapping[str, tuple[Language, ...]]
"""File → languages that it is worded in besides its own."""


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
    """All lines by sheet, modules merged; ``faults`` found on the way.

    Words without a language are in ``language``; ``spoken`` says in which further ones a file is.
    """

    name: str
    sheets: Mapping[str, tuple[Line, ...]]
    faults: tuple[Fault, ...]
    language: Language
    spoken: Spoken

    @property
    def translations(self) -> tuple[Language, ...]:
        """Further languages that all its files have: a module without one keeps it from all."""
        return common_languages(tuple(self.spoken.values()))

    def in_language(self, language: Language) -> Form:
        """The same form with the words of ``language`` in place of its own."""
        titles = [line for line in self.lines("_context") if line["key"] == TITLE]
        title = {"form_title": titles[0][worded("value", language)]} if titles else {}
        sheets = {
            sheet: tuple(_worded(line, WORDS[sheet], language) for line in lines)
            if sheet in WORDS
            else lines
            for sheet, lines in self.sheets.items()
        }
        sheets["settings"] = tuple(
            replace(line, cells={**line.cells, **title}) for line in self.lines("settings")
        )
        return replace(self, sheets=sheets, language=language)

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
    language, spoken = own_language(core), spoken_languages(workbooks)
    sheets = _lines(core, spoken)
    for module in modules:
        faults += _module_faults(module, sheets)
        own = _lines(module, spoken)
        before = context_of(module).get("before", "")
        sheets["survey"] = _insert(sheets.get("survey", ()), own.get("survey", ()), before)
        for sheet in ("choices", "_indicators", "_uses"):
            sheets[sheet] = sheets.get(sheet, ()) + own.get(sheet, ())
    return Form(core.name, sheets, tuple(faults), language, spoken)


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


def _lines(workbook: Workbook, spoken: Spoken) -> dict[str, tuple[Line, ...]]:
    """Lines by sheet, without the questions, and their lists, that the site answers itself."""
    own, further = own_language(workbook), spoken[workbook.name]
    supplied = {n: supplied_type(n) for n in context_of(workbook).get("context", "").split()}
    lists = {kind.partition(" ")[2] for kind in supplied.values()}
    lines = {sheet.name: tuple(_sheet_lines(sheet, own, further)) for sheet in workbook.sheets}
    kept = {
        "survey": lambda line: supplied.get(line["name"], "-") != line["type"],
        "choices": lambda line: line["list_name"] not in lists,
    }
    return {name: tuple(filter(kept.get(name), found)) for name, found in lines.items()}


def _sheet_lines(sheet: Sheet, own: Language, further: Sequence[Language]) -> Iterator[Line]:
    named = word_columns(sheet, own, further)
    for row in sheet.rows:
        cells = {named.get(column, column): cell for column, cell in row.cells.items()}
        yield Line(sheet.file, sheet.name, row.number, cells)


def _worded(line: Line, columns: Sequence[str], language: Language) -> Line:
    said = {column: line[worded(column, language)] for column in columns}
    return replace(line, cells={**line.cells, **{c: words for c, words in said.items() if words}})


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
        faults += [found for column in sheet.header for found in _column_faults(sheet, column)]
        faults += _twice_faults(sheet, workbook)
    for name in REQUIRED_SHEETS:
        sheet_found = workbook.sheet(name)
        if sheet_found is None or not sheet_found.rows:
            faults.append(fault("instruments.missing_sheet", Place(workbook.name), sheet=name))
    return faults + _context_faults(workbook)


def _column_faults(sheet: Sheet, header: str) -> list[Fault]:
    here, known = _header_place(sheet, header), COLUMNS[sheet.name]
    column, said = split_column(header)
    if column not in known or (said and column not in WORDS.get(sheet.name, ())):
        details = {"column": header, "known": "、".join(known)}
        return [fault("instruments.unknown_column", here, **details)]
    if said and read_language(said) is None:
        return [fault("instruments.language_code", here, language=said)]
    return []


def _header_place(sheet: Sheet, header: str) -> Place:
    """The first cell of a column, else its header: where somebody looks for it."""
    filled = (row.number for row in sheet.rows if header in row.cells)
    return Place(sheet.file, sheet.name, next(filled, sheet.header_row), header)


def _twice_faults(sheet: Sheet, workbook: Workbook) -> Iterator[Fault]:
    """Two columns for the same words in one language, under two names of it."""
    first: dict[str, str] = {}
    own = own_language(workbook)
    for header, column in word_columns(sheet, own, further_languages(workbook)).items():
        if first.setdefault(column, header) != header:
            here = _header_place(sheet, header)
            yield fault("instruments.repeated_language", here, other=first[column])


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
