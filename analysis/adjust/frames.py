"""The cells of a case-mix adjustment: with weights, levels as text, and who is compared with."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import pandas as pd


def prepare(
    cells: pd.DataFrame,
    *,
    weights: pd.DataFrame,
    traits: Sequence[str],
    basis: Collection[str],
) -> pd.DataFrame:
    """``cells`` of the classes that have a weight, with all other columns of ``weights``.

    Adds ``known`` (1 for a class in ``basis``, else 0); traits become text, '' where not stated.
    A column ``factor`` of ``cells`` multiplies the class's weight.
    Raises ValueError for weights or totals that are not finite.
    """
    frame = cells.merge(weights, on="class_code", suffixes=("", "_of_class"))
    frame = frame.assign(**{trait: frame[trait].astype("string").fillna("") for trait in traits})
    numbers = frame[["n", "total", "weight"]].to_numpy(dtype=float, na_value=np.nan)
    if not np.isfinite(numbers).all():
        raise ValueError("counts, totals and weights must be finite")
    if "factor" in frame:
        numbers[:, 2] = numbers[:, 2] * frame["factor"].to_numpy(dtype=float)
    named = dict(zip(("n", "total", "weight"), numbers.T, strict=True))
    return frame.assign(known=frame["class_code"].isin(list(basis)).astype(float), **named)
