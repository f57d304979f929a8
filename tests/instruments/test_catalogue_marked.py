"""The clerk's own workbook comes back with its faults at their cells, and can be sent again."""

from __future__ import annotations

import io

import openpyxl
from openpyxl.comments import Comment
from openpyxl.styles import PatternFill
from openpyxl.utils import get_column_letter
from test_catalogue_faults import PLANTED
from workbooks import column_of, edit, faults_of, sample_book, saved

from instruments.catalogue import check_catalogue
from instruments.catalogue_marked import MARK, marked_workbook
from instruments.catalogue_sheets import FAULT_LIST
from instruments.catalogue_writer import sample_catalogue
from instruments.workbook import read_workbook


def marked(data: bytes, name: str = "目录.xlsx") -> openpyxl.Workbook:
    content = marked_workbook(read_workbook(data, name), data, faults_of(data, name))
    return openpyxl.load_workbook(io.BytesIO(content))


def test_every_fault_is_at_its_cell_and_in_the_list() -> None:
    data = saved(edit(sample_book(), [one for one, _ in PLANTED]))
    book, faults = marked(data), faults_of(data)
    listed = list(book[FAULT_LIST].iter_rows(min_row=3, values_only=True))
    assert [row[4] for row in listed] == [fault.message for fault in faults]
    assert book.sheetnames[0] == FAULT_LIST
    for fault in faults:
        if fault.place.row and fault.place.column:
            sheet, column = book[fault.place.sheet], fault.place.column
            place = column if column.isascii() else get_column_letter(column_of(sheet, column))
            cell = sheet[f"{place}{fault.place.row}"]
            assert fault.message in cell.comment.text and fault.remedy in cell.comment.text
            assert cell.fill.fgColor.rgb == "FFFFC7CE"


def test_the_clerks_own_looks_and_words_stay() -> None:
    book = edit(sample_book(), [("班级", 2, "参训人数（人）", 41)])
    sheet = book["班级"]
    sheet["A1"].fill = PatternFill("solid", fgColor="FF00FF00")
    enrolled = sheet.cell(2, column_of(sheet, "参训人数（人）"))
    enrolled.comment = Comment("我的批注", "办事员")
    sheet.column_dimensions["B"].hidden = True
    back = marked(saved(book))["班级"]
    assert back["A1"].fill.fgColor.rgb == "FF00FF00"
    assert back.column_dimensions["B"].hidden
    told = back.cell(2, enrolled.column).comment.text
    assert told.startswith("我的批注") and MARK in told


def test_a_mended_workbook_loses_its_marks() -> None:
    data = saved(edit(sample_book(), [("班级", 2, "参训人数（人）", 41)]))
    book = marked(data)
    sheet = book["班级"]
    place = column_of(sheet, "参训人数（人）")
    sheet.cell(2, place).value = next(c for c in sample_catalogue().classes).enrolled
    mended = saved(book)
    assert check_catalogue(read_workbook(mended, "目录.xlsx")).catalogue == sample_catalogue()
    clean = marked_workbook(read_workbook(mended, "目录.xlsx"), mended, ())
    cell = openpyxl.load_workbook(io.BytesIO(clean))["班级"].cell(2, place)
    assert cell.comment is None and cell.fill.fgColor.rgb != "FFFFC7CE"


def test_cells_are_never_formulas_of_ours() -> None:
    data = saved(edit(sample_book(), [("机构", 2, "机构类别", "=HYPERLINK(1)+1")]))
    for row in marked(data)[FAULT_LIST].iter_rows(min_row=1):
        assert all(cell.data_type != "f" for cell in row)
