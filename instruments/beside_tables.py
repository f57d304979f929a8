"""The column contract of what stands beside the ranking and never decides it."""

from __future__ import annotations

from instruments.tables import BOOLEAN, INTEGER, NUMBER, TEXT, Column, Table

_TABLE = (Column("scorecard", TEXT, "评分表"), Column("group", TEXT, "分组代码"))
_OF = (*_TABLE, Column("unit", TEXT, "被评单位代码"))
SCORECARDS = ("A-project", "A", "A-overall", "B-city", "B-county")
"""A-project: project within type; A: institution within type; A-overall: institution, all types;
B-city and B-county: localities."""
VERDICTS = ("passed", "failed", "unverified", "not_applicable")
"""通过, 未通过, 无法核验, 不适用."""
BASES = ("checked", "reported", "withheld", "none", "parts")
"""What a verdict rests on: fields that were looked at, the unit's own word, a record that is due
and did not come, nothing, the unit's parts."""
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
CLAIM_RESULTS = Table(
    "band_claims",
    "等次：按得分、硬规则之后、有把握的",
    (
        *_OF,
        Column("scored", TEXT, "等次代码（只按得分）"),
        Column("band", TEXT, "等次代码（硬规则之后，即所评等次）"),
        Column("assured", TEXT, "有把握的等次代码（至少为）"),
        Column("probability", NUMBER, "得分真值不低于该档分数线的概率"),
    ),
    ("scorecard", "group", "unit"),
)
GATE_RESULTS = Table(
    "gates",
    "硬规则",
    (
        *_OF,
        Column("rule", TEXT, "规则"),
        Column("verdict", TEXT, "结论", categories=VERDICTS),
        Column("basis", TEXT, "依据", categories=BASES),
        Column("highest", TEXT, "未通过时最高的等次代码"),
        Column("holds", BOOLEAN, "等次因此降低"),
    ),
    ("scorecard", "group", "unit", "rule"),
)
YEAR_VERDICTS = ("progress", "decline", "not_confirmed", "one_year")
"""进步, 退步, 不能确认, 只有一年."""
YEAR_RESULTS = Table(
    "years",
    "与上年比较",
    (
        *_OF,
        Column("name", TEXT, "单位名称"),
        _number("before", "上年综合得分"),
        _number("after", "本年综合得分"),
        _number("change", "变化（分）"),
        _number("se", "变化的标准误"),
        _number("low", "变化区间下限"),
        _number("high", "变化区间上限"),
        _number("expected", "只因回归均值预计的变化"),
        _number("adjusted", "扣除回归均值后的变化"),
        _number("adjusted_low", "扣除后区间下限"),
        _number("adjusted_high", "扣除后区间上限"),
        _number("p", "p值（已校正）"),
        Column("verdict", TEXT, "结论", categories=YEAR_VERDICTS),
        Column("note", TEXT, "说明", nullable=True),
    ),
    ("scorecard", "group", "unit"),
)
_FUZZY = (
    Column("unit", TEXT, "项目代码（*为公布得分的各项目合计）"),
    Column("instrument", TEXT, "工具代码"),
    Column("scaling", TEXT, "标度"),
)
_OPERATOR = Column("operator", TEXT, "算子")
FUZZY_RESULTS = Table(
    "fuzzy",
    "模糊综合评价：结果（一种印法，不计分）",
    (
        *_FUZZY,
        _OPERATOR,
        Column("items", INTEGER, "所计题数"),
        Column("left_out", INTEGER, "有不列的档而未计的题数"),
        _number("score", "B·v：各档分值按B加权（项目为高分占比×100）"),
        _number("mean", "各题平均分的加权平均（项目为高分占比×100）"),
        Column("grade", TEXT, "占比最大的档", nullable=True),
        Column("note", TEXT, "说明", nullable=True),
    ),
    ("unit", "instrument", "scaling", "operator"),
)
FUZZY_GRADE_RESULTS = Table(
    "fuzzy_grades",
    "模糊综合评价：向量B",
    (
        *_FUZZY,
        _OPERATOR,
        Column("grade", TEXT, "档（选项代码；top为高分，rest为其余）"),
        Column("value", NUMBER, "该档的分值"),
        _number("share", "占比"),
    ),
    ("unit", "instrument", "scaling", "operator", "grade"),
)
FUZZY_ITEM_RESULTS = Table(
    "fuzzy_items",
    "模糊综合评价：各题的权重与平均分（各档占比见shares）",
    (
        *_FUZZY,
        Column("item", TEXT, "题项"),
        Column("indicator", TEXT, "指标代码"),
        Column("weight", NUMBER, "权重（所计各题之间；未计的为0）"),
        _number("score", "平均分（按各档占比）"),
    ),
    ("unit", "instrument", "scaling", "item"),
)
MADE_BESIDE = (
    CONTRAST_RANK_RESULTS,
    CONTRAST_WEIGHT_RESULTS,
    NATURAL_UNIT_RESULTS,
    NATURAL_CLASS_RESULTS,
    NATURAL_CHOICE_RESULTS,
    YEAR_RESULTS,
    FUZZY_RESULTS,
    FUZZY_GRADE_RESULTS,
    FUZZY_ITEM_RESULTS,
)
"""Those made of other tables of results alone."""
BESIDE_TABLES = (CLAIM_RESULTS, GATE_RESULTS, *MADE_BESIDE)
