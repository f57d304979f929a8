"""A tiny hand-made Results: projects, institutions, localities, every kind of gap once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pandas as pd
import sample_programme as programme

from analysis.results import Results
from frames import frame
from instruments.framework import read_framework
from instruments.methods import Plan
from instruments.model import Choice, IndicatorMapping, Instrument, Item, Scale, Section
from instruments.plan import read_plan
from instruments.programme import Cycle
from instruments.result_tables import RESULT_TABLES
from instruments.scorecard import Framework
from instruments.tables import Table

HOSTILE = "<script>alert('x')</script>&院校"

FRAMEWORK = """
code: T
version: "1.0"
title: 小指标体系
scorecard: A
total: 100
adoption: {status: 建议}
note: 本期可测五十分。
indicators:
  - {code: T1, parent: "", name: 方案, points: 20}
  - {code: T1.1, parent: T1, name: 需求, points: 20}
  - {code: T1.1.1, parent: T1.1, name: 回应需求, points: 20, source: 问, instrument: core, clause: N2.3d, basis: 需求层}
  - {code: T2, parent: "", name: 成效, points: 40}
  - {code: T2.1, parent: T2, name: 满意, points: 30}
  - {code: T2.1.1, parent: T2.1, name: 总体满意, points: 30, source: 问, instrument: core, clause: N3.3}
  - {code: T2.2, parent: T2, name: 完成, points: 10}
  - {code: T2.2.1, parent: T2.2, name: 完成率, points: 10, source: 档, instrument: institution_record, clause: N1.2, formula: "when(answered(document) and route != 'invited', completed / planned, 0)", scaling: share}
"""  # noqa: E501

PARTS = {"I1": "P1", "I2": "P2 P3", "140300": "140302", "140500": "140502 140581"}
UNITS = f"""
| scorecard | group | group_label | unit | name | n | enrolled | response_rate | raw | raw_se | adjusted | adjusted_se | score | score_se | score_low | score_high | reliability | shrunken | rank | rank_low | rank_high | letters | band | band_probability | ranked | note |
| A-project | team | 团队研修 | P1 | 项目一 | 40 | 50 | 0.8 | 91.26 | 1.1 | 91.25 | 1.2 | 91.25 | 1.2 | 88.9 | 93.6 | 0.91 | 90.6 | 1 | 1 | 1 | a | 优（近良） | 0.85 | true | |
| A-project | team | 团队研修 | P2 | 项目二 | 35 | 50 | 0.7 | 84.0 | 1.3 | 84.04 | 1.4 | 84.04 | 1.4 | 81.3 | 86.8 | 0.88 | 84.3 | 2 | 2 | 2 | b | 良 | 0.99 | true | |
| A-project | team | 团队研修 | P3 | 项目三 | 4 | 50 | 0.08 | | | | | | | | | | | | | | | | | false | 有效份数少于5，不显示 |
| A | team | 团队研修 | I1 | {HOSTILE} | 40 | 50 | 0.8 | 91.26 | 1.1 | 91.25 | 1.2 | 91.25 | 1.2 | 88.9 | 93.6 | 0.91 | 90.6 | 1 | 1 | 2 | a | 优（近良） | 0.85 | true | |
| A | team | 团队研修 | I2 | 院校乙 | 39 | 100 | 0.39 | 84.0 | 1.3 | 84.04 | 1.4 | 84.04 | 1.4 | 81.3 | 86.8 | 0.88 | 84.3 | 1 | 1 | 2 | a | 良 | 0.99 | true | |
| A-overall | | 全部 | I1 | {HOSTILE} | 40 | 50 | 0.8 | 91.26 | 1.1 | 91.25 | 1.2 | 91.25 | 1.2 | 88.9 | 93.6 | 0.91 | 90.6 | 1 | 1 | 1 | a | 优（近良） | 0.85 | true | |
| A-overall | | 全部 | I2 | 院校乙 | 39 | 100 | 0.39 | 84.0 | 1.3 | 84.04 | 1.4 | 84.04 | 1.4 | 81.3 | 86.8 | 0.88 | 84.3 | | | | | | | false | 参评率低于50% |
"""  # noqa: E501
INDICATOR = """
| indicator | level | points | source | n | classes | raw | raw_se | adjusted | adjusted_se | reliability | shrunken | status |
| T1 | 1 | 20 | | {n} | 2 | {a} | 1.5 | {a} | 1.6 | 0.8 | {a} | {s} |
| T1.1 | 2 | 20 | | {n} | 2 | {a} | 1.5 | {a} | 1.6 | 0.8 | {a} | {s} |
| T1.1.1 | 3 | 20 | 问 | {n} | 2 | {a} | 1.5 | {a} | 1.6 | 0.8 | {a} | {s} |
| T2 | 1 | 40 | | {n} | 2 | {b} | 1.5 | {b} | 1.6 | 0.8 | {b} | {s} |
| T2.1 | 2 | 30 | | {n} | 2 | {b} | 1.5 | {b} | 1.6 | 0.8 | {b} | {s} |
| T2.1.1 | 3 | 30 | 问 | {n} | 2 | {b} | 1.5 | {b} | 1.6 | 0.8 | {b} | {s} |
| T2.2 | 2 | 10 | | | | {c} | 0.0 | {c} | 0.0 | | {c} | measured |
| T2.2.1 | 3 | 10 | 档 | | | {c} | 0.0 | {c} | 0.0 | | {c} | {r} |
"""  # noqa: E501
FRAMES = {
    "items": """
| unit | instrument | item | indicator | n | not_applicable | missing | mean |
| P1 | core | q01 | T1.1.1 | 38 | 1 | 1 | 92.5 |
| P1 | core | q20 | T2.1.1 | 40 | 0 | 0 | 90.05 |
| P2 | core | q01 | T1.1.1 | 35 | 0 | 0 | 85.0 |
| P3 | core | q01 | T1.1.1 | | | | |
""",
    "pairs": """
| scorecard | group | unit_a | unit_b | difference | se | separable |
| A-project | team | P1 | P2 | 7.2 | 1.8 | true |
| A | team | I1 | I2 | 7.2 | 4.8 | false |
""",
    "bands": """
| scorecard | group | unit | band | probability |
| A-project | team | P1 | excellent | 0.85 |
| A-project | team | P1 | good | 0.15 |
| A | team | I1 | excellent | 0.85 |
| A | team | I1 | good | 0.15 |
""",
    "raters": """
| rater | severity | se | n | block | separable |
| R01 | 1.26 | 0.8 | 18 | 1 | true |
| R02 | -1.26 | 0.8 | 18 | 2 | false |
""",
    "variance": """
| model | component | sd | points | levels |
| observation | rater | 1.5 | 1.5 | 2 |
| observation | residual | 4.25 | 4.25 | |
""",
    "flags": """
| project | flag | n | flagged | excluded |
| P1 | straight_line_failed_check | 42 | 2 | 2 |
| P2 | item_nonresponse | 35 | 0 | 0 |
""",
    "sensitivity": """
| scorecard | group | unit | score | score_all | rank | rank_all |
| A-project | team | P1 | 91.25 | 90.95 | 1 | 2 |
| A-project | team | P2 | 84.04 | 84.04 | 2 | 2 |
""",
    "class_screens": """
| class_code | instrument | screen | n | statistic | expected | p | state |
| C1 | core | identical | 40 | 0 | 0.02 | 1 | clear |
| C1 | core | copied | 40 | 9 | 0.35 | 0.0000000001 | raised |
| C1 | core | burst | 40 | 12 | 1.8 | 0.0004 | raised |
| C1 | core | straight | 40 | | 4 | | clear |
| C1 | core | quick | 40 | 0 | 4 | 1 | clear |
| C1 | core | pressure | 40 | | | | unjudged |
| C1 | core | overfull | 40 | 40 | 50 | 1 | clear |
| C2 | core | copied | 35 | 0 | 0.3 | 1 | clear |
| C3 | core | copied | | | | | suppressed |
""",
    "unraised": """
| scorecard | group | unit | score | score_unraised | rank | rank_unraised |
| A-project | team | P1 | 91.25 | | 1 | |
| A-project | team | P2 | 84.04 | 84.04 | 2 | 1 |
""",
    "classes": """
| class_code | project | enrolled | n | response_rate |
| C1 | P1 | 50 | 40 | 0.8 |
| C2 | P2 | 50 | 35 | 0.7 |
| C3 | P3 | 50 | 4 | 0.08 |
""",
}
VALUES = {  # unit -> n, values of T1, T2 and T2.2, statuses of the people's leaves, the record's
    "P1": ("40", "93.15", "90.0", "96.0", "measured", "measured"),
    "P2": ("35", "85.0", "83.4", "0.0", "measured", "withheld"),
    "P3": ("", "", "", "", "suppressed", "not_due"),
    "I1": ("40", "93.15", "90.0", "96.0", "measured", "measured"),
    "I2": ("39", "85.0", "83.4", "0.0", "measured", "withheld"),
}


def sample_framework() -> Framework:
    """Two first-level indicators with one leaf each."""
    return read_framework(FRAMEWORK.encode(), "T.yaml")


def sample_plan() -> Plan:
    """The plan beside this file: fixed, so that the golden bulletin changes with code only."""
    path = Path(__file__).with_name("plan.yaml")
    return read_plan(path.read_bytes(), path.name)


def sample_instrument() -> Instrument:
    """Two questions on one scale."""
    labels = ("非常不同意", "不太同意", "一般", "比较同意", "非常同意")
    scale = Scale("agree5", tuple(Choice(str(i), text) for i, text in enumerate(labels, 1)))
    items = (
        Item("q01", "select_one", "培训回应了我训前最想解决的问题。", scale=scale),
        Item("q20", "select_one", "总体满意程度", scale=scale),
    )
    mappings = (
        IndicatorMapping("q01", "T1.1.1", "agree5"),
        IndicatorMapping("q20", "T2.1.1", "agree5"),
    )
    sections = (Section("main", "结业问卷", items),)
    return Instrument("core", "1.0", "结业问卷", "trainee", "class", sections, mappings, ())


def sample_results(**changes: object) -> Results:
    """The sample; ``changes`` replace fields of Results."""
    frames = {table.name: _frame(table.name) for table in RESULT_TABLES}
    results = Results(
        cycle=Cycle("2021-test", "2021年度测试", 2021, sample=True, edition="followup"),
        day="2021-12-20",
        extract_sha256="0123456789abcdef" * 4,
        frameworks=(sample_framework(), programme.later_locality()),
        frozen=(sample_framework(), programme.frozen_locality()),
        plan=sample_plan(),
        instruments=(sample_instrument(), *programme.sample_forms()),
        provenance=(("python", "3.11"), ("numpy", "2.4")),
        **frames,
    )
    return replace(results, **changes)


def _frame(name: str) -> pd.DataFrame:
    if name == "units":
        projects = frame(UNITS).assign(measured=50.0, measurable=50.0)
        parts = [
            part.assign(parts=part["unit"].astype(str).map(PARTS))
            for part in (projects, frame(programme.UNITS))
        ]
    elif name == "indicators":
        parts = [*_indicators()]
    else:
        parts = [frame(of[name]) for of in (FRAMES, programme.FRAMES) if name in of]
    names = _table(name).names
    parts = parts or [pd.DataFrame(columns=names)]  # of a plan without it
    rows = [part.reindex(columns=names).astype(object) for part in parts]
    whole = pd.concat(rows, ignore_index=True)
    return whole.fillna({"group": ""}) if "group" in whole else whole


def _indicators() -> Iterator[pd.DataFrame]:
    for unit in frame(UNITS).fillna({"group": ""}).itertuples():
        n, a, b, c, s, r = VALUES[unit.unit]
        rows = frame(INDICATOR.format(n=n, a=a, b=b, c=c, s=s, r=r))
        yield rows.assign(scorecard=unit.scorecard, group=unit.group, unit=unit.unit)
    for unit in frame(programme.UNITS).itertuples():
        a, b, c, s, t, d, n = programme.VALUES[str(unit.unit)]
        rows = frame(programme.INDICATOR.format(a=a, b=b, c=c, s=s, t=t, d=d, n=n))
        yield rows.assign(scorecard=unit.scorecard, group="", unit=unit.unit)


def _table(name: str) -> Table:
    return next(table for table in RESULT_TABLES if table.name == name)
