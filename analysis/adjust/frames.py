"""The cells of a case-mix adjustment: with weights, levels as text, and who is compared with."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import csc_array

from analysis.results import Cells

PARTS = 512
"""Of the rows of a table, summed one by one."""


def sums(values: np.ndarray, by: np.ndarray, factor: np.ndarray | None = None) -> np.ndarray:
    """Sums of the rows of ``values``, times ``factor`` by row, that have one number ``by``.

    Rows of a large group are summed part by part and the parts then, which rounds far less.
    """
    rows, groups = len(by), int(by.max(initial=-1)) + 1
    parts = max(1, min(PARTS, rows // max(groups, 1)))
    at = np.arange(rows) * parts // max(rows, 1) * groups + by
    shape = (parts * groups, rows)
    often = np.ones(rows) if factor is None else factor
    found = csc_array((often, at, np.arange(rows + 1)), shape=shape) @ values
    return np.asarray(found.reshape(parts, groups, *values.shape[1:]).sum(axis=0))


@dataclass(frozen=True, eq=False)
class Weighed:
    """Cells of the classes that have a weight; arrays run along them, then along leaves."""

    rows: pd.DataFrame
    """``cells.keys`` with all other columns of the weights; traits as text, '' where not stated,
    and classes as categories."""
    leaves: tuple[str, ...]
    n: np.ndarray
    total: np.ndarray
    weight: np.ndarray
    """Of one answer, by cell."""
    known: np.ndarray
    """1 for a cell of a class of the basis, else 0."""

    def groups(self, columns: Sequence[str]) -> np.ndarray:
        """Number of the group of cells that are equal in these columns of ``rows``."""
        number = np.zeros(len(self.rows), dtype=np.int64)
        for name in columns:
            codes = self.rows[name].astype("category").cat
            number = number * len(codes.categories) + codes.codes
            number = np.unique(number, return_inverse=True)[1]
        return number

    def parts(self) -> Iterator[tuple[int, np.ndarray, pd.DataFrame]]:
        """Leaf by leaf, sorted: its place, its cells with answers, and a frame of them."""
        for leaf in sorted(self.leaves):
            place = self.leaves.index(leaf)
            at = np.flatnonzero(self.n[:, place] > 0)
            numbers = {"n": self.n[at, place], "total": self.total[at, place]}
            more = {"weight": self.weight[at], "known": self.known[at]}
            if len(at):
                yield place, at, self.rows.iloc[at].assign(**numbers, **more)


def prepare(
    cells: Cells,
    *,
    weights: pd.DataFrame,
    traits: Sequence[str],
    basis: Collection[str],
) -> Weighed:
    """``cells`` of the classes that have a weight, with all other columns of ``weights``.

    A column ``factor`` of the keys multiplies the class's weight.
    Raises ValueError for weights or totals that are not finite.
    """
    of = pd.Index(weights["class_code"]).get_indexer(cells.keys["class_code"])
    chosen, held = of[of >= 0], cells.where(of >= 0)
    rows = held.keys.reset_index(drop=True)
    more = [name for name in weights if name not in (*rows, "n", "weight")]
    rows = rows.assign(**{name: weights[name].to_numpy()[chosen] for name in more})
    rows = rows.assign(**{trait: _text(rows[trait]) for trait in traits})
    codes = dict.fromkeys(["class_code", *more], "category")
    rows = rows.astype(codes)
    weight = weights["weight"].to_numpy(dtype=float, na_value=np.nan)[chosen]
    n, total = (part.astype(float) for part in (held.n, held.total))
    if not all(np.isfinite(part).all() for part in (n, total, weight)):
        raise ValueError("counts, totals and weights must be finite")
    if "factor" in rows:
        weight = weight * rows["factor"].to_numpy(dtype=float)
    known = rows["class_code"].isin(list(basis)).to_numpy(dtype=float)
    return Weighed(rows, held.leaves, n, total, weight, known)


def _text(levels: pd.Series) -> pd.Categorical:
    of = levels.astype("category").cat
    names = [str(name) for name in of.categories]
    every = sorted({"", *names})
    place = np.array([*(every.index(name) for name in names), every.index("")], dtype=int)
    return pd.Categorical.from_codes(place[of.codes.to_numpy()], every)
