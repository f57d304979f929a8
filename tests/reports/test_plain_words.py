"""What a reader without our words must be able to read: marks, points, bands, groups of one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sample_results import sample_results

from analysis.eligibility import Verdict
from analysis.results import Results
from instruments.builtin import plan_source
from instruments.faults import fault
from instruments.plan import read_plan
from reports.bulletin import build_bulletin, mark_note
from reports.document import Block, Bulletin, Figure, Paragraph, Section, Table
from reports.facts import gather_facts
from reports.material import gather
from reports.printing import Printing
from reports.sections.evidence import scale_name
from reports.unit_sheets import unit_sheets


def blocks(given: Bulletin) -> Iterator[Block]:
    for section in given.sections + given.annexes:
        yield from below(section)


def below(section: Section) -> Iterator[Block]:
    yield from section.blocks
    for child in section.sections:
        yield from below(child)


def built(results: Results) -> Bulletin:
    return build_bulletin(results, Printing())


def table(given: Bulletin, anchor: str) -> Table:
    return next(b for b in blocks(given) if isinstance(b, Table) and b.anchor == anchor)


def said(given: Bulletin) -> str:
    return "\n".join(block.text for block in blocks(given) if isinstance(block, Paragraph))


def real(results: Results) -> Results:
    return replace(results, cycle=replace(results.cycle, sample=False))


def test_a_sample_says_which_names_are_real() -> None:
    places = "市县只借用真实地名，得分与当地无关"
    assert (
        built(sample_results()).mark_note == f"样例：单位、人员与数据均为虚构，{places}；不得引用。"
    )
    assert mark_note("sample_meeting").startswith("样例·送审稿：单位、人员与数据均为虚构，市县")


@pytest.mark.parametrize("invented", [True, False])
def test_the_map_of_a_sample_speaks_of_no_real_place(invented: bool) -> None:
    given = built(sample_results() if invented else real(sample_results()))
    figures = [block for block in blocks(given) if isinstance(block, Figure)]
    (notes,) = [one.notes for one in figures if one.anchor == "figure-map"]
    assert ("样例：市县只借用真实地名，得分与当地无关。" in notes) is invented


@pytest.mark.parametrize(
    ("points", "caption", "sentence"),
    [
        ((50, 50), "满分100分，本期可评50分", "满分100分，本期有数据可评的为50分"),
        ((95.83, 100), "满分100分，本期可评95.83–100分",
         "满分100分，本期有数据可评的为95.83至100分"),
        ((100, 100), "满分100分，全部可评", "满分100分，全部可评"),
    ],
)  # fmt: skip
def test_points_that_can_be_scored(
    points: tuple[float, float], caption: str, sentence: str
) -> None:
    units = sample_results().units
    low, high = points
    measurable = [low if card == "B-city" else high for card in units["scorecard"]]
    results = sample_results(units=units.assign(measurable=measurable))
    assert f"（{caption}）" in table(built(results), "short-table").caption
    assert gather_facts(gather(results))["本期可测"].text == sentence


def test_schools_asked_are_not_schools_that_answered() -> None:
    text = said(built(sample_results()))
    assert "应作答学校16所，收回学校问卷13份" in text
    assert "应答学校" not in text


def test_the_short_table_explains_a_band_that_names_another() -> None:
    note = (
        "名次区间为不能排除的名次（95%，全表同时成立）；等次注“近”字的，落入该等次的概率不足90%。"
    )
    assert note in table(built(sample_results()), "short-table").notes
    units = sample_results().units
    plain = units.assign(band=units["band"].str.replace(r"（.*", "", regex=True))
    other = table(built(sample_results(units=plain)), "short-table").notes[0]
    assert other == "名次区间为全表同时成立的95%区间：数据不能排除的名次。"


def test_a_follow_up_says_what_both_editions_stand_on() -> None:
    """``rounds.beside`` scores the end's waves again from the follow-up's own extract."""
    basis = "".join(built(sample_results()).basis)
    assert "期末一版的得分和名次已用本通报的数据快照重新计算" in basis
    end = replace(sample_results().cycle, edition="end")
    assert "重新计算" not in "".join(built(sample_results(cycle=end)).basis)


def alone(*, unranked: bool) -> Results:
    """The sample, whose cards of institutions rank one unit, with or without another unranked."""
    units = sample_results().units
    return sample_results(units=units if unranked else units[units["unit"] != "I2"])


@pytest.mark.parametrize(
    ("unranked", "words"),
    [
        (True, "本组只有1个单位达到排名条件，不排名次。"),
        (False, "本组只有1个单位参加评分，不排名次。"),
    ],
)
def test_a_group_of_one_has_no_places(unranked: bool, words: str) -> None:
    given = built(alone(unranked=unranked))
    ranked = table(given, "table1")
    heads = [column.label for column in ranked.columns]
    (row,) = ranked.groups[0].rows
    cells = dict(zip(heads, (cell.text for cell in row), strict=True))
    assert (cells["名次"], cells["名次区间"], cells["字母"]) == ("—", "—", "—")
    assert (cells["综合分"], cells["等次"]) == ("91.3", "优（近良）")
    assert ranked.notes == (words,)
    assert "没有别的单位可比，不作两两比较。" in said(given)
    assert "figure1" not in [block.anchor for block in blocks(given) if isinstance(block, Figure)]


def test_one_unit_that_is_not_ranked_makes_no_picture_either() -> None:
    units = sample_results().units
    kept = units[(units["scorecard"] != "A-overall") | (units["unit"] == "I2")]
    figures = [b.anchor for b in blocks(built(sample_results(units=kept))) if isinstance(b, Figure)]
    assert "figure1" not in figures
    assert "figure2" in figures


def test_the_short_table_gives_a_lone_unit_no_rank() -> None:
    short = table(built(sample_results()), "short-table")
    assert [cell.text for cell in short.groups[0].rows[0]][::4] == ["—", "—"]
    assert [row[0].text for row in short.groups[1].rows] == ["1", "1"]
    note = "有等次而名次区间为“—”的，本组只有1个单位参加评分或达到排名条件，不排名次。"
    assert note in short.notes
    units = sample_results().units
    several = sample_results(units=units[units["scorecard"] != "A-overall"])
    assert note not in table(built(several), "short-table").notes


def test_the_map_stands_where_the_last_group_of_localities_is_lone() -> None:
    units = sample_results().units
    kept = units[~units["unit"].isin(["140502", "140581"])]
    figures = [b.anchor for b in blocks(built(sample_results(units=kept))) if isinstance(b, Figure)]
    assert "figure-map" in figures
    assert "figure5" not in figures


def test_a_sheet_gives_a_lone_unit_no_rank() -> None:
    material = gather(sample_results())
    sheet = next(unit_sheets(material, built(sample_results())))
    standing = table(sheet.document, "standing-table")
    whole, typed = standing.groups[0].rows[:2]
    assert [cell.text for cell in whole][1:7] == ["—", "91.3", "88.9–93.6", "—", "—", "优（近良）"]
    assert typed[1].text == "1/2"
    assert standing.notes[0].startswith("有等次而名次区间为“—”的")
    words = "在“承训机构总体”中等次为优（近良）。本组只有1个单位达到排名条件，不排名次。"
    assert words in said(sheet.document)


def test_two_editions_of_a_group_of_one_have_no_moves() -> None:
    editions = sample_results().editions
    one = editions[editions["unit"] == "P1"]
    found = table(built(sample_results(editions=one)), "moves-end-table")
    (row,) = found.groups[0].rows
    assert [cell.text for cell in row] == ["项目一", "83.0", "—", "91.3", "—", "—"]


def test_reasons_are_joined_as_chinese_joins_them() -> None:
    few, low = (fault(f"analysis.{name}", least="10") for name in ("few_answers", "low_response"))
    note = Verdict(False, False, (few, low)).note
    assert note == "作答不足10人，不公布得分；参评率低于10，不公布得分"


def test_clause_codes_and_short_sources_are_explained_where_they_are_printed() -> None:
    given = built(sample_results())
    notes = table(given, "indicators-A-table").notes
    assert any("如N2.3d为通知第2部分第3项的d点" in note for note in notes)
    assert any(note.startswith("其他依据：照录") for note in notes)
    first, second = sample_results().frameworks
    nodes = tuple(replace(node, clause="", basis="") for node in first.indicators)
    bare = built(sample_results(frameworks=(replace(first, indicators=nodes), second)))
    assert len(table(bare, "indicators-A-table").notes) == 1


def test_scales_have_chinese_names_and_unknown_ones_their_code() -> None:
    results = sample_results()
    scales = results.plan.scaling
    plan = replace(results.plan, scaling=(*scales, replace(scales[0], name="mine7")))
    found = table(built(sample_results(plan=plan)), "scaling-table")
    names = [row[0].text for row in found.groups[0].rows]
    assert names[0] == "五级同意程度（agree5）"
    assert names[-1] == "mine7"


@pytest.mark.parametrize("name", ["default", "sichuan", "assess"])
def test_every_scale_of_a_built_in_plan_has_a_name(name: str) -> None:
    for scaling in read_plan(plan_source(name), name).scaling:
        assert scale_name(scaling.name) != scaling.name


def test_the_environment_is_told_in_chinese() -> None:
    kernel = (("blas_kernel", "Haswell"), ("architecture", "x86_64"), ("numpy", "2.4"))
    found = table(built(sample_results(provenance=kernel)), "provenance-table")
    labels = [row[0].text for row in found.groups[0].rows][-3:]
    assert labels == ["运行环境：线性代数库内核", "运行环境：处理器架构", "运行环境：numpy"]


def test_a_figure_s_own_numbers_bear_its_number() -> None:
    units = sample_results().units.copy()
    units.loc[units["unit"] == "140581", ["score_low", "score_high"]] = [84.0, 92.0]
    figures = [b for b in blocks(built(sample_results(units=units))) if isinstance(b, Figure)]
    (figure,) = [one for one in figures if one.anchor == "figure5"]
    assert figure.caption.startswith("图4 ")
    assert figure.data is not None
    assert figure.data.caption == "图4数值"
