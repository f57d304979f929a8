"""The bulletin of the whole programme: localities, records, focus groups, editions, versions."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
from sample_programme import frozen_locality
from sample_results import sample_framework, sample_results
from test_bulletin import tables_of, texts, walk

from analysis.results import Results
from reports.bulletin import build_bulletin
from reports.document import MANY, Bulletin, Figure, Paragraph, Table, Trail, TrailRow
from reports.material import gather
from reports.printing import SAMPLE, Printing
from reports.sections.figures import PANEL
from reports.sections.trails import trails
from reports.writers.html import render_html


@pytest.fixture(scope="module")
def bulletin() -> Bulletin:
    return build_bulletin(sample_results(), Printing(mark=SAMPLE))


def said(bulletin: Bulletin, anchor: str) -> str:
    """All running text of the section called ``anchor``."""
    sections = walk(bulletin.sections + bulletin.annexes)
    section = next(section for section in sections if section.anchor == anchor)
    blocks = [b for one in walk((section,)) for b in one.blocks]
    return "\n".join(block.text for block in blocks if isinstance(block, Paragraph))


def trail(results: Results, scorecard: str) -> Trail:
    """The units of a scorecard abreast; the sheets hold the same trails (test_unit_sheets)."""
    group = next(one for one in gather(results).groups if one.scorecard == scorecard)
    names = [unit.name for unit in group.units]
    return next(trails(gather(results), group.title, group.units, names))


def line(found: Trail, label: str) -> list[tuple[str, str]]:
    row = next(row for row in found.rows if row.label == label)
    return [(cell.text, cell.n) for cell in row.cells]


def between(found: Trail, first: str, last: str) -> list[TrailRow]:
    """Rows from the one called ``first`` to the one before ``last``."""
    labels = [row.label for row in found.rows]
    return list(found.rows[labels.index(first) : labels.index(last)])


COUNTIES = "B-county"
PROJECTS = "A-project"


def test_counties_have_a_ranked_table_of_their_own(bulletin: Bulletin) -> None:
    """Section 00, ranked units; columns count schools; two 城区 are told apart by their city."""
    table = tables_of(bulletin)["table5"]
    assert table.caption == "表8 各县（市、区）（满分100分，全部可评）"
    labels = [column.label for column in table.columns]
    assert labels == [
        *("名次", "单位", "作答学校（所）", "学校回收率", "B1 组织", "B4 选派"),
        *("综合分", "95%区间", "名次区间", "字母", "等次"),
    ]
    assert texts(table)[0] == [
        *("1", "城区（阳泉市）", "6", "100.0%", "70.0", "91.0"),
        *("80.5", "76.5–84.5", "1", "a", "良（近中）"),
    ]
    assert texts(table)[1][1] == "城区（晋城市）"
    assert tables_of(bulletin)["table4"].caption == "表7 各市（满分100分，全部可评）"


def test_unranked_localities_are_listed_apart_with_their_reason(bulletin: Bulletin) -> None:
    table = tables_of(bulletin)["unranked-local-table"]
    assert [column.label for column in table.columns][1:3] == ["作答学校（所）", "应作答学校（所）"]
    assert texts(table) == [["高平市", "2", "4", "50.0%", "88.0", "作答学校不足5所，不排名"]]
    others = tables_of(bulletin)["unranked-table"]
    assert [column.label for column in others.columns][1:3] == ["有效份数", "参训人数"]


def test_every_kind_of_missing_has_its_word(bulletin: Bulletin) -> None:
    """Section 00, missing data, three kinds; what is withheld shows what it counts as."""
    found = trail(sample_results(), COUNTIES)
    assert line(found, "B1.1.1 工作小组会议") == [
        ("100.0", ""),
        ("应报未报", "计0.0分"),
        ("未到期", ""),
    ]
    assert [text for text, _ in line(found, "B1.1.2 经费达标")] == ["25.0", "不适用", "缺测"]
    assert line(trail(sample_results(), PROJECTS), "T1.1.1 回应需求")[2] == ("人数不足", "")
    explained = said(bulletin, "scores")
    assert all(f"“{word}”" in explained for word in ("缺测", "不适用", "未到期", "应报未报"))


def test_units_made_of_others_lead_to_them() -> None:
    """An institution's items are its projects', a city's are its counties': both are named."""
    made = "合成所用的{}（按参训人数加权；题项、填报见各{}）"
    institutions = trail(sample_results(), "A")
    found = line(institutions, made.format("项目", "项目"))
    assert [text for text, _ in found] == ["项目一", "项目二、项目三"]
    assert line(institutions, "T2.2.1 完成率")[1] == ("部分应报未报", "计0.0分")
    cities = trail(sample_results(), "B-city")
    found = line(cities, made.format("县", "县"))
    assert [text for text, _ in found] == ["城区（晋城市）、高平市", "城区（阳泉市）"]


def test_what_is_withheld_is_a_finding_that_names_units_by_their_number_of_leaves(
    bulletin: Bulletin,
) -> None:
    text = said(bulletin, "problems")
    withheld = [part for part in text.split("\n") if "应报未报：经2次有记录的催报" in part]
    assert [part.split("：")[-1] for part in withheld] == [
        "项目二（院校乙）1项，见其分表。",
        "城区（晋城市）1项，见其分表。",
    ]
    assert "城区" not in text.replace(withheld[-1], "")
    assert "T2.2.1" not in text
    none = sample_results()
    kept = none.indicators.assign(status=none.indicators["status"].replace("withheld", "missing"))
    bulletin = build_bulletin(replace(none, indicators=kept), Printing(mark=SAMPLE))
    assert "应报未报" not in said(bulletin, "problems")


def test_a_record_s_leaf_shows_formula_fields_and_checks() -> None:
    rows = between(trail(sample_results(), PROJECTS), "T2.2.1 完成率", "座谈（不计分）：B4.1 对象")
    formula, *fields = rows[1:]
    assert formula.kind == "formula"
    assert formula.label == (
        "计算：如已填“结业文件”且（“中标方式”≠“邀标”），为“结业人数（人）”÷“计划人数（人）”；"
        "否则为0；得分0→0，1→100，两点连线（可外推），限于0—100分；标度：占比（share）"
    )
    found = {row.label: [(cell.text, cell.n) for cell in row.cells] for row in fields}
    assert found["结业人数（人）"] == [("48", "核定"), ("—", ""), ("—", "")]
    assert found["计划人数（人）"][0] == ("50", "抽核")
    assert found["中标方式"][0] == ("公开招标", "自报")
    assert found["结业文件"][0] == ("已填", "自报"), "free text is not printed"
    assert line(trail(sample_results(), COUNTIES), "学校经费表（行数）")[0] == ("4行", "自报")


def test_the_verified_share_is_printed_by_unit_and_over_all(bulletin: Bulletin) -> None:
    shares = line(trail(sample_results(), PROJECTS), "核定或抽核字段占比")
    assert [text for text, _ in shares] == ["50.0%（2/4）", "", ""]
    assert "50.0%（3/6）" in said(bulletin, "quality-fields")


def test_focus_groups_are_counted_and_never_scored(bulletin: Bulletin) -> None:
    found = trail(sample_results(), PROJECTS)
    assert line(found, "座谈（不计分）") == [
        ("肯定3 中性1 否定2", "2场，1条有不同意见"),
        ("肯定1 中性0 否定0", "1场"),
        ("—", ""),
    ]
    assert line(found, "座谈（不计分）：B4.1 对象")[0] == ("肯定0 中性0 否定2", "1场")
    table = tables_of(bulletin)["focus-table"]
    assert ["T2.1 满意", "3", "4", "1", "2", "1"] in texts(table)


def test_items_of_schools_lead_from_a_county() -> None:
    found = trail(sample_results(), COUNTIES)
    assert line(found, "s1 派去培训的教师是合适的人选。")[0] == ("91.0", "6")
    assert line(found, "作答学校（所）")[0] == ("6", "")
    assert line(found, "已测分值（适用分值折合100）")[2] == ("50", "")


def test_a_lowest_leaf_names_those_of_which_it_is_the_lowest() -> None:
    framework = sample_framework()
    lowest = replace(framework.indicator("T2.1.1"), minimum_of=("T1.1.1", "T2.2.1"))
    nodes = tuple(lowest if n.code == lowest.code else n for n in framework.indicators)
    both = (replace(framework, indicators=nodes), frozen_locality())
    found = trail(sample_results(frameworks=both), PROJECTS)
    labels = [row.label for row in found.rows]
    place = next(n for n, label in enumerate(labels) if label.startswith("T2.1.1"))
    assert labels[place + 1] == "取T1.1.1、T2.2.1中最低者"


def test_the_form_is_named_where_a_source_has_several() -> None:
    framework = sample_framework()
    other = replace(framework.indicator("T2.1.1"), instrument="school_form")
    nodes = tuple(other if node.code == other.code else node for node in framework.indicators)
    both = (replace(framework, indicators=nodes), frozen_locality())
    found = trail(sample_results(frameworks=both), PROJECTS)
    labels = [row.label for row in found.rows]
    assert "T2.1.1 总体满意（县校问卷）" in labels
    assert "T1.1.1 回应需求（结业问卷）" in labels
    assert "T2.2.1 完成率" in labels


def test_the_follow_up_edition_supersedes_the_first_side_by_side(bulletin: Bulletin) -> None:
    """Section 00, two editions: both rankings, and what moved."""
    assert bulletin.title == "关于2021年度“国培计划”项目绩效评估情况的跟踪通报"
    assert any("取代本年度期末通报" in text for text in bulletin.basis)
    table = tables_of(bulletin)["moves-end-table"]
    assert texts(table) == [
        ["项目一", "83.0", "2", "91.3", "1", "升1位"],
        ["项目二", "85.0", "1", "84.0", "2", "降1位"],
        ["城区（阳泉市）", "80.0", "1", "80.5", "—", "—"],  # alone in the later one
        ["高平市", "88.0", "1", "88.0", "—", "不再排名"],
    ]
    marked = [[cell.strong for cell in row] for group in table.groups for row in group.rows]
    assert [row[-1] for row in marked] == [True, True, False, True]
    assert "4个参加排名的单位中，3个名次有变化" in said(bulletin, "editions")


def test_the_same_people_s_change_stands_beside_the_two_editions(bulletin: Bulletin) -> None:
    table = tables_of(bulletin)["paired-table"]
    assert texts(table) == [
        ["项目一", "总体满意程度", "14", "0.64", "0.20"],
        ["项目二", "总体满意程度", "10", "-0.30", "0.15"],
    ]
    assert "有2个项目可以按人比较前后" in said(bulletin, "editions")
    assert "不少于10人" in table.notes[0] and "不计入得分" in table.notes[0]
    results = sample_results()
    few = build_bulletin(replace(results, paired=results.paired.iloc[:0]), Printing(mark=SAMPLE))
    assert "paired-table" not in tables_of(few)


def test_the_first_edition_says_nothing_of_another() -> None:
    results = sample_results()
    first = replace(
        results,
        cycle=replace(results.cycle, edition="end"),
        editions=results.editions.iloc[:0],
    )
    bulletin = build_bulletin(first, Printing(mark=SAMPLE))
    assert bulletin.title == "关于2021年度“国培计划”项目绩效评估情况的通报"
    assert "期末通报" in bulletin.subtitle
    assert "moves-end-table" not in tables_of(bulletin)
    assert not any("取代" in text for text in bulletin.basis)


def test_a_later_version_tells_who_why_and_what_moved(bulletin: Bulletin) -> None:
    """Section 00, weights' status: ranks under the frozen and the final points."""
    assert "评分表B 1.1版（建议）" in bulletin.subtitle
    told = said(bulletin, "indicators-B")
    assert "改自1.0版，由教师工作处提出。理由：选派是重点。" in told
    assert "评估结果对提出者已经可见" in told
    found = tables_of(bulletin)
    assert texts(found["points-B-table"]) == [
        ["B1.1.1 工作小组会议", "40", "30"],
        ["B4.1.1 选派合适", "40", "50"],
    ]
    assert ["晋城市", "73.0", "2", "74.0", "1", "升1位"] in texts(found["moves-frozen-table"])
    assert "4个参加排名的单位中，2个名次有变化" in said(bulletin, "reweighted")
    assert any("附件1" in text and "1.1版" in text for text in bulletin.basis)


def test_without_a_later_version_nothing_is_compared() -> None:
    results = sample_results()
    plain = replace(
        results, frameworks=results.frozen, reweighted=results.reweighted.iloc[:0]
    )  # fmt: skip
    bulletin = build_bulletin(plain, Printing(mark=SAMPLE))
    assert "moves-frozen-table" not in tables_of(bulletin)
    assert "points-B-table" not in tables_of(bulletin)
    assert "提出者" not in render_html(bulletin)


def test_the_annex_has_both_scorecards_with_how_and_for_whom(bulletin: Bulletin) -> None:
    found = tables_of(bulletin)
    notes = {
        row[0].text: row[0].note
        for name in ("indicators-A-table", "indicators-B-table")
        for group in found[name].groups
        for row in group.rows
    }
    assert notes["T1.1.1 回应需求"] == "题项q01"
    assert notes["B1.1.2 经费达标"] == (
        "计算：“学校经费表”各行中（“支出（元）”≥100）的行所占比例；标度：占比；"
        "只适用于类型为国培项目县、两类项目县的单位"
    )
    assert notes["B4.1.1 选派合适"].endswith("市取所辖县（市、区）按参训人数的加权平均")
    assert texts(found["modifiers-B-table"]) == [
        [
            "提升工程2.0项目县",
            "B1.1.1 工作小组会议 30→50；B1.1.2 经费达标 20→0（不适用）",
            "只有提升工程任务",
            "N1.2",
        ]
    ]


def many(results: Results, units: int) -> Results:
    """The sample with so many ranked counties."""
    row = results.units[results.units["unit"] == "140302"]
    others = results.units[results.units["scorecard"] != "B-county"]
    counties = pd.concat([row] * units, ignore_index=True)
    names = [f"县{place:03}" for place in range(units)]
    counties = counties.assign(unit=names, name=names, rank=range(1, units + 1))
    return replace(results, units=pd.concat([others, counties], ignore_index=True))


@pytest.mark.parametrize(("units", "layout", "panels"), [(3, "cards", 1), (90, "long", 3)])
def test_many_rows_stay_readable(units: int, layout: str, panels: int) -> None:
    """Head and names stay in sight; names of plots stay legible."""
    assert 3 < MANY < 90
    assert -(-units // PANEL) == panels
    bulletin = build_bulletin(many(sample_results(), units), Printing(mark=SAMPLE))
    assert tables_of(bulletin)["table5"].layout == layout
    section = next(s for s in walk(bulletin.sections) if s.anchor == "group5")
    figures = [block for block in section.blocks if isinstance(block, Figure)]
    assert len(figures) == panels
    assert all(isinstance(block, Table | Paragraph | Figure) for block in section.blocks)
    assert "县089" in figures[-1].alt or units < 90
