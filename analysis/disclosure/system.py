"""What a reader of published tables knows: cells within bounds, and sums of cells within bounds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

SLACK = 1e-6
"""Published floats that contradict each other by less are read as equal."""


class Contradiction(ValueError):
    """No numbers of people fit all that is told: the tables are not about the same answers."""

    def __init__(self) -> None:
        super().__init__("what is published contradicts itself")


@dataclass(frozen=True, eq=False)
class System:
    """Cells (unknown to the reader) and relations among them; both sorted by name."""

    cells: tuple[str, ...]
    low: np.ndarray
    """Per cell, what anybody knows before publication: 0 for a count; may be infinite."""
    high: np.ndarray
    whole: np.ndarray
    """Cells that count people, so are integers."""
    relations: tuple[str, ...]
    least: np.ndarray
    """Per relation, the bounds of its sum: equal where the value is published exactly."""
    most: np.ndarray
    matrix: csr_array
    """Relations x cells: coefficients of the sums."""

    def without(self, relations: Sequence[str]) -> System:
        """The system of a reader who is not told ``relations``."""
        gone = set(relations)
        kept = np.array([name not in gone for name in self.relations], dtype=bool)
        names = tuple(name for name in self.relations if name not in gone)
        least, most = self.least[kept], self.most[kept]
        matrix = self.matrix[np.flatnonzero(kept)]
        return replace(self, relations=names, least=least, most=most, matrix=matrix)


def build_system(cells: pd.DataFrame, *, terms: pd.DataFrame, relations: pd.DataFrame) -> System:
    """Put frames together to a ``System``.

    ``cells``: ``cell``, ``low``, ``high``, ``whole`` (one row a cell; a cell named twice gets the
    narrower of both bounds). ``terms``: ``relation``, ``cell``, ``coefficient`` (terms of one cell
    in one relation are added up). ``relations``: ``relation``, ``low``, ``high``, one row each.
    The order of rows changes nothing. Raises ValueError when a term names what is not there, a
    relation is named twice, a number is missing, or bounds contradict each other.
    """
    grouped = cells.groupby("cell", sort=True)
    bounds = pd.DataFrame(
        {
            "low": grouped["low"].max(),
            "high": grouped["high"].min(),
            "whole": grouped["whole"].any(),
        }
    )
    told = relations.sort_values("relation", kind="stable").reset_index(drop=True)
    names, sums = tuple(bounds.index), tuple(told["relation"])
    _check(bounds, told, terms)
    places = (
        pd.Index(names).get_indexer(terms["cell"]),
        pd.Index(sums).get_indexer(terms["relation"]),
    )
    if (places[0] < 0).any() or (places[1] < 0).any():
        raise ValueError("a term names a cell or a relation that is not there")
    entries = terms["coefficient"].to_numpy(dtype=float), (places[1], places[0])
    return System(
        names,
        bounds["low"].to_numpy(dtype=float),
        bounds["high"].to_numpy(dtype=float),
        bounds["whole"].to_numpy(dtype=bool),
        sums,
        told["low"].to_numpy(dtype=float),
        told["high"].to_numpy(dtype=float),
        csr_array(entries, shape=(len(sums), len(names))),
    )


def _check(bounds: pd.DataFrame, told: pd.DataFrame, terms: pd.DataFrame) -> None:
    if told["relation"].duplicated().any():
        raise ValueError("a relation is named twice")
    numbers = [bounds[["low", "high"]], told[["low", "high"]], terms[["coefficient"]]]
    if any(frame.astype(float).isna().to_numpy().any() for frame in numbers):
        raise ValueError("a bound or coefficient is missing")
    for frame in (bounds, told):
        if (frame["low"].astype(float) > frame["high"].astype(float) + SLACK).any():
            raise ValueError("a lower bound lies above its upper bound")


def join_systems(systems: Sequence[System]) -> System:
    """One reader of several publications: cells of one name are the same people.

    Bounds of a cell are the narrower ones. Raises ValueError when two publications name a relation
    alike: publications of different days need different names.
    """
    cells = pd.concat(
        [
            pd.DataFrame({"cell": one.cells, "low": one.low, "high": one.high, "whole": one.whole})
            for one in systems
        ],
        ignore_index=True,
    )
    terms, relations = [], []
    for one in systems:
        entries = one.matrix.tocoo()
        names, sums = np.array(one.cells, dtype=object), np.array(one.relations, dtype=object)
        rows, columns = entries.coords
        terms.append(
            pd.DataFrame(
                {"relation": sums[rows], "cell": names[columns], "coefficient": entries.data}
            )
        )
        relations.append(pd.DataFrame({"relation": sums, "low": one.least, "high": one.most}))
    return build_system(
        cells,
        terms=pd.concat(terms, ignore_index=True),
        relations=pd.concat(relations, ignore_index=True),
    )


def rounded(value: pd.Series, *, decimals: int) -> pd.DataFrame:
    """``low`` and ``high`` of what a printed ``value`` may have been before it was rounded."""
    half = 0.5 * 10.0**-decimals
    return pd.DataFrame({"low": value.astype(float) - half, "high": value.astype(float) + half})
