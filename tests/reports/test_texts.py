"""Slots: an official's Markdown instead of the rules' sentences; every fault with its line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from sample_results import HOSTILE, sample_results
from test_facts import EDITIONS, edition

from analysis.results import Results
from instruments.faults import FaultsFound
from reports.bulletin import build_bulletin
from reports.document import Bulletin, Paragraph
from reports.evaluation import publish_bulletin
from reports.facts import gather_facts
from reports.material import gather
from reports.printing import Printing
from reports.publication import Choices
from reports.rules import SLOTS, Fact
from reports.texts import default_texts, listed_facts, read_texts, unbound_numbers
from reports.writers.html import render_html


def facts(results: Results) -> Mapping[str, Fact]:
    return gather_facts(gather(results))


def written(**texts: str) -> Bulletin:
    return build_bulletin(sample_results(), Printing(texts=texts))


def scope(bulletin: Bulletin) -> list[str]:
    section = bulletin.sections[0].sections[0]
    return [block.text for block in section.blocks if isinstance(block, Paragraph)]


def refused(**texts: str) -> list[str]:
    with pytest.raises(FaultsFound) as found:
        written(**texts)
    return [f"{one.code} {one.place}" for one in found.value.faults]


@pytest.mark.parametrize("name", EDITIONS)
def test_default_texts_put_back_say_what_the_rules_say(name: str, tmp_path: Path) -> None:
    results = edition(name)
    texts = default_texts(facts(results))
    assert any("{{ " in text for text in texts.values())
    for file, text in texts.items():
        (tmp_path / file).write_text(text, encoding="utf-8")
    again = build_bulletin(results, Printing(texts=read_texts(tmp_path)))
    assert again == build_bulletin(results, Printing())


def test_paragraphs_lists_and_names() -> None:
    text = (
        "评估{{项目数}}个项目，\n回收率{{ 学校问卷回收率 }}。\n\n"
        "1. 甲\n1. 乙\n\n- 丙\n* 丁\n\n**戊**与__己__2*3*4"
    )
    assert scope(written(overview=text)) == [
        *("评估3个项目，回收率81.3%。", "1. 甲", "2. 乙", "——丙", "——丁", "戊与己2*3*4"),
    ]


def test_numbers_begin_anew_after_a_paragraph() -> None:
    found = scope(written(overview="1. 甲\n2. 乙\n\n段\n\n7. 丙"))
    assert found == ["1. 甲", "2. 乙", "段", "1. 丙"]


def test_sub_headings_are_numbered_with_their_section() -> None:
    bulletin = written(problems="总的看。\n## 甲\n一段\n\n## 乙 {{ 项目数 }}\n二段")
    section = next(one for one in bulletin.sections if one.anchor == "problems")
    assert [one.heading for one in section.sections] == ["（一）甲", "（二）乙 3"]
    assert [block.text for block in section.blocks if isinstance(block, Paragraph)] == ["总的看。"]
    inner = written(overview="## 方法\n三段").sections[0].sections[0].sections[0]
    assert inner.heading == "1. 方法"


def test_an_empty_text_leaves_its_section_out() -> None:
    anchors = [one.anchor for one in written(problems=" \n").sections]
    assert "problems" not in anchors
    assert anchors[-1] == "next-steps"


HOSTILE_TEXT = "{% import os %}{{ 项目数 }}{# x #} #eval(1) <b>甲</b> {=2} $x$ \\o"


def test_hostile_text_is_text() -> None:
    assert scope(written(overview=HOSTILE_TEXT)) == [HOSTILE_TEXT.replace("{{ 项目数 }}", "3")]
    assert "<b>甲</b>" not in render_html(written(overview=HOSTILE_TEXT))


def test_a_fact_s_text_is_never_read_again() -> None:
    """A cycle may be called what it likes: it makes no heading, list or name."""
    results = sample_results()
    title = "## {{ 项目数 }} **甲** " + HOSTILE
    named = replace(results, cycle=replace(results.cycle, title=title))
    bulletin = build_bulletin(named, Printing(texts={"overview": "{{ 年度名称 }}"}))
    assert scope(bulletin) == [title]


def test_unknown_names_are_told_with_line_and_near_names() -> None:
    with pytest.raises(FaultsFound) as found:
        written(overview="一\n\n{{ 项目数目 }}和{{ zzz }}", problems="{{ 总体参评串 }}")
    faults = found.value.faults
    assert [(one.code, one.place.file, one.place.row) for one in faults] == [
        ("texts.misspelt_name", "overview.md", 3),
        ("texts.unknown_name", "overview.md", 3),
        ("texts.misspelt_name", "problems.md", 1),
    ]
    assert "项目数" in faults[0].remedy
    assert "总体参评率" in faults[2].remedy


@pytest.mark.parametrize(
    "text", ["甲{{ 项目数", "项目数 }}", "{{ 项目数\n}}", "{{ {{ 项目数 }} }}", "{{{项目数}}}}"]
)
def test_braces_come_in_pairs_on_one_line(text: str) -> None:
    assert any(one.startswith("texts.braces overview.md 第1行") for one in refused(overview=text))


@pytest.mark.parametrize(
    "line", ["# 甲", "### 甲", "|甲|乙|", "> 甲", "```", "![图](a.png)", "---", "* * *"]
)
def test_other_markdown_is_refused_with_its_line(line: str) -> None:
    assert refused(overview=f"甲\n\n{line}") == ["texts.shape overview.md 第3行"]


def test_the_basis_has_no_headings_and_no_other_slots_exist() -> None:
    assert refused(basis="甲\n## 乙") == ["texts.heading basis.md 第2行"]
    assert refused(other="甲") == ["texts.no_slot other.md"]


def test_all_faults_at_once() -> None:
    assert len(refused(overview="# 甲\n{{ 乙", problems="{{ 丙丁戊己庚 }}", other="")) == 4


def test_a_file_that_is_no_slot_hides_no_fault_of_another(tmp_path: Path) -> None:
    folder = tmp_path / "texts"
    folder.mkdir()
    (folder / "notes.md").write_text("甲", encoding="utf-8")
    (folder / "overview.md").write_text("一\n{{ 项目数目 }}", encoding="utf-8")
    with pytest.raises(FaultsFound) as found:
        publish_bulletin(sample_results(), tmp_path / "out", choices=Choices(texts=folder))
    assert [(one.code, one.place.file, one.place.row) for one in found.value.faults] == [
        ("texts.no_slot", "notes.md", None),
        ("texts.misspelt_name", "overview.md", 2),
    ]
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_files_are_read_as_they_are_saved(encoding: str, tmp_path: Path) -> None:
    (tmp_path / "problems.md").write_bytes("玥喆：{{ 项目数 }}\r\n\r\n乙".encode(encoding))
    (tmp_path / "facts.csv").write_bytes(b"x")
    (tmp_path / ".DS_Store").write_bytes(b"\x00")
    texts = read_texts(tmp_path)
    assert list(texts) == ["problems"]
    assert texts["problems"].split() == ["玥喆：{{", "项目数", "}}", "乙"]


def test_files_that_cannot_be_used_are_all_told(tmp_path: Path) -> None:
    (tmp_path / "overview.md").write_bytes(b"\xff\xff\xff")
    (tmp_path / "problems.md").write_bytes("甲\n乙\x00".encode())
    (tmp_path / "basis.md").write_bytes(b"a" * 200_001)
    (tmp_path / "Overview.txt").write_bytes(b"")
    (tmp_path / "practices.md").mkdir()
    with pytest.raises(FaultsFound) as found:
        read_texts(tmp_path)
    assert [(one.code, one.place.file, one.place.row) for one in found.value.faults] == [
        ("texts.no_slot", "Overview.txt", None),
        ("texts.too_large", "basis.md", None),
        ("texts.encoding", "overview.md", None),
        ("texts.no_slot", "practices.md", None),
        ("texts.control", "problems.md", 2),
    ]
    assert all(f"{slot}.md" in found.value.faults[0].remedy for slot in SLOTS)
    with pytest.raises(FaultsFound):
        read_texts(tmp_path / "none")


def test_figures_typed_by_hand_are_told() -> None:
    text = (
        "（晋教师函〔2021〕57号）2021年12月6日，见附件4，A1.2.3和条款N3.3。\n"
        "1. 共{{ 项目数 }}个项目，满意率为９５．２%，\n\n比2020年度高3个百分点，计1,234人"
    )
    assert unbound_numbers({"overview": text, "basis": "无"}) == [
        ("overview.md", 2, "95.2%"),
        ("overview.md", 4, "3"),
        ("overview.md", 4, "1,234"),
    ]


def test_the_rules_own_texts_hold_no_typed_figures() -> None:
    texts = {
        file.removesuffix(".md"): text
        for file, text in default_texts(facts(sample_results())).items()
    }
    assert unbound_numbers(texts) == []


def test_the_list_of_facts_holds_each_with_its_value() -> None:
    lines = listed_facts(facts(sample_results())).split("\r\n")
    assert lines[0] == "名称,本期"
    assert "项目数,3" in lines
