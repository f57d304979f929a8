"""Nothing is published from which a reader could work out what a few people said."""

from __future__ import annotations

from analysis.disclosure import Contradiction
from analysis.pipeline.attack_surface import leaks, surface
from analysis.results import Results
from instruments.faults import FaultsFound, fault

SHOWN = 5
"""Disclosed numbers that a refusal names."""


def check_nothing_told(results: Results) -> None:
    """Attack all that ``results`` tell as a reader could (docs/method.md, section 12).

    Raises FaultsFound ``analysis.told`` that names what could be worked out: a fault of this
    project's rules of suppression, never of the user's data; and ``analysis.contradicting`` when
    no answers give these tables, so that they were changed after scoring.
    """
    limits = results.plan.thresholds
    reader = surface(results, edition=results.cycle.edition)
    try:
        found = leaks([reader], cell=limits.min_cell, points=limits.told_width)
    except Contradiction as error:
        raise FaultsFound([fault("analysis.contradicting")]) from error
    if len(found):
        named = "、".join(str(target) for target in found["target"][:SHOWN])
        raise FaultsFound([fault("analysis.told", count=len(found), named=named)])
