"""The cards of all units: leaf estimates combined from the projects that enter each unit."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
import pandas as pd

from analysis import composite, roster, tabulate
from analysis.pipeline.admission import Admitted
from analysis.pipeline.estimation import Panel, ProjectEstimates, survey_leaves
from analysis.pipeline.evidence import Evidence
from analysis.results import Estimates
from instruments.scorecard import Plan


def cards(
    data: Evidence,
    kept: ProjectEstimates,
    panel: Panel,
    plan: Plan,
    *,
    admitted: Sequence[Admitted],
) -> list[tabulate.Card]:
    """One card per scorecard: projects, institutions within a type, institutions over types.

    Institutions: leaf means of the projects that enter, weighted by enrolment (by responses where
    it is unknown); over types: composites and nodes of the types that enter, weighted by the
    enrolment of the whole type. ``admitted``: the three rosters of ``admission.admit``.
    """
    return [
        _card(data, kept, panel, plan, one=one, within=admitted[1].who)
        for one in admitted
        if one.who.units
    ]


def _card(
    data: Evidence,
    kept: ProjectEstimates,
    panel: Panel,
    plan: Plan,
    *,
    one: Admitted,
    within: roster.Roster,
) -> tabulate.Card:
    def compose(estimates: Estimates) -> composite.Composed:
        return _compose(data, plan, estimates, who=one.who, within=within)

    raw, adjusted, main = map(compose, (kept.raw, kept.adjusted, kept.main))
    who, rows = one.who, one.who.entering.astype(float)
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
        one.n,
        one.enrolled,
        one.rate,
        rows @ kept.basis.classes.max(axis=1, initial=0.0),
        **_leaf_counts(data, kept, panel, who=who),
        founded=who.founded,
        left_out=one.left_out,
        telling=one.telling,
    )


def _freedom(
    data: Evidence, kept: ProjectEstimates, panel: Panel, plan: Plan, *, rows: np.ndarray
) -> np.ndarray:
    if not survey_leaves(data):
        return np.full(len(rows), panel.df)
    return np.maximum(rows @ kept.basis.df - (rows.sum(axis=1) - 1.0) * plan.means.prior_df, 1.0)


def _compose(
    data: Evidence,
    plan: Plan,
    estimates: Estimates,
    *,
    who: roster.Roster,
    within: roster.Roster,
) -> composite.Composed:
    up = partial(
        composite.compose, framework=data.framework, aggregation=plan.composite.aggregation
    )
    enrolled = data.enrolled
    mass = np.where(np.isnan(enrolled), data.n, enrolled)
    if who.scorecard == roster.PROJECT:
        chosen = composite.combine(estimates, units=who.units, weights=who.entering.astype(float))
        return up(chosen)
    if who.scorecard == roster.WITHIN:
        chosen = composite.combine(estimates, units=who.units, weights=who.entering * mass)
        return up(chosen)
    groups = composite.combine(estimates, units=within.units, weights=within.entering * mass)
    enters = roster.parts_entering(who, parts=within)
    counted = np.where(np.isnan(enrolled), within.entering, within.members)
    weight = (counted * mass).sum(axis=1)
    return composite.average(up(groups), units=who.units, weights=enters * weight)


def _leaf_counts(
    data: Evidence, kept: ProjectEstimates, panel: Panel, *, who: roster.Roster
) -> dict[str, dict[str, np.ndarray]]:
    rows = who.entering.astype(float)
    measured = ~np.isnan(kept.main.value)
    survey = survey_leaves(data)
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
