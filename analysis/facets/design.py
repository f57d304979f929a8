"""Who rated whom on what: coded ratings, what has no finite measure, and what can be compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
import pandas as pd
from scipy import linalg, sparse

FACETS = ("object", "item", "rater")
FULL = 4_000_000
"""Cells up to which a table is kept in full."""
Table: TypeAlias = np.ndarray | sparse.csr_array
_ALIKE = 1e-7
"""Rows of a null space that differ by less are the same row."""


@dataclass(frozen=True, eq=False)
class Ratings:
    """Coded ratings, one place per rating in every array; ``levels`` name the codes."""

    element: dict[str, np.ndarray]
    """Facet -> code of its element."""
    levels: dict[str, np.ndarray]
    """Facet -> its elements, sorted."""
    value: np.ndarray
    """Category as it was given."""
    scale: np.ndarray
    """Which set of thresholds a rating belongs to: 0 for all, or the item."""
    scales: int
    missing: int
    """Rows without a value, left out."""

    def size(self, facet: str) -> int:
        """How many elements a facet has."""
        return len(self.levels[facet])

    def at(self, rows: np.ndarray) -> Ratings:
        """The same with some of the ratings only; elements keep their codes."""
        element = {facet: codes[rows] for facet, codes in self.element.items()}
        return replace(self, element=element, value=self.value[rows], scale=self.scale[rows])


@dataclass(frozen=True, eq=False)
class Stage:
    """Elements of one facet whose remaining ratings all lay at one end of the scale."""

    facet: str
    rows: np.ndarray
    """Places of their ratings that were still in use."""
    end: dict[int, str]
    """Element -> 'low' or 'high' (end of the scale), or 'constant' (one category: no measure)."""


@dataclass(frozen=True, eq=False)
class Core:
    """The ratings from which finite measures can be found, and what was taken out before."""

    rows: np.ndarray
    categories: tuple[np.ndarray, ...]
    """Per scale: the categories in use, ascending; a category's code is its place."""
    stages: tuple[Stage, ...]


def coded(
    ratings: pd.DataFrame, *, columns: dict[str, str], value: str, partial: bool, levels: Sequence
) -> Ratings:
    """Ratings as codes. Raises ValueError for roles or values that cannot be meant."""
    if len({*columns.values(), value}) < len(columns) + 1:
        raise ValueError("object, item, rater and value must be four different columns")
    given = ratings[value].to_numpy(dtype=float, na_value=np.nan)
    there = ~np.isnan(given)
    if not there.any():
        raise ValueError("no ratings")
    pairs = {f: pd.factorize(ratings[columns[f]].to_numpy()[there], sort=True) for f in FACETS}
    if min(codes.min() for codes, _ in pairs.values()) < 0:
        raise ValueError("a rating has no object, item or rater")
    scale = pairs["item"][0] if partial else np.zeros(int(there.sum()), dtype=int)
    return Ratings(
        {facet: codes for facet, (codes, _) in pairs.items()},
        {facet: np.asarray(names) for facet, (_, names) in pairs.items()},
        _whole(given[there], levels=levels),
        scale,
        int(scale.max()) + 1,
        int((~there).sum()),
    )


def _whole(value: np.ndarray, *, levels: Sequence) -> np.ndarray:
    whole = value[np.isfinite(value)].astype(int)
    if len(whole) < len(value) or (whole != value).any():
        raise ValueError("categories must be whole numbers")
    if not np.isin(whole, levels).all():
        raise ValueError("a rating lies outside the categories that were offered")
    return whole


def used_categories(ratings: Ratings) -> tuple[np.ndarray, ...]:
    """Per scale: its categories with at least one rating, ascending."""
    low = int(ratings.value.min())
    seen = np.zeros((ratings.scales, int(ratings.value.max()) - low + 1), dtype=bool)
    seen[ratings.scale, ratings.value - low] = True
    return tuple(np.flatnonzero(row) + low for row in seen)


def codes_of(ratings: Ratings, *, categories: Sequence[np.ndarray]) -> np.ndarray:
    """Place of each rating among the categories in use; beyond them: the nearest end."""
    code = np.zeros(len(ratings.value), dtype=int)
    for scale, own in enumerate(categories):
        rows = ratings.scale == scale
        place = np.searchsorted(own, ratings.value[rows], side="right") - 1
        code[rows] = np.clip(place, 0, max(len(own) - 1, 0))
    return code


def core_of(ratings: Ratings, *, facets: Sequence[str]) -> Core:
    """Take out, again and again, the elements whose ratings all lie at one end.

    They have no finite measure (all ratings lowest or highest), and their ratings say nothing
    about the others'. ``facets``: where to look, in this order. Categories are those of the rest.
    A scale with one category is taken out first. Raises ValueError where nothing is left.
    """
    rows, stages = np.arange(len(ratings.value)), list[Stage]()
    while len(rows):
        active = ratings.at(rows)
        categories = used_categories(active)
        stage = _next_stage(active, rows, categories=categories, facets=facets)
        if stage is None:
            return Core(rows, categories, tuple(stages))
        stages.append(stage)
        rows = np.setdiff1d(rows, stage.rows, assume_unique=True)
    raise ValueError("no measure is finite: the ratings are all alike, or separated perfectly")


def _next_stage(
    active: Ratings,
    rows: np.ndarray,
    *,
    categories: Sequence[np.ndarray],
    facets: Sequence[str],
) -> Stage | None:
    top = np.array([len(own) - 1 for own in categories])
    if active.scales > 1 and (top[active.scale] == 0).any():
        constant = np.flatnonzero(top == 0)
        found = np.isin(active.scale, constant)
        ends = {int(e): "constant" for e in np.unique(active.element["item"][found])}
        return Stage("item", rows[found], ends)
    code = codes_of(active, categories=categories)
    for facet in facets:
        element = active.element[facet]
        n = np.bincount(element, minlength=active.size(facet))
        ends = {}
        for name, at_end in (("low", code == 0), ("high", code == top[active.scale])):
            hits = np.bincount(element[at_end], minlength=len(n))
            ends |= {int(e): name for e in np.flatnonzero((n > 0) & (hits == n))}
        if ends:
            return Stage(facet, rows[np.isin(element, list(ends))], ends)
    return None


def tally(rows: np.ndarray, columns: np.ndarray, *, shape: tuple[int, int]) -> Table:
    """How often each row meets each column; sparse where a full table would be large."""
    if shape[0] * shape[1] <= FULL:
        keys = rows * shape[1] + columns
        return np.bincount(keys, minlength=shape[0] * shape[1]).reshape(shape).astype(float)
    return sparse.csr_array((np.ones(len(rows)), (rows, columns)), shape=shape)


def full(table: Table) -> np.ndarray:
    """A table with all its cells."""
    return table if isinstance(table, np.ndarray) else table.toarray()


def weighted_rows(table: Table, weight: np.ndarray) -> Table:
    """A table with each row multiplied by its weight."""
    if isinstance(table, np.ndarray):
        return table * weight[:, None]
    data = table.data * np.repeat(weight, np.diff(table.indptr))
    return sparse.csr_array((data, table.indices, table.indptr), shape=table.shape)


def null_space(ratings: Ratings, *, merged: bool) -> np.ndarray:
    """Orthonormal shifts of items and raters (rows: items, then raters) that no rating can see.

    A shift is unseen when item + rater moves alike for all ratings of an object, so that the
    object can take it up. ``merged``: objects come from one population and move only together.
    With three connected facets there are two: all items, all raters. More of them are what cannot
    be compared (Eckes 2015, Introduction to Many-Facet Rasch Measurement, 9.3).
    """
    items, raters = ratings.size("item"), ratings.size("rater")
    item, rater = ratings.element["item"], ratings.element["rater"]
    group = np.zeros_like(item) if merged else ratings.element["object"]
    columns = np.concatenate([item, items + rater])
    shape = (int(group.max()) + 1, items + raters)
    sums = tally(np.tile(group, 2), columns, shape=shape)
    per_root = 1.0 / np.sqrt(np.maximum(np.bincount(group), 1))
    scaled = weighted_rows(sums, per_root)
    met = np.bincount(columns, minlength=shape[1])
    gram = np.diag(met.astype(float)) - full(scaled.T @ scaled)
    both = full(tally(item, rater, shape=(items, raters)))
    gram[:items, items:] += both
    gram[items:, :items] += both.T
    used = np.flatnonzero(met)
    values, vectors = linalg.eigh(gram[np.ix_(used, used)])
    out = np.zeros((shape[1], int((values < 1e-9 * max(values.max(), 1.0)).sum())))
    out[used] = vectors[:, : out.shape[1]]
    return out


def comparable(ratings: Ratings, *, shifts: np.ndarray) -> dict[str, np.ndarray]:
    """Facet -> block (1, 2, ...) of each element, 0 where it has no rating in ``ratings``.

    Measures compare only within a block. Blocks of items and raters are numbered after the objects
    that they meet first.
    """
    items = ratings.size("item")
    rows = {"item": shifts[:items], "rater": shifts[items:]}
    moved = rows["item"][ratings.element["item"]] + rows["rater"][ratings.element["rater"]]
    rows["object"] = np.zeros((ratings.size("object"), shifts.shape[1]))
    rows["object"][ratings.element["object"]] = moved
    blocks: dict[str, np.ndarray] = {}
    for facet in FACETS:
        element = ratings.element[facet]
        order = blocks["object"][ratings.element["object"]] if blocks else element
        first = np.full(ratings.size(facet), np.iinfo(int).max)
        np.minimum.at(first, element, order)
        blocks[facet] = _numbered(_groups(rows[facet]), first=first)
    return blocks


def _groups(rows: np.ndarray) -> np.ndarray:
    """Number of each row's group of equal rows, by one projection in general position."""
    projected = rows @ np.sqrt(np.arange(2.0, rows.shape[1] + 2.0))
    order = np.argsort(projected, kind="stable")
    groups = np.zeros(len(rows), dtype=int)
    groups[order[1:]] = np.cumsum(np.diff(projected[order]) > _ALIKE)
    return groups


def _numbered(groups: np.ndarray, *, first: np.ndarray) -> np.ndarray:
    """Groups numbered from 1 by the least ``first`` of their members; 0 where there is none."""
    seen = np.flatnonzero(first < np.iinfo(int).max)
    names, own = np.unique(groups[seen], return_inverse=True)
    least = np.full(len(names), np.iinfo(int).max)
    np.minimum.at(least, own, first[seen])
    number = np.empty(len(names), dtype=int)
    number[np.argsort(least, kind="stable")] = np.arange(1, len(names) + 1)
    out = np.zeros(len(groups), dtype=int)
    out[seen] = number[own]
    return out
