"""From counts to leaf estimates of projects and the experts' panel."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from analysis import adjust, means, mixed, raters
from analysis.counts import Counts
from analysis.pipeline import raked
from analysis.pipeline.evidence import Evidence
from analysis.results import Cells, Estimates
from instruments.methods import Plan


@dataclass(frozen=True, eq=False)
class Panel:
    """What the experts' model says of projects x ``leaves``; empty without usable ratings."""

    leaves: tuple[str, ...]
    value: np.ndarray
    covariance: np.ndarray
    measured: pd.DataFrame
    """project, leaf pairs rated by enough experts."""
    severities: pd.DataFrame
    variance: pd.DataFrame
    df: float = 1.0
    """Raters less one: what intervals rest on where experts alone are asked."""


@dataclass(frozen=True, eq=False)
class ProjectEstimates:
    """Leaf estimates: raw and adjusted with own errors, and the ranked ones, moderated."""

    raw: Estimates
    adjusted: Estimates
    main: Estimates
    basis: means.UnitMeans
    raking: pd.DataFrame
    """Rows of ``raking``: every form and project that was to be raked."""


def rate_panel(data: Evidence, plan: Plan) -> Panel:
    """Fit the experts' crossed model; ratings of too few experts do not enter."""
    leaves = tuple(leaf.leaf for c in data.expert for leaf in c.scoring.leaves)
    rows = raters.panel_rows(data.ratings, min_experts=plan.thresholds.min_experts)
    size = len(data.projects) * len(leaves)
    if len(rows) <= len(rows[list(raters.CELL)].drop_duplicates()):  # nothing left to estimate
        value = np.full((len(data.projects), len(leaves)), np.nan)
        none = raters.severities(mixed.NO_EFFECTS, rows=rows, blocks=pd.Series(dtype=int))
        measured = pd.DataFrame(columns=["project", "leaf"])
        return Panel(leaves, value, np.zeros((size, size)), measured, none, mixed.NO_COMPONENTS)
    blocks = raters.linked_blocks(rows, disconnected=plan.raters.disconnected)
    fit = mixed.fit_crossed(
        rows, value="score", factors=raters.panel_factors(rows), fixed=raters.CELL
    )
    value, covariance = raters.panel_values(
        fit.fixed,
        covariance=fit.fixed_covariance,
        units=data.projects,
        leaves=leaves,
        blocks=blocks.nunique(),
        widen=plan.raters.widen,
    )
    value = np.clip(value, 0.0, 100.0)  # correcting for severity can reach past the scale's ends
    effects = fit.effects.get("rater", mixed.NO_EFFECTS)
    severities = raters.severities(effects, rows=rows, blocks=blocks)
    variance = mixed.components(fit, model="observation", slope=1.0)
    measured, df = fit.fixed[list(raters.CELL)], max(rows["rater"].nunique() - 1.0, 1.0)
    return Panel(leaves, value, covariance, measured, severities, variance, df)


def panel_values_of(
    data: Evidence, panel: Panel, plan: Plan, *, ratings: pd.DataFrame
) -> np.ndarray:
    """Projects x ``panel.leaves`` from other ratings, with the deviations of the panel's own fit.

    Ratings of a project and leaf by one rater enter too. Raises ValueError where the model cannot
    be fitted.
    """
    rows = raters.panel_rows(ratings, min_experts=1)
    known = panel.variance.set_index("component")["sd"].to_dict()
    factors = [name for name in raters.panel_factors(rows) if name in known] if len(rows) else []
    cells = mixed.fixed_at(rows, value="score", factors=factors, fixed=raters.CELL, sd=known)
    value, _ = raters.panel_values(
        cells,
        covariance=np.zeros((len(cells), len(cells))),
        units=data.projects,
        leaves=panel.leaves,
        blocks=1,
        widen=plan.raters.widen,
    )
    return np.clip(value, 0.0, 100.0)


def people_variance(data: Evidence, *, shown: np.ndarray) -> pd.DataFrame:
    """Components of value ~ 1 + (1 | respondent) + (1 | class), where people can be told apart.

    ``shown``: projects whose score may be shown; only their rows enter. People, or classes, with
    one rating each cannot be told from the residual: they are one component with it.
    """
    if data.people is None:
        return mixed.NO_COMPONENTS
    rows = data.people[data.people["project"].isin(_chosen(data, shown))]
    if len(rows) < 2:
        return mixed.NO_COMPONENTS
    factors = [f for f in ("respondent", "class_code") if rows[f].nunique() > 1]
    alone = [f for f in factors if rows[f].nunique() == len(rows)]
    kept = [f for f in factors if f not in alone]
    if len({len(rows[kept].drop_duplicates()), *rows[kept].nunique()}) == 1:
        kept = kept[:1]  # each person is a class of one
    fit = mixed.fit_crossed(rows, value="value", factors=kept)
    return mixed.components(fit, model="ratings", slope=data.slope, joined=alone)


def _chosen(data: Evidence, shown: np.ndarray) -> set[str]:
    return {project for project, good in zip(data.projects, shown, strict=True) if good}


def estimate(data: Evidence, panel: Panel, plan: Plan, *, shown: np.ndarray) -> ProjectEstimates:
    """Leaf estimates of every project, from the kept rows.

    ``shown``: projects whose score may be shown; only these are what others are compared with.
    """
    cells, products, weight, adjusted, reports = [], [], [], [], []
    basis = _basis(data, shown)
    for c in data.trainee:
        w = _weighed(c, data, plan, everything=False)
        cells.append(raked.folded(w.cells))
        products.append(c.products.kept())
        weight.append(raked.leaf_weights(w, [leaf.leaf for leaf in c.scoring.leaves]))
        adjusted.append(_adjusted(w, c.scoring.traits, plan, basis))
        reports.append(w.report)
    totals, weights = _stack(cells), _stack(weight)
    alone = means.lone_classes(
        totals, weights=weights, units=data.projects, leaves=survey_leaves(data), choice=plan.means
    )
    pairs = _stack([part.of_classes(alone).rows() for part in products])
    of = _means_of(data, plan, products=pairs, weight=weights, lending=shown)
    raw, adjusted_means = of(totals), of(_stack(adjusted))
    main = {"raw": raw, "adjusted": adjusted_means}[plan.composite.value]
    build = _builder(data, panel, plan, basis=raw)
    return ProjectEstimates(
        build(raw.value, raw.own),
        build(adjusted_means.value, adjusted_means.own),
        build(main.value, main.moderated),
        main,
        _stacked(reports),
    )


def ranked_values(
    data: Evidence, panel: Panel, plan: Plan, *, shown: np.ndarray, everything: bool
) -> Estimates:
    """The values that the plan ranks, as ``estimate`` gives them, as if they had no error."""
    value, n = survey_values(
        data,
        plan,
        cells=[c.cells for c in data.trainee],
        leaves=survey_leaves(data),
        shown=shown,
        everything=everything,
        value=plan.composite.value,
    )
    leaves = leaf_codes(data, panel)
    own = np.zeros((len(data.projects), len(leaves), len(leaves)))
    known = all_leaves(data, panel, plan, value=value, n=n)
    return Estimates(data.projects, leaves, known, own, (), np.zeros((0, 0)))


def survey_values(
    data: Evidence,
    plan: Plan,
    *,
    cells: Sequence[Cells],
    leaves: Sequence[str],
    shown: np.ndarray,
    everything: bool,
    value: str,
) -> tuple[np.ndarray, np.ndarray]:
    """Means of projects x ``leaves``, 'raw' or 'adjusted', and the scores they rest on: what
    ``estimate`` gives, without errors. ``cells``: counts of each form of ``data.trainee``."""
    totals, weight, basis = [], [], _basis(data, shown)
    for c, part in zip(data.trainee, cells, strict=True):
        w = _weighed(replace(c, cells=part), data, plan, everything=everything)
        weight.append(raked.leaf_weights(w, list(w.cells.leaves)))
        adjusted = value == "adjusted"
        totals.append(
            _adjusted(w, c.scoring.traits, plan, basis) if adjusted else raked.folded(w.cells)
        )
    found = {"weights": _stack(weight), "units": data.projects, "leaves": list(leaves)}
    return means.unit_values(_stack(totals), **found)


def _basis(data: Evidence, shown: np.ndarray) -> set[str]:
    compared = data.classes["project"].isin(_chosen(data, shown))
    return set(data.classes.loc[compared, "class_code"])


def _weighed(c: Counts, data: Evidence, plan: Plan, *, everything: bool) -> raked.Weighed:
    return raked.weigh(
        c, everything=everything, classes=data.classes, margins=data.margins, plan=plan
    )


def _adjusted(
    weighed: raked.Weighed, traits: tuple[str, ...], plan: Plan, basis: set[str]
) -> pd.DataFrame:
    adjust_ = adjust.adjusted_totals
    if "factor" in weighed.cells.keys:
        adjust_ = adjust.adjusted_cells
    found = adjust_(
        weighed.cells, weights=weighed.classes, traits=traits, choice=plan.adjustment, basis=basis
    )
    return raked.folded(found) if isinstance(found, Cells) else found


def _stacked(reports: list[pd.DataFrame]) -> pd.DataFrame:
    full = [report for report in reports if len(report)]
    return pd.concat(full, ignore_index=True) if full else raked.NO_RAKING


def _stack(parts: list[pd.DataFrame]) -> pd.DataFrame:
    columns = ["class_code", "project", "leaf", "leaf_a", "leaf_b"]
    columns += ["n", "total", "weight", "total_a", "total_b", "product"]
    full = [part for part in parts if len(part)] or parts[:1]
    return pd.concat(full, ignore_index=True) if full else pd.DataFrame(columns=columns)


def survey_leaves(data: Evidence) -> list[str]:
    """Leaves that trainees' forms measure, in the order of their instruments."""
    return [leaf.leaf for c in data.trainee for leaf in c.scoring.leaves]


def _means_of(
    data: Evidence,
    plan: Plan,
    *,
    products: pd.DataFrame,
    weight: pd.DataFrame,
    lending: np.ndarray,
) -> Callable[[pd.DataFrame], means.UnitMeans]:
    def of(totals: pd.DataFrame) -> means.UnitMeans:
        return means.unit_means(
            totals,
            products=products,
            weights=weight,
            units=data.projects,
            groups=data.types,
            lending=lending.tolist(),
            leaves=survey_leaves(data),
            choice=plan.means,
        )

    return of


def leaf_codes(data: Evidence, panel: Panel) -> tuple[str, ...]:
    """Leaves in the order of estimates: trainees', experts', reported."""
    return (*survey_leaves(data), *panel.leaves, *data.reported.leaves)


def all_leaves(
    data: Evidence, panel: Panel, plan: Plan, *, value: np.ndarray, n: np.ndarray
) -> np.ndarray:
    """Projects x ``leaf_codes``: trainees' means, missing where ``n`` is below the least cell,
    the panel's and what is reported; missing where a leaf does not concern a project."""
    leaves = leaf_codes(data, panel)
    strange = np.array([[p not in data.concerned[leaf] for leaf in leaves] for p in data.projects])
    few = n < plan.thresholds.min_cell
    parts = [np.where(few, np.nan, value), panel.value, data.reported.score]
    shape = (len(data.projects), len(leaves))
    return np.where(strange.reshape(shape), np.nan, np.hstack(parts))


def _builder(
    data: Evidence, panel: Panel, plan: Plan, *, basis: means.UnitMeans
) -> Callable[[np.ndarray, np.ndarray], Estimates]:
    survey, leaves = survey_leaves(data), leaf_codes(data, panel)

    def build(value: np.ndarray, own: np.ndarray) -> Estimates:
        whole = np.zeros((len(data.projects), len(leaves), len(leaves)))
        whole[:, : len(survey), : len(survey)] = own
        known = all_leaves(data, panel, plan, value=value, n=basis.n)
        return Estimates(data.projects, leaves, known, whole, panel.leaves, panel.covariance)

    return build
