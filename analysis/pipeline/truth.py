"""What a simulated province should score: expectations of the planted truth, composed as usual."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy import stats

from analysis import composite, roster
from analysis.results import OBSERVATIONS, SURVEYS, Estimates
from analysis.simulate import Province, numeric_codes, position_after, project_context
from instruments.methods import Plan, Scaling
from instruments.model import IndicatorMapping, Instrument, Item
from instruments.scorecard import Framework


def true_scores(
    leaves: pd.DataFrame,
    *,
    units: pd.DataFrame,
    classes: pd.DataFrame,
    framework: Framework,
    plan: Plan,
    scored: pd.DataFrame,
) -> pd.DataFrame:
    """Composite of the truth for every unit of the three scorecards.

    In: ``leaves`` of ``true_leaves``; ``units`` and ``classes`` of an extract; ``scored``:
    scorecard, group, unit, score of results, missing where withheld. Out: scorecard, group, unit,
    truth (0-100), combined by enrolment exactly as estimates are: without what is withheld.
    """
    projects = tuple(sorted(leaves["project"].unique()))
    codes = tuple(dict.fromkeys(leaves["leaf"]))
    table = leaves.pivot(index="project", columns="leaf", values="value")
    value = table.reindex(index=list(projects), columns=list(codes)).to_numpy(dtype=float)
    own = np.zeros((len(projects), len(codes), len(codes)))
    truth = Estimates(projects, codes, value, own, (), np.zeros((0, 0)))
    enrolled = classes.groupby("project")["enrolled"].sum().reindex(list(projects))
    mass = enrolled.to_numpy(dtype=float)

    def up(chosen: Estimates, groups: Sequence[str]) -> composite.Composed:
        return composite.compose(
            chosen,
            framework=framework,
            points=composite.points_table(framework, [group or None for group in groups]),
            aggregation=plan.composite.aggregation,
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
    rows = [
        (who.scorecard, group, unit, float(composed.value[place, -1]))
        for who, composed in zip((each, within, overall), found, strict=True)
        for place, (group, unit) in enumerate(zip(who.groups, who.units, strict=True))
    ]
    return pd.DataFrame(rows, columns=["scorecard", "group", "unit", "truth"])


def _shown(scored: pd.DataFrame, who: roster.Roster) -> np.ndarray:
    rows = scored[(scored["scorecard"] == who.scorecard) & scored["score"].notna()]
    found = set(zip(rows["group"].fillna(""), rows["unit"], strict=True))
    return np.array([key in found for key in zip(who.groups, who.units, strict=True)], dtype=bool)


def true_leaves(
    province: Province, *, instruments: Sequence[Instrument], plan: Plan
) -> pd.DataFrame:
    """Expected score of project x leaf for the province's mix of trainees and of experts.

    Out: project, leaf, value (0-100, by the plan's goalposts), expectation over classes, people,
    sessions, raters and the rounding to codes; careless and pressed people are not part of it.
    """
    rows = []
    for instrument in instruments:
        if instrument.subject not in (*SURVEYS, *OBSERVATIONS):
            continue
        mixture = _mixture(province, expert=instrument.role == "expert")
        planted = next(iter(province.quality.values()))
        fed = dict.fromkeys(mapping.indicator for mapping in instrument.mappings)
        for leaf in (code for code in fed if code in planted):
            maps = [m for m in instrument.mappings if m.indicator == leaf]
            for project in province.catalogue.projects:
                if _applies(instrument, maps[0], project_context(project)):
                    q = province.quality[project.code][leaf]
                    value = float(
                        np.mean(
                            [_expected(province, instrument, m, q, mixture, plan) for m in maps]
                        )
                    )
                    rows.append((project.code, leaf, value))
    return pd.DataFrame(rows, columns=["project", "leaf", "value"])


def _applies(instrument: Instrument, mapping: IndicatorMapping, context: Mapping[str, str]) -> bool:
    item = instrument.item(mapping.item)
    section = next(s for s in instrument.sections if item in s.items)
    return all(r.holds(context) for r in section.relevant if r.item in instrument.context)


def _mixture(province: Province, *, expert: bool) -> list[tuple[float, float, float]]:
    """(share, shift, spread) of the answers around a project's quality."""
    s = province.settings
    if expert:
        return [(1.0, 0.0, float(np.hypot(np.hypot(s.session, s.severity), s.rater_site)))]
    spread = float(np.sqrt(s.person**2 + s.class_**2))
    cells = province.catalogue.structure
    total = sum(cell.count for cell in cells)
    shifts: dict[float, int] = {}
    for cell in cells:
        shift = sum(province.traits[t, getattr(cell, t)] for t in ("stage", "years", "locality"))
        shifts[shift] = shifts.get(shift, 0) + cell.count
    return [(count / total, shift, spread) for shift, count in sorted(shifts.items())]


def _expected(
    province: Province,
    instrument: Instrument,
    mapping: IndicatorMapping,
    quality: float,
    mixture: list[tuple[float, float, float]],
    plan: Plan,
) -> float:
    item, scaling = instrument.item(mapping.item), plan.scale(mapping.scaling)
    s = province.settings
    own = s.rating if instrument.role == "expert" else s.item
    extra = s.session if instrument.per == "session" else 0.0
    total = 0.0
    for share, shift, spread in mixture:
        sd = float(np.sqrt(spread**2 + own**2 + extra**2))
        if mapping.baseline:
            total += share * _expected_gain(
                province, instrument, mapping, quality + shift, sd, scaling
            )
            continue
        chance = _chances(item, quality + shift, sd)
        total += share * sum(p * _points(scaling, c) for (_, c), p in chance.items())
    return total


def _chances(item: Item, mean: float, sd: float) -> dict[tuple[float, str], float]:
    numbers = numeric_codes(item)
    low, high = numbers[0][0], numbers[-1][0]
    cuts = [(a[0] + b[0]) / 2.0 for a, b in zip(numbers, numbers[1:], strict=False)]
    below = stats.norm.cdf(((np.array(cuts) - low) / (high - low) - mean) / sd)
    parts = np.diff(np.concatenate([[0.0], below, [1.0]]))
    return dict(zip(numbers, parts.tolist(), strict=True))


def _expected_gain(
    province: Province,
    instrument: Instrument,
    mapping: IndicatorMapping,
    mean: float,
    sd: float,
    scaling: Scaling,
) -> float:
    item, before = instrument.item(mapping.item), instrument.item(mapping.baseline)
    settings, top = province.settings, numeric_codes(instrument.item(mapping.item))[-1][0]
    value, weight = 0.0, 0.0
    starts = _chances(before, settings.before_level, settings.before_spread)
    for (start, code), chance in starts.items():
        if start >= top:
            continue
        reach = position_after(province, before, code, mean)
        left = 1.0 - (start - numeric_codes(before)[0][0]) / (top - numeric_codes(before)[0][0])
        ends = _chances(item, reach, sd * left)
        gain = sum(
            p * _points(scaling, str((end - start) / (top - start))) for (end, _), p in ends.items()
        )
        value, weight = value + chance * gain, weight + chance
    return value / weight


def _points(scaling: Scaling, code: str) -> float:
    if scaling.points is not None:
        return float(scaling.points[code])
    low, high = float(scaling.low or 0.0), float(scaling.high or 0.0)
    start, end = float(scaling.low_score or 0.0), float(scaling.high_score or 0.0)
    line = start + (float(code) - low) * (end - start) / (high - low)
    return min(max(line, scaling.floor), scaling.ceiling)
