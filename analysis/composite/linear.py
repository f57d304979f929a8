"""Linear maps of estimates and composites, such as an institution over its projects or types."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from analysis.composite.tree import Composed
from analysis.results import Estimates


def combine(estimates: Estimates, *, units: Sequence[str], weights: np.ndarray) -> Estimates:
    """Weighted means of units' leaves, e.g. an institution's projects of one type.

    ``weights``: new units x old units, or x leaves as well, not negative (people enrolled); for
    each leaf they are re-normalised over the old units that measure it. Covariances follow the
    linear map.
    """
    new, old, share = _entering_shares(estimates.value, weights)
    own = np.zeros((len(units), *estimates.own.shape[1:]))
    for one, other, part in zip(new, old, share, strict=True):
        own[one] += part[:, None] * (estimates.own[other] * part)
    return replace(
        estimates,
        units=tuple(units),
        value=_mean(new, share, estimates.value[old], size=len(units)),
        own=own,
        panel=_panel(estimates, new, old, share, size=len(units)),
    )


def _panel(
    estimates: Estimates, new: np.ndarray, old: np.ndarray, share: np.ndarray, *, size: int
) -> np.ndarray:
    """The experts' covariance of the new units, unit first, then panel leaf."""
    columns = [estimates.leaves.index(leaf) for leaf in estimates.panel_leaves]
    width = len(columns)
    if not np.diagonal(estimates.panel).any():  # nobody was rated
        return np.zeros((size * width, size * width))
    pull = np.zeros((size, width, len(estimates.value), width))
    for place, column in enumerate(columns):
        pull[new, place, old, place] = share[:, column]
    flat = pull.reshape(size * width, -1)
    return np.asarray(flat @ estimates.panel @ flat.T)


def combine_values(value: np.ndarray, *, weights: np.ndarray) -> np.ndarray:
    """The values that ``combine`` gives, without covariance: new units x leaves."""
    new, old, share = _entering_shares(value, weights)
    return _mean(new, share, value[old], size=len(weights))


def _entering_shares(
    value: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Places of new units and of the old ones that enter them, and shares by leaf: few do."""
    new, old = np.nonzero(weights if weights.ndim == 2 else weights.any(axis=2))
    mass = weights[new, old]
    mass = (mass if mass.ndim == 2 else mass[:, None]) * ~np.isnan(value[old])
    total = _summed(mass, new, size=len(weights))[new]
    return new, old, np.divide(mass, total, out=np.zeros_like(mass), where=total > 0)


def _mean(new: np.ndarray, share: np.ndarray, value: np.ndarray, *, size: int) -> np.ndarray:
    known = _summed(share > 0, new, size=size) > 0
    return np.where(known, _summed(share * np.nan_to_num(value), new, size=size), np.nan)


def _summed(values: np.ndarray, by: np.ndarray, *, size: int) -> np.ndarray:
    """Sums of rows of ``values`` that have one number ``by``."""
    out = np.zeros((size, values.shape[1]))
    np.add.at(out, by, values)
    return out


def average(composed: Composed, *, units: Sequence[str], weights: np.ndarray) -> Composed:
    """Weighted means of units' nodes and composites, e.g. an institution over its types.

    ``weights``: new units x old units, not negative; for each node re-normalised over the old
    units that have it. A covariance that is not known (NaN) of a unit that enters stays so.
    """
    measured = ~np.isnan(composed.value)
    mass = weights[:, :, None] * measured[None]
    total = mass.sum(axis=1, keepdims=True)
    share = np.divide(mass, total, out=np.zeros_like(mass), where=total > 0)
    value = np.einsum("guk,uk->gk", share, np.nan_to_num(composed.value))
    value = np.where(total[:, 0] > 0, value, np.nan)
    return Composed(
        tuple(units), composed.codes, value, lambda: _averaged(share, composed.covariance)
    )


def _averaged(share: np.ndarray, covariance: np.ndarray) -> np.ndarray:
    out, unknown = _carried(share, np.nan_to_num(covariance)), np.isnan(covariance)
    if unknown.any():
        out[_carried((share > 0).astype(float), unknown.astype(float)) > 0] = np.nan
    return out


def _carried(share: np.ndarray, covariance: np.ndarray) -> np.ndarray:
    """nodes x new x new, of new x old x nodes and nodes x old x old."""
    by_node = np.ascontiguousarray(share.transpose(2, 0, 1))
    return np.asarray(by_node @ covariance @ by_node.transpose(0, 2, 1))
