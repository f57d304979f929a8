"""From counts to leaf estimates of projects and the experts' panel."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis import adjust, means, mixed, raters, weights
from analysis.pipeline.evidence import Evidence
from analysis.results import Estimates
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


def estimate(
    data: Evidence, panel: Panel, plan: Plan, *, shown: np.ndarray, everything: bool
) -> ProjectEstimates:
    """Leaf estimates of every project, from the kept rows or from ``everything``.

    ``shown``: projects whose score may be shown; only these are what others are compared with.
    """
    cells, products, weight, adjusted = [], [], [], []
    compared = data.classes["project"].isin(_chosen(data, shown))
    basis = set(data.classes.loc[compared, "class_code"])
    for c in data.trainee:
        kept = (lambda frame: frame) if everything else (lambda frame: frame[frame["kept"]])
        w = weights.class_weights(kept(c.rows), classes=data.classes, method=plan.weighting.method)
        leaves = pd.DataFrame({"leaf": [leaf.leaf for leaf in c.scoring.leaves]})
        cells.append(kept(c.cells)[["class_code", "leaf", "n", "total"]])
        products.append(kept(c.products))
        weight.append(w.merge(leaves, how="cross"))
        adjusted.append(
            adjust.adjusted_totals(
                kept(c.cells),
                weights=w,
                traits=c.scoring.traits,
                choice=plan.adjustment,
                basis=basis,
            )
        )
    of = _means_of(data, plan, products=_stack(products), weight=_stack(weight), lending=shown)
    raw, adjusted_means = of(_stack(cells)), of(_stack(adjusted))
    main = {"raw": raw, "adjusted": adjusted_means}[plan.composite.value]
    build = _builder(data, panel, plan, basis=raw)
    return ProjectEstimates(
        build(raw.value, raw.own),
        build(adjusted_means.value, adjusted_means.own),
        build(main.value, main.moderated),
        main,
    )


def survey_values(
    data: Evidence,
    plan: Plan,
    *,
    cells: Sequence[pd.DataFrame],
    leaves: Sequence[str],
    shown: np.ndarray,
    everything: bool,
    value: str,
) -> tuple[np.ndarray, np.ndarray]:
    """Means of projects x ``leaves``, 'raw' or 'adjusted', and the scores they rest on: what
    ``estimate`` gives, without errors. ``cells``: counts of each form of ``data.trainee``."""
    compared = data.classes["project"].isin(_chosen(data, shown))
    basis = set(data.classes.loc[compared, "class_code"])
    totals, weight = [], []
    for c, part in zip(data.trainee, cells, strict=True):
        rows, part = (one if everything else one[one["kept"]] for one in (c.rows, part))
        w = weights.class_weights(rows, classes=data.classes, method=plan.weighting.method)
        own = pd.DataFrame({"leaf": sorted(set(part["leaf"]))})
        weight.append(w.merge(own, how="cross"))
        if value == "adjusted":
            part = adjust.adjusted_totals(
                part,
                weights=w,
                traits=c.scoring.traits,
                choice=plan.adjustment,
                basis=basis,
            )
        totals.append(part[["class_code", "leaf", "n", "total"]])
    found = {"weights": _stack(weight), "units": data.projects, "leaves": list(leaves)}
    return means.unit_values(_stack(totals), **found)


def _stack(parts: list[pd.DataFrame]) -> pd.DataFrame:
    columns = ["class_code", "project", "leaf", "leaf_a", "leaf_b"]
    columns += ["n", "total", "weight", "total_a", "total_b", "product"]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)


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
