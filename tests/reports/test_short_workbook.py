"""The one-page table as workbook and Word file: numbers are numbers, texts are never formulas."""

from __future__ import annotations

import io
from dataclasses import replace
from functools import cache
from typing import Any

import openpyxl
import pandas as pd
import pdfplumber
import pypdfium2
import pytest
from printed_bulletin import HOSTILE, built_in_fonts, bulletin, table
from sample_results import sample_results
from word_file import bare, expected_tables, paginated, tables_of

from reports.bulletin import build_bulletin, short_bulletin
from reports.document import Bulletin, Cell, Column, Rows, Section, Table
from reports.printing import SAMPLE, Printing
from reports.rules import rule_book
from reports.writers.excel import render_xlsx
from reports.writers.typst import render_pdf
from reports.writers.word import render_docx

HEADS = 4
"""Row of the heads, below title, mark and caption."""


def sheet_of(given: Bulletin) -> Any:
    return openpyxl.load_workbook(io.BytesIO(render_xlsx(given, built_in_fonts()))).active


@cache
def short() -> Bulletin:
    return short_bulletin(build_bulletin(sample_results(), Printing(mark=SAMPLE)))


def shown(cell: Any) -> str:
    """The cell as a spreadsheet prints it."""
    if cell.data_type != "n" or cell.value is None:
        return cell.value or ""
    share = cell.number_format.endswith("%")
    decimals = len(cell.number_format.rstrip("%").partition(".")[2])
    value = cell.value * 100 if share else cell.value
    return f"{value:.{decimals}f}{'%' if share else ''}"


def test_cells_are_the_models() -> None:
    sheet = sheet_of(short())
    (expected,) = expected_tables(short())
    rows = [[shown(cell) for cell in row] for row in sheet.iter_rows(min_row=HEADS)]
    found = [[text for text in row if text or len(set(row)) > 2] for row in rows]
    assert found[: len(expected)] == expected
    assert sheet["A1"].value == short().title
    assert sheet["A2"].value == short().mark_note


def test_numbers_are_numbers_as_printed() -> None:
    values = ("91.30", "3", "80.0%", "—", "88.9–93.6", "-0.5", "1e5", "007")
    columns = tuple(Column(value, numeric=True) for value in values)
    one = table(columns=columns, groups=(Rows("", (tuple(map(Cell, values)),)),), head=0)
    cells = sheet_of(bulletin(one))[HEADS + 1]
    assert [cell.value for cell in cells[:4]] == [91.3, 3, 0.8, "—"]
    assert [cell.number_format for cell in cells[:3]] == ["0.00", "0", "0.0%"]
    assert [shown(cell) for cell in cells[:7]] == list(values[:7])
    assert [cell.data_type for cell in cells] == ["n", "n", "n", "s", "s", "n", "s", "s"]


@pytest.mark.parametrize(
    "name", [*HOSTILE, "=HYPERLINK(1)", "+1", "@x", "甲\x00\x0b乙", "[a]:*?/\\'"]
)
def test_texts_stay_texts(name: str) -> None:
    one = table(names=(name,), caption=name, notes=(name,))
    given = bulletin(one, title=name, mark=name, mark_note=name, control=name)
    sheet = sheet_of(given)
    held = name.replace("\x00", "").replace("\x0b", " ")
    cells = [cell for row in sheet.iter_rows() for cell in row if cell.value == held]
    assert len(cells) == 5
    assert {cell.data_type for cell in cells} == {"s"}


def test_prints_one_page_wide_with_its_head_on_every_page() -> None:
    sheet = sheet_of(bulletin(table(300)))
    assert sheet.print_title_rows == f"${HEADS}:${HEADS}"
    assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (1, 1)
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert int(sheet.page_setup.paperSize) == 9  # A4
    assert sheet.page_setup.orientation == "portrait"
    assert "样例" in sheet.oddFooter.left.text


def test_same_bytes_and_the_day_of_the_data() -> None:
    first, second = (render_xlsx(short(), built_in_fonts()) for _ in range(2))
    assert first == second
    assert openpyxl.load_workbook(io.BytesIO(first)).properties.modified.date().isoformat() == (
        short().day
    )


def test_word_form_holds_the_same_cells() -> None:
    assert tables_of(render_docx(short(), built_in_fonts())) == expected_tables(short())


def test_both_forms_are_one_page(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Whatever stands above: as many rows as the page ever takes in, long title and notes."""
    notes = ("名次区间为全表同时成立的95%区间：数据不能排除的名次。" * 2,) * 2
    above = {
        "title": "关于2025年度“国培计划”项目绩效评估情况的跟踪通报：名次简表",
        "subtitle": "年度" * 30,
    }
    framed = replace(short(), sections=(Section("s", "", (table(36, notes=notes),)),), **above)
    units = replace(framed, mark_note="样例：单位、人员与数据均为虚构，仅用于演示，不得引用。" * 2)
    files = {
        "word.docx": render_docx(units, built_in_fonts()),
        "book.xlsx": render_xlsx(units, built_in_fonts()),
    }
    made = paginated(tmp_path_factory.mktemp("office"), files)
    assert {name: len(pypdfium2.PdfDocument(data)) for name, data in made.items()} == {
        "word.docx": 1,
        "book.xlsx": 1,
    }


def fullest() -> Bulletin:
    """As many rows as the rules let in, with every note and as long a head as a year's has."""
    results = sample_results()
    units = results.units
    first = units[(units["scorecard"] == "A-overall") & units["ranked"].astype(bool)]
    codes = [f"I{number}" for number in range(rule_book().short.rows - 1)]
    many = pd.concat([first] * len(codes), ignore_index=True)
    many = many.assign(unit=codes, name=[f"示例教师发展机构{code}" for code in codes])
    cycle = replace(results.cycle, title="样例：2025年度“国培计划”项目绩效评估")
    both = pd.concat([many, units[units["scorecard"] != "A-overall"]], ignore_index=True)
    return build_bulletin(replace(results, cycle=cycle, units=both), Printing(mark=SAMPLE))


def test_the_fullest_short_table_is_one_page(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Alone, and on its page of the bulletin."""
    whole = fullest()
    given = short_bulletin(whole)
    (only,) = [block for block in given.sections[0].blocks if isinstance(block, Table)]
    assert len(only.groups[0].rows) == rule_book().short.rows - 1
    assert [note[:4] for note in only.notes] == ["名次区间", "本表只占"]
    files = {"a.docx": render_docx(given, built_in_fonts()),
             "b.xlsx": render_xlsx(given, built_in_fonts()),
             "whole.docx": render_docx(whole, built_in_fonts())}  # fmt: skip
    made = paginated(tmp_path_factory.mktemp("fullest"), files)
    both = [made.pop("whole.docx"), render_pdf(whole, built_in_fonts())]
    assert [len(pypdfium2.PdfDocument(data)) for data in made.values()] == [1, 1]
    for data in both:
        with pdfplumber.open(io.BytesIO(data)) as document:
            pages = [bare(page.extract_text()) for page in document.pages]
        (page,) = [text for text in pages if "表1名次简表" in text]
        last = only.groups[0].rows[-1][1].text
        assert last in page and "本表只占一页" in page
