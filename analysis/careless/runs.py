"""Runs of equal answers and the spread of answers within a row."""

from __future__ import annotations

import numpy as np


def run_lengths(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Longest run, number of runs and answers of each row; blanks (NaN) are skipped over.

    In: rows x items in the order asked. Out: three whole-number arrays; 0 where nothing is
    answered. Source: Johnson 2005, J. Res. Pers. 39:103 (long string).
    """
    rows = len(values)
    run, longest, runs, answered = (np.zeros(rows, dtype=int) for _ in range(4))
    last = np.full(rows, np.nan)
    for column in values.T:
        given = ~np.isnan(column)
        same = given & (column == last)
        run = np.where(same, run + 1, np.where(given, 1, run))
        runs += given & ~same
        last = np.where(given, column, last)
        longest = np.maximum(longest, run)
        answered += given
    return longest, runs, answered


def spread(values: np.ndarray) -> np.ndarray:
    """Standard deviation (n - 1) of each row's answers; NaN with fewer than two.

    In: rows x items, at least one. Source: Dunn et al. 2018, J. Bus. Psychol. 33:105 (IRV).
    """
    given = ~np.isnan(values)
    n = given.sum(axis=1)
    filled = np.where(given, values, 0.0)
    mean = filled.sum(axis=1) / np.maximum(n, 1)
    squares = (np.where(given, values - mean[:, None], 0.0) ** 2).sum(axis=1)
    constant = np.fmin.reduce(values, axis=1) == np.fmax.reduce(values, axis=1)
    out = np.sqrt(squares / np.maximum(n - 1, 1))
    return np.where(n > 1, np.where(constant, 0.0, out), np.nan)
