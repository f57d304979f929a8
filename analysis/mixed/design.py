"""Cross-products of a mixed model, its largest set of levels singled out to be eliminated."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from analysis.mixed.arrow import FEW, Arrow, arrow_of
from analysis.mixed.model import Model

CELLS = -1
"""In place of a factor's number: the fixed part."""
PAIRS = 10_000_000
"""Products of the rows of ``cross`` that are kept in memory (12 bytes each); above, none are."""
ROWS = 4096
"""Levels of the eliminated block that are worked on at once where products are not kept."""


@dataclass(frozen=True, eq=False)
class Design:
    """Cross-products of one data set.

    ``main``: number of the eliminated factor, or CELLS. Dense columns: the other factors' levels,
    then what is fixed; ``owner`` says of which factor each is (CELLS: fixed). ``cross``: main
    levels x dense columns. ``products``: main levels x (upper triangle of dense x dense, flat).
    ``arrow``: how the dense columns fall apart once the main levels are eliminated.
    """

    n: int
    p: int
    factors: int
    main: int
    main_n: np.ndarray
    cross: sparse.csr_array
    gram: np.ndarray
    owner: np.ndarray
    arrow: Arrow
    products: sparse.csr_array | None
    main_y: np.ndarray
    rest_y: np.ndarray
    yy: float
    reml: bool

    @property
    def df(self) -> int:
        """Rows, less fixed effects where these are allowed for."""
        return self.n - self.p if self.reml else self.n

    @property
    def random(self) -> int:
        """Number of random columns, which are the first of the dense block."""
        return int((self.owner >= 0).sum())


def design_of(model: Model, *, with_fixed: bool = True) -> Design:
    """Cross-products of the model; ``with_fixed`` False leaves the fixed part out.

    The largest of factors and cells is eliminated; under ML never the cells, unless alone: the
    determinant must leave out what is fixed.
    """
    main = _largest(model, with_fixed=with_fixed)
    codes = model.cell if main == CELLS else model.codes[main]
    size = int(codes.max()) + 1
    rest, owner = _dense_columns(model, main=main, with_fixed=with_fixed)
    cross = sparse.csr_array(_indicator(codes, size).T @ rest)
    cross.sort_indices()
    gram = sparse.csr_array(rest.T @ rest)
    bare = Design(
        n=len(model.y),
        p=model.p if with_fixed else 0,
        factors=len(model.factors),
        main=main,
        main_n=np.bincount(codes, minlength=size).astype(float),
        cross=cross,
        gram=gram.toarray(),
        owner=owner,
        arrow=arrow_of(_met(cross, gram), owner, fixed=CELLS),
        products=_products(cross),
        main_y=np.zeros(size),
        rest_y=np.zeros(len(owner)),
        yy=0.0,
        reml=model.reml,
    )
    return with_response(bare, model, y=model.y)


def _met(cross: sparse.csr_array, gram: sparse.csr_array) -> sparse.csr_array:
    """Entries where dense columns meet in a row or in a main level."""
    if cross.shape[1] <= FEW:
        return gram
    levels, rows = sparse.csr_array(abs(cross)), sparse.csr_array(abs(gram))
    return sparse.csr_array(levels.T @ levels + rows)


def _largest(model: Model, *, with_fixed: bool) -> int:
    sizes = [len(levels) for levels in model.levels]
    if not sizes:
        return CELLS
    largest = int(np.argmax(sizes))
    return CELLS if with_fixed and model.reml and len(model.cells) > sizes[largest] else largest


def _indicator(codes: np.ndarray, columns: int) -> sparse.csr_array:
    rows = np.arange(len(codes))
    return sparse.csr_array((np.ones(len(codes)), (rows, codes)), shape=(len(codes), columns))


def _dense_columns(
    model: Model, *, main: int, with_fixed: bool
) -> tuple[sparse.csr_array, np.ndarray]:
    others = [f for f in range(len(model.factors)) if f != main]
    blocks = [_indicator(model.codes[f], len(model.levels[f])) for f in others]
    owner = [np.full(len(model.levels[f]), f) for f in others]
    if with_fixed:
        blocks += [_indicator(model.cell, len(model.cells))] if main != CELLS else []
        blocks += [sparse.csr_array(model.x)] if model.covariates else []
    width = sum(block.shape[1] for block in blocks) - sum(map(len, owner))
    empty = sparse.csr_array((len(model.y), 0))
    columns = sparse.csr_array(sparse.hstack([empty, *blocks]))
    return columns, np.concatenate([*owner, np.full(width, CELLS)])


def with_response(design: Design, model: Model, *, y: np.ndarray) -> Design:
    """The same design with another ``y``, rows in the order of ``model``."""
    main = model.cell if design.main == CELLS else model.codes[design.main]
    parts = [
        np.bincount(model.codes[f], y, len(model.levels[f]))
        for f in range(len(model.factors))
        if f != design.main
    ]
    if design.p:
        parts += [np.bincount(model.cell, y, len(model.cells))] if design.main != CELLS else []
        parts.append(model.x.T @ y)
    return replace(
        design,
        main_y=np.bincount(main, y, len(design.main_n)),
        rest_y=np.concatenate([np.zeros(0), *parts]),
        yy=float(y @ y),
    )


def _products(cross: sparse.csr_array) -> sparse.csr_array | None:
    """Products of any two entries of a row, by place in the dense block's upper triangle."""
    lengths = np.diff(cross.indptr).astype(np.int64)
    of_level = lengths * (lengths + 1) // 2
    if int(of_level.sum()) > PAIRS:
        return None
    size = cross.shape[1]
    entries = np.arange(cross.nnz)
    partners = np.repeat(cross.indptr[1:], lengths) - entries
    first = np.repeat(entries, partners)
    second = first + np.arange(len(first)) - np.repeat(np.cumsum(partners) - partners, partners)
    columns = cross.indices.astype(np.int64)
    place = columns[first] * size + columns[second]
    values = cross.data[first] * cross.data[second]
    indptr = np.append(0, np.cumsum(of_level))
    return sparse.csr_array((values, place, indptr), shape=(cross.shape[0], size * size))


def schur(design: Design, weight: np.ndarray) -> np.ndarray:
    """Sum over the main levels of weight x cross' cross; only the upper triangle is filled in."""
    size = len(design.owner)
    if design.products is not None:
        return (design.products.T @ weight).reshape(size, size)
    out = np.zeros((size, size))
    for start in range(0, len(weight), ROWS):
        part = design.cross[start : start + ROWS]
        out += (part.T @ part.multiply(weight[start : start + ROWS, None])).toarray()
    return out


def quadratics(design: Design, matrix: np.ndarray) -> np.ndarray:
    """For each main level: its row of cross' x matrix x the row; ``matrix`` as its upper half."""
    diagonal = np.diag(matrix)
    if design.products is not None:
        twice = 2.0 * (design.products @ matrix.ravel())
        return twice - design.cross.power(2) @ diagonal
    whole = np.triu(matrix) + np.triu(matrix, 1).T
    out = np.zeros(len(design.main_n))
    for start in range(0, len(out), ROWS):
        part = design.cross[start : start + ROWS]
        out[start : start + ROWS] = np.asarray(part.multiply(part @ whole).sum(axis=1)).ravel()
    return out
