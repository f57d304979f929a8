"""From counts to leaf estimates of projects, the experts' panel, and the cards of all units."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from analysis import adjust, composite, means, mixed, raters, roster, tabulate, weights
from analysis.pipeline.evidence import Evidence
from analysis.results import Estimates
from instruments.scorecard import Plan


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
    people = _people_variance(data)
    if len(rows) <= len(rows[list(raters.CELL)].drop_duplicates()):  # nothing left to estimate
        value = np.full((len(data.projects), len(leaves)), np.nan)
        none = raters.severities(mixed.NO_EFFECTS, rows=rows, blocks=pd.Series(dtype=int))
        measured = pd.DataFrame(columns=["project", "leaf"])
        return Panel(leaves, value, np.zeros((size, size)), measured, none, people)
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
    effects = fit.effects.get("rater", mixed.NO_EFFECTS)
    severities = raters.severities(effects, rows=rows, blocks=blocks)
    variance = pd.concat([mixed.components(fit, model="observation"), people], ignore_index=True)
    measured, df = fit.fixed[list(raters.CELL)], max(rows["rater"].nunique() - 1.0, 1.0)
    return Panel(leaves, value, covariance, measured, severities, variance, df)


def _people_variance(data: Evidence) -> pd.DataFrame:
    """Components of value ~ 1 + (1 | respondent) + (1 | class), where people can be told apart."""
    if data.people is None or len(data.people) < 2:
        return mixed.NO_COMPONENTS
    factors = [f for f in ("respondent", "class_code") if data.people[f].nunique() > 1]
    if not factors:
        return mixed.NO_COMPONENTS
    if len(data.people[factors].drop_duplicates()) == data.people[factors[-1]].nunique():
        same = data.people["respondent"].nunique() == data.people["class_code"].nunique()
        factors = factors[:1] if same else factors  # each person is a class of one
    return mixed.components(
        mixed.fit_crossed(data.people, value="value", factors=factors), model="ratings"
    )


def estimate(data: Evidence, panel: Panel, plan: Plan, *, everything: bool) -> ProjectEstimates:
    """Leaf estimates of every project, from the kept rows or from ``everything``."""
    cells, products, weight, adjusted = [], [], [], []
    for c in data.trainee:
        kept = (lambda frame: frame) if everything else (lambda frame: frame[frame["kept"]])
        w = weights.class_weights(kept(c.rows), classes=data.classes, method=plan.weighting.method)
        leaves = pd.DataFrame({"leaf": [leaf.leaf for leaf in c.scoring.leaves]})
        cells.append(kept(c.cells)[["class_code", "leaf", "n", "total"]])
        products.append(kept(c.products))
        weight.append(w.merge(leaves, how="cross"))
        adjusted.append(
            adjust.adjusted_totals(
                kept(c.cells), weights=w, traits=c.scoring.traits, choice=plan.adjustment
            )
        )
    of = _means_of(data, plan, products=_stack(products), weight=_stack(weight))
    raw, adjusted_means = of(_stack(cells)), of(_stack(adjusted))
    main = {"raw": raw, "adjusted": adjusted_means}[plan.composite.value]
    build = _builder(data, panel, plan, basis=raw)
    return ProjectEstimates(
        build(raw.value, raw.own),
        build(adjusted_means.value, adjusted_means.own),
        build(main.value, main.moderated),
        main,
    )


def _stack(parts: list[pd.DataFrame]) -> pd.DataFrame:
    columns = ["class_code", "project", "leaf", "leaf_a", "leaf_b"]
    columns += ["n", "total", "weight", "total_a", "total_b", "product"]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)


def _survey_leaves(data: Evidence) -> list[str]:
    return [leaf.leaf for c in data.trainee for leaf in c.scoring.leaves]


def _means_of(
    data: Evidence, plan: Plan, *, products: pd.DataFrame, weight: pd.DataFrame
) -> Callable[[pd.DataFrame], means.UnitMeans]:
    kind = data.units[data.units["kind"] == "project"].set_index("unit")["type"].fillna("")

    def of(totals: pd.DataFrame) -> means.UnitMeans:
        return means.unit_means(
            totals,
            products=products,
            weights=weight,
            units=data.projects,
            groups=[str(kind[project]) for project in data.projects],
            leaves=_survey_leaves(data),
            choice=plan.means,
        )

    return of


def _builder(
    data: Evidence, panel: Panel, plan: Plan, *, basis: means.UnitMeans
) -> Callable[[np.ndarray, np.ndarray], Estimates]:
    survey = _survey_leaves(data)
    few = basis.n < plan.thresholds.min_cell
    size = len(survey) + len(panel.leaves)

    def build(value: np.ndarray, own: np.ndarray) -> Estimates:
        whole = np.zeros((len(data.projects), size, size))
        whole[:, : len(survey), : len(survey)] = own
        return Estimates(
            data.projects,
            (*survey, *panel.leaves),
            np.hstack([np.where(few, np.nan, value), panel.value]),
            whole,
            panel.leaves,
            panel.covariance,
        )

    return build


def cards(data: Evidence, kept: ProjectEstimates, panel: Panel, plan: Plan) -> list[tabulate.Card]:
    """One card per scorecard: projects, institutions within a type, institutions over types.

    Institutions: leaf means of their projects weighted by enrolment (by responses where it is
    unknown); over types: their composites and nodes weighted the same way.
    """
    lists = roster.rosters(data.units, projects=data.projects)
    enrolled = data.enrolled
    mass = np.where(np.isnan(enrolled), data.n, enrolled)
    return [
        _card(data, kept, panel, plan, who=who, mass=mass, within=lists[1])
        for who in lists
        if who.units
    ]


def _card(
    data: Evidence,
    kept: ProjectEstimates,
    panel: Panel,
    plan: Plan,
    *,
    who: roster.Roster,
    mass: np.ndarray,
    within: roster.Roster,
) -> tabulate.Card:
    def compose(estimates: Estimates) -> composite.Composed:
        return _compose(data, plan, estimates, who=who, mass=mass, within=within)

    raw, adjusted, main = map(compose, (kept.raw, kept.adjusted, kept.main))
    rows = who.members.astype(float)
    classes = rows @ kept.basis.classes.max(axis=1, initial=0.0)
    return tabulate.Card(
        who.scorecard,
        who.groups,
        who.labels,
        who.units,
        who.names,
        main.codes,
        tabulate.Values(raw.value, raw.standard_error()),
        tabulate.Values(adjusted.value, adjusted.standard_error()),
        tabulate.Values(main.value, main.standard_error()),
        main.covariance[-1],
        _freedom(data, kept, panel, plan, rows=rows),
        roster.headcount(who, n=data.n, people=data.people, projects=data.projects),
        np.where(who.members, data.enrolled, 0.0).sum(axis=1),
        classes,
        **_leaf_counts(data, kept, panel, who=who),
    )


def _freedom(
    data: Evidence, kept: ProjectEstimates, panel: Panel, plan: Plan, *, rows: np.ndarray
) -> np.ndarray:
    if not _survey_leaves(data):
        return np.full(len(rows), panel.df)
    return np.maximum(rows @ kept.basis.df - (rows.sum(axis=1) - 1.0) * plan.means.prior_df, 1.0)


def _compose(
    data: Evidence,
    plan: Plan,
    estimates: Estimates,
    *,
    who: roster.Roster,
    mass: np.ndarray,
    within: roster.Roster,
) -> composite.Composed:
    up = partial(
        composite.compose, framework=data.framework, aggregation=plan.composite.aggregation
    )
    if who.scorecard == roster.PROJECT:
        chosen = composite.combine(estimates, units=who.units, weights=who.members.astype(float))
        return up(chosen)
    if who.scorecard == roster.WITHIN:
        chosen = composite.combine(estimates, units=who.units, weights=who.members * mass)
        return up(chosen)
    groups = composite.combine(estimates, units=within.units, weights=within.members * mass)
    owner = np.array(who.units)[:, None] == np.array(within.units)[None, :]
    return composite.average(up(groups), units=who.units, weights=owner * (within.members @ mass))


def _leaf_counts(
    data: Evidence, kept: ProjectEstimates, panel: Panel, *, who: roster.Roster
) -> dict[str, dict[str, np.ndarray]]:
    rows = who.members.astype(float)
    measured = ~np.isnan(kept.main.value)
    survey = _survey_leaves(data)
    asked = _asked(data)
    out: dict[str, dict[str, np.ndarray]] = {
        name: {} for name in ("leaf_n", "leaf_classes", "leaf_asked", "leaf_raters")
    }
    for place, leaf in enumerate(survey):
        any_ = (rows @ measured[:, place]) > 0
        n, classes = kept.basis.n[:, place], kept.basis.classes[:, place]
        good = measured[:, place]
        out["leaf_n"][leaf] = np.where(any_, rows @ (n * good), rows @ n)
        out["leaf_classes"][leaf] = np.where(any_, rows @ (classes * good), rows @ classes)
        out["leaf_asked"][leaf] = rows @ asked[leaf]
    ratings = data.ratings.merge(panel.measured.assign(good=True), how="left")
    for leaf in panel.leaves:
        chosen = ratings[ratings["leaf"] == leaf]
        used = chosen[chosen["good"].notna()]
        out["leaf_raters"][leaf] = _distinct(data, who, used, chosen, column="rater")
        out["leaf_n"][leaf] = _distinct(data, who, used, chosen, column="response")
    return out


def _distinct(
    data: Evidence, who: roster.Roster, used: pd.DataFrame, rows: pd.DataFrame, *, column: str
) -> np.ndarray:
    good, any_ = (
        roster.distinct(who, rows=part, column=column, projects=data.projects)
        for part in (used, rows)
    )
    return np.where(good > 0, good, any_)


def _asked(data: Evidence) -> dict[str, np.ndarray]:
    project = data.classes[["class_code", "project"]]
    out = {}
    for c in data.trainee:
        frame = c.asked.merge(project, on="class_code")
        table = frame.pivot_table(index="project", columns="leaf", values="asked", aggfunc="sum")
        table = table.reindex(index=list(data.projects)).fillna(0)
        for leaf in c.scoring.leaves:
            known = leaf.leaf in table
            out[leaf.leaf] = (
                table[leaf.leaf].to_numpy(dtype=float) if known else np.zeros(len(table))
            )
    return out
