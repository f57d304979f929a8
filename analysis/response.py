"""Who answered and who did not: rates, what weights cost, and blanks, each with its interval."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.special import ndtri


def wilson(count: np.ndarray, *, n: np.ndarray, level: float) -> tuple[np.ndarray, np.ndarray]:
    """Two-sided interval of the proportion ``count`` / ``n`` (0-1); NaN where n is 0 or less.

    Source: Wilson 1927, JASA 22:209; Brown, Cai & DasGupta 2001, Stat. Sci. 16:101.
    """
    count, n = np.asarray(count, dtype=float), np.asarray(n, dtype=float)
    known = (n > 0) & (count >= 0) & (count <= n)
    size = np.where(known, n, 1.0)
    share, z2 = np.where(known, count, 0.0) / size, float(ndtri(0.5 + level / 2.0)) ** 2
    middle = (share + z2 / (2.0 * size)) / (1.0 + z2 / size)
    half = np.sqrt(z2 * (share * (1.0 - share) + z2 / (4.0 * size)) / size) / (1.0 + z2 / size)
    low = np.where(share <= 0.0, 0.0, np.clip(middle - half, 0.0, share))
    high = np.where(share >= 1.0, 1.0, np.clip(middle + half, share, 1.0))
    return np.where(known, low, np.nan), np.where(known, high, np.nan)


def response_rates(units: pd.DataFrame, *, level: float) -> pd.DataFrame:
    """Response rate per unit with Wilson's interval.

    In: ``unit``, ``invited`` and ``answered`` (people; invited may be missing). Out: the same,
    with ``rate``, ``low`` and ``high`` (0-1). The rate is a fact about this roster; the interval
    says how ready people like these are to answer, as if each decided for himself. All three are
    missing where invited is missing or 0; above 1 (more answers than people) the rate stands and
    the interval is missing. Raises ValueError for negative counts. Source: ``wilson``.
    """
    return _with_rate(units, count="answered", of="invited", level=level)


def item_nonresponse(items: pd.DataFrame, *, keys: Sequence[str], level: float) -> pd.DataFrame:
    """Share of the asked who left an item blank, per ``keys`` (the item; unit and item).

    In: ``keys``, ``asked`` and ``missing`` (people), any number of rows per key, e.g. one per
    class. 不适用 is an answer and not missing. Out, sorted: keys, asked, missing, ``rate``,
    ``low``, ``high`` (0-1), as ``response_rates``.
    """
    sums = items.groupby(list(keys), sort=True)[["asked", "missing"]].sum().reset_index()
    return _with_rate(sums, count="missing", of="asked", level=level)


def weight_spread(rows: pd.DataFrame, *, keys: Sequence[str]) -> pd.DataFrame:
    """What unequal weights cost, per ``keys``.

    In: ``keys``, ``n`` (answers of the row) and ``weight`` (of one of them). Out, sorted: keys,
    ``n``, ``deff`` = n sum(w²) / sum(w)², ``effective_n`` = n / deff, ``max_weight`` (the largest
    as a multiple of the mean). They do not change when all weights are multiplied. deff, the
    effective n and the maximum are missing where all weights are 0 or nobody answered. Raises
    ValueError for weights that are negative or not finite.
    Source: Kish 1965, Survey Sampling, 11.7; Kish 1992, J. Off. Stat. 8:183.
    """
    weight = rows["weight"].to_numpy(dtype=float)
    n = rows["n"].to_numpy(dtype=float)
    if not np.isfinite(weight).all() or (weight < 0).any() or (n < 0).any():
        raise ValueError("weights must be finite, and neither weights nor counts negative")
    top = weight.max(initial=0.0) or 1.0  # keeps squares of huge or tiny weights within range
    scaled = weight / top
    parts = rows[list(keys)].assign(
        n=n, first=n * scaled, second=n * scaled**2, largest=np.where(n > 0, scaled, 0.0)
    )
    grouped = parts.groupby(list(keys), sort=True)
    sums = grouped[["n", "first", "second"]].sum()
    known = sums["first"] > 0
    first = sums["first"].where(known)
    out = pd.DataFrame({"n": sums["n"], "deff": sums["n"] * sums["second"] / first**2})
    out["effective_n"] = first**2 / sums["second"].where(known)
    out["max_weight"] = grouped["largest"].max() * sums["n"] / first
    return out.reset_index()


def _with_rate(frame: pd.DataFrame, *, count: str, of: str, level: float) -> pd.DataFrame:
    found, base = (frame[name].to_numpy(dtype=float, na_value=np.nan) for name in (count, of))
    if (found < 0).any() or (base < 0).any():
        raise ValueError(f"{count} and {of} must not be negative")
    rate = np.divide(found, base, out=np.full(len(frame), np.nan), where=base > 0)
    low, high = wilson(found, n=base, level=level)
    return frame.assign(rate=rate, low=low, high=high)
