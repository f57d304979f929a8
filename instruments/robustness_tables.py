"""The column contract of what the ranking would have been under other choices."""

from __future__ import annotations

from instruments.tables import BOOLEAN, INTEGER, NUMBER, TEXT, Column, Table

_TABLE = (Column("scorecard", TEXT, "评分表"), Column("group", TEXT, "分组代码"))
_OF = (*_TABLE, Column("unit", TEXT, "被评单位代码"))


def _whole(name: str, label: str) -> Column:
    return Column(name, INTEGER, label, nullable=True)


def _number(name: str, label: str) -> Column:
    return Column(name, NUMBER, label, nullable=True)


ROBUST_UNIT_RESULTS = Table(
    "robust_units",
    "换一种选法时的名次",
    (
        *_OF,
        _whole("rank", "名次（按方案）"),
        _whole("rank_median", "名次中位数"),
        _whole("rank_low", "名次变动范围的前端"),
        _whole("rank_high", "名次变动范围的后端"),
        _whole("rank_best", "最好名次"),
        _whole("rank_worst", "最差名次"),
        _number("move_mean", "平均变动（位）"),
        Column("band", TEXT, "等次代码（按方案）", nullable=True),
        _number("band_changed", "等次改变的份额"),
    ),
    ("scorecard", "group", "unit"),
)
ROBUST_BAND_RESULTS = Table(
    "robust_bands",
    "换一种选法时落在各等次的份额",
    (*_OF, Column("band", TEXT, "等次代码"), _number("share", "份额")),
    ("scorecard", "group", "unit", "band"),
)
ROBUST_PAIR_RESULTS = Table(
    "robust_pairs",
    "相邻两家的先后是否说得准",
    (
        *_TABLE,
        Column("higher", TEXT, "在前的单位代码"),
        Column("lower", TEXT, "在后的单位代码"),
        _number("share", "在前的仍在前面的份额"),
        Column("settled", BOOLEAN, "先后可定"),
    ),
    ("scorecard", "group", "higher", "lower"),
)
LEFT_OUT_RESULTS = Table(
    "left_out",
    "逐一去掉一名专家或一道题",
    (
        *_TABLE,
        Column("factor", TEXT, "去掉什么（专家、题）", categories=("expert", "item")),
        Column("alternative", TEXT, "专家代号；工具与题项"),
        Column("n", INTEGER, "单位数"),
        Column("move_most", INTEGER, "最大变动（位）"),
        Column("unit", TEXT, "变动最大的单位代码", nullable=True),
        Column("move_mean", NUMBER, "平均变动（位）"),
        Column("band_changes", INTEGER, "等次改变的单位数"),
    ),
    ("scorecard", "group", "factor", "alternative"),
)
SOBOL_RESULTS = Table(
    "sobol",
    "名次由哪些选法决定",
    (
        *_TABLE,
        Column("output", TEXT, "对象（全组平均变动、单位名次）", categories=("shift", "rank")),
        Column("unit", TEXT, "被评单位代码"),
        Column("factor", TEXT, "因素"),
        _number("first", "一阶份额"),
        _number("first_half", "一阶份额区间的一半"),
        _number("total", "总份额"),
        _number("total_half", "总份额区间的一半"),
    ),
    ("scorecard", "group", "output", "unit", "factor"),
)
EFFECTIVE_RESULTS = Table(
    "effective",
    "有效权重",
    (
        *_TABLE,
        Column("parent", TEXT, "上级代码"),
        Column("node", TEXT, "指标代码"),
        Column("n", INTEGER, "单位数"),
        _number("declared", "分值份额"),
        _number("correlation", "与上级的相关系数"),
        _number("importance", "重要性"),
        _number("effective", "有效权重"),
    ),
    ("scorecard", "group", "parent", "node"),
)
ROBUSTNESS_TABLES = (
    ROBUST_UNIT_RESULTS,
    ROBUST_BAND_RESULTS,
    ROBUST_PAIR_RESULTS,
    LEFT_OUT_RESULTS,
    SOBOL_RESULTS,
    EFFECTIVE_RESULTS,
)
