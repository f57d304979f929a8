"""Bands by fixed cuts, with the probability that a unit belongs to each, and what caps a band."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from instruments.methods import Band

TINY = 1e-9
"""Least standard error, so that an exact score stays in its band."""
PASSED, FAILED, UNVERIFIED = "passed", "failed", "unverified"
"""Verdicts of a hard rule. Only a failure caps; what cannot be verified is named, not passed."""


@dataclass(frozen=True)
class Gate:
    """A hard rule that caps the band: who fails ``rule`` gets at best the band ``highest``."""

    rule: str
    highest: str
    """Code of a band."""


@dataclass(frozen=True)
class Gated:
    """A band after its gates."""

    band: int
    held_by: tuple[str, ...]
    """Rules without which the band would be higher, in the order of the gates."""
    unverified: tuple[str, ...]
    """Rules that could not be verified and would hold the band lower if they failed."""


def band_probabilities(
    score: np.ndarray, *, se: np.ndarray, df: np.ndarray, bands: Sequence[Band]
) -> np.ndarray:
    """Probability of each band (columns, in the order of ``bands``): t around score, scale se.

    ``df``: the degrees of freedom that the score's interval uses, so that both say the same.
    ``bands`` run from the highest cut to the lowest; the top is open upwards, the last downwards.
    Rows sum to 1. Units: points of 0-100. A score of NaN gives NaN; an infinite standard error,
    halves for the top and the last band.
    """
    cuts = np.array([band.cut for band in bands[:-1]])
    spread = np.maximum(se, TINY)[:, None]
    above = stats.t.sf((cuts[None, :] - score[:, None]) / spread, np.asarray(df)[:, None])
    edges = np.hstack([np.zeros((len(score), 1)), above, np.ones((len(score), 1))])
    return np.diff(edges, axis=1)


def band_of(printed: float, *, bands: Sequence[Band]) -> int:
    """Index of the band that a printed score falls into: the first whose cut it reaches."""
    return next((i for i, band in enumerate(bands) if printed >= band.cut), len(bands) - 1)


def nearest_band(probability: np.ndarray, *, band: int) -> int:
    """Index of the most probable other band; ``band`` itself when there is no other."""
    others = np.where(np.arange(len(probability)) == band, -1.0, probability)
    return int(others.argmax()) if len(probability) > 1 else band


def assured_band(probability: np.ndarray, *, level: float) -> int:
    """Index of the highest band that a unit reaches with at least the probability ``level``.

    What may be claimed, where ``band_of`` is what the printed score says. The lowest band is always
    reached; without a score (NaN) nothing more is. ``probability``: one of ``band_probabilities``.
    Source: as the English TEF reads a benchmark: above it only with 95 % of the distribution there.
    """
    reached = np.cumsum(probability) >= level - TINY
    return int(reached.argmax()) if reached.any() else len(probability) - 1


def gated_band(
    band: int, *, verdicts: dict[str, str], gates: Sequence[Gate], bands: Sequence[Band]
) -> Gated:
    """``band`` (an index into ``bands``) held down by the ``gates`` whose rules ``verdicts`` fail.

    A rule without a verdict is unverified. Gates never lift a band. Raises ValueError for a gate
    whose band is unknown and for a verdict that is none of the three.
    Source: domain section 00, "a failed hard rule caps the band at 中".
    """
    place = {one.code: index for index, one in enumerate(bands)}
    if unknown := [gate.highest for gate in gates if gate.highest not in place]:
        raise ValueError(f"no band is called {', '.join(unknown)}")
    if strange := sorted(set(verdicts.values()) - {PASSED, FAILED, UNVERIFIED}):
        raise ValueError(f"not a verdict: {', '.join(strange)}")
    verdict = {gate.rule: verdicts.get(gate.rule, UNVERIFIED) for gate in gates}
    failed = [gate for gate in gates if verdict[gate.rule] == FAILED]
    held = max([band, *(place[gate.highest] for gate in failed)])
    return Gated(
        held,
        tuple(gate.rule for gate in failed if place[gate.highest] > band),
        tuple(
            gate.rule
            for gate in gates
            if verdict[gate.rule] == UNVERIFIED and place[gate.highest] > held
        ),
    )


def gated_probabilities(probability: np.ndarray, *, highest: int) -> np.ndarray:
    """Band probabilities of units whose band is capped at ``highest``: all above falls to it."""
    capped = probability.copy()
    capped[..., highest] = probability[..., : highest + 1].sum(axis=-1)
    capped[..., :highest] = 0.0
    return capped
