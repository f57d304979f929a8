"""Where items, raters and thresholds stand in one vector, and sums over ratings for each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import linalg, sparse

from analysis.facets.design import FULL, Ratings, Table
from analysis.facets.scale import Moments, Thresholds


@dataclass(frozen=True, eq=False)
class Layout:
    """Parameters in order: items, raters, thresholds of each scale."""

    items: int
    raters: int
    thresholds: Thresholds
    columns: np.ndarray
    """(2 + most thresholds of a scale) x ratings: the parameters that each rating meets."""

    @property
    def size(self) -> int:
        """Number of parameters."""
        return self.items + self.raters + len(self.thresholds.value)

    def split(self, vector: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Items, raters, thresholds."""
        return tuple(np.split(vector, [self.items, self.items + self.raters]))  # type: ignore[return-value]

    def total(self, by_item: np.ndarray, by_threshold: np.ndarray) -> np.ndarray:
        """Sums over ratings per parameter: the first for items and raters, the rest thresholds."""
        weights = np.concatenate([by_item, by_item, by_threshold.ravel()])
        return np.bincount(self.columns.ravel(), weights=weights, minlength=self.size)


def layout_of(ratings: Ratings, *, thresholds: Thresholds) -> Layout:
    """The vector for these ratings and thresholds."""
    items, raters = ratings.size("item"), ratings.size("rater")
    most = int(thresholds.size.max())
    first = items + raters + thresholds.offset[ratings.scale]
    own = np.minimum(np.arange(most)[:, None], thresholds.size[ratings.scale] - 1)
    columns = [ratings.element["item"], items + ratings.element["rater"], *(first + own)]
    return Layout(items, raters, thresholds, np.array(columns, dtype=np.int64))


def information(layout: Layout, found: Moments, *, weight: np.ndarray | float = 1.0) -> np.ndarray:
    """Information about all parameters with the objects known: size x size, dense.

    ``weight`` counts each entry of ``found`` (1, or posterior counts); its shape is that of the
    places, the first axis being the layout's ratings.
    """
    size = layout.size
    out = np.zeros(size * size)

    def put(a: int, b: int, values: np.ndarray) -> None:
        summed = (values * weight).reshape(layout.columns.shape[1], -1).sum(axis=1)
        np.add(
            out,
            np.bincount(layout.columns[a] * size + layout.columns[b], summed, size * size),
            out=out,
        )

    put(0, 0, found.variance)
    put(1, 1, found.variance)
    put(0, 1, found.variance)
    for h, (upper, shared) in enumerate(zip(found.above, found.with_above, strict=True)):
        put(0, 2 + h, shared)
        put(1, 2 + h, shared)
        for g in range(h + 1):  # being above h implies being above g
            put(2 + g, 2 + h, upper * (1.0 - found.above[g]))
    table = out.reshape(size, size)
    return np.triu(table) + np.triu(table, 1).T


def unseen(layout: Layout, ratings: Ratings, *, shifts: np.ndarray) -> np.ndarray:
    """Orthonormal directions of the whole vector that no rating can see.

    ``shifts`` of items and raters, and for each scale: all its thresholds up, its items down. A
    parameter without ratings is unseen by itself.
    """
    items, raters = layout.items, layout.raters
    rows = [np.pad(one, (0, layout.size - items - raters)) for one in shifts.T]
    for scale, size in enumerate(layout.thresholds.size):
        own = np.zeros(layout.size)
        start = items + raters + layout.thresholds.offset[scale]
        own[start : start + size] = 1.0
        own[np.unique(ratings.element["item"][ratings.scale == scale])] = -1.0
        rows.append(own)
    met = np.bincount(layout.columns.ravel(), minlength=layout.size) > 0
    rows += list(np.eye(layout.size)[~met])
    return linalg.orth(np.array(rows).T)


def centring(layout: Layout, *, free: np.ndarray, blocks: dict[str, np.ndarray]) -> np.ndarray:
    """Matrix that moves a vector along ``free`` directions to the centred form.

    What follows the thresholds in the vector moves along.

    Thresholds sum to zero on each scale, then raters within each block, then items within each
    block as far as that is still open (where raters of two blocks share objects but no item, the
    raters' blocks settle it). Elements without a block (0) stay where they are.
    """
    groups = []
    start = layout.items + layout.raters
    sizes = zip(layout.thresholds.offset, layout.thresholds.size, strict=True)
    groups.append([np.arange(start + o, start + o + n) for o, n in sizes if n])
    for facet, first in (("rater", layout.items), ("item", 0)):
        own = blocks[facet]
        groups.append([first + np.flatnonzero(own == b) for b in range(1, own.max() + 1)])
    moved, left = np.eye(len(free)), free
    for members in groups:
        condition = np.zeros((len(members), len(free)))
        for row, places in zip(condition, members, strict=True):
            row[places] = 1.0 / len(places)
        met = condition @ left
        moved = moved - left @ linalg.pinv(met, rtol=1e-9) @ (condition @ moved)
        left = left @ linalg.null_space(met, rcond=1e-9)
    return moved


@dataclass(frozen=True, eq=False)
class Crossing:
    """Objects x parameters, refilled from ratings in each step; sparse where that is large."""

    index: np.ndarray
    shape: tuple[int, int]
    pattern: tuple[np.ndarray, np.ndarray] | None
    """Columns and row pointers of a sparse table."""

    def fill(self, weights: np.ndarray) -> Table:
        """Sums of ``weights`` ((2 + thresholds) x ratings) per object and parameter."""
        if self.pattern is None:
            cells = self.shape[0] * self.shape[1]
            return np.bincount(self.index, weights.ravel(), cells).reshape(self.shape)
        columns, pointer = self.pattern
        data = np.bincount(self.index, weights.ravel(), len(columns))
        return sparse.csr_array((data, columns, pointer), shape=self.shape)


def crossing_of(layout: Layout, objects: np.ndarray, *, count: int) -> Crossing:
    """The pattern for the objects of each rating."""
    keys = (objects * layout.size + layout.columns).ravel()
    shape = (count, layout.size)
    if count * layout.size <= FULL:
        return Crossing(keys, shape, None)
    cells, index = np.unique(keys, return_inverse=True)
    owners = np.bincount(cells // layout.size, minlength=count)
    pointer = np.concatenate([[0], np.cumsum(owners)])
    return Crossing(index, shape, (cells % layout.size, pointer))
