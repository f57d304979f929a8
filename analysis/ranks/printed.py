"""Scores as printed, and the competition ranks 1, 2, 2, 4 of printed scores."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

import numpy as np

DECIDED = 9
"""Decimals to which a score is rounded before anything is decided on it."""


def printed_score(score: float, *, decimals: int) -> float:
    """``score`` as printed: rounded half up to ``decimals`` from its value to nine decimals."""
    decided = Decimal(format(float(score), f".{DECIDED}f"))
    return float(decided.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP))


def printed_scores(score: np.ndarray, *, decimals: int) -> np.ndarray:
    """``printed_score`` of every element, to the last bit; NaN stays.

    In binary wherever no boundary is near, one by one in decimals where the ninth decimal or the
    last bit could decide.
    """
    unit = 10.0**decimals
    raised = score * unit + 0.5
    whole = np.floor(raised)
    near = np.abs(raised - np.rint(raised)) <= NEAR * unit + 1e-12 * np.abs(raised)
    out = whole / unit
    doubtful, place = np.unique(score[near], return_inverse=True)
    decided = [printed_score(value, decimals=decimals) for value in doubtful]
    out[near] = np.array(decided, dtype=float)[place]
    return out


NEAR = 2.0 * 10.0**-DECIDED
"""Scores further from a boundary than this, in points, are on the same side to nine decimals."""


def competition_ranks(printed: np.ndarray) -> np.ndarray:
    """Ranks 1, 2, 2, 4 of printed scores, highest first: only equal printed scores share a rank."""
    return 1 + (printed[None, :] > printed[:, None]).sum(axis=1)
