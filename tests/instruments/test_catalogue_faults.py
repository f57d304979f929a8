"""What goes wrong in real workbooks is found at its cell, all of it at once."""

from __future__ import annotations

import pytest
from workbooks import Edit, edit, faults_after, faults_of, remarks_after, sample_book, saved

from instruments.catalogue import check_catalogue
from instruments.catalogue_writer import sample_catalogue
from instruments.workbook import read_workbook

PLANTED: list[tuple[Edit, str]] = [
    (("选派", 5, "人数（人）", "四十八"), "not_whole"),
    (("年度", 2, "样例（是/否）", "也许"), "not_yes_no"),
    (("机构", 5, "机构代码", "I04"), "institution_without_project"),
    (("机构", 5, "机构名称", "示例师范院校甲 "), "institution_twice"),
    (("机构", 4, "机构类别", "大学堂"), "unknown_label"),
    (("标段", 2, "标段名称", "长" * 201), "too_long"),
    (("标段", 3, "2020年度承训机构代码", "I01"), "winner_differs"),
    (("标段", 4, "承训机构代码", "示例远程培训机构丙"), "name_for_code"),
    (("标段", 5, "流标文号", None), "failed_tender_missing"),
    (("项目", 2, "2020年度延续（是/否）", "是"), "continuation"),
    (("项目", 2, "项目名称", "两行\n名称"), "line_break"),
    (("项目", 3, "承训机构代码", "I01"), "lot_institution"),
    (("项目", 4, "项目类型", "送教下乡培训"), "lot_line"),
    (("项目", 5, "确定方式", "公开招标"), "lot_route"),
    (("环节", 3, "序号", 1), "repeated_stage"),
    (("环节", 3, "实施单位", "示例远程培训机构丙"), "provider_code"),
    (("环节", 4, "培训方式", "混合式研修"), "stage_blended"),
    (("环节", 5, "培训方式", "跟岗培训"), "stage_mode"),
    (("环节", 6, "学时", 9999), "number_range"),
    (("环节", 7, "学时", -4), "negative"),
    (("环节", 8, "实施单位", None), "empty_cell"),
    (("项目县", 3, "县区名称", "太谷区"), "county_name"),
    (("项目县", 5, "县区代码", 140212), "repeated_county"),
    (("学校", 2, "县区代码", "149999"), "county_unknown"),
    (("学校", 3, "县区代码", "城区"), "county_ambiguous"),
    (("学校", 4, "学校代码", "x02"), "repeated_code"),
    (("班级", 2, "参训人数（人）", 41), "structure_sum"),
    (("班级", 3, "开始日期", "2018-10-11"), "class_year"),
    (("班级", 4, "结束日期", "2021-09-01"), "end_before_start"),
    (("班级", 5, "县区代码", None), "county_without_code"),
    (("班级", 6, "班级代码", "五班"), "bad_code"),
    (("班级", 7, "班级代码", "合计"), "total_row"),
    (("场次", 2, "日期", "9月8日"), "date_without_year"),
    (("场次", 3, "日期", 44447), "date_number"),
    (("场次", 4, "日期", "2021-13-01"), "no_such_day"),
    (("场次", 5, "日期", "开班次日"), "bad_date"),
    (("场次", 6, "日期", "2021-12-01"), "outside_class"),
    (("场次", 6, "题目", "=1+1"), "formula_without_value"),
    (("场次", 4, "主讲人", "#REF!"), "error_value"),
    (("选派", 2, "学校代码", "x-01"), "misspelt_code"),
    (("选派", 3, "学校代码", "X99"), "unknown_reference"),
    (("选派", 4, "人数（人）", 37), "sent_too_many"),
    (("专家", 3, "姓名", "示例专家一"), "person_twice"),
    (("专家", 3, "工作单位", "示例大学教育学院"), "person_twice"),
    (("专家", 4, "工作单位机构代码", None), "employer_code"),
    (("实地调研", 2, "场次代码", "S01 S01"), "repeated_in_cell"),
    (("实地调研", 4, "场次代码", "S04"), "other_class"),
    (("评阅", 2, "项目代码（方案评阅）", None), "review_without_target"),
    (("评阅", 3, "班级代码（作业抽评）", "C01"), "review_two_targets"),
    (("评阅", 5, "专家代码", "E01"), "repeated_review"),
    (("记录员", 2, "工作单位", "示例师范院校甲"), "recorder_conflict"),
    (("座谈", 3, "日期", "2021-10-01"), "before_class"),
]
OF_THE_FILE = ("formula_without_value", "error_value")
MOVED = {
    "error_value": "E",
    "formula_without_value": "D",
    "person_twice": "姓名",
    "provider_code": "实施单位机构代码",
    "recorder_conflict": "记录员代码",
    "winner_differs": "承训机构代码",
}
"""Faults whose cell is not the one that was changed: column where they are told."""


def test_at_least_thirty_kinds_at_once_each_at_its_cell() -> None:
    data = saved(edit(sample_book(), [planted for planted, _code in PLANTED]))
    all_faults = faults_of(data)
    found = {(f.code, f.place.sheet, f.place.row, f.place.column) for f in all_faults}
    for (sheet, row, column, _value), code in PLANTED:
        sheet = "座谈" if code == "recorder_conflict" else sheet
        area = "workbook" if code in OF_THE_FILE else "catalogue"
        assert (f"{area}.{code}", sheet, row, MOVED.get(code, column)) in found
    assert len({fault.code for fault in all_faults}) >= 45
    assert all(fault.message and fault.remedy for fault in all_faults)


RULES: list[tuple[str, list[Edit], tuple[str, str, int, str]]] = [
    (
        "R6 (N2.1): a lot continued from 2020 names that winner",
        [("标段", 3, "2020年度承训机构代码", None)],
        ("winner_missing", "标段", 3, "2020年度承训机构代码"),
    ),
    (
        "R6 (N2.1): and keeps it",
        [("标段", 3, "2020年度承训机构代码", "I01")],
        ("winner_differs", "标段", 3, "承训机构代码"),
    ),
    (
        "R7 (N2.1): experts select only after a failed tender",
        [("标段", 5, "流标文号", None)],
        ("failed_tender_missing", "标段", 5, "流标文号"),
    ),
    (
        "N2.2: a blended project has several stages of different modes",
        [("环节", 7, "培训方式", "集中研修")],
        ("blended_alone", "项目", 4, "培训方式"),
    ),
    (
        "N1.1: outreach happens in a county",
        [("班级", 5, "县区代码", None), ("班级", 5, "县区名称", None)],
        ("outreach_without_county", "班级", 5, "县区代码"),
    ),
    (
        "R19: no visit to the employer's class",
        [("实地调研", 5, "专家代码", "E03")],
        ("conflict", "实地调研", 5, "专家代码"),
    ),
    (
        "R19: no review of the employer's project",
        [("评阅", 3, "项目代码（方案评阅）", "P02")],
        ("conflict", "评阅", 3, "专家代码"),
    ),
    (
        "domain 7.3: the organiser is out of the room",
        [("记录员", 2, "工作单位", "示例师范院校甲")],
        ("recorder_conflict", "座谈", 2, "记录员代码"),
    ),
    (
        "a visit sees sessions of its own day",
        [("场次", 3, "日期", "2021-09-09")],
        ("other_day", "实地调研", 2, "场次代码"),
    ),
    (
        "one focus group is one row",
        [("座谈", 3, "班级代码", "C01"), ("座谈", 3, "日期", "2021-09-24")],
        ("repeated_focus_group", "座谈", 3, "日期"),
    ),
    (
        "one school sends to a class once",
        [("选派", 3, "学校代码", "X01")],
        ("repeated_sending", "选派", 3, "学校代码"),
    ),
    (
        "a class of a project continued from 2020 may have begun in 2020, others not",
        [("班级", 2, "开始日期", "2020-12-31"), ("班级", 3, "开始日期", "2020-12-31")],
        ("class_year", "班级", 2, "开始日期"),
    ),
    (
        "what is left of the sample does not pass for real",
        [("年度", 2, "样例（是/否）", "否"), ("年度", 2, "标题", "2021年度")],
        ("sample_left", "机构", 2, "机构名称"),
    ),
]


@pytest.mark.parametrize(("_rule", "edits", "expected"), RULES, ids=[rule[0] for rule in RULES])
def test_rule(_rule: str, edits: list[Edit], expected: tuple[str, str, int, str]) -> None:
    found = faults_after(*edits)
    assert found[0] == expected
    assert {code for code, *_ in found} == {expected[0]}


REMARKS: list[tuple[list[Edit], tuple[str, str, int | None, str]]] = [
    ([("年度", 2, "标题", "样例：2020年度评估")], ("title_year", "年度", 2, "标题")),
    (
        [("机构", 4, "机构名称", "示例师范院校甲培训中心")]
        + [("环节", row, "实施单位", "示例师范院校甲培训中心") for row in (4, 6, 7)],
        ("near_names", "机构", 4, "机构名称"),
    ),
    ([("项目", 2, "标段代码", None)], ("lot_without_project", "标段", 2, "标段代码")),
    ([("项目", 2, "标段代码", None)], ("project_without_lot", "项目", 2, "标段代码")),
    ([("机构", 4, "机构类别", "高等学校")], ("workshop_provider", "环节", 4, "实施单位")),
    (
        [("环节", 4, "资质或认定文件", None)],
        ("workshop_without_document", "环节", 4, "资质或认定文件"),
    ),
    ([("环节", 7, "学时", 24)], ("it_hours", "环节", 7, "学时")),
    ([("环节", 8, "学时", 51)], ("hours_per_day", "环节", 8, "学时")),
    (
        [("班级", 3, "项目代码", "P01"), ("班级", 3, "班级名称", "样例项目一1班")]
        + [("班级", 6, "班级代码", "C05"), ("班级", 6, "项目代码", "P02")],
        ("class_name_twice", "班级", 3, "班级名称"),
    ),
    ([("班级", 6, "班级代码", "C05")], ("class_without_structure", "班级", 6, "班级代码")),
    (
        [("班级", 6, "班级代码", "C05"), ("班级", 6, "参训人数（人）", 4)],
        ("small_class", "班级", 6, "参训人数（人）"),
    ),
    ([("项目县", 2, "国培项目县（是/否）", "否")], ("outreach_county", "班级", 5, "县区代码")),
    ([("选派", 6, "人数（人）", 29)], ("sent_fewer", "班级", 5, "参训人数（人）")),
    (
        [("实地调研", 3, "班级代码", "C02"), ("实地调研", 3, "日期", "2021-10-13")]
        + [("实地调研", 3, "场次代码", "S06"), ("场次", 7, "场次代码", "S06")]
        + [("场次", 7, "班级代码", "C02"), ("场次", 7, "日期", "2021-10-13")],
        ("few_experts", "项目", 2, "项目代码"),
    ),
    (
        [("专家", 5, "专家代码", "E04"), ("专家", 5, "姓名", "丁")],
        ("expert_unused", "专家", 5, "专家代码"),
    ),
    (
        [("班级", 4, "县区代码", 140105), ("班级", 4, "县区名称", None)]
        + [("班级", 4, "开始日期", "2021-09-08"), ("场次", 5, "日期", "2021-09-08")]
        + [("实地调研", 6, "日期", "2021-09-08"), ("实地调研", 7, "日期", "2021-09-08")]
        + [("班级", 2, "县区代码", 140702), ("班级", 2, "县区名称", None)],
        ("two_places", "实地调研", 6, "日期"),
    ),
    (
        [("评阅", 3, "项目代码（方案评阅）", "P03")],
        ("few_reviewers", "评阅", 2, "项目代码（方案评阅）"),
    ),
    ([("记录员", 3, "记录员代码", "B02")], ("recorder_twice", "记录员", 3, "姓名")),
    ([("记录员", 3, "记录员代码", "B02")], ("recorder_unused", "记录员", 3, "记录员代码")),
]


@pytest.mark.parametrize(("edits", "expected"), REMARKS, ids=[r[1][0] for r in REMARKS])
def test_what_is_possible_is_remarked_and_not_refused(
    edits: list[Edit], expected: tuple[str, str, int | None, str]
) -> None:
    assert expected in remarks_after(*edits)


def test_the_sample_has_nothing_to_remark() -> None:
    assert remarks_after() == []


def real(*edits: Edit) -> list[tuple[str, str, int | None, str]]:
    """Remarks on the sample once it is renamed so that it says to be real."""
    book = sample_book()
    for row, name in enumerate(("某师范学院", "某综合大学", "某远程培训中心"), 2):
        former = book["机构"].cell(row, 2).value
        book["机构"].cell(row, 2).value = name
        for sheet, column in (("环节", 4), ("专家", 3)):
            for (cell,) in book[sheet].iter_rows(min_col=column, max_col=column):
                cell.value = name if cell.value == former else cell.value
    own = [("年度", 2, "样例（是/否）", "否"), ("年度", 2, "标题", "2021年度评估"), *edits]
    checked = check_catalogue(read_workbook(saved(edit(book, own)), "目录.xlsx"))
    return [
        (f.code.partition(".")[2], f.place.sheet, f.place.row, f.place.column)
        for f in checked.remarks
    ]


def test_numbers_of_the_notice_are_remarked_in_its_year() -> None:
    """N1.1: 23 counties; N1.2: 34 counties; N2.1: at most five institutions."""
    assert real() == [
        ("counties_count", "项目县", None, "国培项目县（是/否）"),
        ("counties_count", "项目县", None, "提升工程2.0项目县（是/否）"),
    ]
    more: list[Edit] = []
    for number in range(5):
        code = {"机构": f"M{number}", "项目": f"Q{number}", "班级": f"K{number}"}
        more += [("机构", 5 + number, "机构代码", code["机构"])]
        more += [("机构", 5 + number, "机构名称", "赤橙黄绿青"[number] * 4)]
        more += [("项目", 6 + number, "项目代码", code["项目"])]
        more += [
            ("项目", 6 + number, "项目类型", "it_team"),
            ("项目", 6 + number, "标段代码", None),
        ]
        more += [("项目", 6 + number, "承训机构代码", code["机构"])]
        more += [("班级", 6 + number, "班级代码", code["班级"])]
        more += [("班级", 6 + number, "项目代码", code["项目"])]
    assert ("it_institutions", "项目", None, "承训机构代码") in real(*more)
    later = [("年度", 2, "年份", 2020), ("年度", 2, "标题", "2020年度评估")]
    assert real(*later) == []


def test_a_title_above_the_column_names_is_named_as_such() -> None:
    book = sample_book()
    book["班级"].insert_rows(1)
    book["班级"]["A1"] = "2021年度培训班一览表"
    found = [f for f in faults_of(saved(book)) if f.place.sheet == "班级"]
    assert [(f.code, f.place.row) for f in found if f.code.startswith("catalogue")] == [
        ("catalogue.header_not_first", 2)
    ]


def test_what_clerks_type_is_understood_in_every_sheet() -> None:
    edits: list[Edit] = [
        ("班级", 2, "参训人数（人）", "40人"),
        ("班级", 3, "参训人数（人）", "\uff13\uff16名"),
        ("年度", 2, "年份", "2021年"),
        ("环节", 2, "学时", "40学时"),
        ("环节", 3, "学时", 24.0),
        ("选派", 4, "人数（人）", " 36 "),
        ("项目县", 2, "国培项目县（是/否）", "√"),
        ("项目县", 2, "提升工程2.0项目县（是/否）", "×"),
        ("项目县", 3, "县区代码", "榆次区"),
        ("学校", 2, "县区代码", 140212),
        ("标段", 4, "项目条线", "“信息技术应用能力提升工程2.0”"),
        ("实地调研", 2, "场次代码", "S01、S02"),
        ("场次", 2, "日期", "2021.9.8"),
    ]
    book = edit(sample_book(), edits)
    for sheet in book.worksheets:
        for cell in sheet[1]:
            cell.value = (
                str(cell.value).replace("（选填）", "").replace("（", "(").replace("）", ")")
            )
    book.create_sheet("Sheet1")
    data = saved(book)
    assert check_catalogue(read_workbook(data, "目录.xlsx")).catalogue == sample_catalogue()


def test_an_older_workbook_still_reads() -> None:
    book = sample_book()
    for name in ("标段", "环节", "项目县", "学校", "选派", "评阅", "记录员", "座谈", "填写说明"):
        del book[name]
    book["项目"].delete_cols(8)
    catalogue = check_catalogue(read_workbook(saved(book), "目录.xlsx")).catalogue
    assert (catalogue.lots, catalogue.sendings, catalogue.focus_groups) == ((), (), ())
    assert {project.lot for project in catalogue.projects} == {""}
    assert {county.is_project_county for county in catalogue.counties} == {None}


def test_project_counties_follow_their_sheet() -> None:
    known = {c.code: c.is_project_county for c in sample_catalogue().counties}
    assert [known[code] for code in ("140212", "140702", "140981", "140105")] == [True] * 3 + [None]
    book = edit(
        sample_book(), [("项目县", 5, "县区代码", "140105"), ("项目县", 5, "县区名称", None)]
    )
    book["项目县"].cell(5, 3).value = book["项目县"].cell(5, 4).value = "否"
    units = check_catalogue(read_workbook(saved(book), "目录.xlsx")).catalogue.counties
    assert {c.code: c.is_project_county for c in units}["140105"] is False


def test_hidden_rows_and_sheets_are_read_and_remarked() -> None:
    book = sample_book()
    book["班级"].row_dimensions[3].hidden = book["班级"].row_dimensions[5].hidden = True
    book["班级"].row_dimensions[90].hidden = True
    book["专家"].sheet_state = "hidden"
    checked = check_catalogue(read_workbook(saved(book), "目录.xlsx"))
    assert checked.catalogue == sample_catalogue()
    assert [(r.code, r.place.sheet, r.place.row) for r in checked.remarks] == [
        ("workbook.hidden_rows", "班级", 3),
        ("workbook.hidden_sheet", "专家", None),
    ]
    assert "2行" in checked.remarks[0].message
