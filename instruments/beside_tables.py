"""The column contract of what stands beside the ranking and never decides it."""

from __future__ import annotations

from instruments.tables import INTEGER, NUMBER, TEXT, Column, Table

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
BESIDE_TABLES = (CONTRAST_RANK_RESULTS, CONTRAST_WEIGHT_RESULTS)
