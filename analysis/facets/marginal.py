"""Marginal maximum likelihood: objects are drawn from one normal population."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import linalg

from analysis.facets.joint import NEAR, Problem
from analysis.facets.layout import Layout, centring
from analysis.facets.population import Population
from analysis.facets.posterior import Cells, Look, observed_information
from analysis.facets.scale import Thresholds, moments, weigh

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
    inverse = linalg.pinvh(observed_information(cells, vector, now, free=free, exact=True)[0])
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
            factor = _factor(*observed_information(cells, vector, now, free=free, exact=False))
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


def _factor(observed: np.ndarray, complete: np.ndarray) -> tuple[np.ndarray, bool]:
    """Far from the top the observed information may bend down; the complete never does."""
    try:
        return linalg.cho_factor(observed)
    except linalg.LinAlgError:
        return linalg.cho_factor(complete)
