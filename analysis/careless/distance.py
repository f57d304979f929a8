"""Squared Mahalanobis distance of a row from all rows, over the items that the row answers."""

from __future__ import annotations

import numpy as np
from scipy import linalg

CHUNK = 20_000
"""Rows whose missing parts are solved at a time: bounds memory, changes no number."""
SINGULAR = 1e-10
"""Least eigenvalue of the correlation matrix below which distances are not defined."""


def mahalanobis(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Squared distance d' S⁻¹ d per row and its degrees of freedom (items it counts).

    In: rows x items, NaN = blank. Means and covariances (n - 1) come from all answers to an item
    or a pair of items; a row with blanks is measured by the block of S of the items it answers,
    so that its distance is a chi-square with as many degrees of freedom, not a smaller one.
    Items that do not vary count for nobody. NaN for a row that answers nothing that counts, and
    for all rows where S cannot be inverted: fewer rows than items, an item that is a sum of
    others, or pairwise covariances that belong to no table.
    Sources: Mahalanobis 1936, Proc. Natl. Inst. Sci. India 2:49; Meade & Craig 2012.
    """
    given = ~np.isnan(values)
    deviation, covariance = moments(values)
    varies = np.diag(covariance) > 0
    given = given & varies
    df = given.sum(axis=1)
    size = int(varies.sum())
    kept = np.ix_(varies, varies)
    inverse = _inverse(covariance[kept]) if size else None
    if inverse is None:
        return np.full(len(values), np.nan), df
    own, shown = deviation[:, varies], given[:, varies]
    pulled = own @ inverse
    distance = np.einsum("rk,rk->r", pulled, own)
    gaps = size - df
    for missing in np.unique(gaps[(gaps > 0) & (df > 0)]):
        rows = np.flatnonzero(gaps == missing)
        for start in range(0, len(rows), CHUNK):
            part = rows[start : start + CHUNK]
            distance[part] -= _beyond(inverse, pulled[part], shown[part])
    return np.where(df > 0, np.maximum(distance, 0.0), np.nan), df


def moments(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Deviations from the items' means (0 where blank) and pairwise covariances (n - 1).

    Sums run over codes less a whole number, so for whole codes they are exact in any order. An
    item, or a pair, with fewer than two answers has the covariance 0.
    """
    given = ~np.isnan(values)
    n = given.sum(axis=0)
    filled = np.where(given, values, 0.0)
    base = np.floor(filled.sum(axis=0) / np.maximum(n, 1))
    near = np.where(given, values - base, 0.0)
    mean = near.sum(axis=0) / np.maximum(n, 1)
    shown = given.astype(float)
    pairs = shown.T @ shown
    first = near.T @ shown
    centred = near.T @ near - first * first.T / np.maximum(pairs, 1.0)
    covariance = np.where(pairs > 1, centred / np.maximum(pairs - 1.0, 1.0), 0.0)
    constant = ~varying(values)  # exactly, where rounding would leave a crumb
    covariance[constant, :] = 0.0
    covariance[:, constant] = 0.0
    return np.where(given, near - mean, 0.0), covariance


def varying(values: np.ndarray) -> np.ndarray:
    """Whether an item has two different answers."""
    return np.fmin.reduce(values, axis=0) < np.fmax.reduce(values, axis=0)


def _inverse(covariance: np.ndarray) -> np.ndarray | None:
    scale = np.sqrt(np.diag(covariance))
    correlation = covariance / np.outer(scale, scale)
    if linalg.eigvalsh(correlation)[0] < SINGULAR:
        return None
    return linalg.inv(correlation) / np.outer(scale, scale)


def _beyond(inverse: np.ndarray, pulled: np.ndarray, shown: np.ndarray) -> np.ndarray:
    """What the whole inverse adds to the distance over the answered block: with P = S⁻¹,
    (S_oo)⁻¹ = P_oo - P_om (P_mm)⁻¹ P_mo."""
    blank = np.nonzero(~shown)[1].reshape(len(shown), -1)
    block = inverse[blank[:, :, None], blank[:, None, :]]
    side = np.take_along_axis(pulled, blank, axis=1)
    return np.einsum("rm,rm->r", side, np.linalg.solve(block, side[:, :, None])[:, :, 0])
