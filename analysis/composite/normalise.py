"""Leaves brought to one scale among the units at hand, with the covariance that this brings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from analysis.results import Estimates

ALIKE = 1e-9
"""A leaf whose values differ by less than this part of the largest tells no unit apart."""
Target = tuple[float, float]


@dataclass(frozen=True)
class Normalisation:
    """``value(x, target)`` over the units (last axis but one), and ``slope(x, target)``.

    The slope of units x leaves is leaves x units x units: that of row's value by column's.
    """

    value: Callable[[np.ndarray, Target | None], np.ndarray]
    slope: Callable[[np.ndarray, Target | None], np.ndarray]


def normalise(estimates: Estimates, *, method: str, target: Target | None) -> Estimates:
    """Leaves on the scale of ``method``, a name of ``NORMALISATIONS``, with their covariance.

    'goalposts': as they are (the scale is fixed before, whoever takes part); ``target`` is None.
    'minmax': the lowest unit gets the first number of ``target``, the highest the second.
    'z': (x - mean) / sd among the units, sd with n - 1, times the second number of ``target``
    plus the first, e.g. (50, 10).
    With the last two a unit's value depends on who else is in the table: for comparison only.

    Missing stays missing and enters nothing. A leaf that is equal in all units (to ``ALIKE``), or
    measured in one, gets the middle of the target's range (minmax) or its mean (z), derivative 0:
    it tells nobody apart. Units tied at an end share its derivative equally.
    Out: covariance D V D' of all unit x leaf values, which is no longer the unit's own: all leaves
    are ``panel_leaves``, the panel is (units * leaves) squared, 8 bytes each.
    Raises KeyError for an unknown method, ValueError for a target that is lacking, not wanted, or
    does not rise.
    Source: OECD/JRC 2008, Handbook on Constructing Composite Indicators, step 5.
    """
    chosen = NORMALISATIONS[method]
    check_target(method, target)
    if method == "goalposts":
        return estimates
    slope = chosen.slope(estimates.value, target)
    return replace(
        estimates,
        value=chosen.value(estimates.value, target),
        own=np.zeros_like(estimates.own),
        panel_leaves=estimates.leaves,
        panel=_carried(estimates, slope),
    )


def check_target(method: str, target: Target | None) -> None:
    """Raise ValueError unless ``target`` is what ``method`` needs (KeyError: no such method)."""
    if method not in NORMALISATIONS:
        raise KeyError(method)
    if (method == "goalposts") != (target is None):
        raise ValueError(f"normalisation {method} with target {target}")
    if target is not None:
        rises = target[1] > (target[0] if method == "minmax" else 0.0)
        if not (np.isfinite(target).all() and rises):
            raise ValueError(f"normalisation {method} with target {target}")


def _same(x: np.ndarray, target: Target | None) -> np.ndarray:
    return x


def _identity(x: np.ndarray, target: Target | None) -> np.ndarray:
    return np.where(np.isnan(x).T[:, :, None], 0.0, np.eye(len(x)))


def _ends(x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Lowest, highest, whether they tell units apart: over the last axis but one, kept."""
    low = np.where(np.isnan(x), np.inf, x).min(axis=-2, keepdims=True)
    high = np.where(np.isnan(x), -np.inf, x).max(axis=-2, keepdims=True)
    low, high = (np.where(np.isfinite(end), end, 0.0) for end in (low, high))
    return low, high, high - low > ALIKE * np.maximum(np.abs(low), np.abs(high))


def _divided(x: np.ndarray, by: np.ndarray, where: np.ndarray) -> np.ndarray:
    return np.divide(x, by, out=np.zeros_like(x), where=np.broadcast_to(where, x.shape))


def _minmax(x: np.ndarray, target: Target | None) -> np.ndarray:
    first, last = target or (0.0, 1.0)
    low, high, apart = _ends(x)
    place = np.where(apart, _divided(x - low, high - low, apart), 0.5)
    return np.where(np.isnan(x), np.nan, first + (last - first) * place)


def _minmax_slope(x: np.ndarray, target: Target | None) -> np.ndarray:
    first, last = target or (0.0, 1.0)
    low, high, apart = _ends(x)
    span = high - low
    place = np.nan_to_num(_divided(x - low, span, apart)).T[:, :, None]
    at_low, at_high = (_equal_parts(x == end).T[:, None, :] for end in (low, high))
    slope = _identity(x, None) - (1.0 - place) * at_low - place * at_high
    scale = (last - first) * _divided(np.ones_like(span), span, apart)
    return np.where(np.isnan(x).T[:, :, None], 0.0, slope * scale.T[:, :, None])


def _equal_parts(where: np.ndarray) -> np.ndarray:
    count = where.sum(axis=0, keepdims=True)
    return where / np.maximum(count, 1)


def _moments(x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Number, mean, sd (n - 1) and whether it tells apart, over the last axis but one, kept."""
    x = np.sort(x, axis=-2)  # so that no sum depends on the order of the units
    known = ~np.isnan(x)
    count = known.sum(axis=-2, keepdims=True)
    mean = np.where(known, x, 0.0).sum(axis=-2, keepdims=True) / np.maximum(count, 1)
    square = np.where(known, x - mean, 0.0) ** 2
    sd = np.sqrt(square.sum(axis=-2, keepdims=True) / np.maximum(count - 1, 1))
    return count, mean, sd, _ends(x)[2]


def _z(x: np.ndarray, target: Target | None) -> np.ndarray:
    centre, spread = target or (0.0, 1.0)
    _, mean, sd, apart = _moments(x)
    place = np.where(apart, _divided(x - mean, sd, apart), 0.0)
    return np.where(np.isnan(x), np.nan, centre + spread * place)


def _z_slope(x: np.ndarray, target: Target | None) -> np.ndarray:
    _, spread = target or (0.0, 1.0)
    count, mean, sd, apart = _moments(x)
    known = (~np.isnan(x)).T
    z = np.nan_to_num(_divided(x - mean, sd, apart)).T
    n = np.maximum(count, 1).T[:, :, None]
    pull = known[:, None, :] / n + z[:, :, None] * z[:, None, :] / np.maximum(n - 1, 1)
    scale = spread * _divided(np.ones_like(sd), sd, apart).T[:, :, None]
    return np.where(known[:, :, None], (_identity(x, None) - pull) * scale, 0.0)


NORMALISATIONS: dict[str, Normalisation] = {
    "goalposts": Normalisation(_same, _identity),
    "minmax": Normalisation(_minmax, _minmax_slope),
    "z": Normalisation(_z, _z_slope),
}


def _carried(estimates: Estimates, slope: np.ndarray) -> np.ndarray:
    size, width = len(estimates.units), len(estimates.leaves)
    shared = estimates.panel.reshape(
        size, len(estimates.panel_leaves), size, len(estimates.panel_leaves)
    )
    raters = {estimates.leaves.index(leaf): k for k, leaf in enumerate(estimates.panel_leaves)}
    out = np.zeros((size, width, size, width))
    for i in range(width):
        for j in range(i + 1):
            part = slope[i] * estimates.own[:, i, j] @ slope[j].T
            if i in raters and j in raters:
                part = part + slope[i] @ shared[:, raters[i], :, raters[j]] @ slope[j].T
            out[:, i, :, j] = part
            out[:, j, :, i] = part.T
    return out.reshape(size * width, size * width)
