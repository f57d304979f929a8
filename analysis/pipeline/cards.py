"""The cards of all units: leaf estimates combined from the projects that enter each unit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from analysis import composite, roster, tabulate
from analysis.pipeline.admission import Admitted
from analysis.pipeline.estimation import Panel, ProjectEstimates, survey_leaves
from analysis.pipeline.evidence import Evidence
from analysis.records import MEASURED, MISSING, NOT_DUE, UNCONCERNED, WITHHELD
from analysis.results import Estimates
from instruments.methods import Plan


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


def scores(
    data: Evidence, values: Estimates, plan: Plan, *, admitted: Sequence[Admitted]
) -> list[pd.DataFrame]:
    """Scorecard, group, unit and score of the same cards, made of ``values`` alone."""
    return [
        pd.DataFrame(
            {
                "scorecard": one.who.scorecard,
                "group": one.who.groups,
                "unit": one.who.units,
                "score": _compose(data, plan, values, who=one.who, within=admitted[1].who).value[
                    :, -1
                ],
            }
        )
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

    raw, adjusted = (_values(compose(part)) for part in (kept.raw, kept.adjusted))
    main, people = compose(kept.main), compose(without_panel(kept.main))
    who, rows = one.who, one.who.entering.astype(float)
    return tabulate.Card(
        who.scorecard,
        who.groups,
        who.labels,
        who.units,
        who.names,
        main.codes,
        raw,
        adjusted,
        _values(main),
        main.covariance[-1].copy(),  # a view would keep those of all nodes
        freedom(kept, panel, plan, rows=rows, whole=main, people=people),
        one.n,
        one.enrolled,
        one.rate,
        rows @ kept.basis.classes.max(axis=1, initial=0.0),
        **leaf_counts(data, kept, panel, who=who),
        leaf_state=leaf_states(data, who.entering),
        not_due=data.not_due,
        points=composite.points_table(data.framework, [group or None for group in who.groups]),
        founded=who.founded,
        parts=roster.part_codes(who, projects=data.projects),
        left_out=one.left_out,
        telling=one.telling,
    )


def _values(composed: composite.Composed) -> tabulate.Values:
    return tabulate.Values(composed.value, composed.standard_error())


def without_panel(estimates: Estimates) -> Estimates:
    """The same values as if the experts' were known: errors of the trainees' leaves alone."""
    return replace(estimates, panel_leaves=(), panel=np.zeros((0, 0)))


def freedom(
    kept: ProjectEstimates,
    panel: Panel,
    plan: Plan,
    *,
    rows: np.ndarray,
    whole: composite.Composed,
    people: composite.Composed,
) -> np.ndarray:
    """Degrees of freedom of the scores ``whole`` of units made up of the projects ``rows`` (0, 1).

    df = V² / (Vs²/ds + Ve²/de): V is the score's variance, Vs its part from trainees' leaves
    (``people``: composed ``without_panel``) with ds = those of the classes, what is borrowed
    counted once; Ve = V - Vs is the experts' part with de = experts - 1. Never fewer than the
    fewer of both, never more than their sum; ds where V is 0 or unknown.
    Source: Satterthwaite 1946, Biom. Bull. 2:110; Welch 1947, Biometrika 34:28.
    """
    borrowed = (rows.sum(axis=1) - 1.0) * plan.means.prior_df
    own = np.maximum(rows @ kept.basis.df - borrowed, 1.0)
    variance, part = (np.diagonal(one.covariance[-1]) for one in (whole, people))
    part = np.clip(part, 0.0, variance)
    spent = part**2 / own + (variance - part) ** 2 / panel.df
    return np.divide(variance**2, spent, out=own.copy(), where=spent > 0)


def _compose(
    data: Evidence,
    plan: Plan,
    estimates: Estimates,
    *,
    who: roster.Roster,
    within: roster.Roster,
) -> composite.Composed:
    def up(chosen: Estimates, groups: Sequence[str]) -> composite.Composed:
        return composite.compose(
            chosen,
            framework=data.framework,
            points=composite.points_table(data.framework, [group or None for group in groups]),
            aggregation=plan.composite.aggregation,
            missing=plan.composite.missing,
            floor=plan.composite.floor,
        )

    parts = who if who.scorecard in (roster.PROJECT, roster.WITHIN) else within
    weights = project_weights(data, parts)
    composed = up(composite.combine(estimates, units=parts.units, weights=weights), parts.groups)
    if parts is who:
        return composed
    weights = type_weights(data, who, within=within)
    return composite.average(composed, units=who.units, weights=weights)


def project_weights(data: Evidence, who: roster.Roster) -> np.ndarray:
    """Units x projects: what each project that enters weighs, people enrolled of institutions."""
    return who.entering * (1.0 if who.scorecard == roster.PROJECT else _mass(data))


def type_weights(data: Evidence, who: roster.Roster, *, within: roster.Roster) -> np.ndarray:
    """Institutions over types x institutions within a type: people enrolled of the whole type."""
    enters = roster.parts_entering(who, parts=within)
    counted = np.where(np.isnan(data.enrolled), within.entering, within.members)
    return enters * (counted * _mass(data)).sum(axis=1)


def _mass(data: Evidence) -> np.ndarray:
    enrolled = data.enrolled
    return np.where(np.isnan(enrolled), data.n, enrolled)


def leaf_counts(
    data: Evidence, kept: ProjectEstimates, panel: Panel, *, who: roster.Roster
) -> dict[str, dict[str, np.ndarray]]:
    """Card fields ``leaf_n``, ``leaf_classes``, ``leaf_rows``, ``leaf_asked``, ``leaf_raters``."""
    rows = who.entering.astype(float)
    measured = ~np.isnan(kept.main.value)
    survey = survey_leaves(data)
    asked, filled = _asked(data), _filled(data)
    out: dict[str, dict[str, np.ndarray]] = {
        name: {} for name in ("leaf_n", "leaf_classes", "leaf_rows", "leaf_asked", "leaf_raters")
    }
    for place, leaf in enumerate(survey):
        any_ = (rows @ measured[:, place]) > 0
        n, classes = kept.basis.n[:, place], kept.basis.classes[:, place]
        good = measured[:, place]
        out["leaf_n"][leaf] = np.where(any_, rows @ (n * good), rows @ n)
        out["leaf_classes"][leaf] = np.where(any_, rows @ (classes * good), rows @ classes)
        out["leaf_rows"][leaf], out["leaf_asked"][leaf] = rows @ filled[leaf], rows @ asked[leaf]
    ratings = data.ratings.merge(panel.measured.assign(good=True), how="left")
    for leaf in panel.leaves:
        chosen = ratings[ratings["leaf"] == leaf]
        used = chosen[chosen["good"].notna()]
        out["leaf_raters"][leaf] = _distinct(data, who, used, chosen, column="rater")
        out["leaf_n"][leaf] = _distinct(data, who, used, chosen, column="response")
    return out


def leaf_states(data: Evidence, members: np.ndarray) -> dict[str, np.ndarray]:
    """State of each leaf that records measure, per unit made up of ``members`` (units x projects):
    the first of ``PRECEDENCE`` that any of them has; 不适用 for a unit without members."""
    found = {}
    for place, leaf in enumerate(data.reported.leaves):
        has = {
            state: members @ (data.reported.state[:, place] == state) > 0 for state in PRECEDENCE
        }
        found[leaf] = np.select(list(has.values()), list(has), UNCONCERNED)
    return found


PRECEDENCE = (WITHHELD, MEASURED, MISSING, NOT_DUE, UNCONCERNED)
"""Which state of its parts a unit shows: one withheld part is never hidden behind the others."""


def _distinct(
    data: Evidence, who: roster.Roster, used: pd.DataFrame, rows: pd.DataFrame, *, column: str
) -> np.ndarray:
    good, any_ = (
        roster.distinct(who, rows=part, column=column, projects=data.projects)
        for part in (used, rows)
    )
    return np.where(good > 0, good, any_)


def _filled(data: Evidence) -> dict[str, np.ndarray]:
    """Per leaf: forms of its instrument that each project has, whether they asked for it or not."""
    out: dict[str, np.ndarray] = {}
    for c in data.trainee:
        place = _places(data, c.rows["class_code"])
        n = c.rows["n"].to_numpy(dtype=float)
        filled = np.bincount(place[place >= 0], n[place >= 0], len(data.projects))
        out |= {leaf.leaf: filled for leaf in c.scoring.leaves}
    return out


def _asked(data: Evidence) -> dict[str, np.ndarray]:
    out: dict[str, np.ndarray] = {}
    for c in data.trainee:
        of, size = c.asked["leaf"].astype("category").cat, len(data.projects)
        place = _places(data, c.asked["class_code"])
        asked = np.where(place >= 0, c.asked["asked"].to_numpy(dtype=float), 0.0)
        at = of.codes.to_numpy(dtype=np.int64) * size + np.maximum(place, 0)
        n = np.bincount(at, asked, len(of.categories) * size).reshape(-1, size)
        found = dict(zip(of.categories, n, strict=True))
        out |= {leaf.leaf: found.get(leaf.leaf, np.zeros(size)) for leaf in c.scoring.leaves}
    return out


def _places(data: Evidence, classes: pd.Series) -> np.ndarray:
    """Place of the project of each of ``classes``, looked up once a class; -1 without."""
    of = classes.astype("category").cat
    project = data.classes.set_index("class_code")["project"].reindex(of.categories)
    found = pd.Index(data.projects).get_indexer(project)
    return np.append(found, -1)[of.codes.to_numpy()]
