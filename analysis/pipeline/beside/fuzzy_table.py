"""Published distributions put as a fuzzy comprehensive evaluation: a format, scored as the mean."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis import fuzzy
from analysis.pipeline.rows import stacked
from instruments.beside_tables import FUZZY_GRADE_RESULTS, FUZZY_ITEM_RESULTS, FUZZY_RESULTS
from instruments.faults import fault
from instruments.fit import UNSCORED_CODES
from instruments.methods import Plan
from instruments.model import IndicatorMapping, Instrument
from instruments.quality_tables import EVERYWHERE
from instruments.scorecard import Framework

TABLES = (FUZZY_RESULTS, FUZZY_GRADE_RESULTS, FUZZY_ITEM_RESULTS)
SCORECARD = "A"
"""Whose points weigh the items: ``shares`` are of the forms of projects."""
Row = dict[str, Any]
Evaluated = tuple[np.ndarray, Sequence[str], np.ndarray]
TOP, REST = "top", "rest"
BOXES = {TOP: 100.0, REST: 0.0}
"""Of a project only the top box is published."""


@dataclass(frozen=True, eq=False)
class Matter:
    """Items of one form that share grades and goalposts."""

    instrument: str
    scaling: str
    items: tuple[str, ...]
    indicators: tuple[str, ...]
    weights: np.ndarray
    """Points of the leaf, shared evenly among its items."""
    grades: tuple[str, ...]
    """Codes from best to worst."""
    values: np.ndarray


def fuzzy_frames(
    shares: pd.DataFrame,
    plan: Plan,
    *,
    frameworks: Sequence[Framework],
    instruments: Sequence[Instrument],
) -> dict[str, pd.DataFrame]:
    """``fuzzy``, ``fuzzy_grades``, ``fuzzy_items`` from the published ``shares`` alone.

    Of all projects together: every answer of items whose answers are all told; of each project:
    its top boxes. What ``shares`` hides enters nothing, so nothing new is told. ``score`` is B v,
    ``mean`` the weighted mean of the items' means: the same under M(·,+). Empty where the plan has
    no part ``fuzzy``. Source: ``analysis.fuzzy``.
    """
    parts: dict[str, list[pd.DataFrame]] = {table.name: [] for table in TABLES}
    for matter in _matters(plan, frameworks, instruments) if plan.fuzzy is not None else ():
        told = {"instrument": matter.instrument, "scaling": matter.scaling}
        for name, rows in _of_matter(shares, matter, plan).items():
            parts[name].append(pd.DataFrame(rows).assign(**told))
    return {table.name: stacked(parts[table.name], table.names) for table in TABLES}


def _of_matter(shares: pd.DataFrame, matter: Matter, plan: Plan) -> dict[str, list[Row]]:
    """Rows of ``TABLES`` of all units."""
    assert plan.fuzzy is not None  # asked for by the plan
    own = shares[shares["instrument"] == matter.instrument]
    own = own[own["item"].isin(matter.items)]
    found: dict[str, list[Row]] = {table.name: [] for table in TABLES}
    for unit, (matrix, grades, values) in _matrices(own, matter):
        for operator in plan.fuzzy.operators:
            told = {"unit": unit, "operator": operator}
            whole, vector = _evaluated(matrix, matter, grades, values, operator=operator)
            found[FUZZY_RESULTS.name].append(told | whole)
            found[FUZZY_GRADE_RESULTS.name] += [told | row for row in vector]
        if unit == EVERYWHERE:
            found[FUZZY_ITEM_RESULTS.name] = _items(matrix, matter, values)
    return found


def _matters(
    plan: Plan, frameworks: Sequence[Framework], instruments: Sequence[Instrument]
) -> Iterator[Matter]:
    own_card = [one for one in frameworks if one.scorecard == SCORECARD]
    leaves = {leaf.code: leaf for one in own_card for leaf in one.leaves}
    for form in instruments:
        mapped = [m for m in form.mappings if m.indicator in leaves]
        kinds: dict[tuple[str, tuple[str, ...]], list[IndicatorMapping]] = {}
        for mapping in mapped:
            codes = _codes(form, mapping, plan)
            if codes:
                kinds.setdefault((mapping.scaling, codes), []).append(mapping)
        times = {m.indicator: sum(one.indicator == m.indicator for one in mapped) for m in mapped}
        for (scaling, codes), own in kinds.items():
            yield Matter(
                form.code,
                scaling,
                tuple(m.item for m in own),
                tuple(m.indicator for m in own),
                np.array([leaves[m.indicator].points / times[m.indicator] for m in own]),
                codes,
                np.array([plan.scale(scaling).score(code) for code in codes]),
            )


def _codes(form: Instrument, mapping: IndicatorMapping, plan: Plan) -> tuple[str, ...]:
    """Grades of an item from best to worst; () where its points do not follow from the answer
    alone, as a gain's, or its answers are no grades."""
    scale = form.item(mapping.item).scale
    codes = [code for code in (scale.codes if scale else ()) if code not in UNSCORED_CODES]
    if mapping.baseline or not all(code.replace(".", "", 1).isdigit() for code in codes):
        return ()
    scaling = plan.scale(mapping.scaling)
    return tuple(sorted(codes, key=lambda code: (-scaling.score(code), code)))


def _matrices(rows: pd.DataFrame, matter: Matter) -> Iterator[tuple[str, Evaluated]]:
    """Unit, and its R (items x grades) with grades and their values."""
    items = {item: place for place, item in enumerate(matter.items)}
    place = rows["item"].map(items).to_numpy(dtype=int)
    category, share = rows["category"].to_numpy(), rows["share"].to_numpy(dtype=float)
    of_unit = rows.groupby("unit", sort=True).indices
    for unit, where in of_unit.items():
        names = matter.grades if unit == EVERYWHERE else (TOP,)
        matrix = np.full((len(items), len(names)), np.nan)
        for column, name in enumerate(names):
            own = where[category[where] == name]
            matrix[place[own], column] = share[own]
        if unit == EVERYWHERE:
            yield str(unit), (matrix, matter.grades, matter.values)
        else:
            boxes = np.hstack([matrix, 1.0 - matrix])
            yield str(unit), (boxes, tuple(BOXES), np.array(list(BOXES.values())))


def _evaluated(
    matrix: np.ndarray,
    matter: Matter,
    grades: Sequence[str],
    values: np.ndarray,
    *,
    operator: str,
) -> tuple[Row, list[Row]]:
    known = ~np.isnan(matrix).any(axis=1)
    vector = fuzzy.evaluate(matrix, weights=matter.weights, operator=operator)
    weight = _weights(matrix, matter)
    some = not np.isnan(vector).any()
    whole = {
        "items": int(known.sum()),
        "left_out": int((~known).sum()),
        "score": float(fuzzy.score(vector, values=values)) if some else np.nan,
        "mean": float(weight[known] @ (matrix[known] @ values)) if some else np.nan,
        "grade": grades[int(vector.argmax())] if some else None,
        "note": None if some else fault("analysis.fuzzy_none").message,
    }
    told = zip(grades, values, vector, strict=True)
    return whole, [dict(zip(("grade", "value", "share"), row, strict=True)) for row in told]


def _weights(matrix: np.ndarray, matter: Matter) -> np.ndarray:
    """Shares of the weights among the items that count; 0 for the others."""
    weight = np.where(np.isnan(matrix).any(axis=1), 0.0, matter.weights)
    total = weight.sum()
    return weight / total if total > 0 else np.zeros(len(weight))


def _items(matrix: np.ndarray, matter: Matter, values: np.ndarray) -> list[Row]:
    told = (matter.items, matter.indicators, _weights(matrix, matter), matrix @ values)
    names = ("item", "indicator", "weight", "score")
    return [
        {"unit": EVERYWHERE} | dict(zip(names, row, strict=True)) for row in zip(*told, strict=True)
    ]
