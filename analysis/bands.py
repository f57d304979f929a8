"""Bands by fixed cuts, with the probability that a unit belongs to each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import stats

from instruments.methods import Band

TINY = 1e-9
"""Least standard error, so that an exact score stays in its band."""


def band_probabilities(
    score: np.ndarray, *, se: np.ndarray, df: np.ndarray, bands: Sequence[Band]
) -> np.ndarray:
    """Probability of each band (columns, in the order of ``bands``): t around score, scale se.

    ``df``: the degrees of freedom that the score's interval uses, so that both say the same.
    ``bands`` run from the highest cut to the lowest; the top is open upwards, the last downwards.
    Rows sum to 1. Units: points of 0-100.
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
