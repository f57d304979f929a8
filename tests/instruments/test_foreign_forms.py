"""Anybody's XLSForm: taken where our pages can show it, else refused by name; pyxform agrees."""

from __future__ import annotations

import io
import os
import warnings
import zipfile
from collections import Counter
from pathlib import Path

import openpyxl
import pytest
from forms_of_others import EXAMPLES, NO_EXAMPLES, changed, saved, written, xlsx
from pyxform.errors import PyXFormError
from pyxform.xls2xform import convert

from instruments.faults import Fault, FaultsFound
from instruments.form_files import MAX_FORM_BYTES, ReadForm, read_form
from instruments.model import Instrument
from instruments.types import codes_of
from workbook_parts import unzipped, zipped

HERE = Path(__file__).parent
SURVEY = ["type", "name", "label"]
YES_NO = [["list_name", "name", "label"], ["yes_no", "yes", "是"], ["yes_no", "no", "否"]]
SMALL = {
    "survey": [SURVEY, ["select_one yes_no", "useful", "有用吗？"], ["text", "advice", "建议"]],
    "choices": YES_NO,
}


def faults_of(data: bytes, name: str = "form.xlsx", **about) -> tuple[Fault, ...]:
    with pytest.raises(FaultsFound) as found:
        read_form(data, name, **about)
    return found.value.faults


def codes_in(faults: tuple[Fault, ...]) -> set[str]:
    return {fault.code.partition(".")[2] for fault in faults}


def names(form: Instrument) -> list[tuple[str, str]]:
    return [(item.name, item.type) for item in form.items]


def test_a_plain_form_is_completed_and_told() -> None:
    read = read_form(xlsx(SMALL), "培训 评价.xlsx", about=("school", "school", "end"))
    form = read.instrument
    assert (form.title, form.code, form.version) == ("培训 评价", "form", "1.0")
    assert form.subject == ("school", "school", "end")
    assert [section.name for section in form.sections] == ["part_1"]
    assert [(use.item, use.use) for use in form.uses] == [("useful", "fact"), ("advice", "comment")]
    told = Counter(remark.code.partition(".")[2] for remark in read.remarks)
    assert told == {
        "assumed_setting": 3,
        "assumed_group": 1,
        "assumed_subject": 1,
        "assumed_uses": 1,
    }


def test_an_old_workbook_and_other_words_are_read() -> None:
    read = read_form((HERE / "form_of_others.xls").read_bytes(), "form.xls")
    form = read.instrument
    assert (form.title, form.code, form.version) == ("一页问卷", "one_page", "2")
    assert names(form) == [("useful", "select_one"), ("days", "integer"), ("advice", "text")]
    assert form.item("useful").required and not form.item("days").required


HEADINGS = [
    (["Type", "Name", "label::English (en)", "label::中文 (zh)"], "中文"),
    (["type", "name", "label:English", "hint:English"], "English"),
    (["command", "tag", "caption", "bind:relevant"], "caption"),
]


@pytest.mark.parametrize(("header", "expected"), HEADINGS, ids=["languages", "old", "oldest"])
def test_headings_of_others_are_ours(header: list[str], expected: str) -> None:
    label = next(column for column in header if expected in column)
    row = ["text", "advice", *(("" if c != label else "建议") for c in header[2:])]
    form = read_form(xlsx({"SURVEY": [header, row]}), "form.xlsx").instrument
    assert form.item("advice").label == "建议"


def test_remarks_beside_a_form_are_left_out_and_told() -> None:
    survey = [
        ["type", "name", "label", "负责人"],
        [None, None, None, "请李老师核对"],
        ["text", "advice", "建议", "王"],
    ]
    data = xlsx({"survey": survey, "choices": YES_NO, "版本记录": [["日期"], ["2021-07-01"]]})
    read = read_form(data, "form.xlsx")
    assert names(read.instrument) == [("advice", "text")]
    told = {(r.code.partition(".")[2], r.place.sheet, r.place.row) for r in read.remarks}
    assert {("ignored_column", "survey", 2), ("ignored_sheet", "版本记录", 1)} <= told
    assert {("ignored_row", "choices", 2), ("ignored_row", "choices", 3)} <= told


UNSUPPORTED = [
    (["geopoint", "place", "在哪里？"], {}, "unknown_type"),
    (["select_one yes_no or_other", "q", "如何？"], {}, "or_other"),
    (["text", "q", "如何？"], {"default": "好"}, "unknown_column"),
    (["text", "q", "如何？"], {"media::image": "a.png"}, "unknown_column"),
    (["text", "q", "如何？"], {"requried": "yes"}, "unknown_column"),
    (["integer", "q", "几天？"], {"constraint": ". > 3"}, "unknown_constraint"),
    (["text", "q", "如何？"], {"relevant": "${useful} != 'x' or 1"}, "unknown_relevant"),
    (["file", "q", "附件"], {}, "no_file_here"),
    (["text", "Q-1", "如何？"], {}, "bad_name"),
]


@pytest.mark.parametrize(("row", "more", "code"), UNSUPPORTED, ids=lambda part: str(part)[:24])
def test_what_our_pages_do_not_do_is_refused_at_its_row(row, more, code) -> None:
    survey = [[*SURVEY, *more], *SMALL["survey"][1:], [*row, *more.values()]]
    faults = faults_of(xlsx({"survey": survey, "choices": YES_NO}))
    [found] = [fault for fault in faults if fault.code == f"instruments.{code}"]
    assert (found.place.sheet, found.place.row) == ("survey", 4)
    assert found.place.column and found.message and found.remedy
    assert code not in ("no_file_here",) or read_form(
        xlsx({"survey": survey, "choices": YES_NO}), "f.xlsx", about=("school", "school", "end")
    )


def test_lists_of_rows_are_for_records_only() -> None:
    rows = [SURVEY, ["begin repeat", "r", "各次"], ["text", "a", "内容"], ["end repeat", "", ""]]
    [fault] = faults_of(xlsx({"survey": rows}))
    assert (fault.code, fault.place.row) == ("instruments.no_repeat_here", 2)
    read = read_form(xlsx({"survey": rows}), "f.xlsx", about=("institution", "project", "end"))
    assert read.instrument.repeats


def test_groups_in_groups_are_one_fault_each() -> None:
    begin, end = [["begin group", g, g] for g in "ab"], [["end group", "", ""]] * 2
    rows = [SURVEY, begin[0], begin[1], ["text", "q", "问"], end[0], ["text", "r", "问"], end[1]]
    assert [f.code for f in faults_of(xlsx({"survey": rows}))] == ["instruments.nested_group"]


def test_two_words_for_one_column_are_told() -> None:
    survey = [["type", "name", "label", "relevant", "relevance"], ["text", "q", "问", "", "1"]]
    assert "repeated_column" in codes_in(faults_of(xlsx({"survey": survey})))


# --- hostile files ---


def test_formulas_are_refused_cell_by_cell() -> None:
    faults = faults_of((HERE / "form_with_formulas.xls").read_bytes(), "form.xls")
    told = {(f.place.sheet, f.place.row, f.place.column) for f in faults if "formula" in f.code}
    assert told == {("survey", 3, "C"), ("settings", 2, "C")}
    survey = [SURVEY, ["text", "q", '=HYPERLINK("http://evil.example","点")']]
    faults = faults_of(xlsx({"survey": survey}))
    assert [(f.code, f.place.row, f.place.column) for f in faults][:1] == [
        ("workbook.formula", 2, "C")
    ]


def test_a_formula_with_a_kept_value_is_refused_too() -> None:
    parts = unzipped(written("session_form"))
    sheet = parts["xl/worksheets/sheet1.xml"]
    bent = sheet.replace('t="inlineStr"><is><t>', 't="str"><f>1+1</f><v>', 1)
    bent = bent.replace("</t></is></c>", "</v></c>", 1)
    assert bent != sheet
    faults = faults_of(zipped({**parts, "xl/worksheets/sheet1.xml": bent}))
    assert ("workbook.formula", 1) in {(f.code, f.place.row) for f in faults}


def bomb(size: int) -> bytes:
    """A workbook, one part of which unpacks to ``size`` bytes of nothing."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in unzipped(xlsx(SMALL)).items():
            archive.writestr(name, part)
        archive.writestr("xl/media/image1.png", b"\0" * size)
    return stream.getvalue()


def test_a_zip_bomb_is_refused_before_it_is_unpacked(monkeypatch) -> None:
    data = bomb(45_000_000)
    assert len(data) < MAX_FORM_BYTES
    with monkeypatch.context() as patch:
        patch.setattr("zipfile.ZipFile.open", None)  # nothing is taken out of it
        assert codes_in(faults_of(data)) == {"zip_too_large"}


ENTITIES = [
    '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>',
    '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>',
    '<!DOCTYPE x SYSTEM "http://evil.example/x.dtd">',
]


@pytest.mark.parametrize("declared", ENTITIES, ids=["file", "laughs", "remote"])
@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/worksheets/sheet1.xml"])
def test_entities_are_refused(declared: str, part: str) -> None:
    parts = unzipped(xlsx(SMALL))
    head, _, rest = parts[part].rpartition("?>")
    bent = f"{head}?>{declared}{rest}" if head else f"{declared}{rest}"
    assert codes_in(faults_of(zipped({**parts, part: bent}))) == {"entities"}


def test_other_files_and_too_large_ones_are_refused() -> None:
    assert codes_in(faults_of(b"%PDF-1.7", "form.pdf")) == {"form_kind"}
    assert codes_in(faults_of(zipped({"班级.csv": "a,b"}), "form.zip")) == {"form_kind"}
    assert codes_in(faults_of(b"", "form.xlsx")) == {"empty"}
    assert codes_in(faults_of(b"PK" + b"\0" * MAX_FORM_BYTES)) == {"too_large"}
    many = [["text", f"q{n}", "问"] for n in range(1100)]
    assert "too_many_rows" in codes_in(faults_of(xlsx({"survey": [SURVEY, *many]})))


def test_markup_is_kept_as_text() -> None:
    label = "<script>alert(1)</script> & <b>好</b>"
    read = read_form(xlsx({"survey": [SURVEY, ["text", "q", label]]}), "form.xlsx")
    assert read.instrument.item("q").label == label


def test_our_own_typing_errors_are_still_refused() -> None:
    data = changed(written("session_form"), "_uses", lambda row: row.update(use="joke"))
    assert "unknown_use" in codes_in(faults_of(data))
    book = openpyxl.load_workbook(io.BytesIO(written("session_form")))
    book["_uses"].title = "_use"
    assert "unknown_sheet" in codes_in(faults_of(saved(book)))


# --- agreement with pyxform ---

REASONS = {
    "not a form": (
        ("not recognized as a supported type", "must have a sheet named", "unexpected keyword"),
        {"form_kind", "missing_sheet"},
    ),
    "no label": (("has no label or hint",), {"empty", "unknown_type"}),
    "no such type": (("has not been included", "Unknown question type"), {"unknown_type"}),
    "column twice": (("different names for the same column",), {"repeated_column"}),
    "choice twice": (("Choice names must be unique",), {"repeated_choice"}),
    "no such list": (("List name not in choices sheet", "be a choices sheet"), {"missing_list"}),
    "name twice": (("must be unique within",), {"repeated_name"}),
    "group not closed": (("Unmatched",), {"unclosed_group", "end_without_begin", "other_end"}),
    "no such item": (("There has been a problem trying to replace",), {"relevant_item"}),
}
"""Class of reason → how pyxform says it, and what we say."""
OUR_LIMITS = {
    *("unknown_type", "unknown_column", "unknown_sheet", "unknown_appearance", "or_other"),
    *("unknown_constraint", "unknown_relevant", "relevant_item", "relevant_value", "formula"),
    *("nested_group", "outside_group", "reference_in_text", "bad_name", "bad_choice", "empty"),
    *("reserved_name", "repeated_choice", "no_purpose", "bad_version", "type_addition"),
    *("language_code", "repeated_language"),
    *("missing_list", "no_repeat_here", "no_file_here", "too_long"),
}
"""What we say of a form that pyxform accepts: each names what the site does not do or store."""


def reason_of(message: str) -> str:
    found = [name for name, (said, _) in REASONS.items() if any(part in message for part in said)]
    assert found, f"pyxform's reason is of no known class: {message}"
    return found[0]


def pyxform_says(path: Path) -> str:
    """Why pyxform refuses a file; '' when it accepts it."""
    try:
        with warnings.catch_warnings(action="ignore"):  # of openpyxl, about looks
            convert(str(path), warnings=[])
    except (PyXFormError, TypeError) as error:
        return " ".join(str(error).split())
    return ""


def verdict(path: Path) -> str:
    """In which way both agree on a file; fails when they do not."""
    refusal = pyxform_says(path)
    try:
        ours: ReadForm | tuple[Fault, ...] = read_form(path.read_bytes(), path.name)
    except FaultsFound as found:
        ours = found.faults
    if isinstance(ours, ReadForm):
        assert not refusal, f"{path.name}: taken, but pyxform says {refusal}"
        return "both accept"
    if refusal:
        assert codes_in(ours) & REASONS[reason_of(refusal)][1], (path.name, refusal, ours)
        return "both refuse, same class of reason"
    assert codes_in(ours) <= OUR_LIMITS, (path.name, codes_in(ours) - OUR_LIMITS)
    assert all(fault.place.sheet and fault.place.row for fault in ours), (path.name, ours)
    return "refused by name, sheet and row: the site does not do it"


@pytest.mark.prove
def test_import_agrees_with_pyxform_on_its_own_examples(proven) -> None:
    """Every file of pyxform's tests/example_xls; the folder is named by PYXFORM_EXAMPLES."""
    folder = os.environ.get(EXAMPLES)
    if not folder:
        pytest.skip(NO_EXAMPLES)
    files = sorted(path for path in Path(folder).iterdir() if path.is_file())
    found = Counter(verdict(path) for path in files)
    figures = f"{len(files)} files: " + "; ".join(f"{n} {how}" for how, n in found.most_common())
    print(figures)
    assert sum(found.values()) == len(files) >= 60 and found["both accept"] >= 10
    proven(figures)


BOTH: dict[str, tuple[str, dict[str, list[list[object]]]]] = {
    "plain": ("both accept", SMALL),
    "type": ("both refuse", {"survey": [SURVEY, ["frob", "q", "问"]]}),
    "list": ("both refuse", {"survey": [SURVEY, ["select_one none", "q", "问"]]}),
    "twice": ("both refuse", {"survey": [SURVEY, ["text", "q", "问"], ["text", "q", "问"]]}),
    "open": ("both refuse", {"survey": [SURVEY, ["begin group", "g", "组"], ["text", "q", "问"]]}),
    "none": ("both refuse", {"other": [["a"], ["b"]], "more": [["a"], ["b"]]}),
    "gps": ("refused by name", {"survey": [SURVEY, ["geopoint", "q", "在哪里"]]}),
}


@pytest.mark.parametrize("case", sorted(BOTH))
def test_import_agrees_with_pyxform_on_small_forms(case: str, tmp_path: Path) -> None:
    how, sheets = BOTH[case]
    path = tmp_path / f"{case}.xlsx"
    path.write_bytes(xlsx(sheets))
    assert verdict(path).startswith(how)


def test_disagreement_is_found(tmp_path: Path, monkeypatch) -> None:
    """The comparison can fail: a reader that takes everything is found out."""
    path = tmp_path / "form.xlsx"
    path.write_bytes(xlsx(BOTH["type"][1]))
    good = read_form(xlsx(SMALL), "form.xlsx")
    monkeypatch.setattr("test_foreign_forms.read_form", lambda *_args: good)
    with pytest.raises(AssertionError, match="pyxform says"):
        verdict(path)


def test_what_the_site_supplies_is_a_question_for_others_and_none_for_us() -> None:
    data = written("followup")
    book = openpyxl.load_workbook(io.BytesIO(data))
    first = [cell.value for cell in book["survey"][2]]
    assert first[:2] == ["select_one site_project_module", "project_module"]
    listed = {row[1].value for row in book["choices"] if row[0].value == "site_project_module"}
    assert listed == set(codes_of("modules"))
    assert "project_module" not in {
        item.name for item in read_form(data, "f.xlsx").instrument.items
    }
