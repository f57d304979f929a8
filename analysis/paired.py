"""How the same people changed: mean of paired differences with its standard error."""

from __future__ import annotations

import numpy as np
import pandas as pd


def paired_change(pairs: pd.DataFrame, *, least: int) -> pd.DataFrame:
    """Mean difference of pairs per unit, where there are at least ``least`` and two of them.

    In: ``unit``, ``before``, ``after``, one row a person, in steps of their scale, none missing.
    Out: ``unit``, ``n``, ``change`` (after less before) and ``se``, the differences' standard
    deviation over the root of ``n``: the numerator and denominator of the paired t (Student 1908),
    people within a unit taken as independent. Sorted by unit.
    """
    units = pairs["unit"].to_numpy(dtype=object)
    difference = pairs["after"].to_numpy(dtype=float) - pairs["before"].to_numpy(dtype=float)
    rows = []
    for unit in sorted(set(units)):
        own = np.sort(difference[units == unit])  # the order of rows moves no last digit
        if len(own) >= max(least, 2):
            rows.append((unit, len(own), own.mean(), own.std(ddof=1) / np.sqrt(len(own))))
    return pd.DataFrame(rows, columns=["unit", "n", "change", "se"])
