"""A form as an .xlsx that ODK Collect and Kobo take, and that is read back as the same form.

The standard sheets are plain XLSForm; sheets that begin with an underscore hold what XLSForm has no
place for, and other programs leave them alone. What the site supplies about a project is, for
programs that supply nothing, a question before all others.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

import openpyxl
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from instruments.foreign_names import foreign_words
from instruments.form import COLUMNS, Form, join_form, supplied_type
from instruments.form_checks import SUPPLIED
from instruments.types import labels_of
from instruments.workbook import Workbook

EPOCH = (2000, 1, 1, 0, 0, 0)
"""Time of every part: the same form gives the same bytes."""
_STAMP = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*")
_WIDTHS = {"label": 60, "hint": 40, "value": 60, "description": 60, "relevant": 36, "type": 26}
_HEAD = PatternFill("solid", fgColor="FFE7EEF7")


def write_form(workbooks: Sequence[Workbook], *, version: str = "") -> bytes:
    """A core workbook and its modules as one .xlsx; ``version`` takes the place of its own."""
    form = join_form(workbooks)
    book = openpyxl.Workbook(write_only=True)
    book.properties.creator = ""
    for name in COLUMNS:
        rows = [dict(line.cells) for line in form.lines(name)]
        rows = _ADDED.get(name, lambda _form: [])(form) + rows
        if name == "settings" and version:
            rows = [row | {"version": version} for row in rows]
        if rows:
            _write(book.create_sheet(name), name, rows)
    stream = io.BytesIO()
    book.save(stream)
    return _timeless(stream.getvalue())


def _supplied_questions(form: Form) -> list[dict[str, str]]:
    words = foreign_words()["supplied"]
    return [
        {"type": supplied_type(name), "name": name, "label": words[name], "hint": words["hint"]}
        for name in form.context("context").split()
    ]


def _supplied_choices(form: Form) -> list[dict[str, str]]:
    return [
        {"list_name": supplied_type(name).partition(" ")[2], "name": code, "label": label}
        for name in form.context("context").split()
        for code, label in labels_of(SUPPLIED[name]).items()
    ]


_ADDED = {"survey": _supplied_questions, "choices": _supplied_choices}
"""Sheet → rows put before those of the form."""


def _write(sheet: Any, name: str, rows: Sequence[Mapping[str, str]]) -> None:
    columns = _columns(name, rows)
    sheet.freeze_panes = "A2"
    for position, column in enumerate(columns, 1):
        width = _WIDTHS.get(column.partition("::")[0], 18)
        sheet.column_dimensions[get_column_letter(position)].width = width
    sheet.append([_cell(sheet, column, head=True) for column in columns])
    for row in rows:
        sheet.append([_cell(sheet, row.get(column, "")) for column in columns])


def _columns(name: str, rows: Sequence[Mapping[str, str]]) -> list[str]:
    """Our columns in their order, each followed by its languages; unused ones only where every
    reader looks for them."""
    used = dict.fromkeys(column for row in rows for column in row)
    needed = {"type", "name", "label", "list_name"} | set(used)
    ordered = []
    for column in COLUMNS[name]:
        languages = [other for other in used if other.partition("::")[0] == column]
        ordered += [column] if column in needed and column not in languages else []
        ordered += sorted(languages, key=lambda other: other != column)
    return ordered


def _cell(sheet: Any, text: str, *, head: bool = False) -> Any:
    cell = WriteOnlyCell(sheet, text or None)
    if text:
        cell.data_type = "s"  # never a formula, whatever it begins with
        cell.number_format = "@"
        cell.alignment = Alignment(wrap_text=True, vertical="top")
    if head:
        cell.font, cell.fill = Font(bold=True), _HEAD
    return cell


def _timeless(data: bytes) -> bytes:
    """The zip ``data`` with all its parts at one time."""
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as source,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for info in source.infolist():
            fixed = zipfile.ZipInfo(info.filename, EPOCH)
            fixed.compress_type, fixed.create_system = zipfile.ZIP_DEFLATED, 3
            fixed.external_attr = 0o644 << 16
            content = source.read(info)
            if info.filename == "docProps/core.xml":
                content = _STAMP.sub(rb"\g<1>2000-01-01T00:00:00Z", content)
            target.writestr(fixed, content)
    return stream.getvalue()
