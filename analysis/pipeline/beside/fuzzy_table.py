"""Published distributions put as a fuzzy comprehensive evaluation: a format, scored as the mean."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

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
        own = shares[(shares["instrument"] == matter.instrument)]
        own = own[own["item"].isin(matter.items)]
        for unit in sorted(set(own["unit"])):
            for name, frame in _unit(own[own["unit"] == unit], matter, plan, unit=unit).items():
                told = {"unit": unit, "instrument": matter.instrument, "scaling": matter.scaling}
                parts[name].append(frame.assign(**told))
    return {table.name: stacked(parts[table.name], table.names) for table in TABLES}


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


def _unit(rows: pd.DataFrame, matter: Matter, plan: Plan, *, unit: str) -> dict[str, pd.DataFrame]:
    assert plan.fuzzy is not None  # asked for by the plan
    table = rows.pivot_table(index="item", columns="category", values="share", aggfunc="first")
    table = table.astype(float).reindex(list(matter.items))
    if unit == EVERYWHERE:
        grades, values = matter.grades, matter.values
        matrix = table.reindex(columns=list(grades)).to_numpy(dtype=float)
    else:
        grades, values = tuple(BOXES), np.array(list(BOXES.values()))
        top = table.reindex(columns=[TOP]).to_numpy(dtype=float)
        matrix = np.hstack([top, 1.0 - top])
    made = [
        _evaluated(matrix, matter, grades, values, operator=name) for name in plan.fuzzy.operators
    ]
    found = {
        FUZZY_RESULTS.name: pd.concat([whole for whole, _ in made], ignore_index=True),
        FUZZY_GRADE_RESULTS.name: pd.concat([vector for _, vector in made], ignore_index=True),
    }
    if unit == EVERYWHERE:
        found[FUZZY_ITEM_RESULTS.name] = _items(matrix, matter, values)
    return found


def _evaluated(
    matrix: np.ndarray,
    matter: Matter,
    grades: Sequence[str],
    values: np.ndarray,
    *,
    operator: str,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    known = ~np.isnan(matrix).any(axis=1)
    vector = fuzzy.evaluate(matrix, weights=matter.weights, operator=operator)
    weight = _weights(matrix, matter)
    some = not np.isnan(vector).any()
    whole = {
        "operator": operator,
        "items": int(known.sum()),
        "left_out": int((~known).sum()),
        "score": float(fuzzy.score(vector, values=values)) if some else np.nan,
        "mean": float(weight[known] @ (matrix[known] @ values)) if some else np.nan,
        "grade": grades[int(vector.argmax())] if some else None,
        "note": None if some else fault("analysis.fuzzy_none").message,
    }
    told = {"operator": operator, "grade": list(grades), "value": values, "share": vector}
    return pd.DataFrame([whole]), pd.DataFrame(told)


def _weights(matrix: np.ndarray, matter: Matter) -> np.ndarray:
    """Shares of the weights among the items that count; 0 for the others."""
    weight = np.where(np.isnan(matrix).any(axis=1), 0.0, matter.weights)
    total = weight.sum()
    return weight / total if total > 0 else np.zeros(len(weight))


def _items(matrix: np.ndarray, matter: Matter, values: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "item": matter.items,
            "indicator": matter.indicators,
            "weight": _weights(matrix, matter),
            "score": matrix @ values,
        }
    )
