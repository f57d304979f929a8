"""Funnel limits: how far a unit's mean may lie from the whole's by chance, given its n."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

FLOOR, CEILING = 0.0, 100.0
"""No mean lies outside, so no limit does."""


@dataclass(frozen=True)
class Funnel:
    """What control limits are computed from, in points of 0-100."""

    target: float
    """Mean of all units, weighted by n."""
    sigma: float
    """Standard deviation of one answer, clustering within units included."""
    phi: float
    """Mean of the squared Winsorised z; 1 where units differ by chance only."""
    tau2: float
    """Variance between units beyond chance (additive), points squared."""
    factor: float
    """What limits are stretched by (multiplicative)."""


def funnel(
    value: np.ndarray, *, n: np.ndarray, se: np.ndarray, winsorise: float, dispersion: str
) -> Funnel:
    """Centre and spread of a funnel over units with mean ``value``, ``n`` answers, error ``se``.

    sigma² = sum(n · n se²) / sum(n): the answers' variance with the units' own design effects,
    pooled, so that limits depend on n alone. z = (value - target) / (sigma / √n), Winsorised at
    the ``winsorise`` quantile and its complement; phi = mean z². ``dispersion``: 'additive' (units
    differ by a variance tau² of their own, by moments as DerSimonian and Laird 1986, Control. Clin.
    Trials 7:177), 'multiplicative' (limits times √phi where phi > 1) or 'none'.
    Source: Spiegelhalter 2005, Stat. Med. 24:1185, and Qual. Saf. Health Care 14:347.
    """
    value, n, se = (np.asarray(part, dtype=float) for part in (value, n, se))
    target = float((n * value).sum() / n.sum())
    sigma2 = float((n * n * se**2).sum() / n.sum())
    if sigma2 <= 0.0:
        return Funnel(target, 0.0, 0.0, 0.0, 1.0)
    z = (value - target) / np.sqrt(sigma2 / n)
    low, high = np.quantile(z, [winsorise, 1.0 - winsorise])
    phi = float((np.clip(z, low, high) ** 2).mean())
    tau2, factor = DISPERSION[dispersion](phi, n / sigma2)
    return Funnel(target, float(np.sqrt(sigma2)), phi, tau2, factor)


def limits(
    found: Funnel, *, n: np.ndarray, levels: Sequence[float]
) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper limits: len(n) x len(levels), within 0-100; two-sided ``levels``."""
    base = np.sqrt(found.sigma**2 / np.asarray(n, dtype=float) + found.tau2) * found.factor
    half = base[:, None] * ndtri(0.5 + np.asarray(levels, dtype=float) / 2.0)[None, :]
    return (
        np.clip(found.target - half, FLOOR, CEILING),
        np.clip(found.target + half, FLOOR, CEILING),
    )


def beyond(value: np.ndarray, *, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """How many of its limits each value is outside of: positive above, negative below, 0 within."""
    own = np.asarray(value, dtype=float)[:, None]
    return (own > high).sum(axis=1) - (own < low).sum(axis=1)


def _additive(phi: float, weight: np.ndarray) -> tuple[float, float]:
    size = len(weight)
    room = weight.sum() - (weight**2).sum() / weight.sum()
    return (max(0.0, float((size * phi - (size - 1)) / room)) if room > 0 else 0.0), 1.0


def _multiplicative(phi: float, weight: np.ndarray) -> tuple[float, float]:
    return 0.0, float(np.sqrt(max(phi, 1.0)))


def _none(phi: float, weight: np.ndarray) -> tuple[float, float]:
    return 0.0, 1.0


DISPERSION: dict[str, Callable[[float, np.ndarray], tuple[float, float]]] = {
    "additive": _additive,
    "multiplicative": _multiplicative,
    "none": _none,
}
"""Over-dispersion method -> phi and the units' precisions to tau² and stretching factor."""
