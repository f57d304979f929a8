"""The annex on experts: agreement, how many experts, diagnosis; nothing where the plan has none."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
from sample_results import sample_results

from analysis.results import Results
from frames import frame
from instruments.builtin import plan_source
from instruments.plan import read_plan
from reports.bulletin import build_bulletin
from reports.document import Paragraph, Table
from reports.material import gather
from reports.printing import Printing
from reports.sections.raters import rater_blocks
from reports.writers.html import render_html

PLAN = read_plan(plan_source(), "default.yaml")
FRAMES = {
    "variance": """
| model       | component | sd  | points | levels | low | high | p    |
| observation | project   | 5.0 | 5.0    | 6      |     |      |      |
| observation | rater     | 0.0 | 0.0    | 2      | 0   | 2.75 | 1    |
| observation | residual  | 4.2 | 4.2    | 36     | 3.1 | 5.9  |      |
""",
    "panel_agreement": """
| scaling | measure | form      | value | low  | high | units | ratings | raters | reason |
| rubric4 | exact   | identity  | 0.5   | 0.25 | 0.75 | 18    | 36      | 2      |        |
| rubric4 | alpha   | ordinal   |       |      |      | 18    | 36      | 2      | 评分全部相同，系数无定义。 |
| points  | icc     | ICC(A,1)  | 0.31  |      |      | 6     | 36      | 2      |        |
""",  # noqa: E501
    "decision": """
| sessions | experts | dimension | relative_se | absolute_se | erho2 | phi  | needed | ceiling | reason |
| 1        | 1       | 2         | 3.0         | 4.04        | 0.6   | 0.55 | 4      | 0.9     |        |
| 1        | 2       | 2         | 2.0         | 3.0         | 0.7   | 0.65 | 4      | 0.9     |        |
| 2        | 1       | 2         | 2.5         | 3.5         | 0.6   | 0.6  |        | 0.7     |        |
| 2        | 2       | 2         | 1.5         | 2.5         | 0.7   | 0.68 |        | 0.7     |        |
""",  # noqa: E501
    "facet_summary": """
| scaling | facet | n | reason |
| rubric4 | none  |   | 评分完全分离，多侧面模型未作。 |
""",
}


def sample(**changes: object) -> Results:
    frames = {name: frame(text) for name, text in FRAMES.items()}
    empty = sample_results().frames
    whole = {name: rows.reindex(columns=empty[name].columns) for name, rows in frames.items()}
    none = sample_results().raters.assign(severity=None, se=None)
    return sample_results(plan=PLAN, raters=none, **{**whole, **changes})


def said(results: Results) -> tuple[str, dict[str, list[list[str]]]]:
    blocks = rater_blocks(gather(results))
    words = "".join(b.text for b in blocks if isinstance(b, Paragraph))
    found = {
        b.anchor: [[cell.text for cell in row] for part in b.groups for row in part.rows]
        for b in blocks
        if isinstance(b, Table)
    }
    return words, found


def test_agreement_needs_and_refusals_are_told() -> None:
    words, found = said(sample())
    assert found["agreement-table"] == [
        ["两名专家完全一致的占比", "0.50", "0.25–0.75", "18", "36"],
        ["一条评分的组内相关 ICC(A,1)", "0.31", "—", "6", "36"],
    ]
    assert "评分全部相同，系数无定义。" in words
    assert found["decision-table"] == [
        ["1", "4.0（0.55）", "3.5（0.60）"],
        ["2", "3.0（0.65）", "2.5（0.68）"],
    ]
    assert "评1场须4名专家" in words and "评2场多少专家都达不到" in words
    assert "多侧面Rasch模型没有结果：评分完全分离，多侧面模型未作。" in words
    assert "facets-table" not in found


def test_no_severity_is_told_with_how_large_it_could_be() -> None:
    words, found = said(sample())
    assert "没有可辨的差异" in words
    assert "不能排除专家宽严完全相同；若有差异，标准差不超过2.8分" in words
    assert [row[3] for row in found["variance-table"]] == ["—", "0.00–2.75", "3.10–5.90"]


def test_a_sure_severity_is_told() -> None:
    variance = sample().variance
    sure = variance.assign(p=variance["p"].astype(object).where(variance["p"].isna(), 0.001))
    assert "专家宽严有差异，不像是偶然" in said(sample(variance=sure))[0]


def test_a_plan_without_the_part_says_nothing_of_it() -> None:
    results = sample()
    plan = replace(PLAN, panel=None)
    empty = {name: results.frames[name].iloc[:0] for name in FRAMES if name != "variance"}
    words, found = said(replace(results, plan=plan, **empty))
    assert set(found) == {"variance-table"}
    assert "一致" not in words
    page = render_html(build_bulletin(replace(results, plan=plan, **empty), Printing()))
    assert "专家一致性与诊断" not in page
    assert "专家一致性与诊断" in render_html(build_bulletin(results, Printing()))
    assert isinstance(results.decision, pd.DataFrame)
