"""附件 方法与数据质量: the plan's choices in words, and what the data are worth."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from analysis.results import Results
from instruments.methods import Plan
from instruments.quality_methods import CarelessRule
from instruments.result_tables import LOCALITIES
from reports import tables
from reports.document import Block, Cell, Column, Paragraph, Rows, Section, Table
from reports.material import Material
from reports.sections.evidence import goalposts, scale_name
from reports.sections.quality import quality_sections
from reports.wording import choice, joined, phrase

STEPS = (
    "screening", "weighting", "means", "adjustment", "raters", "shrinkage", "composite", "ranks",
    "bands", "thresholds", "class_screens", "panel", "quality",
)  # fmt: skip


LATER: Mapping[str, Callable[[Plan], bool]] = {
    "class_screens": lambda plan: plan.class_screens is not None,
    "panel": lambda plan: plan.panel is not None,
    "quality": lambda plan: any(quality_parts(plan)),
}
"""Steps that plans of a former version do not have, and whether one has them."""


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
    blocks = (Paragraph(intro), _steps(material.results), _scalings(plan), _retention(plan))
    return Section("method", heading, blocks, quality_sections(material), page=True)


def _table(
    anchor: str, caption: str, names: tuple[str, ...], body: Sequence[tuple[str, ...]]
) -> Table:
    columns = tuple(Column(phrase(f"columns.{name}")) for name in names)
    cells = tuple(tuple(Cell(text) for text in row) for row in body)
    return Table(anchor, caption, columns, (Rows("", cells),))


def _steps(results: Results) -> Block:
    steps = [one for one in STEPS if one not in LATER or LATER[one](results.plan)]
    body = [(phrase(f"method.steps.{step}"), WORDS[step](results)) for step in steps]
    return _table("plan-table", phrase("method.table"), ("step", "choice"), body)


def _screening(results: Results) -> str:
    """Only rules that can apply: a straight line needs a check item to be failed."""
    rules, screening = [], results.plan.screening
    if any(instrument.used_as("check") for instrument in results.instruments):
        share = tables.share(screening.straight_line_share)
        rules.append(phrase("method.screening_line", share=share))
    if screening.item_nonresponse < 1:
        blank = tables.share(screening.item_nonresponse)
        rules.append(phrase("method.screening_blank", blank=blank))
    if not rules:
        return phrase("method.screening_none")
    titles = {rule.name: rule.title for rule in _rules(results.plan)}
    named = (titles.get(flag) or choice("method.flags", flag) for flag in screening.exclude)
    excluded = joined(named)
    exclude = excluded or phrase("method.exclude_none")
    return phrase("method.screening", list=joined(rules, "alternatives"), exclude=exclude)


def _rules(plan: Plan) -> tuple[CarelessRule, ...]:
    return plan.careless.rules if plan.careless else ()


def quality_parts(plan: Plan) -> tuple[str, ...]:
    """What of the data's quality the plan asks to be told, in words."""
    found = []
    if plan.careless is not None:
        rules = joined(rule.title for rule in plan.careless.rules)
        found.append(phrase("method.quality_parts.careless", rules=rules))
    if plan.response is not None:
        level = tables.share(plan.response.level)
        found.append(phrase("method.quality_parts.response", level=level))
    if plan.ordinal is not None:
        level, top = tables.share(plan.ordinal.level), str(plan.ordinal.top)
        found.append(phrase("method.quality_parts.ordinal", level=level, top=top))
    if plan.scales is not None:
        found.append(
            phrase(
                "method.quality_parts.scales",
                missing=choice("method.missing", plan.scales.missing),
                cfi=tables.coefficient(plan.scales.least_cfi),
                fall=tables.coefficient(plan.scales.most_fall),
                n=str(plan.scales.least_n),
            )
        )
    return tuple(found)


def _quality(results: Results) -> str:
    return phrase("method.quality", list=joined(quality_parts(results.plan), "clauses"))


def _means(results: Results) -> str:
    means = results.plan.means
    fpc = phrase(f"method.fpc.{means.finite_population}")
    key = "borrowed" if means.prior_df else "borrowed_none"
    borrowed = phrase(f"method.{key}", prior_df=tables.points(means.prior_df))
    variance = choice("method.variance", means.variance)
    return phrase("method.means", variance=variance, fpc=fpc, borrowed=borrowed)


def _adjustment(results: Results) -> str:
    adjustment = results.plan.adjustment
    traits = joined(choice("method.traits", trait) for trait in adjustment.traits)
    return phrase(
        f"method.adjustment.{adjustment.method}",
        traits=traits,
        minimum=str(adjustment.minimum_cell),
    )


def _raters(results: Results) -> str:
    raters = results.plan.raters
    key = "widened" if raters.widen > 1 else "widened_none"
    widened = phrase(f"method.{key}", widen=tables.points(raters.widen))
    return phrase(f"method.raters.{raters.disconnected}", widened=widened)


def _composite(results: Results) -> str:
    composite = results.plan.composite
    key = "minimum" if composite.minimum_points else "minimum_none"
    minimum = phrase(f"method.{key}", points=tables.points(composite.minimum_points))
    mean = choice("method.mean", composite.aggregation)
    if composite.floor is not None:
        mean = phrase("method.mean_floor", floor=tables.points(composite.floor))
    told = {"mean": mean, "missing": choice("method.missing", composite.missing)}
    value = choice("method.value", composite.value)
    return phrase("method.composite", value=value, minimum=minimum, **told)


def _ranks(results: Results) -> str:
    ranks = results.plan.ranks
    return phrase(
        "method.ranks",
        level=tables.share(ranks.level),
        draws=str(ranks.draws),
        seed=str(ranks.seed),
        decimals=str(ranks.printed_decimals),
    )


def _bands(results: Results) -> str:
    """Each band by its cut; the last one, which needs nothing, by the cut above it."""
    bands = results.plan.bands
    listed = [phrase("method.band", label=b.label, cut=tables.points(b.cut)) for b in bands]
    if len(bands) > 1:
        cut = tables.points(bands[-2].cut)
        listed[-1] = phrase("method.band_last", label=bands[-1].label, cut=cut)
    probability = tables.share(results.plan.band_probability)
    return phrase("method.bands", list=joined(listed, "pairs"), probability=probability)


def _thresholds(results: Results) -> str:
    """Conditions that can fail; one that nothing can fall short of is said not to be set."""
    limits = results.plan.thresholds
    values = {
        "min_cell": str(limits.min_cell),
        "min_publish_n": str(limits.min_publish_n),
        "min_response_rate": tables.share(limits.min_response_rate),
        "rank_n": str(limits.rank_n),
        "rank_small_n": str(limits.rank_small_n),
        "rank_small_rate": tables.share(limits.rank_small_rate),
        "min_experts": str(limits.min_experts),
        "locality_n": str(limits.locality_n),
        "locality_rate": tables.share(limits.locality_rate),
        "reminders": str(limits.reminders),
    }
    small = limits.rank_small_n < limits.rank_n
    if small and not limits.rank_small_rate:
        values["rank_n"] = values["rank_small_n"]
    keys = (
        "cell",
        "publish_rate" if limits.min_response_rate else "publish",
        "rank_small" if small and limits.rank_small_rate else "rank",
        "experts",
        *(["localities"] if set(results.units["scorecard"]) & set(LOCALITIES) else []),
        *(["withheld"] if any(one.reported for one in results.instruments) else []),
    )
    return phrase(
        "method.thresholds",
        list=joined((phrase(f"method.threshold.{key}", **values) for key in keys), "clauses"),
    )


def _class_screens(results: Results) -> str:
    screens = results.plan.class_screens
    assert screens is not None  # the step is left out without it
    told = dict(vars(screens), quick=joined(screens.quick))
    for name in ("family_rate", "day_trim", "straight_share", "quick_share", "pressure_share"):
        told[name] = tables.share(told[name])
    told |= {name: tables.full(told[name]) for name in ("prior", "pair", "day_within")}
    return phrase("method.class_screens", **told)


def _panel(results: Results) -> str:
    panel = results.plan.panel
    assert panel is not None  # the step is left out without it
    told = {**vars(panel), "level": tables.share(panel.level)}
    told["coefficient"] = phrase(f"quality.coefficients.{panel.coefficient}")
    for name in ("target", "extreme", "max_outfit", "min_advance", "max_advance"):
        told[name] = tables.points(told[name])
    for name in ("metric", "weights", "model", "correction"):
        told[name] = phrase(f"method.panel_choices.{told[name]}")
    told["mml"] = phrase(f"method.panel_{panel.estimator}", **told)
    told["elements"] = phrase(f"method.panel_ddof.{panel.ddof}")
    return phrase("method.panel", **told)


WORDS: Mapping[str, Callable[[Results], str]] = {
    "screening": _screening,
    "weighting": lambda results: phrase(f"method.weighting.{results.plan.weighting.method}"),
    "means": _means,
    "adjustment": _adjustment,
    "raters": _raters,
    "shrinkage": lambda results: phrase(f"method.shrinkage.{results.plan.shrinkage.estimator}"),
    "composite": _composite,
    "ranks": _ranks,
    "bands": _bands,
    "thresholds": _thresholds,
    "class_screens": _class_screens,
    "panel": _panel,
    "quality": _quality,
}
"""Step of the method table -> its sentence from the plan."""


def _scalings(plan: Plan) -> Block:
    body = [(scale_name(scaling.name), goalposts(scaling)) for scaling in plan.scaling]
    return _table("scaling-table", phrase("quality.scaling"), ("scaling", "goalposts"), body)


def _retention(plan: Plan) -> Block:
    body = [(entry.what, entry.keep, entry.deleted_by) for entry in plan.retention]
    names = ("what", "keep", "deleted_by")
    return _table("retention-table", phrase("quality.retention"), names, body)
