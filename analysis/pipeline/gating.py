"""Hard rules on the bands: who keeps them, by which evidence, and whose band they hold down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis import bands, ranks
from analysis.bands import FAILED, PASSED, UNVERIFIED
from analysis.pipeline.league import band_label
from analysis.records import MEASURED, UNCONCERNED, WITHHELD
from instruments.beside_tables import CLAIM_RESULTS, GATE_RESULTS
from instruments.faults import fault
from instruments.methods import GateRule, Plan
from instruments.scorecard import Framework

NOT_APPLICABLE = UNCONCERNED
CHECKED = frozenset({"sampled", "confirmed"})
"""States of a field that somebody else than the reporter has looked at."""
PRECEDENCE = (FAILED, UNVERIFIED, PASSED, NOT_APPLICABLE)
"""Which verdict of its parts a unit has: one that fails is never hidden behind the others."""
SINGLE = ("A-project", "B-county")
"""Scorecards of units that records are about and that others are made of."""
CITY = "B-city"
TINY = 1e-9
Key = tuple[str, str, str]
Verdict = tuple[str, str]
"""Verdict and basis (``beside_tables``)."""


@dataclass(frozen=True, eq=False)
class Evidence:
    """What verdicts are read from: published rows by what they are of."""

    leaves: Mapping[tuple[str, str, str], Any]
    """(scorecard, unit, indicator) -> row of ``indicators``."""
    states: Mapping[tuple[str, str], frozenset[str]]
    """(unit, indicator) -> states of its fields."""
    frameworks: Mapping[str, Framework]


def gating_frames(
    published: Mapping[str, pd.DataFrame], plan: Plan, *, frameworks: Sequence[Framework]
) -> dict[str, pd.DataFrame]:
    """``units`` and ``bands`` after the plan's gates; ``gates`` and ``band_claims`` beside them.

    ``published``: ``units``, ``indicators``, ``fields``, ``bands`` after disclosure control. A leaf
    below the gate's ``least``, and one whose record is 应报未报, fails the rule (who withholds must
    not do better than who reports the truth); at least so high, it is kept only where every field
    was sampled or confirmed, else 无法核验. What cannot be verified caps nothing. Of a unit with
    parts the worst verdict of its parts holds. Source: domain section 00.
    """
    units = published["units"].copy()
    found = _verdicts(published, units, plan, frameworks)
    chances = _chances(published["bands"], plan)
    claims, rows, held = [], [], {}
    for place, unit in zip(units.index, units.itertuples(index=False), strict=True):
        key = (unit.scorecard, unit.group, unit.unit)
        own = found.get(key, {})
        gated = None
        if unit.ranked and key in chances:
            gated, claim = _claim(unit, chances[key], own, plan)
            claims.append((*key, *claim))
            if gated.held_by:
                held[key] = gated.band
                _hold(units, place, gated, chances[key], plan)
        for gate in (gate for gate in plan.gates if gate.rule in own):
            holds = gated is not None and gate.rule in gated.held_by
            rows.append((*key, gate.rule, *own[gate.rule], gate.highest, holds))
    return {
        "units": units,
        "bands": _capped(published["bands"], chances, held, plan),
        CLAIM_RESULTS.name: pd.DataFrame(claims, columns=CLAIM_RESULTS.names),
        GATE_RESULTS.name: pd.DataFrame(rows, columns=GATE_RESULTS.names),
    }


def _claim(
    unit: Any, chance: np.ndarray, own: Mapping[str, Verdict], plan: Plan
) -> tuple[bands.Gated, tuple[str, str, str, float]]:
    """The unit's band under the gates; codes by score, under them, and assured; its chance."""
    printed = ranks.printed_score(unit.score, decimals=plan.ranks.printed_decimals)
    scored = bands.band_of(printed, bands=plan.bands)
    gated = bands.gated_band(
        scored,
        verdicts={rule: verdict for rule, (verdict, _) in own.items() if verdict in PRECEDENCE[:3]},
        gates=[
            bands.Gate(gate.rule, gate.highest)
            for gate in plan.gates
            if own.get(gate.rule, (NOT_APPLICABLE, ""))[0] != NOT_APPLICABLE
        ],
        bands=plan.bands,
    )
    assured = max(bands.assured_band(chance, level=plan.band_probability), gated.band)
    codes = [plan.bands[place].code for place in (scored, gated.band, assured)]
    return gated, (codes[0], codes[1], codes[2], float(chance[: assured + 1].sum()))


def _hold(
    units: pd.DataFrame, place: Any, gated: bands.Gated, chance: np.ndarray, plan: Plan
) -> None:
    """Write the capped band, its chance and the rules that cap it into the unit's row."""
    capped = bands.gated_probabilities(chance, highest=gated.band)
    titles = {gate.rule: f"{gate.rule}{gate.title}" for gate in plan.gates}
    rules = "、".join(titles[rule] for rule in gated.held_by)
    why = fault("analysis.gated", rules=rules, band=plan.bands[gated.band].label).message
    note = units.loc[place, "note"]
    told = [text for text in (note, why.rstrip("。")) if isinstance(text, str) and text]
    units.loc[place, "band"] = band_label(plan, band=gated.band, probability=capped)
    units.loc[place, "band_probability"] = capped[gated.band]
    units.loc[place, "note"] = "；".join(told)


def _chances(table: pd.DataFrame, plan: Plan) -> dict[Key, np.ndarray]:
    """Probabilities of each ranked unit's bands, in the plan's order."""
    codes = [band.code for band in plan.bands]
    wide = table.pivot_table(
        index=["scorecard", "group", "unit"], columns="band", values="probability"
    ).reindex(columns=codes)
    return dict(zip(wide.index, wide.to_numpy(dtype=float), strict=True))


def _capped(
    table: pd.DataFrame, chances: Mapping[Key, np.ndarray], held: Mapping[Key, int], plan: Plan
) -> pd.DataFrame:
    """``table`` with the probabilities above a capped unit's band fallen to it."""
    if not held:
        return table
    after = {
        (*key, band.code): chance
        for key, highest in held.items()
        for band, chance in zip(
            plan.bands, bands.gated_probabilities(chances[key], highest=highest), strict=True
        )
    }
    keys = table[["scorecard", "group", "unit", "band"]].itertuples(index=False, name=None)
    kept = table["probability"]
    return table.assign(
        probability=[after.get(key, was) for key, was in zip(keys, kept, strict=True)]
    )


def _verdicts(
    published: Mapping[str, pd.DataFrame],
    units: pd.DataFrame,
    plan: Plan,
    frameworks: Sequence[Framework],
) -> dict[Key, dict[str, Verdict]]:
    """Verdicts by rule of every unit in a table that a gate caps."""
    if not plan.gates:
        return {}
    evidence = _evidence(published, plan, frameworks)
    found: dict[Key, dict[str, Verdict]] = {}
    for unit in units.itertuples(index=False):
        key = (unit.scorecard, unit.group, unit.unit)
        for gate in plan.gates:
            if unit.scorecard in gate.scorecards:
                found.setdefault(key, {})[gate.rule] = _of_unit(evidence, gate, unit)
    return found


def _evidence(
    published: Mapping[str, pd.DataFrame], plan: Plan, frameworks: Sequence[Framework]
) -> Evidence:
    codes = [gate.indicator for gate in plan.gates]
    rows = published["indicators"]
    rows = rows[rows["indicator"].isin(codes) & rows["scorecard"].isin([*SINGLE, CITY])]
    fields = published["fields"]
    states = fields[fields["indicator"].isin(codes)].groupby(["unit", "indicator"])["state"]
    return Evidence(
        {(row.scorecard, row.unit, row.indicator): row for row in rows.itertuples(index=False)},
        {(str(u), str(i)): frozenset(part) for (u, i), part in states},
        {one.scorecard: one for one in frameworks},
    )


def _of_unit(evidence: Evidence, gate: GateRule, unit: Any) -> Verdict:
    """By the unit's own record, or by those of its parts."""
    card = unit.scorecard
    leaf = evidence.frameworks[card[0]].indicator(gate.indicator)
    if card in SINGLE or (card == CITY and leaf.level != "counties"):
        return _own(evidence, gate, card, unit.unit)
    part = "B-county" if card == CITY else "A-project"
    codes = unit.parts.split() if isinstance(unit.parts, str) else []
    verdicts = {_own(evidence, gate, part, code)[0] for code in codes}
    worst = next((one for one in PRECEDENCE if one in verdicts), UNVERIFIED)
    return worst, "parts" if codes else "none"


def _own(evidence: Evidence, gate: GateRule, card: str, unit: str) -> Verdict:
    row = evidence.leaves.get((card, unit, gate.indicator))
    status = row.status if row is not None else ""
    if status in (WITHHELD, UNCONCERNED):
        return (FAILED, "withheld") if status == WITHHELD else (NOT_APPLICABLE, "none")
    if row is None or status != MEASURED:
        return UNVERIFIED, "none"
    states = evidence.states.get((unit, gate.indicator), frozenset())
    basis = "checked" if states and states <= CHECKED else "reported"
    if row.raw < gate.least - TINY:
        return FAILED, basis
    return (PASSED if basis == "checked" else UNVERIFIED), basis
