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
    share = _entering_shares(estimates.value, weights)
    own = np.zeros((len(units), *estimates.own.shape[1:]))
    for new, old in np.argwhere((share != 0).any(axis=2)):  # few of the old enter each new one
        part = share[new, old]
        own[new] += part[:, None] * (estimates.own[old] * part)
    return replace(
        estimates,
        units=tuple(units),
        value=_mean(share, estimates.value),
        own=own,
        panel=_panel(estimates, share),
    )


def _panel(estimates: Estimates, share: np.ndarray) -> np.ndarray:
    """The experts' covariance of the new units, unit first, then panel leaf."""
    columns = [estimates.leaves.index(leaf) for leaf in estimates.panel_leaves]
    width, (new, old, _) = len(columns), share.shape
    if not estimates.panel.any():  # nobody was rated
        return np.zeros((new * width, new * width))
    pull = np.zeros((new, width, old, width))
    for place, column in enumerate(columns):
        pull[:, place, :, place] = share[:, :, column]
    flat = pull.reshape(new * width, old * width)
    return np.asarray(flat @ estimates.panel @ flat.T)


def combine_values(value: np.ndarray, *, weights: np.ndarray) -> np.ndarray:
    """The values that ``combine`` gives, without covariance: new units x leaves."""
    return _mean(_entering_shares(value, weights), value)


def _entering_shares(value: np.ndarray, weights: np.ndarray) -> np.ndarray:
    mass = (weights if weights.ndim == 3 else weights[:, :, None]) * ~np.isnan(value)[None]
    total = mass.sum(axis=1, keepdims=True)
    return np.divide(mass, total, out=np.zeros_like(mass), where=total > 0)


def _mean(share: np.ndarray, value: np.ndarray) -> np.ndarray:
    known = (share > 0).any(axis=1)
    return np.where(known, np.einsum("gul,ul->gl", share, np.nan_to_num(value)), np.nan)


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
    covariance = _carried(share, composed.covariance)
    unknown = np.isnan(composed.covariance)
    if unknown.any():
        covariance[_carried((share > 0).astype(float), unknown.astype(float)) > 0] = np.nan
    return Composed(
        tuple(units), composed.codes, np.where(total[:, 0] > 0, value, np.nan), covariance
    )


def _carried(share: np.ndarray, covariance: np.ndarray) -> np.ndarray:
    known = np.nan_to_num(covariance)
    return np.einsum("guk,kuv,hvk->kgh", share, known, share, optimize=True)
