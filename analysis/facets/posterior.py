"""The posterior of objects on a grid, and the information that it leaves about the rest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from analysis.facets.design import Ratings, Table, full
from analysis.facets.layout import Crossing, Layout, crossing_of, information, layout_of
from analysis.facets.scale import Moments, Thresholds, moments, weigh


@dataclass(frozen=True, eq=False)
class Look:
    """The population's posterior at one vector of parameters."""

    loglik: float
    theta: np.ndarray
    grid: np.ndarray
    """Nodes in logits, and in standard deviations from the population's mean."""
    posterior: np.ndarray
    """Objects x nodes."""
    found: Moments
    """At cells x nodes."""
    hard: np.ndarray
    """Of each cell: item + rater."""
    cumulative: np.ndarray
    """Cells x categories."""

    def eap(self) -> np.ndarray:
        """Posterior means."""
        return self.posterior @ self.theta

    def sd(self) -> np.ndarray:
        """Posterior standard deviations."""
        away = np.square(self.theta - self.eap()[:, None])
        return np.sqrt((self.posterior * away).sum(axis=1))


@dataclass(frozen=True, eq=False)
class Cells:
    """Item x rater cells that occur, and which object has how many ratings in which."""

    layout: Layout
    scale: np.ndarray
    counts: sparse.csr_array
    """Objects x cells."""
    by_cell: sparse.csr_array
    """Cells x objects."""
    met: np.ndarray
    """Cell of each entry of ``by_cell``."""
    crossing: Crossing
    """Objects x parameters, filled from the entries of ``by_cell``."""


def cells_of(ratings: Ratings, *, thresholds: Thresholds) -> Cells:
    """Group ratings into item x rater cells."""
    key = ratings.element["item"] * ratings.size("rater") + ratings.element["rater"]
    _, first, cell = np.unique(key, return_index=True, return_inverse=True)
    layout = layout_of(ratings.at(first), thresholds=thresholds)
    shape = (ratings.size("object"), len(first))
    ones = np.ones(len(cell))
    counts = sparse.csr_array((ones, (ratings.element["object"], cell)), shape=shape)
    by_cell = counts.T.tocsr()
    met = np.repeat(np.arange(shape[1]), np.diff(by_cell.indptr))
    own = replace(layout, columns=layout.columns[:, met])
    crossing = crossing_of(own, by_cell.indices, count=shape[0])
    return Cells(layout, ratings.scale[first], counts, by_cell, met, crossing)


def observed_information(
    cells: Cells, vector: np.ndarray, now: Look, *, free: np.ndarray, exact: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Information about all parameters, filled up in unseen directions; and were objects known.

    Complete information less the posterior variance of the complete score, whose part beyond the
    second degree in the object's place is left out; not ``exact``: beyond the first, which is good
    for steps.
    """
    sd = float(np.exp(vector[-1]))
    out = np.zeros((len(vector), len(vector)))
    out[:-2, :-2] = information(cells.layout, now.found, weight=cells.by_cell @ now.posterior)
    totals = now.posterior.sum(axis=0)
    cross = 2.0 * (totals @ now.grid) / sd
    out[-2:, -2:] = [[len(now.posterior) / sd**2, cross], [cross, 2 * totals @ now.grid**2]]
    lost = np.zeros_like(out)
    for share, own in _smooth(cells, now) if exact else _tangents(cells, now):
        own = own / np.array([sd, 1.0])
        lost[:-2, :-2] += full(share.T @ share)
        lost[:-2, -2:] += share.T @ own
        lost[-2:, -2:] += own.T @ own
    lost[-2:, :-2] = lost[:-2, -2:].T
    seen = np.eye(len(out)) - free @ free.T
    return seen @ (out - lost) @ seen + free @ free.T, seen @ out @ seen + free @ free.T


def _smooth(cells: Cells, now: Look) -> Iterator[tuple[Table, np.ndarray]]:
    """Per degree: covariances of the structural score, and of z and z squared, with a polynomial
    (z: an object's place in deviations of the population)."""
    for weighted in _polynomials(now):
        own = np.column_stack([weighted @ now.grid, weighted @ np.square(now.grid)])
        yield _covariances(cells, now, weighted), own


def _tangents(cells: Cells, now: Look) -> Iterator[tuple[Table, np.ndarray]]:
    """The same from the structural score's slope at the posterior mean, z and z squared exact."""
    m1, m2, m3, m4 = (now.posterior @ now.grid[:, None] ** np.arange(1, 5)).T
    root = np.sqrt(np.maximum(m2 - m1**2, 1e-12))
    bend = (m3 - m1 * m2) / root
    objects = cells.by_cell.indices
    sd = (now.theta[1] - now.theta[0]) / (now.grid[1] - now.grid[0])
    place = (now.theta[0] + (m1 - now.grid[0]) * sd)[objects]
    found = moments(weigh(place - now.hard[cells.met], cumulative=now.cumulative[cells.met].T)[0])
    parts = np.vstack([found.variance, found.variance, found.with_above])
    share = cells.crossing.fill(parts * ((root * sd)[objects] * cells.by_cell.data))
    yield share, np.column_stack([root, bend])
    rest = np.maximum(m4 - m2**2 - bend**2, 0.0).sum()
    yield share[:1] * 0.0, np.array([[0.0, np.sqrt(rest)]])


def _polynomials(now: Look) -> Iterator[np.ndarray]:
    """Posterior times its orthonormal polynomials of first and second degree: objects x nodes."""
    away = now.grid - (now.posterior @ now.grid)[:, None]
    first = _scaled(away, (now.posterior * np.square(away)).sum(axis=1))
    yield now.posterior * first
    skew = (now.posterior * first**3).sum(axis=1)
    bent = np.square(first) - skew[:, None] * first - 1.0
    yield now.posterior * _scaled(bent, (now.posterior * np.square(bent)).sum(axis=1))


def _scaled(values: np.ndarray, square: np.ndarray) -> np.ndarray:
    root = np.sqrt(square)[:, None]
    return np.divide(values, root, out=np.zeros_like(values), where=root > 1e-12)


def _covariances(cells: Cells, now: Look, weighted: np.ndarray) -> Table:
    """Posterior covariance of the structural score with a polynomial: objects x parameters."""
    objects, ends = cells.by_cell.indices, cells.by_cell.indptr
    above = np.empty((len(now.found.above), len(objects)))
    for cell, (start, end) in enumerate(zip(ends[:-1], ends[1:], strict=True)):
        own = now.found.above[:, cell]
        above[:, start:end] = own @ weighted[objects[start:end]].T
    above *= cells.by_cell.data
    mean = above.sum(axis=0)  # the mean is the sum of the chances to be above each threshold
    return cells.crossing.fill(np.vstack([mean, mean, above]))
