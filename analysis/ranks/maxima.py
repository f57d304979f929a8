"""Exact quantiles of the largest standardised difference, without looking at every pair of a draw.

``open_[i, j]`` says that "i is not above j" is still to be tested, so that a draw with i above j
counts. All values compared are float64 values of the pair itself, |x_i - x_j| / se_ij, so that the
quantile equals, bit for bit, the one over all pairs.
"""

from __future__ import annotations

import numpy as np

from analysis.ranks.errors import PAIRS, Errors


def critical_value(errors: Errors, *, open_: np.ndarray, level: float) -> float:
    """Quantile ``level`` (the next higher order statistic) of the largest open t of each draw.

    A lower bound of every draw's largest t comes from its farthest units and the tight pairs; the
    same quantile of these bounds is a lower bound m of the answer. Then only pairs that can exceed
    m, and the best of their draw, are looked at: draws that stay below m need no exact value.
    """
    best = np.maximum(_tight_maxima(errors, open_), _farthest_maxima(errors, open_))
    least = order_statistic(best, level)
    for start, stop in _blocks(errors):
        _search(errors, open_, best=best[start:stop], start=start, least=least)
    return order_statistic(best, level)


def order_statistic(values: np.ndarray, level: float) -> float:
    """The smallest value that has at least ``level`` of the gaps between values below it."""
    place = int(np.ceil(level * (len(values) - 1)))
    return float(np.partition(values, place)[place])


def _blocks(errors: Errors) -> list[tuple[int, int]]:
    draws, size = errors.sample.shape
    step = max(1, PAIRS // size)
    return [(start, min(start + step, draws)) for start in range(0, draws, step)]


def open_t(
    difference: np.ndarray, *, se: np.ndarray, above: np.ndarray, below: np.ndarray
) -> np.ndarray:
    """|difference| / se where the hypothesis of its direction is open, else 0."""
    value = np.abs(difference)
    value /= se
    value *= np.where(difference > 0.0, above, below)
    return value


def _tight_maxima(errors: Errors, open_: np.ndarray) -> np.ndarray:
    best = np.zeros(len(errors.sample))
    first, second = errors.tight
    wanted = open_[first, second] | open_[second, first]
    first, second = first[wanted], second[wanted]
    step = max(1, PAIRS // max(len(first), 1))
    for start in range(0, len(best) if len(first) else 0, step):
        part = errors.sample[start : start + step]
        values = open_t(
            part[:, first] - part[:, second],
            se=errors.se[first, second],
            above=open_[first, second],
            below=open_[second, first],
        )
        best[start : start + step] = values.max(axis=1)
    return best


def _farthest_maxima(errors: Errors, open_: np.ndarray) -> np.ndarray:
    best = np.zeros(len(errors.sample))
    for start, stop in _blocks(errors):
        part = errors.sample[start:stop]
        for unit in (errors.top[start:stop], errors.bottom[start:stop]):
            own = np.take_along_axis(part, unit[:, None], axis=1)
            values = open_t(
                own - part, se=errors.se[unit], above=open_[unit], below=open_.T[unit]
            ).max(axis=1)
            np.maximum(best[start:stop], values, out=best[start:stop])
    return best


def _search(
    errors: Errors, open_: np.ndarray, *, best: np.ndarray, start: int, least: float
) -> None:
    """Raise ``best`` to the largest open t of its draw wherever that exceeds ``least``."""
    reach = errors.reach[start : start + len(best)]
    if reach.shape[1] < 2:
        return
    farthest = np.partition(reach, -2, axis=1)[:, -2:].sum(axis=1)
    rows = np.flatnonzero(farthest > errors.floor(np.maximum(best, least)))
    order = np.argsort(-reach[rows], axis=1, kind="stable")
    sorted_ = np.take_along_axis(reach[rows], order, axis=1)
    for place in range(reach.shape[1] - 1):
        need = errors.floor(np.maximum(best[rows], least)) - sorted_[:, place]
        going = sorted_[:, place + 1] > need
        rows, order, sorted_, need = rows[going], order[going], sorted_[going], need[going]
        if not len(rows):
            return
        line, column = np.nonzero(sorted_[:, place + 1 :] > need[:, None])
        first, second = order[line, place], order[line, place + 1 + column]
        row = rows[line]
        draw = start + row
        values = open_t(
            errors.sample[draw, first] - errors.sample[draw, second],
            se=errors.se[first, second],
            above=open_[first, second],
            below=open_[second, first],
        )
        np.maximum.at(best, row, values)
