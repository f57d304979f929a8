"""What classes of unequal weight do to a linearised variance: its bias, and its worth."""

from __future__ import annotations

import numpy as np


def unequal_classes(mass: np.ndarray, *, unit: np.ndarray, size: int) -> tuple[np.ndarray, ...]:
    """Factors that make sum(z²) unbiased, and the degrees of freedom of that sum.

    In: ``mass`` classes x leaves, weight of each class's answers (0: none); ``unit``: each class's
    unit, 0 to ``size`` - 1. Out: ``factor`` (classes x leaves) by which each z_c² is multiplied,
    and ``df`` (units x leaves). With shares a_c of the unit's mass, and class means taken as
    equally variable, the residual of a class has the variance 1 - 2 a_c + sum(a²) times theirs, so
    that factor = 1 / (1 - 2 a_c + sum(a²)); for C equal classes that is C/(C-1), as usual. df is
    Satterthwaite's, 2 E(V)² / Var(V): with B = (I - 1a')' diag(a² factor) (I - 1a'), tr(B)² /
    tr(B B); for C equal classes C - 1, less when one class outweighs the others. It knows only the
    weights, not the answers, so no unit can look surer by chance. 0, and factor 0, with fewer than
    two classes; a class with nearly all the mass of its unit leaves df near 1.
    Sources: Satterthwaite 1946, Biom. Bull. 2:110; Bell & McCaffrey 2002, Surv. Methodol. 28:169
    (bias-reduced linearisation); Pustejovsky & Tipton 2018, J. Bus. Econ. Stat. 36:672.
    """
    mass = np.asarray(mass, dtype=float)
    whole, classes = total(mass, unit, size)[unit], total(mass > 0, unit, size)
    share, others = (
        np.divide(part, whole, out=np.zeros_like(mass), where=mass > 0)
        for part in (mass, whole - mass)
    )
    squares = total(share**2, unit, size)
    rest = np.maximum(squares[unit] - share**2, others**2 / np.maximum(classes[unit] - 1.0, 1.0))
    left = others**2 + rest  # 1 - 2 a + sum(a²), without loss of digits where a is nearly 1
    counts = (mass > 0) & (classes[unit] > 1) & (left > 0)
    factor = np.divide(1.0, left, out=np.zeros_like(mass), where=counts)
    weight = share**2 * factor
    summed, first, second = (
        total(part, unit, size) for part in (weight, weight * share, weight**2)
    )
    trace = summed - 2.0 * first + summed * squares
    # B = D - d a' - a d' + s a a', with d = a² factor and s = sum(d)
    product = (
        second
        + 2.0 * second * squares
        + 2.0 * first**2
        + (summed * squares) ** 2
        - 4.0 * total(weight**2 * share, unit, size)
        + 2.0 * summed * total(weight * share**2, unit, size)
        - 4.0 * summed * first * squares
    )
    df = np.divide(trace**2, product, out=np.ones_like(trace), where=product > 0)
    return factor, np.where(classes > 1, np.clip(df, 1.0, np.maximum(classes - 1.0, 1.0)), 0.0)


def clustered_df(design: np.ndarray, *, weight: np.ndarray, cluster: np.ndarray) -> np.ndarray:
    """Bell & McCaffrey's degrees of freedom of weighted least squares with clustered errors.

    In: ``design`` answers x coefficients, their ``weight``, their ``cluster``. Out: one per
    coefficient, for the bias-reduced variance (residuals of a cluster times the inverse root of
    its block of I - H, eigenvalues of 0 left out) under independent answers of equal variance.
    Raises ValueError for weights that are negative or not finite, or a design without full rank.
    Source: Bell & McCaffrey 2002, Surv. Methodol. 28:169; Imbens & Kolesár 2016, Rev. Econ. Stat.
    98:701.
    """
    x, w = np.asarray(design, dtype=float), np.asarray(weight, dtype=float)
    if not np.isfinite(w).all() or (w < 0).any():
        raise ValueError("weights must be finite and not negative")
    normal = x.T @ (x * w[:, None])
    if np.linalg.matrix_rank(normal) < x.shape[1]:
        raise ValueError("the design does not have full rank")
    bread = np.linalg.inv(normal)
    leave = np.eye(len(x)) - x @ bread @ (x * w[:, None]).T
    rows = []
    for one in np.unique(cluster):
        own = np.flatnonzero(cluster == one)
        values, vectors = np.linalg.eigh((leave[np.ix_(own, own)] + leave[np.ix_(own, own)].T) / 2)
        kept = values > 1e-9
        root = (vectors[:, kept] / np.sqrt(values[kept])) @ vectors[:, kept].T
        rows.append((root @ (x[own] * w[own, None]) @ bread).T @ leave[own])
    g = np.stack(rows)  # clusters x coefficients x answers
    q = np.einsum("ika,jka->kij", g, g)
    return np.trace(q, axis1=1, axis2=2) ** 2 / (q**2).sum(axis=(1, 2))


def total(values: np.ndarray, unit: np.ndarray, size: int) -> np.ndarray:
    """Sums per unit along the first axis."""
    out = np.zeros((size, *np.shape(values)[1:]))
    np.add.at(out, unit, values)
    return out
