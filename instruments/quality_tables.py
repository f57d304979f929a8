"""The column contract of what is said of the data: who answered, how, and how it was weighted."""

from __future__ import annotations

from instruments.tables import BOOLEAN, INTEGER, NUMBER, TEXT, Column, Table

EVERYWHERE = "*"
"""In place of a unit: all projects whose score may be shown, together. No code is written so."""

_UNIT = Column("unit", TEXT, "项目代码")
_FORM = Column("instrument", TEXT, "工具代码")
_ITEM = Column("item", TEXT, "题项")


def _number(name: str, label: str) -> Column:
    return Column(name, NUMBER, label, nullable=True)


def _integer(name: str, label: str) -> Column:
    return Column(name, INTEGER, label, nullable=True)


def _text(name: str, label: str) -> Column:
    return Column(name, TEXT, label, nullable=True)


_INTERVAL = (_number("low", "区间下限"), _number("high", "区间上限"))
RESPONSE_RESULTS = Table(
    "response",
    "参评率与权重的代价",
    (
        _UNIT,
        _integer("invited", "参训人数（人）"),
        _integer("answered", "作答人数（人）"),
        _number("rate", "参评率"),
        *_INTERVAL,
        _number("deff", "设计效应（Kish）"),
        _number("effective_n", "有效份数"),
        _number("max_weight", "最大权重（平均权重的倍数）"),
    ),
    ("unit",),
)
NONRESPONSE_RESULTS = Table(
    "nonresponse",
    "题项空白率",
    (
        Column("unit", TEXT, "项目代码（*为公布得分的各项目合计）"),
        _FORM,
        _ITEM,
        Column("asked", INTEGER, "应答份数"),
        Column("missing", INTEGER, "空白份数"),
        _number("rate", "空白率"),
        *_INTERVAL,
    ),
    ("unit", "instrument", "item"),
)
BOUND_RESULTS = Table(
    "bounds",
    "未作答者最多能改变什么",
    (
        _UNIT,
        Column("mean", NUMBER, "结业问卷各指标的均值（未调整）"),
        Column("rate", NUMBER, "参评率"),
        Column("share", NUMBER, "结业问卷在综合得分中的份额"),
        _number("low", "最低可能的综合得分"),
        _number("high", "最高可能的综合得分"),
        _number("fall_cut", "现等次的分数线"),
        _number("fall_at", "未作答者均值低于此数即降等次"),
        Column("fall_possible", BOOLEAN, "可能降等次", nullable=True),
        _number("rise_cut", "上一等次的分数线"),
        _number("rise_at", "未作答者均值达到此数即升等次"),
        Column("rise_possible", BOOLEAN, "可能升等次", nullable=True),
    ),
    ("unit",),
)
BENCHMARK_RESULTS = Table(
    "benchmarks",
    "学员构成的基准",
    (
        _UNIT,
        Column("raw", NUMBER, "原始分（询问特征的问卷，按分值加权）"),
        _number("overall", "全省均值"),
        _number("benchmark", "基准：同样构成的学员全省平均给多少分"),
        _number("own_share", "基准中本单位自己的份额"),
        _number("indirect", "间接标准化的调整分"),
        _number("within", "班内回归的调整分"),
    ),
    ("unit",),
)
EFFECT_RESULTS = Table(
    "effects",
    "班内回归的系数",
    (
        _FORM,
        Column("leaf", TEXT, "指标代码"),
        Column("trait", TEXT, "特征"),
        Column("level", TEXT, "水平（空为未填，*为合并的各档）"),
        _integer("n", "作答数"),
        _number("share", "占比（加权）"),
        Column("reference", TEXT, "参照水平"),
        Column("estimable", BOOLEAN, "能与班分开"),
        _number("estimate", "比参照水平高多少分"),
        _number("se", "标准误"),
        _number("effect", "比全省均值高多少分"),
        Column("classes", INTEGER, "班级数（个）"),
    ),
    ("instrument", "leaf", "trait", "level"),
)
CARELESS_RESULTS = Table(
    "careless",
    "敷衍作答的组合标记",
    (
        Column("project", TEXT, "项目代码（*为公布得分的各项目合计）"),
        Column("rule", TEXT, "规则"),
        _integer("n", "能判断的作答数"),
        _integer("flagged", "标记数"),
        _integer("excluded", "剔除数"),
    ),
    ("project", "rule"),
)
SHARE_RESULTS = Table(
    "shares",
    "各选项的分布与高分占比",
    (
        Column("unit", TEXT, "项目代码（*为公布得分的各项目合计）"),
        _FORM,
        _ITEM,
        Column("category", TEXT, "选项代码（top为高分）"),
        _integer("n", "作答数"),
        _integer("count", "其中选此项的"),
        _number("share", "占比（加权）"),
        _number("se", "标准误"),
        *_INTERVAL,
    ),
    ("unit", "instrument", "item", "category"),
)
RAKING_RESULTS = Table(
    "raking",
    "按名册耙平",
    (
        _UNIT,
        _FORM,
        Column("method", TEXT, "实际所用的加权"),
        _text("traits", "耙平的特征"),
        Column("converged", BOOLEAN, "收敛"),
        _integer("steps", "轮数"),
        _number("discrepancy", "与名册的最大差（占总数）"),
        _integer("held", "碰到界限的格数"),
        _text("note", "说明"),
    ),
    ("unit", "instrument"),
)
QUALITY_TABLES = (
    *(RESPONSE_RESULTS, NONRESPONSE_RESULTS, BOUND_RESULTS, BENCHMARK_RESULTS),
    *(EFFECT_RESULTS, CARELESS_RESULTS, SHARE_RESULTS, RAKING_RESULTS),
)
