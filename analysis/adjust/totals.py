"""Class totals after case-mix adjustment by the plan's method."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

import numpy as np
import pandas as pd

from analysis.adjust.frames import Weighed, prepare, sums
from analysis.adjust.indirect import indirect_shift
from analysis.adjust.within import within_shift
from analysis.results import Cells
from instruments.methods import Adjustment


def adjusted_totals(
    cells: Cells,
    *,
    weights: pd.DataFrame,
    traits: Sequence[str],
    choice: Adjustment,
    basis: Collection[str],
) -> pd.DataFrame:
    """Class totals after case-mix adjustment, so that a mean of them is the adjusted mean.

    In: ``cells`` by class_code and traits (null = not stated, a level of its own); ``weights``
    class_code, weight. Out: class_code, leaf, n, total (0-100 points), of leaves with answers.
    ``choice.method``: 'indirect' (``indirect_shift``), 'within' (``within_shift``) or 'none';
    without traits nothing is adjusted. The province's means and coefficients are treated as known
    and rest on the classes in ``basis``, so that what is withheld moves nobody's adjusted value;
    an answer that no class of ``basis`` can be compared with stays as it is. Raises KeyError for
    another method, ValueError for weights or totals that are not finite.
    Sources: Draper & Gittoes 2004, JRSS A 167:449 (indirect standardisation, UK benchmarks);
    HCAHPS patient-mix adjustment (regression within units).
    """
    out = adjusted_cells(cells, weights=weights, traits=traits, choice=choice, basis=basis)
    of = out.keys["class_code"].cat.remove_unused_categories().cat
    n, total = (sums(part, of.codes.to_numpy()) for part in (out.n, out.total))
    return Cells(pd.DataFrame({"class_code": of.categories}), out.leaves, n, total).by_class()


def adjusted_cells(
    cells: Cells,
    *,
    weights: pd.DataFrame,
    traits: Sequence[str],
    choice: Adjustment,
    basis: Collection[str],
) -> Cells:
    """``cells`` of classes that have a weight, with ``total`` adjusted as ``adjusted_totals`` says.

    Where the keys have a column ``factor``, an answer weighs so many times its class's weight.
    """
    frame = prepare(cells, weights=weights, traits=traits, basis=basis)
    shift = METHODS[choice.method if traits else "none"](frame, list(traits), choice.minimum_cell)
    keys = frame.rows[list(cells.keys)]
    return Cells(keys, frame.leaves, frame.n, frame.total + frame.n * shift)


def _none(frame: Weighed, traits: list[str], minimum: int) -> np.ndarray:
    return np.zeros(frame.n.shape)


METHODS: dict[str, Callable[[Weighed, list[str], int], np.ndarray]] = {
    "indirect": indirect_shift,
    "within": within_shift,
    "none": _none,
}
"""Method -> points added to every answer of a cell, by leaf."""
