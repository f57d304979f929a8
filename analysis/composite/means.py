"""Weighted means of siblings with their slopes, and who takes the weight of what is missing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

Shares = Callable[[np.ndarray, np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Mean:
    """``value(share, x, floor)`` and ``slope(share, x, mean, floor)`` over the last axis."""

    value: Callable[[np.ndarray, np.ndarray, float | None], np.ndarray]
    slope: Callable[[np.ndarray, np.ndarray, np.ndarray, float | None], np.ndarray]


def _sum(share: np.ndarray, x: np.ndarray, floor: float | None) -> np.ndarray:
    return (share * np.where(share > 0, x, 0.0)).sum(axis=-1)


def _share(share: np.ndarray, x: np.ndarray, mean: np.ndarray, floor: float | None) -> np.ndarray:
    return share


def _product(share: np.ndarray, x: np.ndarray, floor: float | None) -> np.ndarray:
    raised = _raised(share, x, floor)
    zero = (raised == 0.0).any(axis=-1)
    logarithm = np.log(np.where(raised > 0.0, raised, 1.0))
    return np.where(zero, 0.0, np.exp((share * logarithm).sum(axis=-1)))


def _proportion(
    share: np.ndarray, x: np.ndarray, mean: np.ndarray, floor: float | None
) -> np.ndarray:
    """share * mean / x; 0 for what the floor holds up, and throughout where the mean is zero."""
    raised = _raised(share, x, floor)
    moves = (share > 0) & (raised > 0) & (x >= raised)
    part = share * np.nan_to_num(mean)[..., None]
    return np.divide(part, raised, out=np.zeros_like(part), where=moves)


def _raised(share: np.ndarray, x: np.ndarray, floor: float | None) -> np.ndarray:
    """``x`` held up by the floor; 1 where nothing is weighed, so that it changes no product."""
    weighed = np.where(share > 0, x, 1.0)
    if floor is not None:
        return np.maximum(weighed, np.where(share > 0, floor, 1.0))
    if (weighed < 0).any():
        raise ValueError("a geometric mean of a negative value: declare a floor above zero")
    return weighed


METHODS: dict[str, Mean] = {
    "arithmetic": Mean(_sum, _share),
    "geometric": Mean(_product, _proportion),
}


def _renormalise(points: np.ndarray, measured: np.ndarray) -> np.ndarray:
    weight = points * measured
    total = weight.sum(axis=-1, keepdims=True)
    return np.divide(weight, total, out=np.zeros_like(weight), where=total > 0)


def _refuse(points: np.ndarray, measured: np.ndarray) -> np.ndarray:
    complete = (measured | (points == 0)).all(axis=-1, keepdims=True)
    return _renormalise(points, measured & complete)


MISSING: dict[str, Shares] = {"renormalise": _renormalise, "refuse": _refuse}
"""Points and what is measured (last axis: siblings) to shares; all 0: the parent is missing."""
