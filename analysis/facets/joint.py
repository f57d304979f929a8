"""Joint maximum likelihood of all facets, with the bias of short strings of ratings corrected."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from scipy import linalg

from analysis.facets.design import Ratings, Table, full
from analysis.facets.layout import (
    Crossing,
    Layout,
    centring,
    crossing_of,
    information,
    layout_of,
    unseen,
)
from analysis.facets.scale import Moments, Thresholds, mean_and_variance, moments, reached, weigh

STEPS = 200
CLOSE = 1e-8
"""Logits: a step that moves nothing further ends the search."""
NEAR = 1e-2
"""Logits: steps as small as that go on with the same information."""
FAR = 30.0
"""Logits: a measure further out is on its way to infinity; odds of 1 to 10^13 are not observed."""


@dataclass(frozen=True, eq=False)
class Estimate:
    """Centred measures in logits, with the covariance of all but the objects."""

    objects: np.ndarray
    object_se: np.ndarray
    covariance: np.ndarray
    layout: Layout
    vector: np.ndarray
    """Items, raters, thresholds, as ``layout`` has them."""
    converged: bool
    steps: int


@dataclass(frozen=True, eq=False)
class Problem:
    """What does not change while the estimates do."""

    layout: Layout
    crossing: Crossing
    scale: np.ndarray
    group: np.ndarray
    """Object of each rating."""
    seen: np.ndarray
    """Whether an object has ratings."""
    score: np.ndarray
    """Sum of each object's categories."""
    observed: np.ndarray
    """Sums of categories per item and rater, and of categories reached per threshold."""
    free: np.ndarray

    def places(self, vector: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Each rating's place with its object at 0, and its scale's cumulative thresholds."""
        items, raters, steps = self.layout.split(vector)
        columns = self.layout.columns
        place = -items[columns[0]] - raters[columns[1] - self.layout.items]
        table = Thresholds(self.layout.thresholds.size, steps).cumulative()
        return place, table[self.scale].T if len(table) > 1 else table.T

    def guess(self) -> np.ndarray:
        """Objects' first measures: the log odds of their scores."""
        top = np.bincount(
            self.group, self.layout.thresholds.size[self.scale], minlength=len(self.score)
        )
        inner = (self.score > 0) & (self.score < top)
        odds = np.divide(self.score, top - self.score, out=np.ones(len(top)), where=inner)
        return np.log(odds)

    def settled(self, vector: np.ndarray, *, start: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Objects' measures at given items, raters and thresholds, with their information."""
        base, cumulative = self.places(vector)
        return settle(base, group=self.group, target=self.score, cumulative=cumulative, start=start)


@dataclass(frozen=True, eq=False)
class _State:
    found: Moments
    root: np.ndarray
    """Root of the information about each object."""
    cross: Table
    """Objects x parameters: information about both, divided by ``root``."""


def problem_of(
    ratings: Ratings, code: np.ndarray, *, thresholds: Thresholds, shifts: np.ndarray
) -> Problem:
    """Sufficient statistics of coded ratings. ``shifts``: unseen ones of items and raters."""
    layout = layout_of(ratings, thresholds=thresholds)
    group, count = ratings.element["object"], ratings.size("object")
    reached = (code >= np.arange(1, len(layout.columns) - 1)[:, None]).astype(float)
    return Problem(
        layout,
        crossing_of(layout, group, count=count),
        ratings.scale,
        group,
        np.bincount(group, minlength=count) > 0,
        np.bincount(group, weights=code, minlength=count),
        layout.total(code.astype(float), reached),
        unseen(layout, ratings, shifts=shifts),
    )


def settle(
    base: np.ndarray,
    *,
    group: np.ndarray,
    target: np.ndarray,
    cumulative: np.ndarray,
    start: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Measures m at which the expected sum of categories at ``base`` + m[group] is ``target``.

    Targets lie inside what the group's scales allow; groups without ratings keep their start and
    have no information (0). Out: measures and the information about each.
    """
    measure = start.copy()
    for _ in range(STEPS):
        chance, _ = weigh(base + measure[group], cumulative=cumulative)
        mean, variance = mean_and_variance(chance)
        info = np.bincount(group, variance, len(start))
        short = target - np.bincount(group, mean, len(start))
        step = np.divide(short, info, out=np.zeros_like(short), where=info > 0)
        measure += np.clip(step, -1.0, 1.0)
        if np.abs(step).max() < CLOSE:
            break
    return measure, info


def fit_joint(problem: Problem, *, blocks: Mapping[str, np.ndarray], correction: str) -> Estimate:
    """Joint maximum likelihood by Newton's method, the objects eliminated in each step.

    Every measure must be finite. ``correction``: one of ``CORRECTIONS``. Raises ValueError where
    measures run to infinity (groups that are separated perfectly).
    Source: Wright & Masters 1982, Rating Scale Analysis, ch. 4; Linacre 1989.
    """
    profile, shrink = CORRECTIONS[correction]
    layout = problem.layout
    zero = np.zeros(layout.items + layout.raters)
    vector = np.concatenate([zero, layout.thresholds.value])
    objects = problem.guess()
    largest, steps = np.inf, 0
    while largest >= CLOSE and steps < STEPS:
        now = _look(problem, vector, objects)
        if largest > NEAR:
            factor = _factor(_system(problem, now))
        change, own = _step(problem, now, factor=factor, profile=profile)
        largest, steps = float(max(np.abs(change).max(), np.abs(own).max())), steps + 1
        damped = 1.0 / max(largest, 1.0)
        vector, objects = vector + damped * change, objects + damped * own
        if not max(np.abs(vector).max(), np.abs(objects).max()) < FAR:
            raise _infinite()
    centred = centring(layout, free=problem.free, blocks=dict(blocks))
    vector = shrink(centred @ vector, len(problem.group) / problem.seen.sum())
    objects = problem.settled(vector, start=objects)[0]
    spread = _spread(problem, vector, objects, centred=centred)
    return Estimate(objects, *spread, layout, vector, largest < CLOSE, steps)


def _step(
    problem: Problem, now: _State, *, factor: tuple[np.ndarray, bool], profile: bool
) -> tuple[np.ndarray, np.ndarray]:
    short = problem.score - np.bincount(problem.group, now.found.mean, len(now.root))
    slope = problem.layout.total(now.found.mean, now.found.above) - problem.observed
    if profile:
        slope = slope + _profile_slope(problem, now)
    change = linalg.cho_solve(factor, slope - now.cross.T @ (short / now.root))
    return change, (short / now.root - now.cross @ change) / now.root


def _look(problem: Problem, vector: np.ndarray, objects: np.ndarray) -> _State:
    base, cumulative = problem.places(vector)
    found = moments(weigh(base + objects[problem.group], cumulative=cumulative)[0])
    info = np.bincount(problem.group, found.variance, len(objects))
    root = np.sqrt(info + ~problem.seen)
    shared = np.vstack([found.variance, found.variance, found.with_above])
    return _State(found, root, problem.crossing.fill(-shared / root[problem.group]))


def _system(problem: Problem, now: _State) -> np.ndarray:
    """Information about items, raters, thresholds with the objects eliminated, filled up in
    directions that nothing is seen of."""
    filled = information(problem.layout, now.found) + problem.free @ problem.free.T
    return filled - full(now.cross.T @ now.cross)


def _profile_slope(problem: Problem, now: _State) -> np.ndarray:
    """Slope of half the log information about the objects along their profile.

    Barndorff-Nielsen 1983, Biometrika 70:343: in an exponential family, the profile likelihood
    times the root of the nuisance parameters' information approximates the likelihood given
    their sufficient statistics (here the objects' scores), which has no incidental bias.
    """
    found, group = now.found, problem.group
    k = np.arange(len(found.probability), dtype=float)
    squared = found.probability * np.square(k[:, None] - found.mean)
    third = k @ squared - found.mean * found.variance
    above = reached(len(k)) @ squared - found.variance * found.above
    info = np.square(now.root)
    direct = -problem.layout.total(third / info[group], above / info[group])
    by_object = np.bincount(group, third, len(now.root))
    return (direct - now.cross.T @ (by_object / now.root**3)) / 2.0


def _spread(
    problem: Problem, vector: np.ndarray, objects: np.ndarray, *, centred: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Standard errors of the objects, and the centred covariance of the rest."""
    now = _look(problem, vector, objects)
    inverse = linalg.cho_solve(_factor(_system(problem, now)), centred.T)
    covariance = centred @ inverse
    carried = np.asarray((now.cross @ covariance) * full(now.cross)).sum(axis=1)
    return np.sqrt(1.0 + carried) / now.root, covariance


def _factor(system: np.ndarray) -> tuple[np.ndarray, bool]:
    try:
        return linalg.cho_factor(system)
    except linalg.LinAlgError:
        raise _infinite() from None


def _infinite() -> ValueError:
    return ValueError("measures run to infinity: groups of ratings are separated perfectly")


def _keep(vector: np.ndarray, length: float) -> np.ndarray:
    return vector


def _shorten(vector: np.ndarray, length: float) -> np.ndarray:
    return vector * (length - 1.0) / length


CORRECTIONS: dict[str, tuple[bool, Callable[[np.ndarray, float], np.ndarray]]] = {
    "none": (False, _keep),
    "length": (False, _shorten),
    "modified_profile": (True, _keep),
}
"""Correction of the joint estimates' bias -> whether the profile is modified, what is done after.

'length': items, raters and thresholds times (L - 1) / L, L ratings per object on average (Wright &
Douglas 1977, Educ. Psychol. Meas. 37:573); 'modified_profile': see ``_profile_slope``; needs no
equal lengths and approximates conditional estimation.
"""
