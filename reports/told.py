"""Nothing is published from which a reader could work out what a few people said."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from analysis.disclosure import Contradiction
from analysis.pipeline.attack_surface import Surface, few_changed, leaks, surface
from analysis.results import Results
from instruments.faults import Fault, FaultsFound, fault, refuse
from reports import tables

SHOWN = 5
"""Disclosed numbers that a refusal names."""


def check_nothing_told(results: Results, published: Sequence[Results] = ()) -> None:
    """Attack all that ``results`` tell, together with what was ``published`` before of the same
    cycle, as a reader of all of it could (docs/method.md, section 12).

    Raises FaultsFound ``analysis.told`` that names what could be worked out: a fault of this
    project's rules of suppression, never of the user's data; ``analysis.contradicting`` when
    no answers give these tables, so that they were changed after scoring; where what was published
    is of other answers, ``analysis.told_by_change`` when a few people came or went between the
    two; ``reports.published_other`` for another cycle.
    """
    for one in published:
        if one.cycle.code != results.cycle.code:
            raise refuse("reports.published_other", other=one.cycle.title)
    own = surface(results, edition=results.cycle.edition)
    others = [
        surface(one, edition=f"{one.cycle.edition} {number}")
        for number, one in enumerate(published, 1)
    ]
    faults: list[Fault] = []
    try:
        found = _leaks([own, *others], results)
    except Contradiction:
        found = _alone(own, results)
        alike, faults = _beside(own, others, results, published)
        found = pd.concat([found, *alike], ignore_index=True)
    if len(found):
        named = "、".join(str(target) for target in found["target"].unique()[:SHOWN])
        faults.insert(0, fault("analysis.told", count=found["target"].nunique(), named=named))
    if faults:
        raise FaultsFound(faults)


def _leaks(surfaces: Sequence[Surface], results: Results) -> pd.DataFrame:
    limits = results.plan.thresholds
    return leaks(surfaces, cell=limits.min_cell, points=limits.told_width)


def _alone(own: Surface, results: Results) -> pd.DataFrame:
    try:
        return _leaks([own], results)
    except Contradiction as error:
        raise FaultsFound([fault("analysis.contradicting")]) from error


def _beside(
    own: Surface, others: Sequence[Surface], results: Results, published: Sequence[Results]
) -> tuple[list[pd.DataFrame], list[Fault]]:
    """Each other publication with this one: what both tell, or who changed in between."""
    found, faults = [], []
    for other, earlier in zip(others, published, strict=True):
        try:
            found.append(_leaks([own, other], results))
        except Contradiction:
            cell = results.plan.thresholds.min_cell
            changed = few_changed(earlier, results, cell=cell)
            if len(changed):
                named = "、".join(_change(row) for row in changed.head(SHOWN).itertuples())
                told = {"count": len(changed), "named": named, "day": earlier.day}
                faults.append(fault("analysis.told_by_change", cell=cell, **told))
    return found, faults


def _change(row: Any) -> str:
    return f"{row.key}（{tables.count(row.was)}→{tables.count(row.now)}）"
