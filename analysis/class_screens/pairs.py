"""Pairs of answers of a class: how many agree on so many items as chance seldom gives."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.class_screens.pool import Asked, Pool
from analysis.class_screens.tails import rarely

TOGETHER = 1600
"""Answers whose pairs are looked at at once: few calls, and still near the processor."""
WORD = 64
"""Bits of the numbers in which codes are compared."""


@dataclass(frozen=True, eq=False)
class _Batch:
    """Classes of one size that are asked the same items."""

    codes: np.ndarray
    """classes x answers x items."""
    place: np.ndarray
    """classes x answers: of the answer's band among those of its class."""
    present: np.ndarray
    """classes x bands of a class: which of all bands; 0 beyond those of the class."""
    count: np.ndarray
    """classes x bands of a class: answers; 0 beyond those of the class."""


def compare_pairs(
    pool: Pool, *, prior: float, pair: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Per class: nearly like answers less groups of them, and how many pairs chance makes the
    same, or nearly."""
    near, same, close = (np.zeros(len(pool.names)) for _ in range(3))
    for asked, classes in pool.batches(TOGETHER):
        batch = _batch(pool, asked, classes)
        count, bands = batch.count, batch.count.shape[1]
        of, one, other = _used(count)
        shares = _shares(asked, batch, prior=prior)
        agree = shares @ np.ascontiguousarray(shares.transpose(0, 1, 3, 2))
        agree = agree.reshape(len(agree), len(classes) * bands**2)
        agree = agree.take((of * bands + one) * bands + other, axis=1)
        least, chance = rarely(agree, pair)
        alike = one == other
        pairs = count[of, one] * (count[of, other] - alike) / (1.0 + alike)
        same[classes] = np.bincount(of, pairs * agree.prod(axis=0), len(classes))
        close[classes] = np.bincount(of, pairs * chance, len(classes))
        needed = np.full((len(classes), bands, bands), len(agree) + 1)
        needed[of, one, other] = needed[of, other, one] = least
        near[classes] = _near(_equal(batch.codes), needed, batch.place)
    return near, same, close


def _batch(pool: Pool, asked: Asked, classes: np.ndarray) -> _Batch:
    starts = pool.starts[classes]
    own = starts[:, None] + np.arange(pool.ends[classes[0]] - starts[0])
    band, bands = pool.band[own], asked.counts.shape[1]
    row = np.arange(len(classes))[:, None]
    held = np.bincount((row * bands + band).ravel(), minlength=len(classes) * bands)
    held = held.reshape(len(classes), bands)
    rank = np.cumsum(held > 0, axis=1) - 1
    present, count = (np.zeros((len(classes), rank.max() + 1), dtype=int) for _ in range(2))
    of, at = np.nonzero(held)
    present[of, rank[of, at]], count[of, rank[of, at]] = at, held[of, at]
    return _Batch(pool.codes[own][:, :, asked.items], rank[row, band], present, count)


def _used(count: np.ndarray) -> tuple[np.ndarray, ...]:
    """Class and bands, the first not after the second, of which a class has pairs of answers."""
    there = np.triu((count[:, :, None] > 0) & (count[:, None, :] > 0))
    bands = np.arange(count.shape[1])
    there[:, bands, bands] = count > 1
    return np.nonzero(there)


def _shares(asked: Asked, batch: _Batch, *, prior: float) -> np.ndarray:
    """items x classes x bands x codes: shares in all other classes, drawn towards those of all
    levels."""
    items, size = len(asked.items), asked.counts.shape[2]
    classes, bands = batch.present.shape
    item, row = np.arange(items)[:, None, None], np.arange(classes)[:, None]
    codes = batch.codes.transpose(2, 0, 1)
    at = (item * classes + row) * bands + batch.place
    mine = np.bincount((at * size + codes).ravel(), minlength=items * classes * bands * size)
    at = item * classes + row
    own = np.bincount((at * size + codes).ravel(), minlength=items * classes * size)
    total = asked.total[:, None]
    everyone = total - own.reshape(items, classes, size) + 0.5 * (total > 0)
    everyone *= prior / everyone.sum(axis=2, keepdims=True)
    counts = asked.counts.take(batch.present, axis=1)
    counts -= mine.reshape(counts.shape)
    counts += everyone[:, :, None]
    whole = asked.size.take(batch.present, axis=1) - batch.count + prior
    counts /= np.maximum(whole, 0.5)[..., None]
    return counts


def _equal(codes: np.ndarray) -> np.ndarray:
    """classes x answers x answers: how many items have the same code, told by common bits."""
    classes, n, items = codes.shape
    sizes = codes.max(axis=(0, 1), initial=0).astype(int) + 1
    first = np.cumsum(sizes) - sizes
    words = max(1, -(-int(sizes.sum()) // WORD))
    given = np.zeros((classes * n, words * WORD), dtype=np.uint8)
    given[np.arange(classes * n)[:, None], codes.reshape(classes * n, items) + first] = 1
    bits = np.packbits(given, axis=1).view(np.uint64).reshape(classes, n, -1)
    equal = np.zeros((classes, n, n), dtype=np.min_scalar_type(items))
    for word in np.moveaxis(bits, 2, 0):
        equal += np.bitwise_count(word[:, :, None] & word[:, None, :])
    return equal


def _near(equal: np.ndarray, needed: np.ndarray, place: np.ndarray) -> np.ndarray:
    """Answers of each class less groups that links join: of two with so many equal items as are
    ``needed`` (classes x bands x bands)."""
    n = equal.shape[1]
    maybe = np.flatnonzero((equal >= needed.min(initial=n)) & np.triu(np.ones((n, n), bool), 1))
    of, rest = np.divmod(maybe, n * n)
    one, other = np.divmod(rest, n)
    linked = equal.ravel()[maybe] >= needed[of, place[of, one], place[of, other]]
    of, one, other = of[linked], one[linked], other[linked]
    ends = np.searchsorted(of, np.arange(len(equal) + 1))
    return np.array(
        [_joined(one[a:b], other[a:b], n) for a, b in zip(ends[:-1], ends[1:], strict=True)]
    )


def _joined(one: np.ndarray, other: np.ndarray, size: int) -> int:
    """Answers less groups of those that links join."""
    group, joined = list(range(size)), 0
    for a, b in zip(one.tolist(), other.tolist(), strict=True):
        while group[a] != a:
            a = group[a]
        while group[b] != b:
            b = group[b]
        if a != b:
            group[b], joined = a, joined + 1
    return joined
