"""How the categories of a scale were used, and whether they work as ordered steps."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.facets.result import FacetsFit


def category_use(
    fit: FacetsFit, *, min_count: int, max_outfit: float, min_advance: float, max_advance: float
) -> pd.DataFrame:
    """Per scale and category in use: counts, average measures, fit, threshold, and what is amiss.

    Columns: item (blank when shared), category (as given), n, share, average (mean place of the
    ratings in it), expected (that mean under the model), outfit (mean squared standardised residual
    of its ratings), threshold (into it from below), se, advance (of the threshold over the one
    before); and, True = in order: enough (n >= ``min_count``), rising (average above the category
    before), fitting (outfit < ``max_outfit``), ordered (threshold above the one before), apart
    (advance between ``min_advance`` and ``max_advance``). The first category has no threshold, the
    first threshold no advance; what does not apply is in order.
    Source: Linacre 2002, J. Appl. Meas. 3:85, guidelines 1, 3, 4, 5, 7, 8.
    """
    p = fit.scored.probability()
    k = np.arange(len(p), dtype=float)[:, None]
    mean = (k * p).sum(axis=0)
    surprise = np.square(fit.scored.code - mean) / (p * (k - mean) ** 2).sum(axis=0)
    tables = []
    for scale, own in enumerate(fit.scored.categories):
        rows = fit.scored.ratings.scale == scale
        if len(own) > 1:
            name = fit.scored.ratings.levels["item"][scale] if fit.model != "rating_scale" else ""
            used = _use(fit.scored.code[rows], p[: len(own), rows], fit.scored.place[rows])
            outfit = np.bincount(fit.scored.code[rows], surprise[rows], len(own)) / used["n"]
            tables.append(used.assign(item=name, category=own, outfit=outfit))
    found = pd.concat(tables, ignore_index=True).merge(
        fit.thresholds, on=["item", "category"], how="left"
    )
    first = ~found.duplicated("item")
    before = found.groupby("item", sort=False)[["average", "threshold"]].shift()
    advance = found["threshold"] - before["threshold"]
    found = found.assign(
        advance=advance,
        enough=found["n"] >= min_count,
        rising=first | (found["average"] > before["average"]),
        fitting=found["outfit"] < max_outfit,
        ordered=advance.isna() | (advance > 0),
        apart=advance.isna() | advance.between(min_advance, max_advance),
    )
    return found[_COLUMNS]


_COLUMNS = [
    "item",
    "category",
    "n",
    "share",
    "average",
    "expected",
    "outfit",
    "threshold",
    "se",
] + ["advance", "enough", "rising", "fitting", "ordered", "apart"]


def _use(code: np.ndarray, p: np.ndarray, place: np.ndarray) -> pd.DataFrame:
    n = np.bincount(code, minlength=len(p))
    return pd.DataFrame(
        {
            "n": n,
            "share": n / n.sum(),
            "average": np.bincount(code, place, len(p)) / n,
            "expected": (p @ place) / p.sum(axis=1),
        }
    )
