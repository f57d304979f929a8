"""The column contract of what is said of experts: severities, variances, agreement, facets."""

from __future__ import annotations

from instruments.tables import BOOLEAN, INTEGER, NUMBER, TEXT, Column, Table

MEASURES = (
    *("exact", "adjacent", "ac1", "ac2", "alpha", "w"),
    *("icc", "erho2", "phi", "interaction_share"),
)
"""Of agreement: shares of pairs, coefficients of levels; and those of the variance components."""
OF_POINTS = "points"
"""In place of a scaling: what rests on scores of 0-100, not on levels."""
FACETS = ("object", "item", "rater")
NO_FACET = "none"
"""Row of ``facet_summary`` that says why there is no model."""
ENDS = ("low", "high", "constant")
_REASON = Column("reason", TEXT, "未作的原因", nullable=True)
_SCALING = Column("scaling", TEXT, "等级标度（points为0–100分）")


def _number(name: str, label: str) -> Column:
    return Column(name, NUMBER, label, nullable=True)


def _integer(name: str, label: str) -> Column:
    return Column(name, INTEGER, label, nullable=True)


def _mark(name: str, label: str) -> Column:
    return Column(name, BOOLEAN, label)


RATER_RESULTS = Table(
    "raters",
    "评审专家宽严",
    (
        Column("rater", TEXT, "评审专家代号"),
        _number("severity", "评分宽严（正为严）"),
        _number("se", "标准误"),
        Column("n", INTEGER, "评分条数"),
        Column("block", INTEGER, "连通块"),
        Column("separable", BOOLEAN, "宽严可分离"),
    ),
    ("rater",),
)
VARIANCE_RESULTS = Table(
    "variance",
    "方差成分",
    (
        Column("model", TEXT, "模型"),
        Column("component", TEXT, "成分"),
        Column("sd", NUMBER, "标准差（模型所用标度）"),
        _number("points", "标准差（分，0–100）"),
        _integer("levels", "水平数"),
        _number("low", "标准差区间下限（分）"),
        _number("high", "标准差区间上限（分）"),
        _number("p", "方差为零的检验概率"),
    ),
    ("model", "component"),
)
AGREEMENT_RESULTS = Table(
    "panel_agreement",
    "评审专家的一致性",
    (
        _SCALING,
        Column("measure", TEXT, "量", categories=MEASURES),
        Column("form", TEXT, "形式（权重、距离或组内相关的名称）"),
        _number("value", "值"),
        _number("low", "区间下限"),
        _number("high", "区间上限"),
        Column("units", INTEGER, "对象数"),
        Column("ratings", INTEGER, "评分条数"),
        Column("raters", INTEGER, "评审专家数"),
        _REASON,
    ),
    ("scaling", "measure", "form"),
)
DECISION_RESULTS = Table(
    "decision",
    "需要几名专家",
    (
        Column("sessions", INTEGER, "每个项目的场次"),
        Column("experts", INTEGER, "每个项目的专家数"),
        Column("dimension", NUMBER, "每场的维度数"),
        Column("relative_se", NUMBER, "相对标准误（分，比较项目时）"),
        Column("absolute_se", NUMBER, "绝对标准误（分，对照分数线时）"),
        _number("erho2", "概化系数"),
        _number("phi", "可靠性指数"),
        _integer("needed", "达到目标所需的专家数（空：多少都不够，或未知）"),
        _number("ceiling", "专家无限多时的系数"),
        _REASON,
    ),
    ("sessions", "experts"),
)
FACET_RESULTS = Table(
    "facets",
    "多侧面 Rasch 模型：测量值与拟合",
    (
        _SCALING,
        Column("facet", TEXT, "侧面", categories=FACETS),
        Column("element", TEXT, "项目、维度或评审专家代号"),
        _number("measure", "测量值（logit）"),
        _number("se", "标准误（logit）"),
        Column("n", INTEGER, "评分条数"),
        _number("infit", "加权拟合均方"),
        _number("outfit", "未加权拟合均方"),
        _number("fair", "公平均分（级）"),
        Column("extreme", TEXT, "极端", nullable=True, categories=ENDS),
        _integer("block", "连通块"),
        _mark("separable", "各块可比"),
    ),
    ("scaling", "facet", "element"),
)
CATEGORY_RESULTS = Table(
    "facet_categories",
    "多侧面 Rasch 模型：等级的使用",
    (
        _SCALING,
        Column("item", TEXT, "维度（all为各维度共用）"),
        Column("category", INTEGER, "等级"),
        Column("n", INTEGER, "评分条数"),
        Column("share", NUMBER, "占比"),
        Column("average", NUMBER, "平均测量值（logit）"),
        Column("expected", NUMBER, "模型预计的平均测量值（logit）"),
        _number("outfit", "未加权拟合均方"),
        _number("threshold", "门槛（logit）"),
        _number("se", "门槛标准误（logit）"),
        _number("advance", "比前一门槛高出（logit）"),
        _mark("enough", "条数足够"),
        _mark("rising", "平均测量值递增"),
        _mark("fitting", "拟合合格"),
        _mark("ordered", "门槛递增"),
        _mark("apart", "门槛间距合适"),
    ),
    ("scaling", "item", "category"),
)
FACET_SUMMARY_RESULTS = Table(
    "facet_summary",
    "多侧面 Rasch 模型：区分与一致",
    (
        _SCALING,
        Column("facet", TEXT, "侧面", categories=(*FACETS, NO_FACET)),
        _integer("n", "有有限测量值的个数"),
        _number("rmse", "均方根误差（logit）"),
        _number("true_sd", "真标准差（logit）"),
        _number("separation", "区分度"),
        _number("strata", "层数"),
        _number("reliability", "信度"),
        _number("chi2", "固定效应卡方"),
        _integer("df", "自由度"),
        _number("p", "概率"),
        _number("agreement", "完全一致的占比（专家）"),
        _number("expected_agreement", "模型预计的完全一致占比（专家）"),
        _REASON,
    ),
    ("scaling", "facet"),
)
