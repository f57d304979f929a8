"""Weights from pairwise comparisons (analytic hierarchy process), with their consistency."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

EQUAL = 1e-9
"""Errors nearer than this are one."""


@dataclass(frozen=True, eq=False)
class Priorities:
    """Weights that sum to 1, with the principal eigenvalue, consistency index and ratio."""

    weight: np.ndarray
    eigenvalue: float
    index: float
    ratio: float
    """Not a number where the table of random indices has no value for this size."""


def judgements(
    size: int, *, pairs: Mapping[tuple[int, int], float], among: Sequence[float]
) -> np.ndarray:
    """Reciprocal matrix of comparisons: entry (i, j) says how much more i matters than j.

    ``pairs``: i < j to a number of ``among`` or its reciprocal; every pair is needed. Raises
    ValueError for a missing pair or a number that the scale does not have.
    """
    matrix = np.eye(size)
    allowed = [*among, *(1.0 / value for value in among)]
    for i in range(size):
        for j in range(i + 1, size):
            value = pairs.get((i, j))
            if value is None or not np.isclose(value, allowed, rtol=1e-9, atol=0.0).any():
                raise ValueError(f"comparison of {i} and {j}: {value}")
            matrix[i, j], matrix[j, i] = value, 1.0 / value
    return matrix


def priorities(matrix: np.ndarray, *, random_index: Mapping[int, float]) -> Priorities:
    """Principal eigenvector of a positive reciprocal matrix, scaled to sum 1.

    Consistency index (lambda - n) / (n - 1); ratio = index / ``random_index`` of the size, 0 for
    up to two elements. Source: Saaty 1980, The Analytic Hierarchy Process, ch. 3.
    """
    size = len(matrix)
    values, vectors = np.linalg.eig(matrix)
    place = int(np.argmax(values.real))
    weight = np.abs(vectors[:, place].real)
    top = float(values[place].real)
    if size < 3:
        return Priorities(weight / weight.sum(), top, 0.0, 0.0)
    index = (top - size) / (size - 1)
    return Priorities(weight / weight.sum(), top, index, index / random_index.get(size, np.nan))


def aggregate(matrices: Sequence[np.ndarray]) -> np.ndarray:
    """One matrix for a group: the geometric mean of its members' judgements, entry by entry.

    Source: Aczel & Saaty 1983, J. Math. Psychol. 27:93 (the only mean that stays reciprocal).
    """
    return np.exp(np.mean([np.log(matrix) for matrix in matrices], axis=0))


def most_inconsistent(matrix: np.ndarray, *, weight: np.ndarray) -> tuple[int, int]:
    """Row and column (i < j) of the judgement that is farthest from the ratio of its weights.

    Distance: |log(a_ij * w_j / w_i)|; the first of equal ones. Source: Saaty 1980, ch. 3 (the
    largest error e_ij = a_ij * w_j / w_i is revised first).
    """
    error = np.triu(np.abs(np.log(matrix * weight[None, :] / weight[:, None])), k=1)
    farthest = error >= error.max() - EQUAL  # of three things all errors are equal in theory
    row, column = np.unravel_index(int(np.argmax(farthest)), error.shape)
    return int(row), int(column)
