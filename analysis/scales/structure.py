"""Simple-structure factor models of several groups: which parameter stands where, and what moments
they imply."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

EQUAL = ("loadings", "intercepts", "residuals")
"""What may be held equal across groups."""


@dataclass(frozen=True, eq=False)
class Implied:
    """One group's matrices, and the moments that they imply."""

    loadings: np.ndarray
    """Items x factors, zero where an item is not of the factor."""
    residuals: np.ndarray
    factor_covariance: np.ndarray
    intercepts: np.ndarray
    factor_mean: np.ndarray
    covariance: np.ndarray
    mean: np.ndarray


@dataclass(frozen=True, eq=False)
class Layout:
    """Where each group's parameters stand in the vector of all free ones.

    A group's own parameters, in order: loadings, residual variances, lower triangle of the factors'
    covariance, and with ``means`` intercepts and factor means.
    """

    factor: np.ndarray
    """Number of each item's factor."""
    means: bool
    places: np.ndarray
    """Groups x own parameters: place in the vector, -1 = fixed."""
    fixed: np.ndarray
    """Groups x own parameters: value where fixed, 0 elsewhere."""
    size: int

    @property
    def items(self) -> int:
        """Number of items."""
        return len(self.factor)

    @property
    def factors(self) -> int:
        """Number of factors."""
        return int(self.factor.max()) + 1

    @property
    def residual_places(self) -> np.ndarray:
        """Groups x items: places of the residual variances."""
        return self.places[:, self.items : 2 * self.items]

    def own(self, vector: np.ndarray, group: int) -> np.ndarray:
        """A group's parameters, fixed ones filled in."""
        places = self.places[group]
        return np.where(places >= 0, vector[places], self.fixed[group])


def layout_of(factor: np.ndarray, *, groups: int, equal: Collection[str]) -> Layout:
    """Layout with factors of variance 1 and mean 0 in the first group; their variances are free in
    the others where loadings are equal, their means where intercepts are (which need equal
    loadings). Without equal intercepts means are free in every group and are left out.
    """
    p, k = len(factor), int(factor.max()) + 1
    diagonal = np.equal(*np.tril_indices(k))
    means = "intercepts" in equal
    places, fixed, shared, size = [], [], dict[str, np.ndarray](), 0
    for group in range(groups):
        first = group == 0
        standard = diagonal & (first or "loadings" not in equal)
        blocks = [
            ("loadings", np.zeros(p, dtype=bool)),
            ("residuals", np.zeros(p, dtype=bool)),
            ("covariance", standard),
        ]
        if means:
            blocks += [("intercepts", np.zeros(p, dtype=bool)), ("means", np.full(k, first))]
        own = []
        for name, held in blocks:
            if name in equal and name in shared:
                own.append(shared[name])
                continue
            own.append(np.where(held, -1, size + np.cumsum(~held) - 1))
            shared[name], size = own[-1], size + int((~held).sum())
        places.append(np.concatenate(own))
        fixed.append(np.concatenate([held * float(n == "covariance") for n, held in blocks]))
    return Layout(factor, means, np.array(places), np.array(fixed), size)


def implied(layout: Layout, vector: np.ndarray, *, group: int) -> Implied:
    """A group's matrices and implied moments: Lambda Phi Lambda' + Theta, tau + Lambda kappa."""
    p, k = layout.items, layout.factors
    own = layout.own(vector, group)
    cuts = np.cumsum([p, p, k * (k + 1) // 2, p])
    lam, theta, phi, tau, kappa = np.split(own, cuts)
    if not layout.means:
        tau, kappa = np.zeros(p), np.zeros(k)
    loadings = np.zeros((p, k))
    loadings[np.arange(p), layout.factor] = lam
    covariance = np.zeros((k, k))
    covariance[np.tril_indices(k)] = phi
    covariance = covariance + covariance.T - np.diag(np.diag(covariance))
    moments = loadings @ covariance @ loadings.T + np.diag(theta)
    return Implied(loadings, theta, covariance, tau, kappa, moments, tau + loadings @ kappa)


def derivatives(layout: Layout, now: Implied) -> tuple[np.ndarray, np.ndarray]:
    """Of a group's implied covariance (own parameters x items x items) and mean (x items)."""
    p, k = layout.items, layout.factors
    rows, columns = np.tril_indices(k)
    each, factor = np.arange(p), layout.factor
    size = layout.places.shape[1]
    covariance, mean = np.zeros((size, p, p)), np.zeros((size, p))
    reach = (now.loadings @ now.factor_covariance)[:, factor].T
    covariance[each, each, :] += reach
    covariance[each, :, each] += reach
    covariance[p + each, each, each] = 1.0
    for i, (a, b) in enumerate(zip(rows, columns, strict=True)):
        outer = np.outer(now.loadings[:, a], now.loadings[:, b])
        covariance[2 * p + i] = outer if a == b else outer + outer.T
    if layout.means:
        start = 2 * p + len(rows)
        mean[each, each] = now.factor_mean[factor]
        mean[start + each, each] = 1.0
        mean[start + p :] = now.loadings.T
    return covariance, mean
