"""GB/T 9704-2012 measured on the page: 22 lines of 28 characters, margins, page numbers."""

from __future__ import annotations

import io
from typing import Any

import pdfplumber
import pytest
from printed_bulletin import built_in_fonts, bulletin, table

from reports.document import Cell, Column, Paragraph, Rows, Table
from reports.writers.typst import render_grid, render_pdf
from reports.writers.widths import POINT, column_widths, ems, inset, type_size

LEFT, RIGHT, TOP, BOTTOM = 28, 26, 37, 35
"""Margins of an odd page in mm: binding side, outer side, head, foot."""


def opened(data: bytes) -> Any:
    return pdfplumber.open(io.BytesIO(data))


def upright(page: Any) -> list[Any]:
    """Characters but the watermark's, which lie across."""
    return [char for char in page.chars if char["upright"] and char["text"].strip()]


def inked(char: Any) -> tuple[float, float]:
    """Where a character's ink may begin and end: half of a punctuation mark is blank."""
    half = char["size"] / 2
    start = char["x0"] + (half if char["text"] in "（《〔“" else 0)
    return start, char["x1"] - (half if char["text"] in "，。；：、）》〕”" else 0)


def rows_of(chars: list[Any]) -> dict[float, list[Any]]:
    rows: dict[float, list[Any]] = {}
    for char in chars:
        rows.setdefault(round(char["top"], 1), []).append(char)
    return rows


def test_a_page_holds_22_lines_of_28_characters() -> None:
    with opened(render_grid(built_in_fonts())) as document:
        [page] = document.pages
        signs = [char for char in upright(page) if char["text"] == "国"]
    rows = rows_of(signs)
    assert len(rows) == 22
    assert {len(row) for row in rows.values()} == {28}
    tops = sorted(rows)
    steps = {round(below - above, 2) for above, below in zip(tops, tops[1:], strict=False)}
    assert all(step == pytest.approx(15.75 + 13.78, abs=0.11) for step in steps)
    assert min(char["x0"] for char in signs) * POINT == pytest.approx(LEFT, abs=0.1)
    assert max(char["x1"] for char in signs) * POINT == pytest.approx(LEFT + 156, abs=1)
    size = signs[0]["size"]
    first = signs[0]["bottom"] - size  # a character's box, whatever the font's own line
    assert {round(char["size"], 3) for char in signs} == {15.75}
    height = (tops[-1] - tops[0] + size) * POINT
    assert height == pytest.approx(225, abs=1)
    assert first * POINT == pytest.approx(TOP, abs=2)


def test_a_grid_of_one_line_more_would_not_fit() -> None:
    """The page is full: the measure above would notice a smaller type or pitch."""
    assert 225 / POINT < 23 * 15.75 + 22 * 13.78
    assert 156 / POINT < 29 * 15.75


@pytest.fixture(scope="module")
def long_document() -> bytes:
    wide = tuple(Column(f"A{n} 很长的指标名称", numeric=True) for n in range(16))
    body = tuple(tuple(Cell("100.0") for _ in wide) for _ in range(30))
    texts = [Paragraph("这是一段用来检查版心的正文，其中有数字3482和（括号）。" * 30)]
    blocks = [*texts, table(rows=80), Table("w", "表2", wide, (Rows("", body),))]
    return render_pdf(bulletin(*blocks), built_in_fonts())


def test_nothing_but_the_foot_stands_outside_the_type_area(long_document: bytes) -> None:
    with opened(long_document) as document:
        assert len(document.pages) > 4
        for page in document.pages:
            left = LEFT if page.page_number % 2 else RIGHT
            for char in upright(page):
                if char["top"] * POINT > 297 - BOTTOM:
                    continue
                start, end = inked(char)
                assert start * POINT > left - 0.5, (page.page_number, char["text"])
                assert end * POINT < left + 156.5, (page.page_number, char["text"])
                assert char["top"] * POINT > TOP - 1.5
                assert char["bottom"] * POINT < 297 - BOTTOM + 1.5


def test_page_numbers_stand_right_on_odd_and_left_on_even_pages(long_document: bytes) -> None:
    with opened(long_document) as document:
        for number, page in enumerate(document.pages, 1):
            foot = [char for char in upright(page) if char["top"] * POINT > 297 - BOTTOM + 4]
            large = [char for char in foot if round(char["size"], 3) == 14]
            assert "".join(char["text"] for char in large) == f"—{number}—"
            if number % 2:
                end = max(char["x1"] for char in large) * POINT
                assert end == pytest.approx(210 - RIGHT - 14 * POINT, abs=1)
            else:
                start = min(char["x0"] for char in large) * POINT
                assert start == pytest.approx(RIGHT + 14 * POINT, abs=1)


def test_head_and_group_are_not_left_alone_at_the_foot() -> None:
    for lines in range(16, 23):
        given = bulletin(*[Paragraph("行")] * lines, table(rows=40))
        with opened(render_pdf(given, built_in_fonts())) as document:
            for page in document.pages:
                text = page.extract_text()
                assert ("表1" not in text) or "示例院校" in text, lines
                assert ("综合分" not in text) or "示例院校" in text, lines


WIDE = Table(
    "t",
    "表",
    (
        *(Column(name, name != "单位") for name in ("名次", "单位", "有效份数", "参评率")),
        *(Column(f"A{n} 实施与师资", numeric=True) for n in range(1, 8)),
        *(Column(name, numeric=True) for name in ("综合分", "95%区间", "名次区间")),
        *(Column("字母"), Column("等次")),
    ),
    (
        Rows(
            "",
            (
                (
                    *(Cell("125"), Cell("示例综合师范院校"), Cell("12345"), Cell("100.0%")),
                    *(Cell("100.0") for _ in range(8)),
                    *(Cell("78.3–92.1"), Cell("100–125"), Cell("abcd"), Cell("优（近良）")),
                ),
            ),
        ),
    ),
    head=1,
)


def test_sixteen_columns_fit_and_no_number_is_broken() -> None:
    widths, size = column_widths(WIDE), type_size(WIDE)
    assert size == 7.5
    assert sum(widths) == 156.0
    free = [(width - 2 * inset(size)) / (size * POINT) for width in widths]
    [row] = WIDE.groups[0].rows
    for column, cell, room in zip(WIDE.columns, row, free, strict=True):
        if column.numeric:
            assert ems(cell.text) <= room + 0.01, cell.text
    assert free[1] >= 4.99
    narrow = column_widths(WIDE, 120.0)
    assert sum(narrow) == 120.0


def test_widths_hold_in_the_printed_table() -> None:
    """Every number of the widest table stands on one line, as the font draws it."""
    with opened(render_pdf(bulletin(WIDE), built_in_fonts())) as document:
        lines = document.pages[0].extract_text().splitlines()
    assert any("78.3–92.1" in line and "100–125" in line and "12345" in line for line in lines)


def test_few_short_columns_share_the_whole_width() -> None:
    given = table(rows=2)
    widths = column_widths(given)
    assert sum(widths) == 156.0
    assert type_size(given) == 9.0
    assert min(widths) == widths[0]


def test_marks_stay_with_their_word_in_a_head() -> None:
    """No line of a head begins with a closing mark: the column has room for three characters."""
    columns = (Column("评估对象"), Column("“良”（个）", numeric=True), Column("说明"))
    row = (Cell("承训机构" * 9), Cell("4"), Cell("说明文字" * 20))
    given = Table("t1", "表1", columns, (Rows("", (row,)),))
    width = column_widths(given)[1]
    assert width - 2 * inset(type_size(given)) >= ems("“良”") * type_size(given) * POINT


def test_columns_without_rows_have_widths_too() -> None:
    assert sum(column_widths(table(rows=0))) == 156.0


def test_a_run_longer_than_its_column_is_broken_within_it() -> None:
    columns = (Column("项"), Column("内容"), Column("注"))
    rows = ((Cell("码"), Cell("0123456789abcdef" * 8), Cell("说明文字" * 20)),)
    given = bulletin(Table("t1", "表1", columns, (Rows("", rows),)))
    with opened(render_pdf(given, built_in_fonts())) as document:
        page = document.pages[0]
        ends = [inked(char)[1] for char in upright(page) if char["size"] < 10]
    assert max(ends) * POINT < LEFT + 156
