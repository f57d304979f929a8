"""Fuzzy comprehensive evaluation: the shares of the grades, weighted, as a way to report.

With the operator M(·,+) its score is the plain weighted mean of the items' mean grades, nothing
more; the operator M(∧,∨) throws most of the shares away and is here to show that. Neither ranks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

WHOLE = "whole"
"""Name of the last row of the table: the evaluation of the whole."""


def membership(counts: np.ndarray) -> np.ndarray:
    """Matrix R: share of the answers in each grade, per item.

    ``counts``: items x grades, not negative (weighted counts too). Rows sum to 1; an item without
    answers is NaN. Raises ValueError for negative or missing counts.
    """
    counts = np.asarray(counts, dtype=float)
    if not (np.isfinite(counts) & (counts >= 0)).all():
        raise ValueError("counts of grades must be finite and not negative")
    total = counts.sum(axis=1, keepdims=True)
    return np.divide(counts, total, out=np.full(counts.shape, np.nan), where=total > 0)


def evaluate(shares: np.ndarray, *, weights: np.ndarray, operator: str) -> np.ndarray:
    """Vector B = W o R of the grades; sums to 1.

    ``shares``: R, items x grades (``membership``, or B of a lower level row by row). ``weights``
    not negative; re-normalised over the items that have answers, so that only ratios count.
    'weighted_mean', M(·,+): b_j = sum w_i r_ij. 'max_min', M(∧,∨): b_j = max over i of
    min(w_i, r_ij), then divided by the sum of all b (it need not be 1). No item with answers, or
    only such as weigh nothing: NaN. Raises KeyError for an unknown operator, ValueError for
    negative or infinite weights.
    Source: Wang Peizhuang 1983, 模糊集合论及其应用, on comprehensive decision; Zadeh 1965.
    """
    weights = np.asarray(weights, dtype=float)
    if not (np.isfinite(weights) & (weights >= 0)).all():
        raise ValueError("weights must be finite and not negative")
    known = ~np.isnan(shares).any(axis=1)
    total = weights[known].sum()
    if not total > 0:
        return np.full(shares.shape[1], np.nan)
    return OPERATORS[operator](weights[known] / total, shares[known])


def score(shares: np.ndarray, *, values: np.ndarray) -> np.ndarray:
    """Mean value of the grades: the shares (last axis) times the ``values`` of the grades."""
    return shares @ np.asarray(values, dtype=float)


def table(
    shares: np.ndarray,
    *,
    weights: np.ndarray,
    values: np.ndarray,
    items: Sequence[str],
    grades: Sequence[str],
    operator: str,
) -> pd.DataFrame:
    """The evaluation as a table to print: one row per item, the last (``WHOLE``) for the whole.

    Columns: item, weight (share among the items with answers; 1 for the whole), one per grade
    (shares 0-1), score (mean of ``values``, the points of the grades), grade (the one with the
    largest share, the better of equal ones: ``grades`` run from best to worst; None without
    answers). Not rounded. Raises as ``evaluate``, and ValueError for a name that occurs twice
    or is a column's.
    """
    taken = {"item", "weight", "score", "grade"} & set(grades)
    if taken or len({*items, WHOLE}) <= len(items) or len(set(grades)) < len(grades):
        raise ValueError("items and grades need names that differ")
    whole = evaluate(shares, weights=weights, operator=operator)
    weights = np.where(np.isnan(shares).any(axis=1), 0.0, weights)
    total = weights.sum()
    part = weights / total if total > 0 else np.full(len(weights), np.nan)
    rows = np.vstack([shares, whole])
    out = pd.DataFrame({"item": [*items, WHOLE], "weight": [*part, 1.0]})
    out = out.assign(**{grade: rows[:, j] for j, grade in enumerate(grades)})
    best = [None if np.isnan(row).any() else grades[int(row.argmax())] for row in rows]
    return out.assign(score=score(rows, values=values), grade=pd.Series(best, dtype=object))


def _weighted_mean(weights: np.ndarray, shares: np.ndarray) -> np.ndarray:
    return weights @ shares


def _max_min(weights: np.ndarray, shares: np.ndarray) -> np.ndarray:
    found = np.minimum(weights[:, None], shares).max(axis=0)
    return found / found.sum()


OPERATORS: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "weighted_mean": _weighted_mean,
    "max_min": _max_min,
}
