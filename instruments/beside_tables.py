"""The column contract of what stands beside the ranking and never decides it."""

from __future__ import annotations

from instruments.tables import BOOLEAN, INTEGER, NUMBER, TEXT, Column, Table

_TABLE = (Column("scorecard", TEXT, "评分表"), Column("group", TEXT, "分组代码"))
_OF = (*_TABLE, Column("unit", TEXT, "被评单位代码"))
_METHOD = Column("method", TEXT, "方法（只作对照）")


def _number(name: str, label: str) -> Column:
    return Column(name, NUMBER, label, nullable=True)


CONTRAST_RANK_RESULTS = Table(
    "contrast_ranks",
    "别的加权办法下的名次（只作对照，不排名）",
    (
        *_TABLE,
        _METHOD,
        Column("unit", TEXT, "被评单位代码"),
        Column("score", NUMBER, "得分（TOPSIS为贴近度×100）"),
        Column("rank", INTEGER, "对照的名次"),
        Column("declared", INTEGER, "名次（按方案）"),
        Column("move", INTEGER, "变动（位，正为升）"),
    ),
    ("scorecard", "group", "method", "unit"),
)
CONTRAST_WEIGHT_RESULTS = Table(
    "contrast_weights",
    "别的加权办法给各一级指标的权重（只作对照，不排名）",
    (
        *_TABLE,
        _METHOD,
        Column("indicator", TEXT, "一级指标代码"),
        _number("declared", "分值份额（所计各项之间）"),
        _number("weight", "权重"),
        Column("note", TEXT, "说明", nullable=True),
    ),
    ("scorecard", "group", "method", "indicator"),
)
_CLASS = Column("natural", INTEGER, "自然分档（1为最高；不是等次）")
NATURAL_UNIT_RESULTS = Table(
    "natural_units",
    "得分的自然分档：各单位（只描述空档，不是等次）",
    (*_OF, _CLASS, Column("band", TEXT, "等次", nullable=True)),
    ("scorecard", "group", "unit"),
)
NATURAL_CLASS_RESULTS = Table(
    "natural_classes",
    "得分的自然分档：各档（只描述空档，不是等次）",
    (
        *_TABLE,
        _CLASS,
        Column("units", INTEGER, "单位数"),
        Column("low", NUMBER, "档内最低（印出的得分）"),
        Column("high", NUMBER, "档内最高（印出的得分）"),
        Column("centre", NUMBER, "档内平均"),
        _number("gap", "与下一档的空档（分）"),
    ),
    ("scorecard", "group", "natural"),
)
NATURAL_CHOICE_RESULTS = Table(
    "natural_choice",
    "得分的自然分档：分几档合适",
    (
        *_TABLE,
        Column("number", INTEGER, "档数"),
        Column("bic", NUMBER, "BIC（越大越合适）"),
        Column("noise", NUMBER, "档内标准差的下限（分）"),
        Column("chosen", BOOLEAN, "所取的档数"),
    ),
    ("scorecard", "group", "number"),
)
BESIDE_TABLES = (
    CONTRAST_RANK_RESULTS,
    CONTRAST_WEIGHT_RESULTS,
    NATURAL_UNIT_RESULTS,
    NATURAL_CLASS_RESULTS,
    NATURAL_CHOICE_RESULTS,
)
