"""Writes one table of a bulletin as a workbook for print: texts stay texts, numbers are numbers."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from decimal import Decimal
from math import ceil
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from reports.document import Bulletin, Cell, Column, Section, Table
from reports.writers.fonts import Fonts
from reports.writers.packing import held_by_xml, repacked
from reports.writers.strings import printed
from reports.writers.widths import column_widths, ems

NUMBER = re.compile(r"(-?(?:0|[1-9]\d{0,14})(?:\.(\d{1,9}))?)(%?)")
"""A printed number, the digits after its point, and whether it is a share."""
TITLE_LENGTH = 255
"""Characters that a file's title may have."""
EM = 1.6
"""Characters of the workbook's default type in one Chinese character of ours."""
CHARACTERS = 72.0
"""Characters of the workbook's default type that an A4 page takes between our margins."""
SHEET_NAME = re.compile(r"[\[\]:*?/\\']")
"""Characters that a sheet's name may not have."""
THIN, THICK = Side("thin", "8C8C8C"), Side("medium", "000000")


def render_xlsx(bulletin: Bulletin, fonts: Fonts) -> bytes:
    """The bulletin's first table below its title and mark: one A4 page wide, its head on every
    printed page. Same bulletin, same bytes."""
    table = next(_tables(bulletin.sections + bulletin.annexes))
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.title = SHEET_NAME.sub(" ", _text(table.caption))[:31].strip() or "1"
    place = _front(sheet, table, fonts, (bulletin.title, bulletin.mark_note or bulletin.mark))
    sheet.print_title_rows = f"{place}:{place}"
    sheet.freeze_panes = f"A{place + 1}"
    place = _body(sheet, table, fonts, place + 1)
    foot = _notes(sheet, table, fonts, place)
    for number, width in enumerate(column_widths(table, CHARACTERS), 1):
        sheet.column_dimensions[get_column_letter(number)].width = width
    _on_paper(sheet, foot, len(table.columns), bulletin)
    book.properties.creator = ""
    book.properties.title = _text(bulletin.title)[:TITLE_LENGTH]
    buffer = io.BytesIO()
    book.save(buffer)
    return repacked(buffer.getvalue(), bulletin.day)


def _tables(sections: tuple[Section, ...]) -> Iterator[Table]:
    for section in sections:
        yield from (block for block in section.blocks if isinstance(block, Table))
        yield from _tables(section.sections)


def _text(text: str) -> str:
    return held_by_xml(printed(text))


def _front(sheet: Worksheet, table: Table, fonts: Fonts, lines: tuple[str, str]) -> int:
    """Title, mark, caption and heads; the row of the heads."""
    title, mark = lines
    width, place = len(table.columns), 1
    hei = fonts.hei.word
    for text, font, height in (
        (title, Font(name=fonts.title.word, size=16), 30),
        (mark, Font(name=hei, size=10), 18),
        (table.caption, Font(name=hei, size=12), 22),
    ):
        if text:
            _over(sheet, place, width, text, font, "center")
            sheet.row_dimensions[place].height = height
            place += 1
    for number, column in enumerate(table.columns, 1):
        cell = _put(sheet, place, number, column.label, Font(name=hei, size=10))
        cell.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
        cell.border = Border(top=THICK, bottom=THICK)
    return place


def _body(sheet: Worksheet, table: Table, fonts: Fonts, place: int) -> int:
    """Rows below their groups' headings; the first row that is free."""
    for group in table.groups:
        if group.heading:
            font = Font(name=fonts.hei.word, size=10)
            cell = _over(sheet, place, len(table.columns), group.heading, font, "left")
            cell.fill = PatternFill("solid", "F2F2F2")
            place += 1
        for row in group.rows:
            for number, (column, one) in enumerate(zip(table.columns, row, strict=True), 1):
                _value(sheet, place, number, (column, one), fonts)
            place += 1
    return place


def _notes(sheet: Worksheet, table: Table, fonts: Fonts, place: int) -> int:
    """Notes below the table; the last row of all."""
    for text in table.notes:
        _over(sheet, place, len(table.columns), text, Font(name=fonts.body.word, size=9), "left")
        lines = ceil(ems(text) * EM / CHARACTERS)
        sheet.row_dimensions[place].height = 13 * lines
        place += 1
    return place - 1


def _value(
    sheet: Worksheet, place: int, number: int, given: tuple[Column, Cell], fonts: Fonts
) -> None:
    column, one = given
    face = fonts.hei if one.strong else fonts.body
    text = "\n".join(filter(None, (one.text, one.note)))
    cell = _put(sheet, place, number, one.text, Font(name=face.word, size=10))
    cell.border = Border(bottom=THIN)
    side = "right" if column.numeric else "left"
    cell.alignment = Alignment(horizontal=side, vertical="center", wrap_text=True, indent=1)
    found = NUMBER.fullmatch(one.text) if column.numeric and not one.note else None
    if found:
        cell.value, cell.number_format = _number(found)
    elif one.note:
        cell.value = "\n".join(_text(part) for part in text.split("\n"))
        cell.data_type = "s"


def _number(found: re.Match[str]) -> tuple[Any, str]:
    """A printed number as value and format: shown with the decimals that were printed."""
    value, decimals, share = Decimal(found[1]), found[2] or "", found[3]
    shape = "0." + "0" * len(decimals) if decimals else "0"
    value = value / 100 if share else value
    return (int(value) if value == value.to_integral_value() else float(value)), shape + share


def _put(sheet: Worksheet, place: int, number: int, text: str, font: Font) -> Any:
    """A text as text: it is no formula, whatever it begins with."""
    cell: Any = sheet.cell(place, number)
    cell.value = _text(text)
    cell.data_type = "s"
    cell.font = font
    return cell


def _over(sheet: Worksheet, place: int, width: int, text: str, font: Font, side: str) -> Any:
    cell = _put(sheet, place, 1, text, font)
    cell.alignment = Alignment(horizontal=side, vertical="center", wrap_text=True)
    sheet.merge_cells(start_row=place, start_column=1, end_row=place, end_column=width)
    return cell


def _on_paper(sheet: Worksheet, last: int, width: int, bulletin: Bulletin) -> None:
    """A4 upright on one page; the mark at its foot."""
    sheet.print_area = f"A1:{get_column_letter(width)}{last}"
    sheet.page_setup.orientation = "portrait"
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 1
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_options.horizontalCentered = True
    margins = {"left": 28, "right": 26, "top": 20, "bottom": 20, "header": 8, "footer": 8}
    for side, millimetres in margins.items():
        setattr(sheet.page_margins, side, millimetres / 25.4)
    foot = f"{bulletin.mark} {bulletin.control_label} {bulletin.control}"
    sheet.oddFooter.left.text = _text(foot).replace("&", "&&")
    sheet.oddFooter.right.text = "— &P —"
