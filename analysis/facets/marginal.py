"""Marginal maximum likelihood: objects are drawn from one normal population."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
from scipy import linalg, sparse

from analysis.facets.design import Ratings, Table, full
from analysis.facets.joint import NEAR, Problem
from analysis.facets.layout import Crossing, Layout, centring, crossing_of, information, layout_of
from analysis.facets.population import Population
from analysis.facets.scale import Moments, Thresholds, moments, weigh

STEPS = 200
CLOSE = 1e-8
REACH = 6.0
"""Nodes cover so many standard deviations of the population to either side; 2e-9 lies outside."""
FEWEST, MOST = 31, 10001
"""Nodes for first steps, and at most."""
ROUGH = 0.1
"""Logits: a step as small as that ends the first steps."""
SPACING = 1.2
"""Widest spacing of nodes in standard deviations of the narrowest posterior: the trapezoid rule
then errs by exp(-2 pi^2 / 1.2^2), about 1e-6 of the integral (Trefethen & Weideman 2014)."""
NIL = 1e-3
"""Logits: objects whose standard deviation falls below do not differ; it is then 0."""


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
class Marginal:
    """Estimates in logits; ``vector``: items, raters, thresholds, then mean and log sd."""

    look: Look
    layout: Layout
    vector: np.ndarray
    covariance: np.ndarray
    converged: bool
    steps: int

    def population(self, seen: np.ndarray) -> Population:
        """The population, with the reliability over the objects that have ratings."""
        sd = float(np.exp(self.vector[-1]))
        spread = float(self.look.eap()[seen].var())
        doubt = float(np.square(self.look.sd()[seen]).mean())
        variance = sd**2 if sd > NIL else 0.0
        return Population(
            float(self.vector[-2]),
            float(np.sqrt(self.covariance[-2, -2])),
            variance,
            spread / (spread + doubt) if variance else np.nan,
            -2.0 * self.look.loglik,
            len(self.look.grid),
        )


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


def fit_marginal(problem: Problem, cells: Cells, *, blocks: Mapping[str, np.ndarray]) -> Marginal:
    """Maximise the marginal likelihood by Newton's method on a grid that follows the population.

    ``problem``, ``blocks``: of the design with all objects merged, which the population links. The
    grid is made finer until the narrowest posterior is resolved. Source: Bock & Aitkin 1981,
    Psychometrika 46:443; information by Louis 1982, J. R. Stat. Soc. B 44:226.
    """
    free = _free(problem)
    centred = centring(problem.layout, free=free, blocks=dict(blocks))
    vector = np.zeros(len(free))
    vector[problem.layout.items + problem.layout.raters : -2] = problem.layout.thresholds.value
    vector, _, steps = _climb(problem, cells, vector, nodes=FEWEST, free=free, close=ROUGH)
    nodes, resolved, converged = _needed(problem, cells, vector), False, True
    while not resolved:
        vector, converged, took = _climb(
            problem, cells, vector, nodes=nodes, free=free, close=CLOSE
        )
        steps += took
        now = _look(problem, cells, centred @ vector, grid=_grid(nodes))
        spacing = now.theta[1] - now.theta[0]
        resolved = bool(spacing <= SPACING * now.sd()[problem.seen].min()) or nodes >= MOST
        nodes = 2 * nodes
    vector = centred @ vector
    inverse = linalg.pinvh(_information(cells, vector, now, free=free, exact=True)[0])
    return Marginal(now, problem.layout, vector, centred @ inverse @ centred.T, converged, steps)


def _grid(nodes: int) -> np.ndarray:
    return np.linspace(-REACH, REACH, nodes)


def _needed(problem: Problem, cells: Cells, vector: np.ndarray) -> int:
    """Nodes that resolve the narrowest posterior, by the information about each object."""
    now = _look(problem, cells, vector, grid=_grid(FEWEST))
    info = (now.posterior * (cells.counts @ now.found.variance)).sum(axis=1).max()
    sd = float(np.exp(vector[-1]))
    finest = SPACING / np.sqrt(1.0 + sd**2 * info)
    return int(np.clip(np.ceil(2.2 * REACH / finest), FEWEST, MOST))


def _free(problem: Problem) -> np.ndarray:
    """Unseen directions, the population's mean taking up what shifts all places alike."""
    moved = problem.free[problem.layout.columns[:3, 0]].sum(axis=0)
    return linalg.orth(np.vstack([problem.free, moved, np.zeros_like(moved)]))


def _climb(
    problem: Problem,
    cells: Cells,
    vector: np.ndarray,
    *,
    nodes: int,
    free: np.ndarray,
    close: float,
) -> tuple[np.ndarray, bool, int]:
    now = _look(problem, cells, vector, grid=_grid(nodes))
    largest = np.inf
    for step in range(1, STEPS + 1):
        if largest > NEAR:
            factor = _factor(*_information(cells, vector, now, free=free, exact=False))
        change = linalg.cho_solve(factor, _slope(problem, cells, vector, now))
        largest = float(np.abs(change).max())
        change /= max(largest, 1.0)
        vector, now = _uphill(problem, cells, vector, now, change=change)
        if largest < close or np.exp(vector[-1]) < NIL:
            return vector, True, step
    return vector, False, STEPS


def _uphill(
    problem: Problem, cells: Cells, vector: np.ndarray, now: Look, *, change: np.ndarray
) -> tuple[np.ndarray, Look]:
    """Halve a step until the likelihood does not fall; the last bits may."""
    allowed = now.loglik - 1e-9 * abs(now.loglik)
    for _ in range(30):
        there = _look(problem, cells, vector + change, grid=now.grid)
        if there.loglik >= allowed:
            return vector + change, there
        change = change / 2.0
    return vector, now


def _look(problem: Problem, cells: Cells, vector: np.ndarray, *, grid: np.ndarray) -> Look:
    items, raters, steps = problem.layout.split(vector[:-2])
    theta = vector[-2] + np.exp(vector[-1]) * grid
    columns = cells.layout.columns
    hard = items[columns[0]] + raters[columns[1] - problem.layout.items]
    table = Thresholds(problem.layout.thresholds.size, steps).cumulative()
    own = table[cells.scale]
    probability, total = weigh(theta - hard[:, None], cumulative=own.T[:, :, None])
    weight = np.square(grid) / -2.0
    weight -= np.log(np.exp(weight).sum())
    logs = problem.score[:, None] * theta - cells.counts @ total + weight
    most = logs.max(axis=1)
    np.exp(logs - most[:, None], out=logs)
    sums = logs.sum(axis=1)
    logs /= sums[:, None]
    loglik = (most + np.log(sums))[problem.seen].sum() - problem.observed @ vector[:-2]
    return Look(float(loglik), theta, grid, logs, moments(probability), hard, own)


def _slope(problem: Problem, cells: Cells, vector: np.ndarray, now: Look) -> np.ndarray:
    """Slope of the likelihood on this very grid, whose nodes move with mean and deviation."""
    counts = cells.by_cell @ now.posterior
    expected = counts * now.found.mean
    above = (counts * now.found.above).sum(axis=-1)
    structural = cells.layout.total(expected.sum(axis=1), above) - problem.observed
    short = problem.score @ now.posterior - expected.sum(axis=0)
    return np.concatenate([structural, [short.sum(), np.exp(vector[-1]) * (short @ now.grid)]])


def _information(
    cells: Cells, vector: np.ndarray, now: Look, *, free: np.ndarray, exact: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Information about all parameters, filled up in unseen directions; and were objects known.

    Complete information less the posterior variance of the complete score; that score is a smooth
    function of the object's place, and its part beyond the second degree is left out. Not
    ``exact``: the structural score is taken as linear about the posterior mean, which is good for
    steps.
    """
    sd = float(np.exp(vector[-1]))
    out = np.zeros((len(vector), len(vector)))
    out[:-2, :-2] = information(cells.layout, now.found, weight=cells.by_cell @ now.posterior)
    totals = now.posterior.sum(axis=0)
    cross = 2.0 * (totals @ now.grid) / sd
    out[-2:, -2:] = [[len(now.posterior) / sd**2, cross], [cross, 2 * totals @ now.grid**2]]
    lost = np.zeros_like(out)
    for degree, weighted in enumerate(_polynomials(now)):
        own = np.column_stack([weighted @ now.grid / sd, weighted @ np.square(now.grid)])
        lost[-2:, -2:] += own.T @ own
        if exact or degree == 0:
            share = _covariances(cells, now, weighted) if exact else _tangents(cells, now)
            lost[:-2, :-2] += full(share.T @ share)
            lost[:-2, -2:] += share.T @ own
    lost[-2:, :-2] = lost[:-2, -2:].T
    seen = np.eye(len(out)) - free @ free.T
    return seen @ (out - lost) @ seen + free @ free.T, seen @ out @ seen + free @ free.T


def _tangents(cells: Cells, now: Look) -> Table:
    """Slope of the structural score at the posterior mean, times the posterior deviation."""
    objects = cells.by_cell.indices
    place = now.eap()[objects] - now.hard[cells.met]
    found = moments(weigh(place, cumulative=now.cumulative[cells.met].T)[0])
    parts = np.vstack([found.variance, found.variance, found.with_above])
    return cells.crossing.fill(parts * (now.sd()[objects] * cells.by_cell.data))


def _factor(observed: np.ndarray, complete: np.ndarray) -> tuple[np.ndarray, bool]:
    """Far from the top the observed information may bend down; the complete never does."""
    try:
        return linalg.cho_factor(observed)
    except linalg.LinAlgError:
        return linalg.cho_factor(complete)


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
