"""The order of the bulletin (domain 9.2): sections, annexes, short table, bands, ordering."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sample_results import sample_results
from test_bulletin import tables_of, texts, walk
from test_facts import edition

from analysis.results import Results
from reports.bulletin import build_bulletin
from reports.document import Bulletin, Paragraph, Table
from reports.printing import Printing
from reports.rules import RuleBook, rule_book
from reports.sections import short


def built(name: str) -> Bulletin:
    return build_bulletin(edition(name), Printing())


def by_band(results: Results) -> Results:
    ranks = replace(results.plan.ranks, order="band")
    return replace(results, plan=replace(results.plan, ranks=ranks))


def test_sections_of_the_follow_up_bulletin() -> None:
    found = [section.heading for section in built("followup").sections]
    assert found == [
        *("一、总体情况", "二、承训机构评估结果", "三、各地评估结果", "四、期末与跟踪两版名次"),
        *("五、主要成效", "六、存在问题", "七、下一步要求"),
    ]


def test_the_first_edition_has_no_two_rankings() -> None:
    anchors = [section.anchor for section in built("end").sections]
    assert anchors == [
        *("overview", "institutions", "localities", "achievements", "problems", "next-steps"),
    ]


def test_subsections_are_numbered_in_their_section() -> None:
    first, institutions, localities = built("followup").sections[:3]
    assert [one.heading for one in first.sections] == [
        *("（一）评估范围与方法", "（二）名次简表", "（三）等次名单"),
    ]
    assert [one.page for one in first.sections] == [False, True, False]
    assert [one.heading for one in institutions.sections] == [
        *("（一）承训机构总体", "（二）承训机构分类型：团队研修", "（三）项目分类型：团队研修"),
        "（四）未参加排名单位及原因",
    ]
    assert [one.heading for one in localities.sections] == [
        *("（一）各市", "（二）各县（市、区）", "（三）未参加排名的市、县（市、区）及原因"),
    ]
    assert [one.anchor for one in localities.sections] == ["group4", "group5", "unranked-local"]


def test_without_localities_their_part_is_left_out() -> None:
    results = sample_results()
    kept = {
        key: one[one["scorecard"].astype(str).str.startswith("A")]
        for key, one in results.frames.items()
        if "scorecard" in one
    }
    bulletin = build_bulletin(replace(results, **kept), Printing())
    assert "localities" not in [section.anchor for section in bulletin.sections]
    assert "（二）市县" not in [one.heading for one in walk(bulletin.sections)]


def test_foreign_ratings_have_a_simpler_order() -> None:
    bulletin = built("ratings")
    assert [section.heading for section in bulletin.sections[:2]] == [
        "一、总体情况",
        "二、评估结果",
    ]
    assert [one.anchor for one in bulletin.annexes] == [
        *("indicators", "method", "scores", "provenance"),
    ]
    reading = bulletin.sections[1].blocks[0]
    assert isinstance(reading, Paragraph)
    assert "附件3" in reading.text


def test_annexes_are_listed_below_the_text() -> None:
    bulletin = built("followup")
    assert [one.heading.split(" ")[0] for one in bulletin.annexes] == [
        f"附件{number}" for number in range(1, 6)
    ]
    assert [f"附件{one.replace('. ', ' ')}" for one in bulletin.attachments] == [
        one.heading for one in bulletin.annexes
    ]


def test_compliance_is_not_evaluated_and_nothing_has_passed() -> None:
    annex = next(one for one in built("followup").annexes if one.anchor == "compliance")
    text = "".join(block.text for block in annex.blocks if isinstance(block, Paragraph))
    assert text.startswith("合规核查：未评。")
    assert "通过" not in text


def test_the_short_table_leaves_out_what_one_page_cannot_hold(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One institution, its heading and the note on a lone unit are three rows, cities three,
    counties three."""
    for rows, cards in ((25, 4), (8, 2), (6, 2), (5, 1), (1, 1)):
        book = replace(rule_book(), short=replace(rule_book().short, rows=rows))
        monkeypatch.setattr(short, "rule_book", lambda book=book: book)
        table = tables_of(built("followup"))["short-table"]
        assert len(table.groups) == cards
        assert ("其余各表" in "".join(table.notes)) == (cards < 4)
    assert "承训机构分类型" in table.notes[-1]


def bands_table(naming: int, results: Results, monkeypatch: pytest.MonkeyPatch) -> Table:
    book: RuleBook = replace(rule_book(), naming=replace(rule_book().naming, bands=naming))
    monkeypatch.setattr(short, "rule_book", lambda: book)
    return tables_of(build_bulletin(results, Printing()))["bands-table"]


def test_only_the_best_bands_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    table = bands_table(1, sample_results(), monkeypatch)
    assert [column.label for column in table.columns] == [
        *("评估对象", "“优”等次单位", "“良”（个）", "“中”（个）", "“差”（个）"),
    ]
    assert texts(table)[1][1:] == ["<script>alert('x')</script>&院校（近良）", "1", "0", "0"]
    assert texts(table)[3] == ["各县（市、区）", "无", "1", "0", "1"]
    assert "概率不足90%" in table.notes[-1]
    two = bands_table(2, sample_results(), monkeypatch)
    assert texts(two)[3] == ["各县（市、区）", "无", "城区（阳泉市）（近中）", "0", "1"]


def test_the_rule_of_shared_bands_is_told_only_where_one_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    results = sample_results()
    units = results.units.assign(band=results.units["band"].str.replace(r"（.*", "", regex=True))
    table = bands_table(1, replace(results, units=units), monkeypatch)
    assert len(table.notes) == 1


def test_by_band_and_code_no_rank_is_printed_but_its_set_is() -> None:
    """Cities of one band by code, not by score; the rank set and the letters stay."""
    bulletin = build_bulletin(by_band(sample_results()), Printing())
    found = tables_of(bulletin)
    table = found["table4"]
    assert [column.label for column in table.columns][:2] == ["等次", "单位"]
    assert "名次" not in [column.label for column in table.columns]
    assert [row[:2] for row in texts(table)] == [["中", "阳泉市"], ["中", "晋城市"]]
    assert [row[-2:] for row in texts(table)] == [["1–2", "a"], ["1–2", "a"]]
    assert [column.label for column in found["short-table"].columns] == [
        *("等次", "单位", "综合分", "名次区间"),
    ]
    reading = bulletin.sections[1].blocks[0]
    assert isinstance(reading, Paragraph)
    assert "不列名次" in reading.text


def test_bands_come_before_codes() -> None:
    results = sample_results()
    units = results.units.copy()
    units.loc[units["unit"] == "140500", "band"] = "良（近中）"
    table = tables_of(build_bulletin(by_band(replace(results, units=units)), Printing()))["table4"]
    assert [row[1] for row in texts(table)] == ["晋城市", "阳泉市"]


def test_a_band_whose_label_begins_another_is_not_taken_for_it() -> None:
    results = sample_results()
    names = {"excellent": "良好", "good": "良", "fair": "中", "poor": "差"}
    bands = tuple(replace(band, label=names[band.code]) for band in results.plan.bands)
    units = results.units.copy()
    units.loc[units["unit"] == "140500", "band"] = "良好"
    units.loc[units["unit"] == "140300", "band"] = "良（近良好）"
    plan = replace(results.plan, bands=bands)
    labelled = by_band(replace(results, units=units, plan=plan))
    assert [row[1] for row in texts(tables_of(build_bulletin(labelled, Printing()))["table4"])] == [
        *("晋城市", "阳泉市"),
    ]
