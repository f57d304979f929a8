"""However a file is bent, it is read or refused with coded faults: never anything else."""

from __future__ import annotations

import datetime
import io
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from instruments.builtin import framework_source, instrument_sources, load_instruments, plan_source
from instruments.catalogue import read_catalogue
from instruments.catalogue_writer import write_catalogue
from instruments.difference import same_content
from instruments.faults import FaultsFound
from instruments.form_files import ReadForm, read_form
from instruments.form_writer import write_form
from instruments.framework import read_framework
from instruments.plan import read_plan
from instruments.workbook import read_workbook
from test_catalogue import SMALL
from workbook_parts import unzipped, zipped

Draw = Callable[[st.SearchStrategy], object]
FORMS = instrument_sources()
CATALOGUE = write_catalogue(SMALL)
OLD_EXCEL = (Path(__file__).parent / "old.xls").read_bytes()
OLD_FORM = (Path(__file__).parent / "form_of_others.xls").read_bytes()
TOKENS = [
    *("", " ", "|", "\\|", "| survey | |", "| choices | |", "begin group", "end group", "\n", "\0"),
    *("select_one agree5", "select_one", "select_multiple agree5", "integer", "barcode", "note"),
    *("${q01} = '1'", "${q01} = '1' and ${q99} != 2", "${", "}", "{0}", "{a.b}", "not(${q01})"),
    *(". >= 0 and . <= 9", ". >= 1e999", "q01", "Q 1", "1", "-1", "1.5", "1e400", "nan", "True"),
    *("<b>", "&amp;", "&#0;", "]]>", "<!DOCTYPE a>", "</c>", "<c/>", "=1+1", "#REF!", "'", '"'),
    *("A0", "XFD1048577", "99999999999", "inlineStr", "n", "s", "d", "&a", "*a", "!!float x"),
    *(": ", "- ", "[", "]", ",", "\t", "\ufeff", "\u202e", "\U0001f600", "\ud800", "长" * 600),
    *("na", "trait", "extends", "project_mode", "2021-09-31", "1:30", "010", "%YAML 9.9", "---"),
]
CELLS = [
    *(None, True, 0, -1, 10**15, 1e308, 0.1, "=A1", "=[1]x!A1", "#N/A", "x" * 40_000, "甲\n乙"),
    *(datetime.date(1900, 1, 1), datetime.datetime(9999, 12, 31, 23), datetime.time(1, 2)),
    *(
        datetime.timedelta(days=400),
        "C1",
        "I1",
        "S1 S1",
        "城区",
        "140105",
        "2021-09-31",
        "是",
        "{0}",
    ),
]


def bent_text(draw: Draw, text: str) -> str:
    """``text`` after one to four edits: spans cut, lines doubled or lost, tokens put in."""
    for _ in range(draw(st.integers(1, 4))):
        lines = text.split("\n")
        at = draw(st.integers(0, max(len(text) - 1, 0)))
        line = draw(st.integers(0, len(lines) - 1))
        token = str(draw(st.sampled_from(TOKENS) | st.text(max_size=8)))
        kind = draw(st.sampled_from(["cut", "insert", "double", "drop", "cell", "cell", "replace"]))
        if kind == "cut":
            text = text[:at] + text[at + draw(st.integers(1, 80)) :]
        elif kind in ("insert", "replace"):
            text = text[:at] + token + text[at + (kind == "replace") * len(token) :]
        elif kind == "double":
            text = "\n".join([*lines[: line + 1], *lines[line:]])
        elif kind == "drop":
            text = "\n".join([*lines[:line], *lines[line + 1 :]])
        else:
            cells = lines[line].split("|")
            cells[draw(st.integers(0, len(cells) - 1))] = token
            text = "\n".join([*lines[:line], "|".join(cells), *lines[line + 1 :]])
    return text


def bent_bytes(draw: Draw, data: bytes) -> bytes:
    """``data`` after one to four edits of bytes."""
    for _ in range(draw(st.integers(1, 4))):
        at, length = draw(st.integers(0, len(data) - 1)), draw(st.integers(0, 12))
        data = data[:at] + draw(st.binary(max_size=8)) + data[at + length :]
    return data


def bent_workbook(draw: Draw, book: openpyxl.Workbook) -> bytes:
    """The workbook after one to four edits: cells, rows, columns, sheets, merged ranges."""
    for _ in range(draw(st.integers(1, 4))):
        sheet = draw(st.sampled_from(book.worksheets))
        row, column = draw(st.integers(1, sheet.max_row + 1)), draw(st.integers(1, 8))
        kind = draw(st.sampled_from(["cell", "cell", "cell", "row", "column", "sheet", "merge"]))
        if kind == "cell":
            cell = sheet.cell(row, column)
            if type(cell).__name__ == "Cell":
                cell.value = draw(st.sampled_from(CELLS))
        elif kind == "row":
            sheet.delete_rows(row)
        elif kind == "column":
            sheet.insert_cols(column) if draw(st.booleans()) else sheet.delete_cols(column)
        elif kind == "sheet":
            sheet.title = draw(st.sampled_from(["班级", "classes", "survey", "表", "choices"]))
        else:
            sheet.merge_cells(start_row=row, end_row=row + 1, start_column=1, end_column=column)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def form_book(name: str) -> openpyxl.Workbook:
    """A built-in form as a workbook."""
    book = openpyxl.Workbook(write_only=False)
    book.remove(book.worksheets[0])
    for sheet in read_workbook(FORMS[name], name).sheets:
        page = book.create_sheet(sheet.name)
        page.append(sheet.header)
        for row in sheet.rows:
            page.append([row.cells.get(column) for column in sheet.header])
    return book


def markdown(draw: Draw) -> object:
    name = draw(st.sampled_from(sorted(FORMS)))
    text = bent_text(draw, FORMS[name].decode())
    return load_instruments(FORMS | {name: text.encode("utf-8", "surrogatepass")})


def form_workbook(draw: Draw) -> object:
    name = draw(st.sampled_from(["session_form.md", "expert_rubric.md"]))
    return load_instruments({"form.xlsx": bent_workbook(draw, form_book(name))})


def form_parts(draw: Draw) -> object:
    return load_instruments({"form.xlsx": bent_zip(draw, SESSION_BOOK)})


def catalogue_workbook(draw: Draw) -> object:
    book = openpyxl.load_workbook(io.BytesIO(CATALOGUE))
    return read_catalogue(read_workbook(bent_workbook(draw, book), "目录.xlsx"))


def catalogue_parts(draw: Draw) -> object:
    return read_catalogue(read_workbook(bent_zip(draw, CATALOGUE), "目录.xlsx"))


def catalogue_tables(draw: Draw) -> object:
    sheets = read_workbook(CATALOGUE, "目录.xlsx").sheets
    tables = {}
    for sheet in sheets:
        rows = [sheet.header, *([r.cells.get(c, "") for c in sheet.header] for r in sheet.rows)]
        tables[f"{sheet.name}.csv"] = "\n".join(",".join(row) for row in rows)
    name = draw(st.sampled_from(sorted(tables)))
    tables[name] = bent_text(draw, tables[name])
    encoded = {name: text.encode("gb18030", "replace") for name, text in tables.items()}
    return read_catalogue(read_workbook(zipped(encoded), "目录.zip"))


def bent_zip(draw: Draw, data: bytes) -> bytes:
    """The workbook with one part bent, or the zip itself."""
    if draw(st.booleans()):
        return bent_bytes(draw, data)
    parts = unzipped(data)
    name = draw(st.sampled_from(sorted(parts)))
    return zipped(parts | {name: bent_text(draw, parts[name]).encode("utf-8", "surrogatepass")})


def old_excel(draw: Draw) -> object:
    return read_workbook(bent_bytes(draw, OLD_EXCEL), "old.xls")


def foreign_old_excel(draw: Draw) -> object:
    return read_form(bent_bytes(draw, OLD_FORM), "form.xls")


def foreign_workbook(draw: Draw) -> object:
    """A form without our sheets; what is taken comes back as it was when written and read again."""
    book = form_book("session_form.md")
    for name in ("_context", "_indicators", "_uses"):
        del book[name]
    return written_again(read_form(bent_workbook(draw, book), "form.xlsx"))


def foreign_text(draw: Draw) -> object:
    text = bent_text(draw, FORMS["session_form.md"].decode().partition("| _indicators")[0])
    name = draw(st.sampled_from(["form.md", "form.csv"]))
    if name == "form.csv":
        lines = [line.strip("| ").replace("|", ",") for line in text.split("\n")]
        text = "\n".join(line if line in ("survey", "choices") else f",{line}" for line in lines)
    return written_again(read_form(text.encode("utf-8", "surrogatepass"), str(name)))


def own_parts(draw: Draw) -> object:
    return read_form(bent_zip(draw, SESSION_BOOK), "form.xlsx")


def written_again(read: ReadForm) -> ReadForm:
    again = read_form(write_form([read.workbook]), "form.xlsx")
    assert same_content(again.instrument, read.instrument)
    return again


def framework(draw: Draw) -> object:
    text = bent_text(draw, framework_source().decode())
    return read_framework(text.encode("utf-8", "surrogatepass"), "A.yaml")


def plan(draw: Draw) -> object:
    text = bent_text(draw, plan_source().decode())
    return read_plan(text.encode("utf-8", "surrogatepass"), "plan.yaml")


def anything(draw: Draw) -> object:
    name = draw(st.sampled_from(["a.xlsx", "a.xls", "a.csv", "a.md", "a.zip", "a"]))
    head = draw(st.sampled_from([b"", b"PK\x03\x04", OLD_EXCEL[:600], b"| survey | |\n"]))
    return read_workbook(head + draw(st.binary(max_size=400)), str(name))


def _saved(book: openpyxl.Workbook) -> bytes:
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


SESSION_BOOK = _saved(form_book("session_form.md"))
KINDS = {
    **{reader.__name__: reader for reader in (markdown, form_workbook, form_parts, old_excel)},
    **{one.__name__: one for one in (catalogue_workbook, catalogue_parts, catalogue_tables)},
    **{reader.__name__: reader for reader in (framework, plan, anything)},
    **{one.__name__: one for one in (foreign_old_excel, foreign_workbook, foreign_text, own_parts)},
}
SHARE = {"markdown": 4, "form_workbook": 2, "catalogue_workbook": 2}
SHARE |= {"foreign_workbook": 4, "foreign_text": 4, "own_parts": 2, "foreign_old_excel": 2}
"""Readers that take longer: a smaller share of the examples."""


@pytest.mark.prove
@pytest.mark.parametrize("kind", KINDS)
def test_bent_files_are_read_or_refused(
    kind: str, full_count: bool, proven: Callable[[str], None]
) -> None:
    outcomes: Counter[str] = Counter()
    times = (4000 if full_count else 100) // SHARE.get(kind, 1)

    @settings(
        max_examples=times,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def bend(data: st.DataObject) -> None:
        try:
            KINDS[kind](data.draw)
            outcomes["read"] += 1
        except FaultsFound as found:
            assert found.faults
            assert all(fault.message and fault.remedy for fault in found.faults)
            outcomes["refused"] += 1

    bend()
    assert outcomes["refused"] > times // 10
    proven(f"{times} files: {outcomes['read']} read, {outcomes['refused']} refused, nothing else")
