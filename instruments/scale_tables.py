"""The column contract of what is said of scales: reliability, one factor, the same everywhere."""

from __future__ import annotations

from instruments.tables import BOOLEAN, INTEGER, NUMBER, TEXT, Column, Table

_SCALE = (
    Column("instrument", TEXT, "工具代码"),
    Column("scale", TEXT, "量表（所测指标的代码，*为全部计分题）"),
)
_N = Column("n", INTEGER, "作答数", nullable=True)
_REASON = Column("reason", TEXT, "没有算出的原因", nullable=True)


def _number(name: str, label: str) -> Column:
    return Column(name, NUMBER, label, nullable=True)


SCALE_RESULTS = Table(
    "scale_reliability",
    "量表的信度",
    (
        *_SCALE,
        Column("items", INTEGER, "题数"),
        _N,
        _number("alpha", "α系数"),
        _number("alpha_low", "α区间下限"),
        _number("alpha_high", "α区间上限"),
        _number("omega", "ω系数"),
        _number("omega_low", "ω区间下限"),
        _number("omega_high", "ω区间上限"),
        _number("chi2", "单因子模型的卡方"),
        Column("df", INTEGER, "自由度", nullable=True),
        _number("cfi", "CFI"),
        _number("rmsea", "RMSEA"),
        _number("srmr", "SRMR"),
        _REASON,
        _number("unit_n", "每个项目的作答数（中位数）"),
        _number("unit_reliability", "单位信度（按该份数）"),
        Column("needed", INTEGER, "达到目标所需的份数", nullable=True),
    ),
    ("instrument", "scale"),
)
SCALE_ITEM_RESULTS = Table(
    "scale_items",
    "量表的题项",
    (
        *_SCALE,
        Column("item", TEXT, "题项"),
        _number("item_rest", "与其余题之和的相关"),
        _number("alpha_without", "去掉该题后的α系数"),
        _number("loading", "标准化载荷"),
    ),
    ("instrument", "scale", "item"),
)
INVARIANCE_RESULTS = Table(
    "invariance",
    "各组的可比性",
    (
        *_SCALE,
        Column("by", TEXT, "分组"),
        Column("step", TEXT, "步骤"),
        Column("groups", INTEGER, "比较的组数"),
        _N,
        _number("cfi", "CFI"),
        _number("cfi_fall", "CFI下降"),
        _number("rmsea", "RMSEA"),
        _number("srmr", "SRMR"),
        Column("holds", BOOLEAN, "成立"),
        Column("verdict", TEXT, "结论"),
        Column("left_out", TEXT, "没有参加比较的组", nullable=True),
        _REASON,
    ),
    ("instrument", "scale", "by", "step"),
)
SCALE_TABLES = (SCALE_RESULTS, SCALE_ITEM_RESULTS, INVARIANCE_RESULTS)
