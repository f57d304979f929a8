"""The column contract of what is said of ranks beyond the table of units."""

from __future__ import annotations

from instruments.tables import BOOLEAN, INTEGER, NUMBER, TEXT, Column, Table

_OF = (
    Column("scorecard", TEXT, "评分表"),
    Column("group", TEXT, "分组代码"),
    Column("unit", TEXT, "被评单位代码"),
)
STANDING_RESULTS = Table(
    "standing",
    "本单位单独的名次区间与期望名次",
    (
        *_OF,
        Column("own_low", INTEGER, "名次区间下限（本单位单独）"),
        Column("own_high", INTEGER, "名次区间上限（本单位单独）"),
        Column("expected_rank", NUMBER, "期望名次（收缩后，只供参考）"),
        Column("best", NUMBER, "为本组最高的概率（收缩后，只供参考）"),
    ),
    ("scorecard", "group", "unit"),
)
LEADER_RESULTS = Table(
    "leaders",
    "可能进入前列或末位的单位",
    (
        *_OF,
        Column("k", INTEGER, "前（末）几名"),
        Column("could_lead", BOOLEAN, "可能进入前k名"),
        Column("could_trail", BOOLEAN, "可能在末k名"),
    ),
    ("scorecard", "group", "k", "unit"),
)
