"""The cells of a case-mix adjustment: with weights, levels as text, and who is compared with."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.results import Cells


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

    def sums(self, values: np.ndarray, by: np.ndarray) -> np.ndarray:
        """Sums of ``values`` (cells x leaves) over cells with answers, by number of group."""
        held = pd.DataFrame(np.where(self.n > 0, values, np.nan), copy=False)
        return held.groupby(by, sort=True).sum().to_numpy(dtype=float)

    def groups(self, columns: Sequence[str]) -> np.ndarray:
        """Number of the group of cells that are equal in these columns of ``rows``."""
        if not columns:
            return np.zeros(len(self.rows), dtype=int)
        return self.rows.groupby(list(columns), sort=True, observed=True).ngroup().to_numpy()

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
    rows = rows.assign(class_code=rows["class_code"].astype("category"))
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
