"""The bulletin of a hand-made Results: every number where it belongs, every gap in words."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest
from sample_programme import later_locality
from sample_results import HOSTILE, sample_framework, sample_results

from instruments.scorecard import Adoption
from reports.bulletin import build_bulletin
from reports.document import Bulletin, Figure, Section, Table
from reports.printing import SAMPLE, Printing
from reports.writers.html import render_html

GOLDEN = Path(__file__).parent / "golden" / "bulletin.html"


@pytest.fixture(scope="module")
def bulletin() -> Bulletin:
    return build_bulletin(sample_results(), Printing(mark=SAMPLE))


@pytest.fixture(scope="module")
def page(bulletin: Bulletin) -> str:
    return render_html(bulletin)


def walk(sections: tuple[Section, ...]) -> Iterator[Section]:
    for section in sections:
        yield section
        yield from walk(section.sections)


def tables_of(bulletin: Bulletin) -> dict[str, Table]:
    blocks = (b for s in walk(bulletin.sections + bulletin.annexes) for b in s.blocks)
    return {block.anchor: block for block in blocks if isinstance(block, Table)}


def texts(table: Table) -> list[list[str]]:
    return [[cell.text for cell in row] for group in table.groups for row in group.rows]


def undrawn(page: str) -> str:
    """Without figures, whose digits belong to the drawing library."""
    return re.sub(r"<svg .*?</svg>", "<svg/>", page, flags=re.S)


def test_golden(page: str) -> None:
    """Set GUOPEI_GOLDEN=1 to renew the golden page after a wanted change."""
    if os.environ.get("GUOPEI_GOLDEN"):
        GOLDEN.parent.mkdir(exist_ok=True)
        GOLDEN.write_text(undrawn(page), encoding="utf-8")
    found, wanted = undrawn(page).splitlines(), GOLDEN.read_text(encoding="utf-8").splitlines()
    changed = [pair for pair in zip(found, wanted, strict=False) if pair[0] != pair[1]]
    assert changed[:3] == []
    assert len(found) == len(wanted)


def test_same_bytes_twice(page: str) -> None:
    assert render_html(build_bulletin(sample_results(), Printing(mark=SAMPLE))) == page


def test_ranked_table_prints_score_interval_rank_set_letters(bulletin: Bulletin) -> None:
    table = tables_of(bulletin)["table3"]  # A-project
    first, second = texts(table)
    assert first == [
        "1", "项目一", "40", "80.0%", "93.2", "90.0", "91.3", "88.9–93.6", "1", "a", "优（近良）",
    ]  # fmt: skip
    assert second[6:] == ["84.0", "81.3–86.8", "2", "b", "良"]
    assert "满分100分，本期可评50分" in table.caption


def test_shared_rank_and_rank_set(bulletin: Bulletin) -> None:
    rows = texts(tables_of(bulletin)["table2"])
    assert [row[0] for row in rows] == ["1", "1"]
    assert {row[8] for row in rows} == {"1–2"}


def test_no_rank_without_interval_n_and_rate(bulletin: Bulletin) -> None:
    for name in ("table2", "table3"):
        for row in texts(tables_of(bulletin)[name]):
            assert "—" not in row


def test_short_table_holds_overall_and_types(bulletin: Bulletin) -> None:
    table = tables_of(bulletin)["short-table"]
    assert [group.heading for group in table.groups] == [
        "承训机构总体",
        "承训机构分类型：团队研修",
        "各市",
        "各县（市、区）",
    ]


def test_pairs_sentence(page: str) -> None:
    assert "共1对单位，其中1对差异可以确认" in page
    assert "共1对单位，其中0对差异可以确认" in page


def test_unranked_units_with_reason(bulletin: Bulletin) -> None:
    rows = texts(tables_of(bulletin)["unranked-table"])
    assert ["项目三", "4", "50", "8.0%", "—", "有效份数少于5，不显示"] in rows
    assert any(row[0] == "院校乙" and row[-1] == "参评率低于50%" for row in rows)


def test_remarks_on_ranked_units_stand_below_their_table() -> None:
    units = sample_results().units.copy()
    units.loc[(units["unit"] == "I1") & (units["scorecard"] == "A-overall"), "note"] = "未计入乙类"
    units.loc[units["unit"].isin(["P1", "P2"]), "note"] = "只有1个班级"
    found = tables_of(build_bulletin(sample_results(units=units), Printing(mark=SAMPLE)))
    assert found["table1"].notes[1:] == (f"{HOSTILE}：未计入乙类。",)
    assert found["table2"].notes == ()
    assert found["table3"].notes == ("全部参加排名的单位：只有1个班级。",)


def test_every_link_leads_to_a_place(page: str) -> None:
    ids = re.findall(r"<[^>]*\sid=([^\s>]+)", undrawn(page))
    links = set(re.findall(r"href=#([^\s>]+)", page))
    assert links <= set(ids)
    assert len(ids) == len(set(ids)), "an id repeats"
    assert len(links) > 10


def test_hostile_names_are_text(page: str) -> None:
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert HOSTILE not in page


BLOCKS = "p div ul ol table section header footer nav main details figure"


class Balance(HTMLParser):
    """Open elements, where tags that HTML lets one omit are implied; drawings aside."""

    VOID = frozenset({"meta", "br", "img", "hr", "link", "input"})
    ENDS: Mapping[str, frozenset[str]] = {
        "p": frozenset(BLOCKS.split()) | frozenset({"h1", "h2", "h3", "h4"}),
        "li": frozenset({"li"}),
        "td": frozenset({"td", "th", "tr", "tbody"}),
        "th": frozenset({"td", "th", "tr", "tbody"}),
        "tr": frozenset({"tr", "tbody"}),
        "thead": frozenset({"tbody"}),
        "tbody": frozenset({"tbody"}),
    }
    """Element -> start tags that end it; so does the end of its parent (HTML 13.1.2.4)."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.faults: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        while self.open and tag in self.ENDS.get(self.open[-1], ()):
            self.open.pop()
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open[-1] != tag and self.open[-1] in self.ENDS:
            self.open.pop()
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"{tag} at {self.getpos()}")


def test_html_is_well_formed_and_self_contained(page: str) -> None:
    parser = Balance()
    parser.feed(undrawn(page).replace("<svg/>", ""))
    parser.close()
    assert parser.faults == []
    assert parser.open == []
    others = re.findall(r"(?:src|href)=([^#\s>][^\s>]*)", undrawn(page))
    assert all(re.fullmatch(r"sheets/\w+\.html#u\d+", one) for one in others), others
    assert "@import" not in page
    assert "url(http" not in page


def test_figures_have_words(bulletin: Bulletin, page: str) -> None:
    blocks = [b for s in walk(bulletin.sections + bulletin.annexes) for b in s.blocks]
    figures = [block for block in blocks if isinstance(block, Figure)]
    assert page.count("<svg role=img aria-label=") == page.count("<svg ") == len(figures) > 4
    assert "项目一91.3（88.9–93.6）" in page


def test_sample_and_draft_marks() -> None:
    assert build_bulletin(sample_results(), Printing(mark=SAMPLE)).mark == "样例"
    assert build_bulletin(sample_results(), Printing()).mark == "样例"
    results = sample_results()
    draft = build_bulletin(replace(results, cycle=replace(results.cycle, sample=False)), Printing())
    assert draft.mark == "征求意见稿"
    page = render_html(draft)
    assert "样例" not in page
    assert page.count("征求意见稿") >= 4


def test_proposal_until_adoption_is_entered() -> None:
    assert "建议" in render_html(build_bulletin(sample_results(), Printing(mark=SAMPLE)))
    adoption = Adoption("已采用", "省教育厅", "测试〔2021〕1号", "2021-10-01")
    adopted = replace(sample_framework(), adoption=adoption)
    both = (adopted, later_locality())
    page = render_html(build_bulletin(sample_results(frameworks=both), Printing(mark=SAMPLE)))
    assert "已采用（省教育厅 测试〔2021〕1号 2021-10-01）" in page


def test_quality_annex_names_flags_moves_and_severity(bulletin: Bulletin) -> None:
    found = tables_of(bulletin)
    assert texts(found["flags-table"]) == [["项目一", "42", "2", "2"]]
    assert found["flags-table"].groups[0].heading == "直线作答且未通过检测题"
    moved = texts(found["sensitivity-table"])
    assert moved == [["项目分类型：团队研修", "项目一", "91.3", "91.0", "1", "2"]]
    assert [row[-1] for row in texts(found["raters-table"])] == ["可比", "不可分离"]


def test_counts_of_few_flags_are_not_told_apart_from_none() -> None:
    results = sample_results()
    few = results.flags.iloc[[0]].assign(project="P2", flagged=None, excluded=None)
    page = build_bulletin(replace(results, flags=pd.concat([results.flags, few])), Printing())
    assert texts(tables_of(page)["flags-table"]) == [["项目一", "42", "2", "2"]]
    alone = render_html(build_bulletin(replace(results, flags=few), Printing()))
    assert "flags-table" not in alone
    assert "没有列出的项目，标记份数或其余份数少于" in alone


def test_raters_who_do_not_differ_are_told_in_words() -> None:
    """No severity of 0 with an error of 0: equal raters and a design that shows none, apart."""
    none = sample_results().raters.assign(severity=None, se=None)
    variance = sample_results().variance
    equal = variance.assign(sd=[0.0, 4.25], points=[0.0, 4.25])
    for frame, words in ((equal, "没有可辨的差异"), (variance.iloc[1:], "宽严未作估计")):
        bulletin = build_bulletin(
            sample_results(raters=none, variance=frame), Printing(mark=SAMPLE)
        )
        page = render_html(bulletin)
        assert words in page
        assert "共2名专家、36条评分、2个连通块" in page
        assert "raters-table" not in tables_of(bulletin)
        assert [row[2] for row in texts(tables_of(bulletin)["variance-table"])][-1] == "4.25"
    assert "未检出" in render_html(
        build_bulletin(sample_results(raters=none, variance=equal), Printing(mark=SAMPLE))
    )


def test_unit_of_variance_components_is_stated(bulletin: Bulletin, page: str) -> None:
    assert "标准差（分）" in [c.label for c in tables_of(bulletin)["variance-table"].columns]
    assert "单位为分（0–100分）" in page


def test_control_code_is_in_the_foot(bulletin: Bulletin, page: str) -> None:
    assert bulletin.control == "0123456789abcdef"
    assert "0123456789abcdef</code>" in page


@pytest.mark.parametrize("order", ["rank", "band"])
def test_empty_results_still_make_a_bulletin(order: str) -> None:
    results = sample_results()
    plan = replace(results.plan, ranks=replace(results.plan.ranks, order=order))
    empty = {name: frame.iloc[:0] for name, frame in results.frames.items()}
    page = render_html(build_bulletin(replace(results, plan=plan, **empty), Printing(mark=SAMPLE)))
    assert "本期没有参加评估的单位" in page
