"""Unit means of leaves with a design-based covariance whose clusters are classes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.means.unequal import clustered_df, unequal_classes
from analysis.means.unequal import total as _sum
from instruments.methods import Means as Choice

__all__ = [
    "UnitMeans",
    "clustered_df",
    "lone_classes",
    "unequal_classes",
    "unit_means",
    "unit_values",
]


@dataclass(frozen=True, eq=False)
class UnitMeans:
    """Means of units x leaves; covariances are units x leaves x leaves, in points squared."""

    value: np.ndarray
    """NaN where a leaf has no answers."""
    n: np.ndarray
    classes: np.ndarray
    """Classes with answers per unit and leaf."""
    own: np.ndarray
    """From the unit's own classes; of a single class, from the people within it."""
    moderated: np.ndarray
    """``own`` drawn towards the class-to-class covariance pooled over units."""
    df: np.ndarray
    """Degrees of freedom of ``moderated`` per unit."""


@dataclass(frozen=True, eq=False)
class _Table:
    """Counts, totals and weights, class x leaf; ``unit`` is the class's unit index."""

    codes: list[str]
    n: np.ndarray
    total: np.ndarray
    weight: np.ndarray
    unit: np.ndarray


def unit_means(
    totals: pd.DataFrame,
    *,
    products: pd.DataFrame,
    weights: pd.DataFrame,
    units: Sequence[str],
    groups: Sequence[str],
    lending: Sequence[bool],
    leaves: Sequence[str],
    choice: Choice,
) -> UnitMeans:
    """Ratio means of ``units`` over their classes with linearised covariance.

    In: ``totals`` class_code, leaf, n, total; ``products`` class_code, leaf_a, leaf_b, n, total_a,
    total_b, product (of ``lone_classes`` at least); ``weights`` class_code, project, leaf, weight.
    ``groups``: each unit's pooling group. Mean = sum(w t) / sum(w n); z_c = w_c (t_c - mean n_c) /
    sum(w n); covariance = C/(C-1) sum z z'. The moderated covariance is (d0 S + d S_u) / (d0 + d)
    on the scale of one class, d = C - 1, d0 = ``choice.prior_df``, S pooled over those units of the
    group that are ``lending`` (over all such units when the group's have fewer than d0 degrees of
    freedom). With ``choice.finite_population`` the target is this cohort: classes are strata and
    the covariance is that of non-response within them.
    Sources: Cochran 1977, Sampling Techniques, 6.3 and 9A; Binder 1983, Int. Stat. Rev. 51:279;
    moderation after Smyth 2004, SAGMB 3(1):3; class means: Donald & Lang 2007, Rev. Econ. Stat.
    89:221, Ibragimov & Müller 2010, J. Bus. Econ. Stat. 28:453.
    """
    table = _table(totals, weights=weights, units=units, leaves=leaves)
    n, classes = (_sum(part, table.unit, len(units)) for part in (table.n, table.n > 0))
    value, base = _ratios(table, size=len(units))
    within = _within(products, table=table, leaves=leaves)
    alone = n.max(axis=1, initial=0.0) - 1.0
    if choice.finite_population:
        unseen = 1.0 - 1.0 / np.maximum(table.weight, 1.0)  # forms differ in who filled them
        within *= np.sqrt(unseen[:, :, None] * unseen[:, None, :])
        own = _stratified(table, within, base=base)
        return UnitMeans(value, n, classes, own, own, np.maximum(alone, 1.0))
    z, own_df = LINEARISED[choice.variance](table, value=value, base=base, classes=classes)
    own, lengths = _products(z, table, base=base)
    single = np.minimum(classes[:, :, None], classes[:, None, :]) < 2
    own = np.where(single, _stratified(table, within, base=base), own)
    moderated, df = _moderate(
        own,
        lengths=lengths,
        own_df=own_df,
        classes=classes,
        groups=np.asarray(groups, dtype=str),
        lending=np.asarray(lending, dtype=bool),
        prior=choice.prior_df,
        alone=alone,
    )
    return UnitMeans(value, n, classes, own, moderated, np.maximum(df, 1.0))


def lone_classes(
    totals: pd.DataFrame,
    *,
    weights: pd.DataFrame,
    units: Sequence[str],
    leaves: Sequence[str],
    choice: Choice,
) -> frozenset[str]:
    """Classes whose ``products`` enter ``unit_means``: of units where a leaf has answers of one
    class alone; with ``choice.finite_population`` all."""
    table = _table(totals, weights=weights, units=units, leaves=leaves)
    few = (_sum(table.n > 0, table.unit, len(units)) == 1).any(axis=1)
    entering = few[table.unit] | choice.finite_population
    return frozenset(np.array(table.codes, dtype=object)[entering])


def unit_values(
    totals: pd.DataFrame, *, weights: pd.DataFrame, units: Sequence[str], leaves: Sequence[str]
) -> tuple[np.ndarray, np.ndarray]:
    """The means of ``unit_means`` alone, without errors, and the scores n they rest on."""
    table = _table(totals, weights=weights, units=units, leaves=leaves)
    return _ratios(table, size=len(units))[0], _sum(table.n, table.unit, len(units))


def _ratios(table: _Table, *, size: int) -> tuple[np.ndarray, np.ndarray]:
    base = _sum(table.weight * table.n, table.unit, size)
    weighted = _sum(table.weight * table.total, table.unit, size)
    value = np.divide(weighted, base, out=np.full(base.shape, np.nan), where=base > 0)
    return value, base


def _table(
    totals: pd.DataFrame, *, weights: pd.DataFrame, units: Sequence[str], leaves: Sequence[str]
) -> _Table:
    chosen = weights[_places(weights["project"], units) >= 0]
    first = chosen.drop_duplicates("class_code").astype({"class_code": object, "project": object})
    project = first.set_index("class_code")["project"].sort_index()
    codes = list(project.index)
    shape = (len(codes), len(leaves))
    n, total, weight = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    row, column = _places(totals["class_code"], codes), _places(totals["leaf"], leaves)
    known = row >= 0
    place = (row[known], column[known])
    np.add.at(n, place, totals["n"].to_numpy(dtype=float)[known])
    np.add.at(total, place, totals["total"].to_numpy(dtype=float)[known])
    place = (_places(chosen["class_code"], codes), _places(chosen["leaf"], leaves))
    weight[place] = chosen["weight"].to_numpy(dtype=float)
    return _Table(codes, n, total, weight, _places(project, units))


def _places(names: pd.Series, among: Sequence[str]) -> np.ndarray:
    """Place of each name, -1 where it is not there."""
    of = names.astype("category").cat
    found = pd.Index(list(among), dtype=object).get_indexer(of.categories.astype(object))
    return np.append(found, -1)[of.codes.to_numpy()]  # a missing name's code is -1, the last


def _within(products: pd.DataFrame, *, table: _Table, leaves: Sequence[str]) -> np.ndarray:
    """Per class: products of people's deviations from the class means, times n / (n - 1)."""
    out = np.zeros((len(table.codes), len(leaves), len(leaves)))
    row = _places(products["class_code"], table.codes)
    known, c = products[row >= 0], row[row >= 0]
    a, b = (_places(known[name], leaves) for name in ("leaf_a", "leaf_b"))
    n, ta, tb, product = (known[k].to_numpy(float) for k in ("n", "total_a", "total_b", "product"))
    mean = np.divide(table.total, table.n, out=np.zeros_like(table.total), where=table.n > 0)
    ma, mb = mean[c, a], mean[c, b]
    deviations = (product - ma * tb - mb * ta + n * ma * mb) * n / np.maximum(n - 1.0, 1.0)
    np.add.at(out, (c, a, b), deviations)
    return out


def _stratified(table: _Table, within: np.ndarray, *, base: np.ndarray) -> np.ndarray:
    divisor = np.where(base > 0, base, 1.0)[table.unit]
    scale = table.weight / divisor
    return _sum(within * scale[:, :, None] * scale[:, None, :], table.unit, len(base))


def _linearised(
    table: _Table, *, value: np.ndarray, base: np.ndarray, classes: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """z per class with C/(C-1) in it, and C - 1."""
    correction = np.sqrt(classes / np.maximum(classes - 1.0, 1.0))[table.unit]
    return _residuals(table, value=value, base=base) * correction, np.maximum(classes - 1.0, 0.0)


def _bias_reduced(
    table: _Table, *, value: np.ndarray, base: np.ndarray, classes: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """z per class over the standard deviation of its residual, and Satterthwaite's df."""
    factor, df = unequal_classes(table.weight * table.n, unit=table.unit, size=len(base))
    return _residuals(table, value=value, base=base) * np.sqrt(factor), df


def _class_means(
    table: _Table, *, value: np.ndarray, base: np.ndarray, classes: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """z per class from its mean's distance to the plain mean of means, and C - 1."""
    given = table.n > 0
    mean = np.divide(table.total, table.n, out=np.zeros_like(table.total), where=given)
    plain = _sum(mean, table.unit, len(base)) / np.maximum(classes, 1.0)
    share = table.weight * table.n / np.where(base > 0, base, 1.0)[table.unit]
    spread = _sum(share**2, table.unit, len(base)) / np.maximum(classes - 1.0, 1.0)
    z = np.where(given, mean - plain[table.unit], 0.0) * np.sqrt(spread)[table.unit]
    return z, np.maximum(classes - 1.0, 0.0)


def _residuals(table: _Table, *, value: np.ndarray, base: np.ndarray) -> np.ndarray:
    mean = np.nan_to_num(value)[table.unit]
    divisor = np.where(base > 0, base, 1.0)[table.unit]
    return table.weight * (table.total - mean * table.n) / divisor


def _products(z: np.ndarray, table: _Table, *, base: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Covariances per unit, and the length of the classes' shares: one class's scale."""
    share = table.weight * table.n / np.where(base > 0, base, 1.0)[table.unit]
    own = _sum(z[:, :, None] * z[:, None, :], table.unit, len(base))
    return own, np.sqrt(_sum(share**2, table.unit, len(base)))


def _moderate(
    own: np.ndarray,
    *,
    lengths: np.ndarray,
    own_df: np.ndarray,
    classes: np.ndarray,
    groups: np.ndarray,
    lending: np.ndarray,
    prior: float,
    alone: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    df = np.minimum(own_df[:, :, None], own_df[:, None, :])
    scale = lengths[:, :, None] * lengths[:, None, :]
    per_class = np.divide(own, scale, out=np.zeros_like(own), where=(scale > 0) & (df > 0))
    lent = df * lending[:, None, None]
    out, freedom = own.copy(), np.where(classes.max(axis=1, initial=0) > 1, 0.0, alone)
    for group in np.unique(groups):
        members = groups == group
        enough = lent[members].max(axis=(1, 2), initial=0).sum() >= prior
        pool = members if enough else np.ones(len(own), dtype=bool)
        weight = lent[pool].sum(axis=0)
        pooled = np.divide(
            (lent[pool] * per_class[pool]).sum(axis=0),
            weight,
            out=np.zeros(weight.shape),
            where=weight > 0,
        )
        total = prior + df[members]
        known = (weight > 0) & (total > 0)
        mixed = (prior * pooled + df[members] * per_class[members]) / np.where(known, total, 1.0)
        out[members] = np.where(known, mixed * scale[members], own[members])
        freedom[members] = np.where(weight.max(initial=0) > 0, prior, freedom[members])
    most = df.max(axis=(1, 2), initial=0)
    held = most[lending].sum()  # nobody can borrow more certainty than all classes together hold
    return out, np.where(held > 0, np.minimum(freedom + most, held), freedom)


LINEARISED = {
    "linearised": _linearised,
    "bias_reduced": _bias_reduced,
    "class_means": _class_means,
}
"""Method -> residuals per class whose squares are summed, and their degrees of freedom."""
