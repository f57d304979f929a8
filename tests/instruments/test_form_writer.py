"""A form written for ODK and Kobo: pyxform takes it without a word, and we read the same back."""

from __future__ import annotations

import io
import time
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
from forms_of_others import changed, written, xlsx
from pyxform.xls2xform import convert

from instruments import form_writer
from instruments.builtin import instrument_sources, load_instruments
from instruments.difference import POOL, compare_forms, same_content
from instruments.form_files import read_form
from instruments.form_writer import write_form
from instruments.workbook import read_workbook

BUILT_IN = {one.code: one for one in load_instruments(instrument_sources())}


@pytest.mark.parametrize("code", sorted(BUILT_IN))
def test_pyxform_takes_every_built_in_form_and_it_comes_back(code: str, tmp_path: Path) -> None:
    """ODK Collect and Kobo read what pyxform makes of a workbook; it has nothing to warn of."""
    path = tmp_path / f"{code}.xlsx"
    path.write_bytes(written(code))
    warnings: list[str] = []
    form = convert(str(path), warnings=warnings).xform
    assert warnings == [] and BUILT_IN[code].title in form
    for item in BUILT_IN[code].items:
        assert f"/{item.name}" in form, item.name
    read = read_form(path.read_bytes(), path.name)
    assert same_content(read.instrument, BUILT_IN[code])
    assert (read.instrument.version, read.remarks) == (BUILT_IN[code].version, ())
    found = compare_forms(BUILT_IN[code], read.instrument)
    assert (found.verdict, found.changed, found.form) == (POOL, (), ())


def test_the_standard_sheets_hold_nothing_of_ours() -> None:
    book = openpyxl.load_workbook(io.BytesIO(written("trainee_core")))
    ours = [name for name in book.sheetnames if name.startswith("_")]
    assert book.sheetnames == ["survey", "choices", "settings", *ours]
    columns = {name: [cell.value for cell in book[name][1]] for name in book.sheetnames}
    assert {"type", "name", "label", "relevant"} <= set(columns["survey"])
    assert columns["settings"] == ["form_title", "form_id", "version", "default_language"]
    assert book["settings"]["C2"].value == "1.0"  # text: a number would lose its nought


def test_the_same_form_gives_the_same_bytes() -> None:
    parts = [read_workbook(instrument_sources()["session_form.md"], "session_form.md")]
    first = write_form(parts)
    time.sleep(1.1)  # the library stamps whole seconds
    assert write_form(parts) == first


def test_words_in_other_languages_stand_beside_ours() -> None:
    parts = read_workbook(instrument_sources()["session_form.md"], "session_form.md")
    english = "label::English (en)"
    survey = parts.sheet("survey")
    assert survey is not None
    rows = tuple(replace(row, cells={**row.cells, english: "x"}) for row in survey.rows)
    other = [one for one in parts.sheets if one is not survey]
    wider = replace(parts, sheets=(replace(survey, rows=rows), *other))
    sheet = openpyxl.load_workbook(io.BytesIO(write_form([wider])))["survey"]
    header = [cell.value for cell in sheet[1]]
    assert header.index(english) == header.index("label") + 1


def test_nothing_becomes_a_formula() -> None:
    survey = [["type", "name", "label"], ["text", "q", "'=1+1"]]
    read = read_form(xlsx({"survey": survey}), "form.xlsx")
    data = write_form([read.workbook])
    bent = changed(data, "survey", lambda row: row.update(label="+1"))
    for one in (data, bent):
        cells = [c for row in openpyxl.load_workbook(io.BytesIO(one))["survey"] for c in row]
        assert all(cell.data_type != "f" for cell in cells)


def test_a_version_can_be_given() -> None:
    parts = [read_workbook(instrument_sources()["session_form.md"], "session_form.md")]
    assert read_form(write_form(parts, version="7.3"), "f.xlsx").instrument.version == "7.3"


def test_a_lost_column_is_found(monkeypatch) -> None:
    """The round trip can fail: a writer that forgets a column is found out."""
    columns = {**form_writer.COLUMNS, "survey": ("type", "name", "label")}
    monkeypatch.setattr(form_writer, "COLUMNS", columns)
    parts = [read_workbook(instrument_sources()["session_form.md"], "session_form.md")]
    lost = read_form(write_form(parts), "f.xlsx").instrument
    assert not same_content(lost, BUILT_IN["session_form"])
