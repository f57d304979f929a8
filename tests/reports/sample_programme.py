"""The rest of the hand-made Results: localities, records, focus groups, editions, later points."""

from __future__ import annotations

from instruments.framework import read_framework
from instruments.model import Choice, IndicatorMapping, Instrument, Item, Scale, Section, Use
from instruments.scorecard import Framework

LOCAL = """
code: B
version: "1.0"
title: 小地方指标体系
scorecard: B
total: 100
adoption: {status: 建议}
note: ""
indicators:
  - {code: B1, parent: "", name: 组织, points: 60}
  - {code: B1.1, parent: B1, name: 会议, points: 60}
  - {code: B1.1.1, parent: B1.1, name: 工作小组会议, points: 40, source: 档, instrument: locality_form, clause: N3.1, formula: meetings / 4, scaling: share}
  - {code: B1.1.2, parent: B1.1, name: 经费达标, points: 20, source: 档, instrument: locality_form, clause: N3.2, formula: "share(row.spent >= 100 for row in schools)", scaling: share, applies: [{name: type, among: [guopei, both]}]}
  - {code: B4, parent: "", name: 选派, points: 40}
  - {code: B4.1, parent: B4, name: 对象, points: 40}
  - {code: B4.1.1, parent: B4.1, name: 选派合适, points: 40, source: 县, instrument: school_form, clause: N1.1, level: counties}
modifiers:
  - {types: [it], points: {B1.1.1: 60, B1.1.2: 0}, reason: 只有提升工程任务, clause: N1.2}
"""  # noqa: E501
LATER = (
    LOCAL.replace('version: "1.0"', 'version: "1.1"')
    .replace("name: 组织, points: 60", "name: 组织, points: 50")
    .replace("name: 会议, points: 60", "name: 会议, points: 50")
    .replace("name: 工作小组会议, points: 40", "name: 工作小组会议, points: 30")
    .replace("B1.1.1: 60", "B1.1.1: 50")
    .replace("points: 40", "points: 50")
    + "change: {proposer: 教师工作处, reason: 选派是重点, results_visible: true, base: '1.0'}\n"
)
UNITS = """
| scorecard | group | unit | name | n | enrolled | response_rate | raw | raw_se | adjusted | adjusted_se | score | score_se | score_low | score_high | reliability | shrunken | measured | measurable | rank | rank_low | rank_high | letters | band | band_probability | ranked | note |
| B-city | | 140300 | 阳泉市 | 10 | 10 | 1.0 | 71.0 | 2.0 | 71.0 | 2.0 | 71.0 | 2.0 | 67.0 | 75.0 | 0.5 | 72.0 | 100 | 100 | 2 | 1 | 2 | a | 中 | 0.99 | true | |
| B-city | | 140500 | 晋城市 | 9 | 10 | 0.9 | 74.0 | 2.0 | 74.0 | 2.0 | 74.0 | 2.0 | 70.0 | 78.0 | 0.5 | 73.0 | 100 | 100 | 1 | 1 | 2 | a | 中 | 0.99 | true | |
| B-county | | 140302 | 城区 | 6 | 6 | 1.0 | 80.5 | 2.0 | 80.5 | 2.0 | 80.5 | 2.0 | 76.5 | 84.5 | 0.7 | 79.0 | 100 | 100 | 1 | 1 | 1 | a | 良（近中） | 0.6 | true | |
| B-county | | 140502 | 城区 | 5 | 6 | 0.8333 | 44.0 | 2.0 | 44.0 | 2.0 | 44.0 | 2.0 | 40.0 | 48.0 | 0.7 | 46.0 | 100 | 100 | 2 | 2 | 2 | b | 差 | 0.99 | true | |
| B-county | | 140581 | 高平市 | 2 | 4 | 0.5 | 88.0 | | 88.0 | | 88.0 | | | | | | 50 | 100 | | | | | | | false | 作答学校不足5所，不排名 |
"""  # noqa: E501
INDICATOR = """
| indicator | level | points | source | n | raw | adjusted | adjusted_se | status |
| B1 | 1 | 50 | | | {a} | {a} | 0.0 | measured |
| B1.1 | 2 | 50 | | | {a} | {a} | 0.0 | measured |
| B1.1.1 | 3 | 30 | 档 | | {b} | {b} | 0.0 | {s} |
| B1.1.2 | 3 | 20 | 档 | | {c} | {c} | 0.0 | {t} |
| B4 | 1 | 50 | | | {d} | {d} | 2.0 | measured |
| B4.1 | 2 | 50 | | | {d} | {d} | 2.0 | measured |
| B4.1.1 | 3 | 50 | 县 | {n} | {d} | {d} | 2.0 | measured |
"""
VALUES = {  # unit -> B1, B1.1.1, B1.1.2 and their statuses, B4, schools
    "140300": ("75.0", "75.0", "75.0", "measured", "measured", "67.0", "10"),
    "140500": ("80.0", "80.0", "80.0", "measured", "measured", "68.0", "9"),
    "140302": ("70.0", "100.0", "25.0", "measured", "measured", "91.0", "6"),
    "140502": ("0.0", "0.0", "", "withheld", "not_applicable", "88.0", "5"),
    "140581": ("", "", "", "not_due", "missing", "88.0", "2"),
}
FRAMES = {
    "items": """
| unit | instrument | item | indicator | n | not_applicable | missing | mean |
| 140302 | school_form | s1 | B4.1.1 | 6 | 0 | | 91.0 |
""",
    "pairs": """
| scorecard | group | unit_a | unit_b | difference | se | separable |
| B-city | | 140300 | 140500 | -3.0 | 2.8 | false |
| B-county | | 140302 | 140502 | 36.5 | 2.8 | true |
""",
    "fields": """
| unit | instrument | indicator | item | value | state |
| P1 | institution_record | T2.2.1 | completed | 48 | confirmed |
| P1 | institution_record | T2.2.1 | planned | 50 | sampled |
| P1 | institution_record | T2.2.1 | document | filled | reported |
| P1 | institution_record | T2.2.1 | route | open | reported |
| P2 | institution_record | T2.2.1 | completed | | reported |
| P2 | institution_record | T2.2.1 | planned | | reported |
| 140302 | locality_form | B1.1.1 | meetings | 4 | sampled |
| 140302 | locality_form | B1.1.2 | schools | 4 | reported |
""",
    "focus": """
| unit | indicator | groups | positive | neutral | negative | dissent |
| P1 | T2.1 | 2 | 3 | 1 | 2 | 1 |
| P1 | B4.1 | 1 | 0 | 0 | 2 | 0 |
| P2 | T2.1 | 1 | 1 | 0 | 0 | 0 |
""",
    "editions": """
| scorecard | group | unit | score_end | rank_end | score | rank |
| A-project | team | P1 | 83.0 | 2 | 91.25 | 1 |
| A-project | team | P2 | 85.0 | 1 | 84.04 | 2 |
| A-project | team | P3 | | | | |
| B-county | | 140302 | 80.0 | 1 | 80.5 | 1 |
| B-county | | 140581 | 88.0 | 1 | 88.0 | |
""",
    "paired": """
| unit | instrument | item | before | n | change | se |
| P1 | core | q20 | q01 | 14 | 0.642857142857 | 0.2 |
| P2 | core | q20 | q01 | 10 | -0.3 | 0.1527525 |
""",
    "reweighted": """
| scorecard | group | unit | score_frozen | rank_frozen | score | rank |
| B-city | | 140300 | 75.0 | 1 | 71.0 | 2 |
| B-city | | 140500 | 73.0 | 2 | 74.0 | 1 |
| B-county | | 140302 | 78.5 | 1 | 80.5 | 1 |
| B-county | | 140502 | 35.2 | 2 | 44.0 | 2 |
""",
}


def frozen_locality() -> Framework:
    """Scorecard B as it was sealed."""
    return read_framework(LOCAL.encode(), "B.yaml")


def later_locality() -> Framework:
    """The same with ten points moved after the results were seen."""
    return read_framework(LATER.encode(), "B-1.1.yaml")


AGREE = Scale("agree5", tuple(Choice(str(i), f"{i}级") for i in range(1, 6)))
ROUTE = Scale("route", (Choice("open", "公开招标"), Choice("invited", "邀标")))
TALK = Scale("indicator", (Choice("T2.1", "满意"), Choice("B4.1", "对象")))


def sample_forms() -> tuple[Instrument, ...]:
    """Records of an institution and a locality, a school's form, a focus group's record."""
    record = (
        Item("planned", "integer", "计划人数（人）"),
        Item("completed", "integer", "结业人数（人）"),
        Item("document", "text", "结业文件"),
        Item("route", "select_one", "中标方式", scale=ROUTE),
    )
    schools = Section(
        "schools", "学校经费表", (Item("spent", "decimal", "支出（元）"),), repeat=True
    )
    local = Section("main", "填报", (Item("meetings", "integer", "会议次数（次）"),))
    school = Item("s1", "select_one", "派去培训的教师是合适的人选。", scale=AGREE)
    talk = Item("indicator", "select_one", "归入的指标", scale=TALK)
    return (
        Instrument(
            *("institution_record", "1.0", "承训机构填报表", "institution", "project"),
            (Section("main", "填报", record),), (), tuple(Use(i.name, "record") for i in record),
        ),
        Instrument(
            *("locality_form", "1.0", "市县填报表", "locality", "locality"), (local, schools), (),
            (Use("meetings", "record"), Use("spent", "record")),
        ),
        Instrument(
            *("school_form", "1.0", "县校问卷", "school", "school"),
            (Section("main", "学校", (school,)),), (IndicatorMapping("s1", "B4.1.1", "agree5"),),
            (),
        ),
        Instrument(
            *("focus_group", "1.0", "座谈记录表", "recorder", "focus_group"),
            (Section("points", "要点", (talk,), repeat=True),), (), (Use("indicator", "record"),),
        ),
    )  # fmt: skip
