"""Expected scores of forms that a simulated province would fill: over people, raters, rounding."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special

from analysis.results import LOCAL_SURVEYS, OBSERVATIONS, SURVEYS
from analysis.simulate import (
    Province,
    code_positions,
    position_after,
    positions,
    project_context,
)
from instruments.methods import Plan, Scaling
from instruments.model import IndicatorMapping, Instrument, Item

Mixture = list[tuple[float, float, float]]
"""(share, shift, spread) of the answers around a quality."""


@dataclass(frozen=True)
class _Site:
    """Where a form is filled: what its answers speak of, under which conditions, how many."""

    project: str
    county: str
    quality: Mapping[str, float]
    context: Mapping[str, str]
    mass: float


def expected_leaves(province: Province, instrument: Instrument, plan: Plan) -> pd.DataFrame:
    """Expected scores of the leaves that one form measures, for every unit that it speaks of.

    Out: unit, leaf, value (0-100, by the plan's goalposts): expectation over people, sessions,
    raters and the rounding to codes, for the province's mix of trainees; careless and pressed
    people are not part of it.
    """
    planted = {leaf for told in province.quality.values() for leaf in told}
    rows, known = [], dict[tuple[str, float], float]()
    spread = _mixture(province, instrument)
    for site in _sites(province, instrument):
        told = positions(instrument, site.quality)
        for leaf in dict.fromkeys(m.indicator for m in instrument.mappings):
            maps = [m for m in instrument.mappings if m.indicator == leaf and m.item in told]
            maps = [m for m in maps if _applies(instrument, m, site.context)]
            unit = site.project if leaf in province.quality.get(site.project, {}) else site.county
            if maps and leaf in planted and unit:
                values = []
                for m in maps:
                    key = m.item, told[m.item]
                    if key not in known:
                        known[key] = _expected(province, instrument, m, key[1], spread, plan)
                    values.append(known[key])
                rows.append((unit, leaf, float(np.mean(values)), site.mass))
    frame = pd.DataFrame(rows, columns=["unit", "leaf", "value", "mass"])
    frame["value"] *= frame["mass"]
    sums = frame.groupby(["unit", "leaf"], as_index=False)[["value", "mass"]].sum()
    return sums.assign(value=sums["value"] / sums["mass"])[["unit", "leaf", "value"]]


def _sites(province: Province, instrument: Instrument) -> Iterator[_Site]:
    catalogue = province.catalogue
    context = {project.code: project_context(project) for project in catalogue.projects}
    if instrument.subject in OBSERVATIONS:
        for code in context:
            yield _Site(code, "", province.quality[code], context[code], 1.0)
    elif instrument.per == "school":
        for county in sorted({school.county for school in catalogue.schools}):
            yield _Site("", county, province.quality[county], {}, 1.0)
    elif instrument.subject in (*SURVEYS, *LOCAL_SURVEYS):
        for one in catalogue.classes:
            county = one.county if one.county in province.quality else ""
            told = province.quality_of(one.code)
            yield _Site(one.project, county, told, context[one.project], float(one.enrolled))


def _applies(instrument: Instrument, mapping: IndicatorMapping, context: Mapping[str, str]) -> bool:
    item = instrument.item(mapping.item)
    section = next(s for s in instrument.sections if item in s.items)
    rules = (*section.relevant, *item.relevant)
    return all(rule.holds(context) for rule in rules if rule.item in instrument.context)


def _mixture(province: Province, instrument: Instrument) -> Mixture:
    s = province.settings
    if instrument.role == "expert":
        seen = s.session if instrument.per == "visit" else 0.0
        return [(1.0, 0.0, float(np.hypot(np.hypot(seen, s.severity), s.rater_site)))]
    if instrument.role == "school":
        return [(1.0, 0.0, s.person)]
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
    mixture: Mixture,
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
            before = instrument.item(mapping.baseline)
            total += share * _expected_gain(province, item, before, quality + shift, sd, scaling)
        else:
            chances = _chances(item, quality + shift, sd)
            total += share * sum(p * scaling.score(code) for (_, code), p in chances.items())
    return total


def _chances(item: Item, mean: float, sd: float) -> dict[tuple[float, str], float]:
    places = code_positions(item)
    cuts = [(a[0] + b[0]) / 2.0 for a, b in zip(places, places[1:], strict=False)]
    below = special.ndtr((np.array(cuts) - mean) / sd)
    parts = np.diff(np.concatenate([[0.0], below, [1.0]]))
    return dict(zip(places, parts.tolist(), strict=True))


def _expected_gain(
    province: Province, item: Item, before: Item, mean: float, sd: float, scaling: Scaling
) -> float:
    settings, value, weight = province.settings, 0.0, 0.0
    starts = _chances(before, settings.before_level, settings.before_spread)
    for (start, code), chance in starts.items():
        if start >= 1.0:
            continue
        reach = position_after(province, before, code, mean)
        ends = _chances(item, reach, sd * (1.0 - start))
        gain = sum(p * scaling.score((end - start) / (1.0 - start)) for (end, _), p in ends.items())
        value, weight = value + chance * gain, weight + chance
    return value / weight


def expected_severity(province: Province, instrument: Instrument, plan: Plan) -> dict[str, float]:
    """Severity of each expert in points: how much lower an expert scores than one of severity 0.

    Over projects, items, sessions and rounding: the mean loss of expected scores. Severities are
    planted as shares of a scale; where the scale ends or its steps are uneven, a point is lost by
    no fixed share, so that this, not a multiple of what was planted, is what is to be found.
    """
    s = province.settings
    seen = s.session if instrument.per == "visit" else 0.0
    spread = float(np.hypot(seen, s.rater_site))
    told = [positions(instrument, one) for one in province.quality.values()]

    def mean(severity: float) -> float:
        mixture: Mixture = [(1.0, -severity, spread)]
        return float(
            np.mean([
                _expected(province, instrument, m, places[m.item], mixture, plan)
                for places in told
                for m in instrument.mappings
                if m.item in places
            ])
        )  # fmt: skip

    level = mean(0.0)
    return {code: level - mean(value) for code, value in sorted(province.severity.items())}
