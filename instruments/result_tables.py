"""The column contract of every table of results: what analysis hands over and reports may print."""

from __future__ import annotations

from instruments.beside_tables import BESIDE_TABLES, SCORECARDS
from instruments.paired_tables import PAIRED_RESULTS
from instruments.panel_tables import (
    AGREEMENT_RESULTS,
    CATEGORY_RESULTS,
    DECISION_RESULTS,
    FACET_RESULTS,
    FACET_SUMMARY_RESULTS,
    RATER_RESULTS,
    VARIANCE_RESULTS,
)
from instruments.quality_tables import QUALITY_TABLES
from instruments.robustness_tables import ROBUSTNESS_TABLES
from instruments.scale_tables import SCALE_TABLES
from instruments.screen_tables import CLASS_SCREEN_RESULTS
from instruments.standing_tables import LEADER_RESULTS, STANDING_RESULTS
from instruments.tables import BOOLEAN, INTEGER, NUMBER, TEXT, Column, Table

LOCALITIES = ("B-city", "B-county")
"""Scorecards whose ``n`` counts schools that answered, and ``enrolled`` schools that were asked."""
STATUSES = ("measured", "missing", "not_applicable", "suppressed", "not_due", "withheld")
"""缺测 missing, 不适用 not_applicable, 未到期 not_due, 应报未报 withheld are distinct;
suppressed: below the minimum cell."""

_SCORECARD = Column("scorecard", TEXT, "评分表", categories=SCORECARDS)
_GROUP = Column("group", TEXT, "分组代码")
_UNIT = Column("unit", TEXT, "被评单位代码")


def _number(name: str, label: str) -> Column:
    return Column(name, NUMBER, label, nullable=True)


def _integer(name: str, label: str) -> Column:
    return Column(name, INTEGER, label, nullable=True)


UNIT_RESULTS = Table(
    "units",
    "被评单位结果",
    (
        _SCORECARD,
        _GROUP,
        Column("group_label", TEXT, "分组", nullable=True),
        _UNIT,
        Column("name", TEXT, "单位名称"),
        Column("parts", TEXT, "合成所用的项目或县", nullable=True),
        _integer("n", "作答人数（人；市县为作答学校，所）"),
        _integer("enrolled", "参训人数（人；市县为应作答学校，所）"),
        _number("response_rate", "参评率（市县为学校问卷回收率）"),
        _number("raw", "原始分"),
        _number("raw_se", "原始分标准误"),
        _number("adjusted", "调整分"),
        _number("adjusted_se", "调整分标准误"),
        _number("score", "综合得分"),
        _number("score_se", "综合得分标准误"),
        _number("score_df", "综合得分区间的自由度"),
        _number("score_low", "得分区间下限"),
        _number("score_high", "得分区间上限"),
        _number("reliability", "信度"),
        _number("shrunken", "收缩估计"),
        _number("measured", "本单位已测分值（百分制）"),
        _number("measurable", "本组本期可测分值（百分制）"),
        _integer("rank", "名次"),
        _integer("rank_low", "名次区间下限"),
        _integer("rank_high", "名次区间上限"),
        Column("letters", TEXT, "字母", nullable=True),
        Column("band", TEXT, "等次", nullable=True),
        _number("band_probability", "等次概率"),
        Column("ranked", BOOLEAN, "参加排名"),
        Column("note", TEXT, "说明", nullable=True),
    ),
    ("scorecard", "group", "unit"),
)
INDICATOR_RESULTS = Table(
    "indicators",
    "分项得分",
    (
        _SCORECARD,
        _GROUP,
        _UNIT,
        Column("indicator", TEXT, "指标代码"),
        Column("level", INTEGER, "级别"),
        Column("points", NUMBER, "分值"),
        Column("source", TEXT, "来源", nullable=True),
        _integer("n", "作答人数（人）"),
        _integer("classes", "班级数（个）"),
        _integer("raters", "评审专家数（人）"),
        _number("raw", "原始分"),
        _number("raw_se", "原始分标准误"),
        _number("adjusted", "调整分"),
        _number("adjusted_se", "调整分标准误"),
        _number("reliability", "信度"),
        _number("shrunken", "收缩估计"),
        Column("status", TEXT, "状态", categories=STATUSES),
    ),
    ("scorecard", "group", "unit", "indicator"),
)
ITEM_RESULTS = Table(
    "items",
    "题项结果",
    (
        _UNIT,
        Column("instrument", TEXT, "工具代码"),
        Column("item", TEXT, "题项"),
        Column("indicator", TEXT, "指标代码"),
        _integer("n", "计分作答数"),
        _integer("not_applicable", "不适用"),
        _integer("missing", "空白"),
        _number("mean", "平均分(0-100)"),
    ),
    ("unit", "instrument", "item", "indicator"),
)
PAIR_RESULTS = Table(
    "pairs",
    "两两比较",
    (
        _SCORECARD,
        _GROUP,
        Column("unit_a", TEXT, "单位甲"),
        Column("unit_b", TEXT, "单位乙"),
        Column("difference", NUMBER, "得分差（甲减乙）"),
        Column("se", NUMBER, "标准误"),
        Column("separable", BOOLEAN, "差异可以确认"),
    ),
    ("scorecard", "group", "unit_a", "unit_b"),
)
BAND_RESULTS = Table(
    "bands",
    "等次概率",
    (
        _SCORECARD,
        _GROUP,
        _UNIT,
        Column("band", TEXT, "等次代码"),
        Column("probability", NUMBER, "概率"),
    ),
    ("scorecard", "group", "unit", "band"),
)
FLAG_RESULTS = Table(
    "flags",
    "筛查",
    (
        Column("project", TEXT, "项目代码"),
        Column("flag", TEXT, "筛查标记"),
        _integer("n", "作答数"),
        _integer("flagged", "标记数"),
        _integer("excluded", "剔除数"),
    ),
    ("project", "flag"),
)
SENSITIVITY_RESULTS = Table(
    "sensitivity",
    "含与不含被剔除作答的结果",
    (
        _SCORECARD,
        _GROUP,
        _UNIT,
        _number("score", "综合得分"),
        _number("score_all", "综合得分（不剔除）"),
        _integer("rank", "名次"),
        _integer("rank_all", "名次（不剔除）"),
    ),
    ("scorecard", "group", "unit"),
)
CLASS_RESULTS = Table(
    "classes",
    "班级作答",
    (
        Column("class_code", TEXT, "班级代码"),
        Column("project", TEXT, "项目代码"),
        _integer("enrolled", "参训人数（人）"),
        _integer("n", "作答人数（人）"),
        _number("response_rate", "参评率"),
    ),
    ("class_code",),
)
UNRAISED_RESULTS = Table(
    "unraised",
    "含与不含提请复核班级的结果",
    (
        _SCORECARD,
        _GROUP,
        _UNIT,
        _number("score", "综合得分"),
        _number("score_unraised", "综合得分（不含提请复核的班级）"),
        _integer("rank", "名次"),
        _integer("rank_unraised", "名次（不含提请复核的班级）"),
    ),
    ("scorecard", "group", "unit"),
)
FIELD_RESULTS = Table(
    "fields",
    "填报项",
    (
        _UNIT,
        Column("instrument", TEXT, "工具代码"),
        Column("indicator", TEXT, "指标代码"),
        Column("item", TEXT, "题项"),
        Column("value", TEXT, "填报值", nullable=True),
        Column(
            *("state", TEXT, "状态（自报、抽核、核定）"),
            categories=("reported", "sampled", "confirmed"),
        ),
    ),
    ("unit", "instrument", "indicator", "item"),
)
FOCUS_RESULTS = Table(
    "focus",
    "座谈",
    (
        _UNIT,
        Column("indicator", TEXT, "指标代码"),
        Column("groups", INTEGER, "座谈场数"),
        Column("positive", INTEGER, "肯定条数"),
        Column("neutral", INTEGER, "中性条数"),
        Column("negative", INTEGER, "否定条数"),
        Column("dissent", INTEGER, "有不同意见的条数"),
    ),
    ("unit", "indicator"),
)
EDITION_RESULTS = Table(
    "editions",
    "期末与跟踪两版结果",
    (
        _SCORECARD,
        _GROUP,
        _UNIT,
        _number("score_end", "综合得分（期末）"),
        _integer("rank_end", "名次（期末）"),
        _number("score", "综合得分"),
        _integer("rank", "名次"),
    ),
    ("scorecard", "group", "unit"),
)
REWEIGHTED_RESULTS = Table(
    "reweighted",
    "冻结分值与最终分值的结果",
    (
        _SCORECARD,
        _GROUP,
        _UNIT,
        _number("score_frozen", "综合得分（冻结分值）"),
        _integer("rank_frozen", "名次（冻结分值）"),
        _number("score", "综合得分"),
        _integer("rank", "名次"),
    ),
    ("scorecard", "group", "unit"),
)
RESULT_TABLES = (
    UNIT_RESULTS,
    INDICATOR_RESULTS,
    ITEM_RESULTS,
    PAIR_RESULTS,
    BAND_RESULTS,
    RATER_RESULTS,
    VARIANCE_RESULTS,
    FLAG_RESULTS,
    SENSITIVITY_RESULTS,
    CLASS_RESULTS,
    FIELD_RESULTS,
    FOCUS_RESULTS,
    EDITION_RESULTS,
    REWEIGHTED_RESULTS,
    PAIRED_RESULTS,
    CLASS_SCREEN_RESULTS,
    UNRAISED_RESULTS,
    STANDING_RESULTS,
    LEADER_RESULTS,
    *ROBUSTNESS_TABLES,
    AGREEMENT_RESULTS,
    DECISION_RESULTS,
    FACET_RESULTS,
    CATEGORY_RESULTS,
    FACET_SUMMARY_RESULTS,
    *QUALITY_TABLES,
    *SCALE_TABLES,
    *BESIDE_TABLES,
)
"""Every table of results, in the order of ``analysis.results.Results``."""
