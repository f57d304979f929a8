"""Chances that two answers are alike on many items, each of which has a chance of its own."""

from __future__ import annotations

import numpy as np
from scipy import stats

RAREST = 1e-3
"""No two people agree more rarely on an item."""
TOGETHER = 1 << 11
"""Pairs whose tails are summed at once, so that they stay near the processor."""
FURTHER = 3
"""Unlike items by which the sums go on where they did not reach far enough."""


def rarely(agree: np.ndarray, pair: float) -> tuple[np.ndarray, np.ndarray]:
    """From how many like items on two answers are so with a chance of at most ``pair``, and that
    chance: for chances of each item (first axis) of each two (second).

    One more than all items, and no chance, where even all of them are likelier. The chance of at
    most j unlike items is summed for as few j as that takes.
    """
    items, size = agree.shape
    least, chance = np.zeros(size, dtype=np.int64), np.zeros(size)
    left, most = np.arange(size), _reach(agree.sum(axis=0), items, pair)
    while len(left):
        again = []
        order = left[np.argsort(most[left], kind="stable")]
        for begin in range(0, len(order), TOGETHER):
            some = order[begin : begin + TOGETHER]
            tails = unlike(agree.take(some, axis=1), int(most[some[-1]]))
            rare = np.zeros(len(some), dtype=np.int16)
            for tail in tails:  # row by row: sums of truth values down columns are slow
                rare += tail <= pair
            at = np.maximum(rare, 1) - 1
            least[some] = items + 1 - rare
            chance[some] = np.where(rare > 0, tails[at, np.arange(len(some))], 0.0)
            if len(tails) <= items:
                again.append(some[tails[-1] <= pair])
        left = np.concatenate([np.zeros(0, dtype=np.int64), *again])
        most[left] = np.minimum(most[left] + FURTHER, items)
    return least, chance


def _reach(alike: np.ndarray, items: int, pair: float) -> np.ndarray:
    """Unlike items that are mostly no longer rare, of pairs of which so many are alike in the mean:
    as a normal of the widest spread says, and one more."""
    share = np.clip(alike / max(items, 1), 0.0, 1.0)
    spread = np.sqrt(items * share * (1.0 - share))
    far = items - alike - stats.norm.isf(min(pair, 0.5)) * spread
    return np.clip(far, -1.0, items - 2.0).astype(np.int16) + np.int16(2)


def unlike(agree: np.ndarray, most: int) -> np.ndarray:
    """P(at most j items are unlike), j from 0 to ``most`` along the first axis: products of the
    chances to agree times elementary symmetric functions of the odds against it."""
    agree = np.maximum(agree, RAREST)
    mass, moved = np.zeros((most + 1, agree.shape[1])), np.empty((most, agree.shape[1]))
    mass[0] = agree.prod(axis=0)
    for k, odds in enumerate((1.0 - agree) / agree):
        last = min(k + 1, most)
        np.multiply(mass[:last], odds, out=moved[:last])
        mass[1 : last + 1] += moved[:last]
    for j in range(most):
        mass[j + 1] += mass[j]
    return np.minimum(mass, 1.0, out=mass)
