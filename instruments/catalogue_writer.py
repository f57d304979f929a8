"""The programme workbook as an .xlsx to fill in: an empty template, the sample, a catalogue."""

from __future__ import annotations

import io
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import openpyxl
import yaml
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from instruments.catalogue import read_catalogue
from instruments.catalogue_layout import MAX_CODE, MAX_TEXT, Field, Part
from instruments.catalogue_sheets import COUNTY_NAME, GUIDE, PARTS
from instruments.programme import Catalogue
from instruments.types import labels_of, trait_levels
from instruments.workbook import read_workbook

TEXT_FORMAT, DATE_FORMAT = "@", "yyyy-mm-dd"
TEMPLATE_NAME, SAMPLE_NAME = "目录模板.xlsx", "目录样例.xlsx"
"""File names under which the two are handed out."""
LAST_ROW = 20_000
"""Rows of a template that know what their columns want."""
_TEXT_KINDS = ("code", "reference", "references", "county", "text")
_HEADER_FILL = PatternFill("solid", fgColor="FFE7EEF7")


def write_catalogue(catalogue: Catalogue) -> bytes:
    """The catalogue as an .xlsx that ``read_catalogue`` reads back; labels in Chinese."""
    return _saved(_book(catalogue, guide=False))


def write_template() -> bytes:
    """The empty workbook: 填写说明, then every sheet with its columns and lists to choose from."""
    return _saved(_book(None, guide=True))


def write_sample() -> bytes:
    """The template filled with the built-in sample; 样例 in its title and on its first sheet."""
    return _saved(_book(sample_catalogue(), guide=True))


def sample_catalogue() -> Catalogue:
    """The small invented programme of library/sample_catalogue.md, which has every sheet."""
    name = "sample_catalogue.md"
    data = files("instruments").joinpath("library", name).read_bytes()
    return read_catalogue(read_workbook(data, name))


def _book(catalogue: Catalogue | None, *, guide: bool) -> openpyxl.Workbook:
    book = openpyxl.Workbook(write_only=True)
    if guide:
        _write_guide(book, sample=catalogue is not None)
    for part in PARTS:
        sheet = book.create_sheet(part.sheet)
        _prepare(sheet, part)
        for row in _rows(catalogue, part):
            sheet.append([_cell(sheet, value) for value in row])
    return book


def _saved(book: openpyxl.Workbook) -> bytes:
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _rows(catalogue: Catalogue | None, part: Part) -> list[list[str | int]]:
    if catalogue is None:
        return []
    content = getattr(catalogue, part.part)
    names = {county.code: county.name for county in catalogue.counties}
    rows = content if isinstance(content, tuple) else (content,)
    return [[_shown(field, row, names) for field in part.fields] for row in rows]


def _shown(field: Field, row: Any, names: Mapping[str, str]) -> str | int:
    if field == COUNTY_NAME:
        return names.get(row.county, "")
    value = getattr(row, field.name)
    if field.kind in ("label", "trait"):
        return _labels(field)[value]
    if field.kind == "yes_no":
        return "是" if value else "否"
    return " ".join(value) if field.kind == "references" else value


def _labels(field: Field) -> Mapping[str, str]:
    return labels_of(field.of) if field.kind == "label" else trait_levels(field.of)


def _cell(sheet: Any, value: str | int) -> Any:
    cell = WriteOnlyCell(sheet, value)
    if isinstance(value, str):
        cell.data_type = "s"  # never a formula, whatever it begins with
        cell.number_format = TEXT_FORMAT
    return cell


def _prepare(sheet: Any, part: Part) -> None:
    """Header, widths, formats and lists of a sheet; a write-only sheet wants them first."""
    sheet.freeze_panes = "A2"
    header = []
    for position, field in enumerate(part.fields, 1):
        letter = get_column_letter(position)
        column = sheet.column_dimensions[letter]
        column.width = _width(field)
        if field.kind in _TEXT_KINDS:
            column.number_format = TEXT_FORMAT
        elif field.kind == "date":
            column.number_format = DATE_FORMAT
        sheet.data_validations.append(_validation(field, f"{letter}2:{letter}{LAST_ROW}"))
        cell = _cell(sheet, field.title)
        cell.font, cell.fill = Font(bold=True), _HEADER_FILL
        cell.alignment = Alignment(wrap_text=True, vertical="center")
        header.append(cell)
    sheet.append(header)


def _width(field: Field) -> int:
    widest = max(map(len, _labels(field).values())) if field.kind in ("label", "trait") else 0
    least = {"text": 24, "date": 12}.get(field.kind, 10)
    return min(max(least, 2 * len(field.title) + 2, 2 * widest + 4), 44)


def _validation(field: Field, cells: str) -> DataValidation:
    """What a spreadsheet offers and refuses in a column; codes of other sheets only warn."""
    options: dict[str, Any] = {}
    if field.kind in ("label", "trait", "yes_no"):
        words = ("是", "否") if field.kind == "yes_no" else tuple(_labels(field).values())
        options = {"type": "list", "formula1": f'"{",".join(words)}"'}
    elif field.kind == "reference":
        known = f"'{field.of}'!$A$2:$A${LAST_ROW}"
        options = {"type": "list", "formula1": known, "errorStyle": "warning"}
    elif field.kind == "count":
        options = {"type": "whole", "formula1": str(field.low), "formula2": str(field.high)}
    found = DataValidation(**options, allow_blank=True, showErrorMessage=bool(options))
    found.showInputMessage = True
    found.promptTitle, found.prompt = field.header[:32], advice(field)[:255]
    found.error = _guide()["refused"]
    found.add(cells)
    return found


def advice(field: Field) -> str:
    """What to put into a column, in a clerk's words."""
    words = "、".join(_labels(field).values()) if field.kind in ("label", "trait") else ""
    known = {"max_code": MAX_CODE, "max_text": MAX_TEXT, "labels": words, **vars(field)}
    return str(_guide()["kinds"][field.kind]).format_map(known)


@cache
def _guide() -> Mapping[str, Any]:
    path = files("instruments").joinpath("library/catalogue_guide.yaml")
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def _write_guide(book: openpyxl.Workbook, *, sample: bool) -> None:
    words = _guide()
    title = f"样例：{words['title']}" if sample else words["title"]
    book.properties.title = title
    sheet = book.create_sheet(GUIDE)
    for letter, width in zip("ABCD", (14, 30, 12, 80), strict=True):
        sheet.column_dimensions[letter].width = width
    for text in (title, *([words["sample"]] if sample else []), *words["notes"]):
        sheet.append([_cell(sheet, text)])
    sheet.append([])
    sheet.append([_cell(sheet, word) for word in words["columns"]])
    for part in PARTS:
        sheet.append(
            [_cell(sheet, part.sheet), None, None, _cell(sheet, words["sheets"][part.sheet])]
        )
        for field in part.fields:
            needed = words["required"][0 if field.required else 1]
            row = (part.sheet, field.header, needed, advice(field))
            sheet.append([_cell(sheet, text) for text in row])
