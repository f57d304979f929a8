"""附件 方法与数据质量: the plan's choices in words, and what the data are worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from instruments.scorecard import Plan, Scaling
from reports import tables
from reports.document import Block, Cell, Column, Paragraph, Rows, Section, Table
from reports.material import Material
from reports.quality import quality_sections
from reports.wording import choice, joined, phrase

STEPS = (
    "screening", "weighting", "means", "adjustment", "raters", "shrinkage", "composite", "ranks",
    "bands", "thresholds",
)  # fmt: skip


def method_section(material: Material, heading: str) -> Section:
    """Every method choice of the plan, then the quality of the data."""
    plan = material.results.plan
    intro = phrase(
        "method.intro",
        title=plan.title,
        version=plan.version,
        source=plan.source,
        reason=plan.reason,
    )
    blocks = (Paragraph(intro), _steps(plan), _scalings(plan), _retention(plan))
    return Section("method", heading, blocks, quality_sections(material), page=True)


def _table(
    anchor: str, caption: str, names: tuple[str, ...], body: Sequence[tuple[str, ...]]
) -> Table:
    columns = tuple(Column(phrase(f"columns.{name}")) for name in names)
    cells = tuple(tuple(Cell(text) for text in row) for row in body)
    return Table(anchor, caption, columns, (Rows("", cells),))


def _steps(plan: Plan) -> Block:
    body = [(phrase(f"method.steps.{step}"), WORDS[step](plan)) for step in STEPS]
    return _table("plan-table", phrase("method.table"), ("step", "choice"), body)


def _screening(plan: Plan) -> str:
    excluded = [choice("method.flags", flag) for flag in plan.screening.exclude]
    return phrase(
        "method.screening",
        share=tables.share(plan.screening.straight_line_share),
        blank=tables.share(plan.screening.item_nonresponse),
        exclude=joined(excluded) or phrase("method.exclude_none"),
    )


def _means(plan: Plan) -> str:
    fpc = phrase(f"method.fpc.{plan.means.finite_population}")
    return phrase("method.means", fpc=fpc, prior_df=tables.points(plan.means.prior_df))


def _adjustment(plan: Plan) -> str:
    traits = joined(choice("method.traits", trait) for trait in plan.adjustment.traits)
    return phrase(
        f"method.adjustment.{plan.adjustment.method}",
        traits=traits,
        minimum=str(plan.adjustment.minimum_cell),
    )


def _raters(plan: Plan) -> str:
    widen = tables.points(plan.raters.widen)
    return phrase(f"method.raters.{plan.raters.disconnected}", widen=widen)


def _composite(plan: Plan) -> str:
    return phrase(
        "method.composite",
        value=choice("method.value", plan.composite.value),
        minimum=tables.points(plan.composite.minimum_points),
    )


def _ranks(plan: Plan) -> str:
    return phrase(
        "method.ranks",
        level=tables.share(plan.ranks.level),
        draws=str(plan.ranks.draws),
        seed=str(plan.ranks.seed),
        decimals=str(plan.ranks.printed_decimals),
    )


def _bands(plan: Plan) -> str:
    listed = [
        phrase("method.band", label=band.label, cut=tables.points(band.cut)) for band in plan.bands
    ]
    probability = tables.share(plan.band_probability)
    return phrase("method.bands", list=joined(listed, "pairs"), probability=probability)


def _thresholds(plan: Plan) -> str:
    limits = plan.thresholds
    return phrase(
        "method.thresholds",
        min_cell=str(limits.min_cell),
        min_publish_n=str(limits.min_publish_n),
        min_response_rate=tables.share(limits.min_response_rate),
        rank_n=str(limits.rank_n),
        rank_small_n=str(limits.rank_small_n),
        rank_small_rate=tables.share(limits.rank_small_rate),
        min_experts=str(limits.min_experts),
    )


WORDS: Mapping[str, Any] = {
    "screening": _screening,
    "weighting": lambda plan: phrase(f"method.weighting.{plan.weighting.method}"),
    "means": _means,
    "adjustment": _adjustment,
    "raters": _raters,
    "shrinkage": lambda plan: phrase(f"method.shrinkage.{plan.shrinkage.estimator}"),
    "composite": _composite,
    "ranks": _ranks,
    "bands": _bands,
    "thresholds": _thresholds,
}
"""Step of the method table -> its sentence from the plan."""


def _scalings(plan: Plan) -> Block:
    body = [(scaling.name, _goalposts(scaling)) for scaling in plan.scaling]
    return _table("scaling-table", phrase("quality.scaling"), ("scaling", "goalposts"), body)


def _goalposts(scaling: Scaling) -> str:
    if scaling.points is not None:
        listed = [
            phrase("method.goalpost", answer=answer, score=tables.points(score))
            for answer, score in scaling.points.items()
        ]
        return joined(listed, "pairs")
    floor = phrase("method.floor", floor=tables.points(scaling.floor)) if scaling.floor else ""
    return phrase(
        "method.line",
        low=tables.points(scaling.low),
        low_score=tables.points(scaling.low_score),
        high=tables.points(scaling.high),
        high_score=tables.points(scaling.high_score),
        floor=floor,
    )


def _retention(plan: Plan) -> Block:
    body = [(entry.what, entry.keep, entry.deleted_by) for entry in plan.retention]
    names = ("what", "keep", "deleted_by")
    return _table("retention-table", phrase("quality.retention"), names, body)
