"""Maximum likelihood of factor models by Fisher scoring with a floor under residual variances."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import linalg

from analysis.scales.structure import Layout, derivatives, implied

_STEPS = 300
_HALVINGS = 40
_CLOSE = 1e-10
"""Steps smaller than this, in standardised items, end the search."""
_ENOUGH = 1e-6
"""A search whose next step is larger has not converged."""
_SINGULAR = 1e-10
"""Relative eigenvalue of a correlation matrix below which it is taken as singular."""


@dataclass(frozen=True, eq=False)
class GroupMoments:
    """A group's moments with divisor n, as maximum likelihood takes them."""

    n: int
    mean: np.ndarray
    covariance: np.ndarray

    def scaled(self, shift: np.ndarray, scale: np.ndarray) -> GroupMoments:
        """Moments of (x - shift) / scale."""
        covariance = self.covariance / np.outer(scale, scale)
        return GroupMoments(self.n, (self.mean - shift) / scale, covariance)


@dataclass(frozen=True, eq=False)
class Solution:
    """Where the search ended."""

    vector: np.ndarray
    covariance: np.ndarray
    """Of the free parameters by expected information; zero rows for those on the floor."""
    floored: np.ndarray
    """Parameters that stand on the floor (Heywood cases)."""
    chi2: float
    converged: bool


def is_singular(covariance: np.ndarray) -> bool:
    """Whether items depend linearly on one another, so that maximum likelihood is not defined."""
    own = np.sqrt(np.diag(covariance))
    values = linalg.eigvalsh(covariance / np.outer(own, own))
    return bool(values[0] <= _SINGULAR * values[-1])


def maximise(
    layout: Layout, groups: Sequence[GroupMoments], *, start: np.ndarray, floor: float
) -> Solution:
    """Minimise sum n (log|Sigma| + tr(S Sigma^-1) - log|S| - p + (m - mu)' Sigma^-1 (m - mu)).

    ``groups`` in standardised items; residual variances stay at or above ``floor``. The minimum is
    the likelihood-ratio chi-square against free moments.
    Source: Joreskog 1971, Psychometrika 36:409; expected information: Bollen 1989, appendix 4B.
    """
    low = np.full(layout.size, -np.inf)
    low[layout.residual_places.ravel()] = floor
    vector, value = start, _deviance(layout, groups, start)
    for _ in range(_STEPS):
        step, _ = _step(layout, groups, vector, low=low)
        fresh, below = _shortened(layout, groups, vector, step=step, low=low, value=value)
        moved = np.abs(fresh - vector).max()
        vector, value = fresh, below
        if moved <= _CLOSE:
            break
    floored = vector <= low
    step, curve = _step(layout, groups, vector, low=low)
    covariance = np.zeros_like(curve)
    free = np.ix_(~floored, ~floored)
    covariance[free] = 2.0 * linalg.pinvh(curve[free])
    converged = bool(np.abs(step).max() <= _ENOUGH)
    return Solution(vector, covariance, floored, max(value, 0.0), converged)


def _step(
    layout: Layout, groups: Sequence[GroupMoments], vector: np.ndarray, *, low: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Step of Fisher scoring, nothing below the floor, and the expected second derivatives."""
    slope, curve = _scores(layout, groups, vector)
    free = (vector > low) | (slope <= 0)
    step = np.zeros(layout.size)
    step[free] = -_solved(curve[np.ix_(free, free)], slope[free])
    return step, curve


def _shortened(
    layout: Layout,
    groups: Sequence[GroupMoments],
    vector: np.ndarray,
    *,
    step: np.ndarray,
    low: np.ndarray,
    value: float,
) -> tuple[np.ndarray, float]:
    """The step, halved until the deviance does not rise; no step where none helps."""
    size = 1.0
    slack = 1e-13 * sum(group.n * len(group.mean) for group in groups)
    for _ in range(_HALVINGS):
        fresh = np.maximum(vector + size * step, low)
        below = _deviance(layout, groups, fresh)
        if below <= value + slack:
            return fresh, below
        size /= 2.0
    return vector, value


def _solved(curve: np.ndarray, slope: np.ndarray) -> np.ndarray:
    try:
        return linalg.cho_solve(_factor(curve), slope, check_finite=False)
    except linalg.LinAlgError:
        return linalg.pinvh(curve) @ slope


def _factor(matrix: np.ndarray) -> tuple[np.ndarray, bool]:
    return linalg.cho_factor(matrix, lower=True, check_finite=False)


def _deviance(layout: Layout, groups: Sequence[GroupMoments], vector: np.ndarray) -> float:
    total = 0.0
    for number, group in enumerate(groups):
        now = implied(layout, vector, group=number)
        away = (group.mean - now.mean) * float(layout.means)
        try:
            root = _factor(now.covariance)
        except linalg.LinAlgError:
            return np.inf
        spread = group.covariance + np.outer(away, away)
        fitted = np.trace(linalg.cho_solve(root, spread, check_finite=False))
        logs = 2.0 * np.log(np.diag(root[0])).sum() - np.linalg.slogdet(group.covariance)[1]
        total += group.n * (logs + fitted - len(away))
    return float(total)


def _scores(
    layout: Layout, groups: Sequence[GroupMoments], vector: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Gradient and expected second derivatives of the deviance."""
    slope, curve = np.zeros(layout.size), np.zeros((layout.size, layout.size))
    for number, group in enumerate(groups):
        now = implied(layout, vector, group=number)
        by_covariance, by_mean = derivatives(layout, now)
        p = len(now.mean)
        inverse = linalg.cho_solve(_factor(now.covariance), np.eye(p), check_finite=False)
        away = (group.mean - now.mean) * float(layout.means)
        excess = now.covariance - group.covariance - np.outer(away, away)
        # tr(W A W B) as a product of flattened A W and (B W)': two multiplications for all pairs.
        size = len(by_covariance)
        half = (by_covariance.reshape(-1, p) @ inverse).reshape(size, p, p)
        flat, turned = half.reshape(size, -1), half.transpose(0, 2, 1).reshape(size, -1)
        own = flat @ (inverse @ excess).ravel() - 2.0 * by_mean @ (inverse @ away)
        square = flat @ turned.T + 2.0 * by_mean @ inverse @ by_mean.T
        places = layout.places[number]
        free = places >= 0
        np.add.at(slope, places[free], group.n * own[free])
        at = np.ix_(places[free], places[free])
        curve[at] += group.n * square[np.ix_(free, free)]
    return slope, curve
