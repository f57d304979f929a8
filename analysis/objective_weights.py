"""Weights taken from the data themselves (entropy, CRITIC): for sensitivity only, never to rank.

They reward spread, not importance, change every year, and explode where all units score alike; no
official weight may come from here. What they are for: to show how much a ranking would move.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

ALIKE = 1e-9
"""A column whose values differ by less than this part of the largest tells no unit apart."""


def entropy_weights(values: np.ndarray) -> np.ndarray:
    """Weights of the columns by Shannon's entropy of each column's shares; sensitivity only.

    ``values``: units x columns, not negative. p = x / column sum, e = - sum p ln p / ln n,
    weight = (1 - e) / sum of (1 - e); sums to 1. A column that is equal in all units (to
    ``ALIKE``) weighs 0; a nearly constant one weighs nearly nothing however much it matters. One
    unit, or no column that differs: no weights, NaN. Adding a constant to a column changes its
    weight: only for ratio scales.
    Raises ValueError for missing, infinite or negative values.
    Source: Hwang & Yoon 1981, Multiple Attribute Decision Making, section II.3.3; Shannon 1948.
    """
    _complete(values)
    if (values < 0).any():
        raise ValueError("entropy weights of a negative value")
    differs = ~_alike(values)
    if not differs.any():
        return np.full(values.shape[1], np.nan)
    total = np.where(differs, values.sum(axis=0), 1.0)
    part = np.where(differs, values / total, 1.0)
    logarithm = np.log(np.where(part > 0, part, 1.0))
    spread = 1.0 + np.sort(part * logarithm, axis=0).sum(axis=0) / np.log(len(values))
    spread = np.where(differs, np.maximum(spread, 0.0), 0.0)
    return spread / spread.sum()


def critic_weights(values: np.ndarray, *, benefit: np.ndarray) -> np.ndarray:
    """Weights by contrast and conflict (CRITIC); sensitivity only.

    ``values``: units x columns; ``benefit``: True where more is better. Columns are brought to
    0-1 between worst and best; information C_j = sd_j * sum over k of (1 - r_jk), weight =
    C_j / sum C. A column that is equal in all units (to ``ALIKE``) weighs 0 and enters no other's
    sum. If fewer than two columns differ, or all go together exactly, there is no conflict
    and no weights: NaN.
    Raises ValueError for missing or infinite values.
    Source: Diakoulaki, Mavrotas & Papayannakis 1995, Comput. Oper. Res. 22:763, eqs 1-6.
    """
    _complete(values)
    out = np.zeros(values.shape[1])
    differs = ~_alike(values)
    if not differs.any():
        return np.full(values.shape[1], np.nan)
    x = np.sort(values[:, differs], axis=0)
    scaled = (values[:, differs] - x[0]) / (x[-1] - x[0])
    scaled = np.where(np.asarray(benefit)[differs], scaled, 1.0 - scaled)
    centred = scaled - np.sort(scaled, axis=0).sum(axis=0) / len(values)
    products = np.sort(centred[:, :, None] * centred[:, None, :], axis=0).sum(axis=0)
    size = np.sqrt(np.diag(products))
    conflict = np.maximum(1.0 - products / np.outer(size, size), 0.0)
    conflict = np.where(conflict > ALIKE, conflict, 0.0)  # r = 1 but for the last digits
    out[differs] = size * conflict.sum(axis=1)
    return out / out.sum() if out.sum() > 0 else np.full(values.shape[1], np.nan)


def _complete(values: np.ndarray) -> None:
    if values.ndim != 2 or not np.isfinite(values).all():
        raise ValueError("weights from data need a complete table of finite values")


def _alike(values: np.ndarray) -> np.ndarray:
    if not len(values):
        return np.ones(values.shape[1], dtype=bool)
    return np.ptp(values, axis=0) <= ALIKE * np.abs(values).max(axis=0)


METHODS: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "entropy": lambda values, benefit: entropy_weights(values),
    "critic": lambda values, benefit: critic_weights(values, benefit=benefit),
}
"""Name -> function of the table and of which columns are better when higher."""
