"""Normal intervals, for what carries a standard error and no interval of its own."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

FLOOR, CEILING = 0.0, 100.0
"""No score lies outside, so no interval reaches outside."""


def normal_interval(
    value: np.ndarray, *, se: np.ndarray, level: float
) -> tuple[np.ndarray, np.ndarray]:
    """``value`` ± z · ``se``, two-sided at ``level``, within 0-100; NaN where either is."""
    value, half = np.asarray(value, dtype=float), float(ndtri(0.5 + level / 2.0)) * np.asarray(se)
    return np.clip(value - half, FLOOR, CEILING), np.clip(value + half, FLOOR, CEILING)
