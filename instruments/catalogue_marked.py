"""The clerk's own workbook handed back with every faulty cell marked and a list of all faults."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import openpyxl
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import column_index_from_string
from openpyxl.worksheet.hyperlink import Hyperlink

from instruments.catalogue import folded_header
from instruments.catalogue_sheets import FAULT_LIST, PARTS
from instruments.faults import Fault, Place
from instruments.workbook import Workbook, clean

MARK = "【检查】"
"""Begins our part of a cell's comment, so that a later check can take it away again."""
MAX_MARKED = 5_000
"""More marked cells than this make a file that spreadsheets open slowly; the list has them all."""
_FILL = PatternFill("solid", fgColor="FFFFC7CE")
_HEADER = ("序号", "工作表", "行", "列", "问题", "处理办法", "位置")
_WIDTHS = (6, 14, 8, 24, 60, 60, 14)
_LETTERS = re.compile(r"[A-Z]{1,3}")
_FORBIDDEN = re.compile(r"[\\/*?:\[\]]")
"""What the name of a sheet may not hold."""


def marked_workbook(workbook: Workbook, data: bytes, faults: Sequence[Fault]) -> bytes:
    """An .xlsx of ``workbook`` with a fill and a comment at each faulty cell, first 问题清单.

    ``data`` is the uploaded file: an .xlsx keeps its formats, formulas and hidden columns as far
    as openpyxl can; of any other file, or one that openpyxl cannot open, the cells' texts are
    written anew. Marks of an earlier check are taken away.
    """
    if data.startswith(b"PK") and not any(sheet.file != workbook.name for sheet in workbook.sheets):
        try:
            return _marked(_own_book(data), workbook, faults)
        except Exception:  # an oddity of looks: the clerk gets the cells alone
            pass
    return _marked(_fresh_book(workbook), workbook, faults)


def _own_book(data: bytes) -> openpyxl.Workbook:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of extensions that openpyxl drops
        book = openpyxl.load_workbook(io.BytesIO(data))
    if FAULT_LIST in book.sheetnames:
        del book[FAULT_LIST]
    for sheet in book.worksheets:
        for cell in [cell for row in sheet.iter_rows() for cell in row if cell.comment]:
            _take_mark_away(cell)
    return book


def _take_mark_away(cell: Any) -> None:
    before, mark, _ = cell.comment.text.partition(MARK)
    if mark:
        cell.comment = Comment(before.rstrip(), cell.comment.author) if before.strip() else None
        if cell.fill.fgColor.rgb == _FILL.fgColor.rgb:
            cell.fill = PatternFill()


def _fresh_book(workbook: Workbook) -> openpyxl.Workbook:
    """The sheets' texts in rows of the same numbers."""
    book = openpyxl.Workbook()
    del book["Sheet"]
    for number, sheet in enumerate(workbook.sheets, 1):
        page = book.create_sheet(_title(sheet.name, number))
        page.freeze_panes = f"A{sheet.header_row + 1}"
        rows = [(sheet.header_row, dict(zip(sheet.header, sheet.header, strict=True)))]
        rows += [(row.number, dict(row.cells)) for row in sheet.rows]
        for row_number, cells in rows:
            for position, column in enumerate(sheet.header, 1):
                if column in cells:
                    _write(page.cell(row_number, position), cells[column])
    return book


def _title(name: str, number: int) -> str:
    known = {part.part: part.sheet for part in PARTS}.get(name.lower(), name)
    return _FORBIDDEN.sub("_", known)[:31] or f"Sheet{number}"


def _write(cell: Any, text: str) -> None:
    cell.value = ILLEGAL_CHARACTERS_RE.sub("", text)[:32_767]
    cell.data_type = "s"  # never a formula, whatever it begins with
    cell.number_format = "@"


def _marked(book: openpyxl.Workbook, workbook: Workbook, faults: Sequence[Fault]) -> bytes:
    sheets = _sheets(book)
    columns = {
        name: _columns(page, _header_row(workbook, page.title)) for name, page in sheets.items()
    }
    cells = [_cell(found.place, sheets, columns) for found in faults]
    told: dict[tuple[str, str], list[Fault]] = {}
    for cell, found in zip(cells, faults, strict=True):
        if cell is not None:
            told.setdefault((cell.parent.title, cell.coordinate), []).append(found)
    for (title, coordinate), found_here in list(told.items())[:MAX_MARKED]:
        _mark(book[title][coordinate], found_here)
    _list_faults(book, faults, cells, unmarked=len(told) - MAX_MARKED)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _sheets(book: openpyxl.Workbook) -> dict[str, Any]:
    """Sheets of the file by the names that faults use: Chinese ones for those named by code."""
    chinese = {part.part: part.sheet for part in PARTS}
    found = {page.title: page for page in book.worksheets}
    named = {chinese.get(title.lower(), title): page for title, page in found.items()}
    return named | found


def _header_row(workbook: Workbook, title: str) -> int:
    sheet = workbook.sheet(title)
    return sheet.header_row if sheet else 1


def _columns(page: Any, header_row: int) -> dict[str, int]:
    """Position of each column by its name as faults have it."""
    names = [(cell.column, folded_header(clean(str(cell.value)))) for cell in page[header_row]]
    return {name: position for position, name in reversed(names)}


def _cell(place: Place, sheets: Mapping[str, Any], columns: Mapping[str, dict[str, int]]) -> Any:
    """The cell of a place: its row and column, the row's first cell, or none."""
    page = sheets.get(place.sheet)
    if page is None or place.row is None:
        return None
    known = columns[place.sheet]
    position = known.get(folded_header(place.column), 0)
    if not position and _LETTERS.fullmatch(place.column):
        position = column_index_from_string(place.column)
    cell = page.cell(place.row, position or 1)
    for merged in page.merged_cells.ranges:
        if cell.coordinate in merged:
            return page.cell(merged.min_row, merged.min_col)
    return cell


def _mark(cell: Any, faults: Iterable[Fault]) -> None:
    text = MARK + "\n".join(f"{found.message}处理办法：{found.remedy}" for found in faults)
    before = f"{cell.comment.text}\n" if cell.comment else ""
    author = cell.comment.author if cell.comment else MARK
    cell.comment = Comment(before + text, author, height=120, width=320)
    cell.fill = _FILL


def _list_faults(
    book: openpyxl.Workbook, faults: Sequence[Fault], cells: Sequence[Any], *, unmarked: int
) -> None:
    page = book.create_sheet(FAULT_LIST, 0)
    for other in book.worksheets:  # two selected sheets would be edited together
        other.sheet_view.tabSelected = other is page
    book.active = 0
    more = f"（单元格太多，有{unmarked}个只列在此，没有标注）" if unmarked > 0 else ""
    _write(
        page["A1"], f"共{len(faults)}处问题{more}。改好后直接重新上传此文件，本表和标注不影响检查。"
    )
    for position, (name, width) in enumerate(zip(_HEADER, _WIDTHS, strict=True), 1):
        _write(page.cell(2, position), name)
        page.cell(2, position).font = Font(bold=True)
        page.column_dimensions[page.cell(2, position).column_letter].width = width
    page.freeze_panes = "A3"
    for number, (found, cell) in enumerate(zip(faults, cells, strict=True), 1):
        _list_fault(page, number, found, cell)


def _list_fault(page: Any, number: int, found: Fault, cell: Any) -> None:
    place = found.place
    row = number + 2
    texts = (place.sheet or place.file, str(place.row or ""), place.column)
    for position, text in enumerate((str(number), *texts, found.message, found.remedy), 1):
        _write(page.cell(row, position), text)
        page.cell(row, position).alignment = Alignment(wrap_text=True, vertical="top")
    if cell is not None:
        link = page.cell(row, len(_HEADER))
        title = cell.parent.title.replace("'", "''")
        _write(link, cell.coordinate)
        link.hyperlink = Hyperlink(ref=link.coordinate, location=f"'{title}'!{cell.coordinate}")
        link.font = Font(underline="single", color="FF0563C1")
