"""What the annex says beside the ranking: that it decides nothing, and why there is nothing."""

from __future__ import annotations

from dataclasses import replace

from read_back import texts
from sample_results import sample_results

from frames import frame
from instruments.builtin import plan_source
from instruments.methods import GateRule
from instruments.plan import read_plan
from reports.material import gather
from reports.sections.beside import beside_parts
from reports.sections.findings import compliance_section

LIBRARY = read_plan(plan_source(), "default.yaml")


def found(*, plan: dict | None = None, **tables: str) -> dict[str, list[str]]:
    """Texts by subsection: paragraphs, then cells."""
    blank = sample_results()
    frames = {
        name: frame(text).reindex(columns=getattr(blank, name).columns).fillna({"group": ""})
        for name, text in tables.items()
    }
    results = sample_results(plan=replace(blank.plan, **(plan or {})), **frames)
    return {name: [*texts(blocks)] for name, blocks in beside_parts(gather(results)).items()}


def test_nothing_is_said_of_empty_tables() -> None:
    assert found() == {}


RANKS = """
| scorecard | group | method | unit | score | rank | declared | move |
| A-project | team | entropy | P1 | 80.0 | 2 | 1 | -1 |
| A-project | team | entropy | P2 | 84.0 | 1 | 2 | 1 |
"""
WEIGHTS = """
| scorecard | group | method | indicator | declared | weight | note |
| A-project | team | entropy | T1 | 0.3333 | 0.9 | |
| A-project | team | entropy | T2 | 0.6667 | 0.1 | |
| A-project | team | critic | T1 | 0.3333 | | 各家各项得分全同，或同进同退，数据给不出权重。 |
| A-project | team | critic | T2 | 0.6667 | | 各家各项得分全同，或同进同退，数据给不出权重。 |
"""


def test_other_weights_are_for_looking_at_only() -> None:
    robustness = replace(LIBRARY.robustness, contrasts=("entropy", "critic"))
    said = found(plan={"robustness": robustness}, contrast_ranks=RANKS, contrast_weights=WEIGHTS)[
        "contrast"
    ]
    assert said[0].startswith("只作对照，不排名")
    assert "熵权与方案相差最多的是“成效”，方案给66.7%，它给10.0%" in said[1]
    assert said[1].endswith(
        "没有对照的1张表（CRITIC）：各家各项得分全同，或同进同退，数据给不出权重。"
    )
    assert said[1].startswith("项目分类型：团队研修：熵权")
    assert said[2:] == ["项目一", "1", "2", "—", "项目二", "2", "1", "—"]


def test_a_table_by_band_has_no_other_ranks() -> None:
    robustness = replace(LIBRARY.robustness, contrasts=("entropy",))
    by_band = replace(sample_results().plan.ranks, order="band")
    said = found(
        plan={"robustness": robustness, "ranks": by_band},
        contrast_ranks=RANKS,
        contrast_weights=WEIGHTS,
    )["contrast"]
    assert len(said) == 2


NATURAL = """
| scorecard | group | natural | units | low | high | centre | gap |
| A-project | team | 1 | 1 | 91.3 | 91.3 | 91.3 | 7.3 |
| A-project | team | 2 | 2 | 83.9 | 84.0 | 84.0 | |
"""
NATURAL_UNITS = """
| scorecard | group | unit | natural | band |
| A-project | team | P1 | 1 | 优（近良） |
| A-project | team | P2 | 2 | 良 |
| A-project | team | P4 | 2 | 良 |
"""


def test_natural_classes_are_no_bands() -> None:
    plan = {"natural": LIBRARY.natural}
    said = found(plan=plan, natural_classes=NATURAL, natural_units=NATURAL_UNITS)["natural"]
    assert "不是等次" in said[0] and "1至5之间" in said[0]
    assert said[1:6] == ["第1档", "优（近良）1家", "91.3", "1", "7.3"]
    assert said[6:] == ["第2档", "良2家", "83.9–84.0", "2", "—"]


CLAIMS = """
| scorecard | group | unit | scored | band | assured | probability |
| A-project | team | P1 | excellent | excellent | good | 1.0 |
| A-project | team | P2 | good | good | good | 0.99 |
"""


def test_what_may_be_claimed_stands_beside_the_band() -> None:
    said = found(band_claims=CLAIMS)["claims"]
    assert "90%以上把握" in said[0] and "2个单位中，1个" in said[0]
    assert said[1:] == ["项目一", "优（近良）", "良", "100.0%"]


GATES = """
| scorecard | group | unit | rule | verdict | basis | highest | holds |
| A-project | team | P1 | R8 | failed | reported | fair | true |
| A-project | team | P2 | R8 | unverified | none | fair | false |
| A-project | team | P3 | R8 | not_applicable | none | fair | false |
"""


def test_hard_rules_say_who_fails_and_what_cannot_be_verified() -> None:
    blank = sample_results()
    gate = GateRule("R8", "完成率", "N1.2", "T2.2.1", 90.0, "fair", ("A-project",))
    rows = frame(GATES).assign(holds=[True, False, False])
    results = sample_results(plan=replace(blank.plan, gates=(gate,)), gates=rows)
    section = compliance_section(gather(results), "附件")
    said = texts(section.blocks)
    assert "涉及3个单位，其中1个的等次因此降低" in said[0]
    assert said[3:11] == ["R8 完成率", "N1.2", "完成率不低于90分", "中", "0", "1", "1", "1"]
    assert said[11:14] == ["项目一", "未通过（自报）", "优（近良）"]
    assert said[14:16] == ["项目二", "无法核验（没有数据）"]
    assert said[17:19] == ["项目三", "不适用"]


def test_a_lone_unit_has_no_gaps() -> None:
    """The city table of the sample ranks two; a class of one unit alone is not printed."""
    lone = "| scorecard | group | natural | units | low | high | centre | gap |\n"
    lone += "| A-overall | | 1 | 1 | 91.3 | 91.3 | 91.3 | |"
    assert found(plan={"natural": LIBRARY.natural}, natural_classes=lone) == {}


def test_projects_are_printed_where_nothing_is_told_of_all() -> None:
    rows = FUZZY.splitlines()
    only = "\n".join([rows[1], rows[-1]])
    told = found(fuzzy=only, fuzzy_grades=FUZZY_GRADES)["fuzzy"]
    assert told[-3:] == ["项目一", "40.0%", "2"] and len(told) == 5


def test_without_hard_rules_nothing_is_judged() -> None:
    said = texts(compliance_section(gather(sample_results()), "附件").blocks)
    assert "合规规则尚未纳入本次评估" in said[0]


FUZZY = """
| unit | instrument | scaling | operator | items | left_out | score | mean | grade |
| * | core | agree5 | weighted_mean | 2 | 1 | 74.8 | 74.8 | 3 |
| * | core | agree5 | max_min | 2 | 1 | 67.5 | 74.8 | 3 |
| P1 | core | agree5 | weighted_mean | 2 | 0 | 40.0 | 40.0 | rest |
"""
FUZZY_GRADES = """
| unit | instrument | scaling | operator | grade | value | share |
| * | core | agree5 | weighted_mean | 5 | 100 | 0.28 |
| * | core | agree5 | weighted_mean | 4 | 80 | 0.72 |
| * | core | agree5 | max_min | 5 | 100 | 0.4 |
| * | core | agree5 | max_min | 4 | 80 | 0.6 |
| P1 | core | agree5 | weighted_mean | top | 100 | 0.4 |
| P1 | core | agree5 | weighted_mean | rest | 0 | 0.6 |
"""
FUZZY_ITEMS = """
| unit | instrument | scaling | item | indicator | weight | score |
| * | core | agree5 | q01 | T1.1.1 | 0.4 | 74.0 |
| * | core | agree5 | q20 | T2.1.1 | 0.6 | 75.0 |
"""
SHARES = """
| unit | instrument | item | category | n | count | share |
| * | core | q01 | 5 | 75 | 30 | 0.4 |
| * | core | q01 | 4 | 75 | 45 | 0.6 |
| * | core | q20 | 5 | 75 | 15 | 0.2 |
| * | core | q20 | 4 | 75 | 60 | 0.8 |
"""


def test_a_fuzzy_table_says_that_it_scores_as_the_mean() -> None:
    said = found(fuzzy=FUZZY, fuzzy_grades=FUZZY_GRADES, fuzzy_items=FUZZY_ITEMS, shares=SHARES)
    told = said["fuzzy"]
    assert "不计分，不排名" in told[0]
    assert "按M(·,+)，B得74.8分" in told[1] and "也是74.8分：两者恒等" in told[1]
    assert "有1题因为有的档不足5人" in told[1]
    assert "按M(∧,∨)得67.5分，与74.8分不同" in told[1]
    assert told[3:8] == ["培训回应了我训前最想解决的问题。", "40.0%", "40.0%", "60.0%", "74.0"]
    assert told[13:18] == ["M(·,+)", "100.0%", "28.0%", "72.0%", "74.8"]
    assert told[-3:] == ["项目一", "40.0%", "2"]
