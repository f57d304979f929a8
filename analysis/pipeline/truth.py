"""What a simulated province should score: planted truth of all leaves, composed as usual."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from analysis import composite, roster
from analysis.pipeline import localities
from analysis.pipeline.expected import expected_leaves
from analysis.pipeline.reported import concerned, record_leaves
from analysis.pipeline.rounds import BOTH
from analysis.records import MEASURED, Delivered, score_records
from analysis.results import Estimates
from analysis.simulate import Province
from instruments.fit import UNSCORED_CODES
from instruments.methods import Plan
from instruments.model import Instrument
from instruments.scorecard import Framework

Honest = Mapping[tuple[str, str], Mapping[str, object]]
"""Instrument code and unit to the record that tells the truth."""


def true_leaves(
    province: Province, *, instruments: Sequence[Instrument], plan: Plan
) -> pd.DataFrame:
    """Expected score of unit x leaf of all forms that people fill (``expected_leaves``).

    Out: unit, leaf, value (0-100).
    """
    parts = [expected_leaves(province, instrument, plan) for instrument in instruments]
    return pd.concat([part for part in parts if len(part)], ignore_index=True)


def honest_leaves(
    honest: Honest,
    *,
    units: pd.DataFrame,
    frameworks: Sequence[Framework],
    instruments: Sequence[Instrument],
    plan: Plan,
) -> pd.DataFrame:
    """Scores that honest records would give every leaf that records measure.

    In: ``units`` of an extract. Out: unit, leaf, value (0-100); what does not apply is left out.
    """
    delivered = Delivered(honest, {}, UNSCORED_CODES)
    parts = []
    for framework in frameworks:
        leaves = record_leaves(framework, instruments, plan)
        codes = sorted({unit for code, unit in honest if code in {x.instrument for x in leaves}})
        who = concerned(framework, units, codes)
        parts.append(score_records(delivered, leaves=leaves, units=codes, concerned=who))
    rows = pd.concat(parts, ignore_index=True)
    rows = rows[rows["state"] == MEASURED]
    return rows.rename(columns={"value": "measure", "score": "value"})[["unit", "leaf", "value"]]


def _estimates(leaves: pd.DataFrame, units: Sequence[str], framework: Framework) -> Estimates:
    """The truth as estimates without error; NaN where a unit has no value."""
    codes = tuple(leaf.code for leaf in framework.leaves if not leaf.minimum_of)
    table = leaves.pivot(index="unit", columns="leaf", values="value")
    value = table.reindex(index=list(units), columns=list(codes)).to_numpy(dtype=float)
    own = np.zeros((len(units), len(codes), len(codes)))
    return Estimates(tuple(units), codes, value, own, (), np.zeros((0, 0)))


def true_scores(
    leaves: pd.DataFrame,
    *,
    units: pd.DataFrame,
    classes: pd.DataFrame,
    framework: Framework,
    plan: Plan,
    scored: pd.DataFrame,
) -> pd.DataFrame:
    """Composite of the truth for every unit of the three scorecards A.

    In: unit, leaf, value of ``leaves``; ``units`` and ``classes`` of an extract; ``scored``:
    scorecard, group, unit, score of results, missing where withheld. Out: scorecard, group, unit,
    truth (0-100), combined by enrolment exactly as estimates are: without what is withheld.
    """
    known = set(units.loc[units["kind"] == "project", "unit"])
    projects = tuple(sorted(known & set(leaves["unit"])))
    truth = _estimates(leaves, projects, framework)
    enrolled = classes.groupby("project")["enrolled"].sum().reindex(list(projects))
    mass = enrolled.to_numpy(dtype=float)

    def up(chosen: Estimates, groups: Sequence[str]) -> composite.Composed:
        return composite.compose(
            chosen,
            framework=framework,
            points=composite.points_table(framework, [group or None for group in groups]),
            aggregation=plan.composite.aggregation,
            missing=plan.composite.missing,
            floor=plan.composite.floor,
        )

    each, within, overall = roster.rosters(units, projects=projects)
    within = roster.without_withheld(within, parts=each, shown=_shown(scored, each))
    overall = roster.without_withheld(overall, parts=within, shown=_shown(scored, within))
    alone = composite.combine(truth, units=each.units, weights=each.entering.astype(float))
    found = [up(alone, each.groups)]
    groups = composite.combine(truth, units=within.units, weights=within.entering * mass)
    found.append(up(groups, within.groups))
    weights = roster.parts_entering(overall, parts=within) * (within.members @ mass)
    found.append(composite.average(found[-1], units=overall.units, weights=weights))
    parts = [
        _rows(who.scorecard, who.groups, composed)
        for who, composed in zip((each, within, overall), found, strict=True)
    ]
    return pd.concat(parts, ignore_index=True)


def true_localities(leaves: pd.DataFrame, *, extract: Any, plan: Plan) -> pd.DataFrame:
    """Composite of the truth for every county and city, combined exactly as estimates are.

    In: unit, leaf, value of ``leaves``; an extract with scorecard B. Out: as of ``true_scores``.
    """
    data = localities.collect(extract, plan, waves=BOTH)
    if data is None:
        return pd.DataFrame(columns=["scorecard", "group", "unit", "truth"])
    framework = data.evidence.framework
    counties = _estimates(leaves, data.evidence.projects, framework)
    cities = _estimates(leaves, data.cities, framework)
    own = [cities.leaves.index(leaf) for leaf in data.own.leaves]
    said = replace(data, own=replace(data.own, score=cities.value[:, own]))
    parts = []
    for kind in plan.localities:
        composed = localities.composed(said, counties, kind, plan)
        parts.append(_rows(localities.CARDS[kind], [""] * len(composed.units), composed))
    return pd.concat(parts, ignore_index=True)


def _rows(scorecard: str, groups: Sequence[str], composed: composite.Composed) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "scorecard": scorecard,
            "group": list(groups),
            "unit": composed.units,
            "truth": composed.value[:, -1],
        }
    )


def _shown(scored: pd.DataFrame, who: roster.Roster) -> np.ndarray:
    rows = scored[(scored["scorecard"] == who.scorecard) & scored["score"].notna()]
    found = set(zip(rows["group"].fillna(""), rows["unit"], strict=True))
    return np.array([key in found for key in zip(who.groups, who.units, strict=True)], dtype=bool)
