"""Cholesky factor of equations that fall into small blocks and a border, as an arrow does.

Raters who visit many sites are the border; what belongs to one site, its sessions and what each
rater makes of it, is a block. Blocks know of one another only through the border, so that they are
factored apart, and the border when they are taken out. Source: Golub & Van Loan 2013, Matrix
Computations, 4.5 (block elimination).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.linalg import lapack
from scipy.sparse import csgraph

FEW = 64
"""Columns up to which blocks are not worth looking for."""
GAIN = 8.0
"""Blocks must spare that much of the arithmetic."""


@dataclass(frozen=True, eq=False)
class Arrow:
    """Which of ``size`` columns form blocks, and which are the border (ascending).

    ``blocks``: blocks x columns, those of a smaller block filled up with ``size``, no column.
    """

    size: int
    blocks: np.ndarray
    border: np.ndarray


@dataclass(frozen=True, eq=False)
class Factor:
    """Factor of positive definite equations: ``inner`` the inverses of the blocks' lower factors,
    ``across`` these times the blocks' columns of the border, ``border`` its own lower factor."""

    arrow: Arrow
    inner: np.ndarray
    across: np.ndarray
    border: np.ndarray


def arrow_of(linked: sparse.sparray, owner: np.ndarray, *, fixed: int) -> Arrow:
    """The arrow with the least arithmetic, the columns of at most one owner being its border.

    ``linked``: entries where two columns meet. ``owner``: of each column; those of ``fixed`` always
    belong to the border, and come last in it. Without a gain everything is border.
    """
    size = len(owner)
    whole = Arrow(size, np.zeros((0, 0), dtype=int), np.arange(size))
    if size <= FEW:
        return whole
    found = [_split(linked, border) for border in _borders(owner, fixed)]
    best = min(found, key=_work)
    return best if _work(best) * GAIN < _work(whole) else whole


def _borders(owner: np.ndarray, fixed: int) -> Iterator[np.ndarray]:
    yield owner == fixed
    for one in np.unique(owner[owner != fixed]):
        yield (owner == fixed) | (owner == one)


def _split(linked: sparse.sparray, border: np.ndarray) -> Arrow:
    inside = np.flatnonzero(~border)
    part = sparse.csr_array(linked)[inside][:, inside]
    count, label = csgraph.connected_components(part, directed=False)
    order = np.argsort(label, kind="stable")
    sizes = np.bincount(label, minlength=count)
    blocks = np.full((count, int(sizes.max(initial=0))), len(border))
    place = np.arange(len(inside)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    blocks[label[order], place] = inside[order]
    return Arrow(len(border), blocks, np.flatnonzero(border))


def _work(arrow: Arrow) -> float:
    (count, size), border = arrow.blocks.shape, float(len(arrow.border))
    return count * size * (size + border) ** 2 + border**3


def factored(arrow: Arrow, upper: np.ndarray, *, scale: np.ndarray, one: np.ndarray) -> Factor:
    """Of the symmetric matrix ``upper`` (its upper triangle) times ``scale`` on both sides, plus
    ``one`` on the diagonal. Raises ValueError where it is not positive definite."""
    blocks, border = arrow.blocks, arrow.border
    scales, ones = np.append(scale, 0.0), np.append(one, 1.0)
    inner = _between(upper, blocks[:, :, None], blocks[:, None, :], scales)
    diagonal = np.arange(blocks.shape[1])
    inner[:, diagonal, diagonal] += ones[blocks]
    across = _between(upper, blocks[:, :, None], border[None, None, :], scales)
    edge = upper[np.ix_(border, border)] * scale[border]
    edge *= scale[border, None]
    edge[np.diag_indices(len(border))] += one[border]
    try:
        inverses = np.linalg.inv(np.linalg.cholesky(inner))
    except np.linalg.LinAlgError as fault:
        raise ValueError(SINGULAR) from fault
    across = inverses @ across
    flat = across.reshape(blocks.size, len(border))
    return Factor(arrow, inverses, across, _cholesky(edge - flat.T @ flat))


SINGULAR = "the equations cannot be solved: effects that cannot be told apart"


def _between(
    upper: np.ndarray, rows: np.ndarray, columns: np.ndarray, scales: np.ndarray
) -> np.ndarray:
    """Scaled entries of the symmetric matrix; 0 where there is no such column."""
    size = len(upper)
    first, second = np.minimum(rows, columns), np.maximum(rows, columns)
    entries = upper[np.minimum(first, size - 1), np.minimum(second, size - 1)]
    return entries * (scales[rows] * scales[columns])


def _cholesky(upper: np.ndarray) -> np.ndarray:
    """Lower factor in place of a symmetric matrix given by its upper triangle."""
    if not len(upper):
        return upper
    factor, fault = lapack.dpotrf(upper.T, lower=1, clean=1, overwrite_a=1)
    if fault:
        raise ValueError(SINGULAR)
    return factor


def solved(factor: Factor, right: np.ndarray) -> np.ndarray:
    """Solution for one right-hand side, or for each column of several."""
    columns, arrow = right[:, None] if right.ndim == 1 else right, factor.arrow
    padded = np.vstack([columns, np.zeros((1, columns.shape[1]))])
    own = factor.inner @ padded[arrow.blocks]
    edge = columns[arrow.border] - np.tensordot(factor.across, own, axes=([0, 1], [0, 1]))
    if len(edge):
        edge = lapack.dpotrs(factor.border, edge, lower=1)[0]
    padded[arrow.blocks] = factor.inner.transpose(0, 2, 1) @ (own - factor.across @ edge)
    padded[arrow.border] = edge
    return padded[:-1].reshape(right.shape)


def log_determinant(factor: Factor, *, kept: np.ndarray) -> float:
    """Of the equations of the columns ``kept``, which are all or all but the last of the border."""
    blocks = np.einsum("kii->ki", factor.inner)
    edge = np.diag(factor.border)[kept[factor.arrow.border]]
    return 2.0 * float(np.log(edge).sum() - np.log(blocks).sum())


def inverse_diagonal(factor: Factor) -> np.ndarray:
    """Diagonal of ``inverse``."""
    arrow = factor.arrow
    spread = _spread(factor, len(arrow.border))
    out = np.zeros(arrow.size + 1)
    out[arrow.blocks] = (factor.inner**2).sum(axis=1)
    edge = _edge_inverse(factor, len(arrow.border))
    if not len(arrow.blocks):
        return np.diag(edge).copy()
    return (out + ((spread @ edge) * spread).sum(axis=1))[:-1]


def inverse(factor: Factor, *, edge: int) -> np.ndarray:
    """Inverse of the equations without all but the first ``edge`` columns of the border, whose rows
    and columns are zero."""
    arrow = factor.arrow
    border = _edge_inverse(factor, edge)
    out = np.zeros((arrow.size + 1, arrow.size + 1))
    if not len(arrow.blocks):
        out[:edge, :edge] = border
        return out[:-1, :-1]
    spread = _spread(factor, edge)
    out += spread @ border @ spread.T
    blocks = factor.inner.transpose(0, 2, 1) @ factor.inner
    out[arrow.blocks[:, :, None], arrow.blocks[:, None, :]] += blocks
    return out[:-1, :-1]


def _spread(factor: Factor, edge: int) -> np.ndarray:
    """What each column of the equations is made of by the border's, a last row for no column."""
    arrow = factor.arrow
    out = np.zeros((arrow.size + 1, edge))
    out[arrow.blocks] = factor.inner.transpose(0, 2, 1) @ factor.across[:, :, :edge]
    out[arrow.border[:edge], np.arange(edge)] = -1.0
    return out


def _edge_inverse(factor: Factor, edge: int) -> np.ndarray:
    if not edge:
        return np.zeros((0, 0))
    lower = lapack.dpotri(factor.border[:edge, :edge], lower=1)[0]
    return np.tril(lower) + np.tril(lower, -1).T
