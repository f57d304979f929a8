"""Confirmatory factor analysis of a simple structure in one or several groups, by maximum
likelihood."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import linalg

from analysis.scales.fit import FitMeasures, measures
from analysis.scales.likelihood import GroupMoments, Solution, is_singular, maximise
from analysis.scales.structure import EQUAL, Implied, Layout, implied, layout_of

LOADINGS = ("group", "item", "factor", "loading", "se", "residual", "residual_se", "heywood")
FACTORS = ("group", "factor", "variance", "variance_se", "mean", "mean_se")


@dataclass(frozen=True, eq=False)
class ConfirmatoryFit:
    """A fitted model, or the reason why there is none."""

    reason: str
    """'' = fitted; 'singular' (items depend linearly in a group, or too few rows), 'not converged'.
    Then ``fit`` is None and the tables are empty."""
    fit: FitMeasures | None
    loadings: pd.DataFrame
    """``group``, ``item``, ``factor``, ``loading``, ``se``, ``residual`` (variance),
    ``residual_se``, ``heywood`` (the residual stands on the floor; its error is then 0)."""
    factors: pd.DataFrame
    """``group``, ``factor``, ``variance``, ``variance_se``, ``mean``, ``mean_se`` in units of the
    first group's factor (variance 1, mean 0); errors 0 where fixed, means NaN where free."""
    factor_covariance: Mapping[str, np.ndarray]
    covariance: np.ndarray
    """Of the first group's loadings and residuals, in that order."""
    improper: tuple[str, ...]
    """What makes the solution improper: 'group/item' of Heywood cases, 'group/factors' where
    factors correlate perfectly."""


def group_moments(answers: np.ndarray) -> GroupMoments:
    """Moments with divisor n of complete rows x items; means by sorted sums."""
    mean = np.sort(answers, axis=0).mean(axis=0)
    # Rows sorted, so that their order touches no digit.
    centred = answers[np.lexsort(answers.T)] - mean
    return GroupMoments(len(answers), mean, centred.T @ centred / len(answers))


def confirmatory(
    groups: Mapping[str, GroupMoments],
    *,
    factors: Mapping[str, Sequence[str]],
    equal: Collection[str],
    least_residual: float,
    level: float,
) -> ConfirmatoryFit:
    """Fit factors of which each item measures exactly one, in one or several groups.

    In: ``groups`` by name, the first is the reference; the items stand in the order of ``factors``
    (factor: its items). Factors correlate freely. ``equal`` of ``EQUAL`` holds across groups
    ('intercepts' need 'loadings'). ``least_residual``: floor of residual variances as a share of
    the item's variance (Heywood cases stand on it and are named; the model's df count them as
    estimated). ``level`` of RMSEA's interval. Answers are taken as continuous and normal: with few
    or skewed levels chi-square is too large and loadings too small.
    Raises ValueError for an unknown ``equal``, a single factor of fewer than three items, several
    of which one has fewer than two, items that do not fit the moments, or a ``least_residual``
    outside (0, 1).
    Source: Joreskog 1971, Psychometrika 36:409; Sorbom 1974 (means).
    """
    factor = _factor_of(factors, equal=equal)
    if any(len(one.mean) != len(factor) for one in groups.values()) or not 0 < least_residual < 1:
        raise ValueError("items do not fit the moments, or least_residual is not a share")
    names = list(groups)
    if any(one.n <= len(factor) or is_singular(one.covariance) for one in groups.values()):
        return _none("singular")
    shift, scale = _standard(list(groups.values()))
    scaled = [one.scaled(shift, scale) for one in groups.values()]
    layout = layout_of(factor, groups=len(names), equal=equal)
    start = _start(layout, scaled, floor=least_residual)
    found = _oriented(layout, maximise(layout, scaled, start=start, floor=least_residual))
    if not found.converged:
        return _none("not converged")
    models = [implied(layout, found.vector, group=g) for g in range(len(names))]
    fit = measures(
        scaled,
        models,
        chi2=found.chi2,
        parameters=layout.size,
        means=layout.means,
        level=level,
    )
    return _told(layout, found, models, fit, names=names, factors=factors, scale=scale)


def _none(reason: str) -> ConfirmatoryFit:
    loadings, factors = (pd.DataFrame(columns=list(names)) for names in (LOADINGS, FACTORS))
    return ConfirmatoryFit(reason, None, loadings, factors, {}, np.empty((0, 0)), ())


def _factor_of(factors: Mapping[str, Sequence[str]], *, equal: Collection[str]) -> np.ndarray:
    least = 3 if len(factors) == 1 else 2
    if any(len(items) < least for items in factors.values()):
        raise ValueError(f"a factor needs {least} items to be told from the rest")
    needs = "intercepts" in equal and "loadings" not in equal
    if not set(equal) <= set(EQUAL) or needs:
        raise ValueError(f"equal may hold {', '.join(EQUAL)}; intercepts need loadings")
    return np.repeat(np.arange(len(factors)), [len(items) for items in factors.values()])


def _standard(groups: Sequence[GroupMoments]) -> tuple[np.ndarray, np.ndarray]:
    """Mean and pooled standard deviation by which items are standardised for the search."""
    n = sum(one.n for one in groups)
    variance = np.sum([one.n * np.diag(one.covariance) for one in groups], axis=0) / n
    return np.sum([one.n * one.mean for one in groups], axis=0) / n, np.sqrt(variance)


def _start(layout: Layout, groups: Sequence[GroupMoments], *, floor: float) -> np.ndarray:
    """Loadings from each factor's first principal component, pooled over the groups."""
    p, k, n = layout.items, layout.factors, sum(one.n for one in groups)
    pooled = np.sum([one.n * one.covariance for one in groups], axis=0) / n
    loading, weight = np.zeros(p), np.zeros((p, k))
    for number in range(k):
        own = layout.factor == number
        values, vectors = linalg.eigh(pooled[np.ix_(own, own)])
        vector = vectors[:, -1] * np.sign(vectors[:, -1].sum() or 1.0)
        loading[own] = np.clip(vector * np.sqrt(values[-1]) * _SHRUNK, -_MOST, _MOST)
        weight[own, number] = vector
    sums = weight.T @ pooled @ weight
    own = np.sqrt(np.diag(sums))
    blocks = [loading, np.maximum(1.0 - loading**2, floor), (sums / np.outer(own, own))]
    parameters = [blocks[0], blocks[1], blocks[2][np.tril_indices(k)]]
    vector = np.zeros(layout.size)
    for number, one in enumerate(groups):
        filled = [*parameters, one.mean, np.zeros(k)] if layout.means else parameters
        places = layout.places[number]
        vector[places[places >= 0]] = np.concatenate(filled)[places >= 0]
    return vector


_SHRUNK = 0.9
_MOST = 0.95
"""Components load higher than factors; no loading starts at a residual of zero."""


def _oriented(layout: Layout, found: Solution) -> Solution:
    """Each factor turned so that its loadings in the first group sum to no less than zero."""
    p, k = layout.items, layout.factors
    sums = np.bincount(layout.factor, layout.own(found.vector, 0)[:p], minlength=k)
    turn = np.where(sums < 0, -1.0, 1.0)
    rows, columns = np.tril_indices(k)
    own = [turn[layout.factor], np.ones(p), turn[rows] * turn[columns]]
    own += [np.ones(p), turn] if layout.means else []
    signs = np.ones(layout.size)
    for places in layout.places:
        signs[places[places >= 0]] = np.concatenate(own)[places >= 0]
    covariance = found.covariance * np.outer(signs, signs)
    return Solution(found.vector * signs, covariance, found.floored, found.chi2, found.converged)


def _told(
    layout: Layout,
    found: Solution,
    models: Sequence[Implied],
    fit: FitMeasures,
    *,
    names: Sequence[str],
    factors: Mapping[str, Sequence[str]],
    scale: np.ndarray,
) -> ConfirmatoryFit:
    p = layout.items
    items = [item for own in factors.values() for item in own]
    label = [name for name, own in factors.items() for _ in own]
    errors = np.sqrt(np.maximum(np.diag(found.covariance), 0.0))
    loadings, means = [], []
    for g, (name, model) in enumerate(zip(names, models, strict=True)):
        se = np.where(layout.places[g] >= 0, errors[layout.places[g]], 0.0)
        heywood = found.floored[layout.residual_places[g]]
        lam = model.loadings[np.arange(p), layout.factor] * scale
        columns = lam, se[:p] * scale, model.residuals * scale**2, se[p : 2 * p] * scale**2
        loadings += list(zip([name] * p, items, label, *columns, heywood, strict=True))
        means += _factor_rows(layout, model, se, name=name, factors=list(factors))
    own = np.concatenate([scale, scale**2])
    first = layout.places[0][: 2 * p]
    covariance = found.covariance[np.ix_(first, first)] * np.outer(own, own)
    table = pd.DataFrame(loadings, columns=list(LOADINGS))
    return ConfirmatoryFit(
        "",
        fit,
        table,
        pd.DataFrame(means, columns=list(FACTORS)),
        {name: model.factor_covariance for name, model in zip(names, models, strict=True)},
        covariance,
        _improper(table, models, names=names),
    )


def _factor_rows(
    layout: Layout, model: Implied, se: np.ndarray, *, name: str, factors: Sequence[str]
) -> list[tuple]:
    p, k = layout.items, layout.factors
    diagonal = 2 * p + np.flatnonzero(np.equal(*np.tril_indices(k)))
    mean = model.factor_mean if layout.means else np.full(k, np.nan)
    error = se[-k:] if layout.means else np.full(k, np.nan)
    variance = np.diag(model.factor_covariance)
    return list(zip([name] * k, factors, variance, se[diagonal], mean, error, strict=True))


def _improper(
    loadings: pd.DataFrame, models: Sequence[Implied], *, names: Sequence[str]
) -> tuple[str, ...]:
    cases = loadings[loadings["heywood"]]
    found = [f"{group}/{item}" for group, item in zip(cases["group"], cases["item"], strict=True)]
    for name, model in zip(names, models, strict=True):
        own = np.diag(model.factor_covariance)
        if (own <= 0).any() or linalg.eigvalsh(model.factor_covariance)[0] <= 0:
            found.append(f"{name}/factors")
    return tuple(found)
