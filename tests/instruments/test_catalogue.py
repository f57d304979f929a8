"""The programme workbook comes back whole, or with the full list of its faults at their cells."""

from __future__ import annotations

import dataclasses
import io
import time

import openpyxl
import pytest

from instruments.catalogue import read_catalogue
from instruments.catalogue_sheets import PARTS, rows_by_sheet
from instruments.catalogue_writer import write_catalogue
from instruments.divisions import counties
from instruments.faults import Fault, FaultsFound
from instruments.programme import (
    Catalogue,
    Cycle,
    Expert,
    Institution,
    Project,
    Session,
    Stage,
    StructureCell,
    TrainingClass,
    Visit,
)
from instruments.workbook import read_workbook

SMALL = Catalogue(
    cycle=Cycle("2021", "样例年度", 2021, True),
    institutions=(
        Institution("I1", "示例院校甲", "university"),
        Institution("I2", "乙", "provider"),
    ),
    projects=(
        Project("P1", "项目一", "rural_backbone", "residential", "I1", "open_tender", False),
        Project("P2", "项目二", "it_team", "blended", "I2", "continued_2020", True),
    ),
    counties=counties(),
    classes=(
        TrainingClass("C1", "一班", "P1", "140105", 30, "2021-09-01", "2021-09-10"),
        TrainingClass("C2", "二班", "P2", "", 20, "2021-09-01", "2021-09-10"),
    ),
    structure=(
        StructureCell("C1", "primary", "6-15", "rural", 18),
        StructureCell("C1", "junior", "26+", "town", 12),
    ),
    sessions=(
        Session("S1", "C1", "2021-09-02", "=讲座", "讲师甲"),
        Session("S2", "C2", "2021-09-02", "讲座", "讲师乙"),
    ),
    experts=(
        Expert("E1", "专家一", "示例大学", "", "140105", "小学语文"),
        Expert("E2", "专家二", "乙", "I2", "", ""),
    ),
    visits=(Visit("V1", "C1", "2021-09-02", "E1", ("S1",)),),
)


def edited(edits: list[tuple[str, str, object]]) -> bytes:
    """The small catalogue's workbook with cells (sheet, cell, value) overwritten."""
    book = openpyxl.load_workbook(io.BytesIO(write_catalogue(SMALL)))
    for sheet, cell, value in edits:
        book[sheet][cell] = value
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def faults_of(data: bytes) -> tuple[Fault, ...]:
    with pytest.raises(FaultsFound) as found:
        read_catalogue(read_workbook(data, "目录.xlsx"))
    return found.value.faults


def test_round_trip() -> None:
    again = read_catalogue(read_workbook(write_catalogue(SMALL), "目录.xlsx"))
    assert again == SMALL
    assert rows_by_sheet(again)["班级"] == 2


FAULTY: list[tuple[str, str, object, str]] = [
    ("年度", "C2", "二〇二一", "not_whole"),
    ("年度", "D2", "也许", "not_yes_no"),
    ("机构", "A3", "i1", "repeated_code"),
    ("机构", "A3", "机构乙", "bad_code"),
    ("机构", "B3", "长" * 201, "too_long"),
    ("机构", "B3", "乙\n丙", "line_break"),
    ("机构", "C3", "大学堂", "unknown_label"),
    ("项目", "B2", None, "empty_cell"),
    ("项目", "E2", "I9", "unknown_reference"),
    ("项目", "E3", "I1", "institution_without_project"),
    ("项目", "G2", "是", "continuation"),
    ("班级", "C3", None, "empty_cell"),
    ("班级", "C3", "P1", "project_without_class"),
    ("班级", "D2", "149999", "county_unknown"),
    ("班级", "D2", "城区", "county_ambiguous"),
    ("班级", "E2", "迎泽区", "county_name"),
    ("班级", "E3", "迎泽区", "county_without_code"),
    ("班级", "F2", "三十", "not_whole"),
    ("班级", "F2", -3, "negative"),
    ("班级", "F2", 0, "number_range"),
    ("班级", "F2", 31, "structure_sum"),
    ("班级", "F2", 30.5, "not_whole"),
    ("班级", "G2", "去年九月", "bad_date"),
    ("班级", "G2", 44440, "date_number"),
    ("班级", "G2", "9月5日", "date_without_year"),
    ("班级", "G2", "2021-02-30", "no_such_day"),
    ("班级", "H2", "2021-08-01", "end_before_start"),
    ("班级结构", "B3", "primary", "repeated_cell"),
    ("班级结构", "B3", "大学", "unknown_label"),
    ("场次", "C2", "2021-10-02", "outside_class"),
    ("场次", "B2", "C9", "unknown_reference"),
    ("专家", "C2", "示例院校甲", "employer_code"),
    ("专家", "D2", "I1", "conflict"),
    ("实地调研", "E2", "S2", "other_class"),
    ("实地调研", "E2", "S1 S1", "repeated_in_cell"),
    ("实地调研", "D2", "E9", "unknown_reference"),
    ("实地调研", "F1", "备注", "unknown_column"),
    ("机构", "C1", "类型", "missing_column"),
    ("年度", "A3", "2022", "one_cycle"),
]


@pytest.mark.parametrize(
    ("sheet", "cell", "value", "code"), FAULTY, ids=[f"{f[3]}-{n}" for n, f in enumerate(FAULTY)]
)
def test_each_fault_at_its_cell(sheet: str, cell: str, value: object, code: str) -> None:
    edits = [(sheet, cell, value)]
    if cell == "E2" and value == "迎泽区":
        edits.append((sheet, "D2", "140105"))
    if code == "repeated_cell":
        edits += [(sheet, "C3", "6-15"), (sheet, "D3", "乡村")]
    found = [f for f in faults_of(edited(edits)) if f.code == f"catalogue.{code}"]
    assert found
    assert found[0].place.sheet in {part.sheet for part in PARTS}


def test_county_code_stored_as_text_must_match_its_name() -> None:
    (fault,) = faults_of(edited([("班级", "D2", "140106")]))
    assert str(fault.place) == "目录.xlsx 工作表“班级” 第2行 “县区名称”列"
    assert "140106是“迎泽区”" in fault.message and "小店区" in fault.message


def test_many_kinds_are_reported_together() -> None:
    """Issue: 15 catalogue faults reported together with their places."""
    edits: list[tuple[str, str, object]] = [
        ("年度", "C2", "二〇二一"),
        ("年度", "D2", "也许"),
        ("机构", "A3", "I1"),
        ("机构", "C2", "大学堂"),
        ("项目", "B2", None),
        ("项目", "E3", "I9"),
        ("项目", "G2", "是"),
        ("班级", "C3", "P9"),
        ("班级", "E2", "迎泽区"),
        ("班级", "F2", "三十"),
        ("班级", "G2", "去年九月"),
        ("班级", "F3", -2),
        ("班级", "D3", "城区"),
        ("班级", "H3", "2021-08-01"),
        ("班级结构", "B3", "大学"),
        ("场次", "C2", "2021-13-02"),
        ("场次", "D3", "=1+1"),
        ("专家", "D2", "I1"),
        ("实地调研", "E2", "S2"),
        ("实地调研", "F1", "备注"),
        ("实地调研", "F2", "手写"),
        ("专家", "F2", "长" * 300),
    ]
    found = faults_of(edited(edits))
    assert len({fault.code for fault in found}) >= 20
    assert {"workbook.formula_without_value"} <= {fault.code for fault in found}
    assert all(fault.place.sheet and fault.message and fault.remedy for fault in found)


def test_repeated_visit_and_conflict_are_named() -> None:
    """R19: an observer employed by the rated unit is blocked."""
    repeated = dataclasses.replace(SMALL.visits[0], code="V2")
    conflicted = Visit("V3", "C2", "2021-09-02", "E2", ("S2",))
    catalogue = dataclasses.replace(SMALL, visits=(*SMALL.visits, repeated, conflicted))
    found = faults_of(write_catalogue(catalogue))
    assert [(f.code, f.place.row) for f in found] == [
        ("catalogue.conflict", 4),
        ("catalogue.repeated_visit", 3),
    ]


def test_who_provides_a_stage_is_rated_too() -> None:
    """R19 for the partner of a project: its own people do not rate it."""
    carrier = SMALL.projects[0].institution
    other = Institution("I9", "示例基地校", "university")
    project = SMALL.projects[0].code
    stage = Stage(project, 1, "placement", other.name, other.code, "", 20)
    employed = dataclasses.replace(SMALL.experts[0], employer=other.name)
    employed = dataclasses.replace(employed, employer_institution=other.code)
    catalogue = dataclasses.replace(
        SMALL,
        institutions=(*SMALL.institutions, other),
        stages=(stage,),
        experts=(employed, *SMALL.experts[1:]),
    )
    assert carrier != other.code
    assert "catalogue.conflict" in [f.code for f in faults_of(write_catalogue(catalogue))]


def test_missing_and_unknown_sheets() -> None:
    book = openpyxl.load_workbook(io.BytesIO(write_catalogue(SMALL)))
    book["专家"].title = "专家名单"
    stream = io.BytesIO()
    book.save(stream)
    codes = [fault.code for fault in faults_of(stream.getvalue())]
    assert {"catalogue.unknown_sheet", "catalogue.missing_sheet"} <= set(codes)


def codes_of(edits: list[tuple[str, str, object]]) -> list[str]:
    return [fault.code.partition(".")[2] for fault in faults_of(edited(edits))]


def test_an_empty_code_brings_one_fault_more_and_not_one_per_use() -> None:
    found = faults_of(edited([("班级", "A2", None)]))
    assert [fault.code for fault in found] == ["catalogue.empty_cell", "catalogue.follow_up"]
    assert "另有4处" in found[1].message and "（C1）" in found[1].message
    assert found[1].place.sheet == "班级"
    assert codes_of([("班级结构", "A2", None)]) == ["empty_cell"]


def test_a_fault_of_its_own_keeps_its_place_beside_an_empty_code() -> None:
    edits = [("班级", "A2", None), ("场次", "B3", "C9")]
    assert codes_of(edits) == ["empty_cell", "follow_up", "unknown_reference"]
    assert faults_of(edited(edits))[2].place.row == 3


@pytest.mark.parametrize(("sheet", "uses"), [("班级", 5), ("项目", 2), ("专家", 1)])
def test_a_missing_sheet_is_one_fault_and_its_uses_another(sheet: str, uses: int) -> None:
    book = openpyxl.load_workbook(io.BytesIO(write_catalogue(SMALL)))
    del book[sheet]
    stream = io.BytesIO()
    book.save(stream)
    found = faults_of(stream.getvalue())
    assert len(found) == 2 and found[0].code == "catalogue.missing_sheet"
    assert found[1].code == ("catalogue.follow_up" if uses > 1 else "catalogue.unknown_reference")
    assert uses == 1 or f"另有{uses}处" in found[1].message


def test_what_clerks_type_is_understood() -> None:
    edits: list[tuple[str, str, object]] = [
        ("班级", "F1", "参训人数(人)"),
        ("班级", "F2", "\uff13\uff10"),
        ("班级", "G2", "2021年9月1日"),
        ("班级", "H2", "2021/9/10"),
        ("班级", "D2", "小店区"),
        ("班级结构", "C2", "6-15年"),
        ("机构", "C2", "university"),
    ]
    assert read_catalogue(read_workbook(edited(edits), "目录.xlsx")) == SMALL


def test_a_province_reads_in_seconds() -> None:
    many = tuple(
        dataclasses.replace(SMALL.classes[0], code=f"K{n}", name=f"{n}班") for n in range(400)
    )
    catalogue = dataclasses.replace(SMALL, classes=(*SMALL.classes, *many))
    data = write_catalogue(catalogue)
    start = time.perf_counter()
    assert read_catalogue(read_workbook(data, "目录.xlsx")) == catalogue
    assert time.perf_counter() - start < 5
