"""Closeness to the best values seen (TOPSIS): a look from another side, never the ranking.

Ideal and worst are those of the units at hand, so that one unit more or less can turn the order of
two others (rank reversal). For sensitivity only.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


def topsis(
    values: np.ndarray, *, weights: np.ndarray, benefit: np.ndarray, normalisation: str
) -> np.ndarray:
    """Closeness of every unit to the ideal, 0 (worst in all columns) to 1 (best in all).

    ``values``: units x columns; ``weights`` not negative, of which only the ratio counts;
    ``benefit``: True where more is better. ``normalisation``: 'vector' divides each column by the
    root of its sum of squares (as published); 'minmax' puts it on 0-1 between its lowest and
    highest value (what some packages do unasked: it gives other numbers). Distances are
    Euclidean. A column that is equal in all units, or all zero, keeps no unit from another; where
    no column does, all are 0.5.
    Raises KeyError for an unknown normalisation, ValueError for missing or infinite values, or
    weights that are negative, infinite or all zero.
    Source: Hwang & Yoon 1981, Multiple Attribute Decision Making, section III.4.
    """
    weights = np.asarray(weights, dtype=float)
    if values.ndim != 2 or not np.isfinite(values).all():
        raise ValueError("TOPSIS needs a complete table of finite values")
    if not (np.isfinite(weights) & (weights >= 0)).all() or not weights.sum() > 0:
        raise ValueError("TOPSIS needs finite weights that are not negative, one above 0")
    scaled = NORMALISATIONS[normalisation](values) * (weights / weights.sum())
    scaled = np.where(benefit, scaled, -scaled)
    near = _distance(scaled, scaled.max(axis=0, initial=-np.inf))
    far = _distance(scaled, scaled.min(axis=0, initial=np.inf))
    whole = near + far
    return np.divide(far, whole, out=np.full(len(values), 0.5), where=whole > 0)


def _distance(x: np.ndarray, to: np.ndarray) -> np.ndarray:
    return np.sqrt(((x - to) ** 2).sum(axis=1))


def _vector(x: np.ndarray) -> np.ndarray:
    length = np.sqrt(np.sort(x * x, axis=0).sum(axis=0))
    return np.divide(x, length, out=np.zeros_like(x, dtype=float), where=length > 0)


def _minmax(x: np.ndarray) -> np.ndarray:
    low = x.min(axis=0, initial=np.inf)
    span = x.max(axis=0, initial=-np.inf) - low
    return np.divide(x - low, span, out=np.zeros_like(x, dtype=float), where=span > 0)


NORMALISATIONS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "vector": _vector,
    "minmax": _minmax,
}
