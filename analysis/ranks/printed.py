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


def competition_ranks(printed: np.ndarray) -> np.ndarray:
    """Ranks 1, 2, 2, 4 of printed scores, highest first: only equal printed scores share a rank."""
    return 1 + (printed[None, :] > printed[:, None]).sum(axis=1)
