"""Cells of answers from rows that a test can read: one per class, traits and leaf."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.results import Cells


def wide(rows: pd.DataFrame) -> Cells:
    """``rows`` with n, total and leaf, all other columns being keys, as ``Cells``."""
    keys = [name for name in rows if name not in ("leaf", "n", "total")]
    found = rows[keys].drop_duplicates().reset_index(drop=True)
    number = rows[keys].merge(found.reset_index(), on=keys, how="left")["index"].to_numpy()
    leaves = sorted(set(rows["leaf"]))
    at = (number, np.array([leaves.index(leaf) for leaf in rows["leaf"]], dtype=int))
    n, total = (np.zeros((len(found), len(leaves))) for _ in range(2))
    n[at], total[at] = rows["n"].to_numpy(dtype=float), rows["total"].to_numpy(dtype=float)
    return Cells(found, tuple(leaves), n, total)
