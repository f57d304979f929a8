"""What the annex says of the data's worth: silence, case-mix, top boxes, scales, raking."""

from __future__ import annotations

import pandas as pd
from read_back import texts
from sample_results import sample_results

from frames import frame
from reports.material import gather
from reports.sections.worth import worth_parts

BOUNDS = """
| unit | mean | rate | share | low | high | fall_cut | fall_at | fall_possible | rise_cut | rise_at | rise_possible |
| P1 | 91.0 | 0.8 | 0.5 | 82.1 | 92.2 | 90.0 | 78.04 | true | | | |
| P2 | 84.0 | 0.7 | 0.5 | 71.4 | 86.4 | 80.0 | 56.7 | true | 90.0 | 123.4 | false |
"""  # noqa: E501
BENCHMARKS = """
| unit | raw | overall | benchmark | own_share | indirect | within |
| P1 | 91.0 | 85.0 | 86.5 | 0.4 | 89.5 | 89.0 |
"""
SCALES = """
| instrument | scale | items | n | alpha | alpha_low | alpha_high | omega | unit_reliability |
| core | * | 2 | 140 | 0.91 | 0.85 | 0.95 | 0.92 | 0.8 |
"""
INVARIANCE = """
| instrument | scale | by | step | groups | holds | verdict |
| core | T1 | type | configural | 0 | false | unknown |
"""
RAKING = """
| unit | instrument | method | converged | note |
| P1 | core | poststratify | false | 名册没有所询问的特征。 |
"""


def found(**tables: str) -> dict[str, list[str]]:
    """Texts by subsection: paragraphs, then cells."""
    blank = sample_results()
    frames = {
        name: frame(text).reindex(columns=getattr(blank, name).columns).astype(object)
        for name, text in tables.items()
    }
    parts = worth_parts(gather(sample_results(**frames)))
    return {name: [*texts(blocks)] for name, blocks in parts.items()}


def test_nothing_is_said_of_empty_tables() -> None:
    assert found() == {}


def test_silence_says_how_low_or_that_it_cannot_be() -> None:
    said = found(bounds=BOUNDS)["silence"]
    assert "低于78.0分" in said
    assert "不可能" in said
    assert "2个项目中，0个" in said[0]


def test_benchmarks_stand_beside_both_adjusted_scores() -> None:
    said = found(benchmarks=BENCHMARKS)["benchmarks"]
    assert said[1:6] == ["项目一", "91.0", "86.5", "89.5", "89.0"]


def test_scales_say_reliability_and_what_may_be_compared() -> None:
    said = found(scale_reliability=SCALES, invariance=INVARIANCE)["scales"]
    assert any("全部计分题" in text for text in said)
    assert any("未知" in text for text in said)


def test_raking_names_where_it_was_refused() -> None:
    assert "名册没有所询问的特征。" in found(raking=RAKING)["raking"]


def test_frames_are_not_touched() -> None:
    results = sample_results()
    before = results.bounds.copy()
    worth_parts(gather(results))
    pd.testing.assert_frame_equal(results.bounds, before)
