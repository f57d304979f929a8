"""Shares of a class's answers with a mark, beside what is tolerated; and more than enrolled."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

STRAIGHT, QUICK, PRESSURE, OVERFULL = "straight", "quick", "pressure", "overfull"


def marked(rows: pd.DataFrame, *, screen: str, tolerated: float) -> pd.DataFrame:
    """How many answers of a class bear a mark, beside the share of others or what is tolerated.

    In: ``class_code``, ``marked`` (missing = could not be). Out: ``class_code``, ``screen``, ``n``
    (that could be), ``statistic`` (that are), ``expected`` (n times the larger of the share in all
    other classes and ``tolerated``), ``p`` (exact binomial tail); missing where n is 0.
    Source: Clopper & Pearson 1934, Biometrika 26:404.
    """
    grouped = rows.groupby("class_code", sort=True, observed=True)["marked"]
    n, found = grouped.count(), grouped.sum().astype(float)
    others = (n.sum() - n).to_numpy(dtype=float)
    share = np.divide(found.sum() - found, others, out=np.zeros(len(n)), where=others > 0)
    chance = np.maximum(share, tolerated)
    codes = n.index.astype(object)
    out = pd.DataFrame({"class_code": codes, "screen": screen, "n": n.to_numpy()})
    some = n.to_numpy() > 0
    told = {
        "statistic": found.to_numpy(),
        "expected": n.to_numpy() * chance,
        "p": stats.binom.sf(found.to_numpy() - 1, n.to_numpy(), chance),
    }
    return out.assign(**{name: np.where(some, value, np.nan) for name, value in told.items()})


def overfull(classes: pd.DataFrame, *, spare: int) -> pd.DataFrame:
    """Classes with more answers than enrolled, and ``spare`` beyond: a count, no chance.

    In: ``class_code``, ``n``, ``enrolled`` (missing = unknown). Out: ``class_code``, ``screen``,
    ``n``, ``statistic`` (n), ``expected`` (the most that may be), ``p`` (0 above it, else 1).
    """
    most = classes["enrolled"].astype("Float64").to_numpy(dtype=float, na_value=np.nan) + spare
    n = classes["n"].to_numpy(dtype=float)
    known = ~np.isnan(most)
    return pd.DataFrame(
        {
            "class_code": classes["class_code"].to_numpy(dtype=object),
            "screen": OVERFULL,
            "n": classes["n"].to_numpy(),
            "statistic": np.where(known, n, np.nan),
            "expected": most,
            "p": np.where(known, np.where(n > most, 0.0, 1.0), np.nan),
        }
    )
