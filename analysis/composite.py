"""Composite on fixed goalposts, with the covariance of the leaves carried through."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from analysis.results import Estimates
from instruments.scorecard import Framework, points_of

TOTAL = ""
"""Code of the composite itself, above the first level."""


@dataclass(frozen=True, eq=False)
class Composed:
    """Values of all nodes of a framework for some units, with covariance across units."""

    units: tuple[str, ...]
    codes: tuple[str, ...]
    """Nodes in tree order; the last is the composite."""
    value: np.ndarray
    """units x nodes, 0-100; NaN where nothing below the node is measured."""
    covariance: np.ndarray
    """nodes x units x units, points squared."""

    def standard_error(self) -> np.ndarray:
        """Units x nodes, in points; NaN where the value is."""
        variance = np.diagonal(self.covariance, axis1=1, axis2=2).T
        return np.where(np.isnan(self.value), np.nan, np.sqrt(np.maximum(variance, 0.0)))


def compose(
    estimates: Estimates, *, framework: Framework, points: np.ndarray, aggregation: str
) -> Composed:
    """Points-weighted mean up the tree; what is not measured gives its points to its siblings.

    ``points``: units x indicators in tree order (``points_table``). Leaves not measured are
    re-normalised within the second level, a second level without any within the first, a first
    level without any within the total. A leaf with ``minimum_of`` is the lowest of those leaves;
    its derivative is that leaf's. The covariance is J V J' (delta method) with V = the unit's own
    covariance + the experts' panel, which units share.
    Raises KeyError for an unknown aggregation.
    Source: OECD/JRC 2008, Handbook on Constructing Composite Indicators, steps 5-7; domain 00.
    """
    jacobian = METHODS[aggregation](estimates, framework, points)
    value = np.einsum("ukl,ul->uk", jacobian, np.nan_to_num(estimates.value))
    missing = np.abs(jacobian).sum(axis=2) == 0
    codes = (*(node.code for node in framework.indicators), TOTAL)
    return Composed(
        estimates.units,
        codes,
        np.where(missing, np.nan, value),
        _covariance(estimates, jacobian),
    )


def points_table(framework: Framework, types: Sequence[str | None]) -> np.ndarray:
    """Points of every indicator in tree order for units of these types, units x indicators."""
    rows = {kind: list(points_of(framework, kind).values()) for kind in set(types)}
    return np.array([rows[kind] for kind in types], dtype=float).reshape(
        len(types), len(framework.indicators)
    )


def _arithmetic(estimates: Estimates, framework: Framework, points: np.ndarray) -> np.ndarray:
    nodes = framework.indicators
    place = {node.code: k for k, node in enumerate(nodes)} | {TOTAL: len(nodes)}
    jacobian = np.zeros((len(estimates.units), len(nodes) + 1, len(estimates.leaves)))
    for node in nodes:
        if node.code in estimates.leaves:
            leaf = estimates.leaves.index(node.code)
            jacobian[:, place[node.code], leaf] = ~np.isnan(estimates.value[:, leaf])
        elif node.minimum_of:
            jacobian[:, place[node.code]] = _lowest(estimates, node.minimum_of)
    parents = [node.code for node in reversed(nodes) if not node.source]
    for code in [*parents, TOTAL]:
        children = framework.children(code)
        below = jacobian[:, [place[child.code] for child in children]]
        own = points[:, [place[child.code] for child in children]]
        weight = own * (np.abs(below).sum(axis=2) > 0)
        total = weight.sum(axis=1, keepdims=True)
        share = np.divide(weight, total, out=np.zeros_like(weight), where=total > 0)
        jacobian[:, place[code]] = np.einsum("uc,ucl->ul", share, below)
    return jacobian


def _lowest(estimates: Estimates, leaves: Sequence[str]) -> np.ndarray:
    chosen = [estimates.leaves.index(leaf) for leaf in leaves if leaf in estimates.leaves]
    out = np.zeros((len(estimates.units), len(estimates.leaves)))
    if not chosen:
        return out
    values = np.where(np.isnan(estimates.value[:, chosen]), np.inf, estimates.value[:, chosen])
    known = np.isfinite(values).any(axis=1)
    lowest = np.array(chosen)[values.argmin(axis=1)]
    out[np.flatnonzero(known), lowest[known]] = 1.0
    return out


METHODS: dict[str, Callable[[Estimates, Framework, np.ndarray], np.ndarray]] = {
    "arithmetic": _arithmetic
}


def _covariance(estimates: Estimates, jacobian: np.ndarray) -> np.ndarray:
    own = np.einsum("ukl,ulm,ukm->ku", jacobian, estimates.own, jacobian)
    size, nodes = len(estimates.units), jacobian.shape[1]
    out = np.zeros((nodes, size, size))
    out[:, np.arange(size), np.arange(size)] = own
    if not estimates.panel_leaves:
        return out
    width = len(estimates.panel_leaves)
    panel = estimates.panel.reshape(size, width, size, width)
    columns = [estimates.leaves.index(leaf) for leaf in estimates.panel_leaves]
    for k in range(nodes):
        j = jacobian[:, k, columns]
        if j.any():
            out[k] += np.einsum("ul,ulvm,vm->uv", j, panel, j, optimize=True)
    return out


def combine(estimates: Estimates, *, units: Sequence[str], weights: np.ndarray) -> Estimates:
    """Weighted means of units' leaves, e.g. an institution's projects of one type.

    ``weights``: new units x old units, or x leaves as well, not negative (people enrolled); for
    each leaf they are re-normalised over the old units that measure it. Covariances follow the
    linear map.
    """
    measured = ~np.isnan(estimates.value)
    mass = (weights if weights.ndim == 3 else weights[:, :, None]) * measured[None]
    total = mass.sum(axis=1, keepdims=True)
    share = np.divide(mass, total, out=np.zeros_like(mass), where=total > 0)
    value = np.einsum("gul,ul->gl", share, np.nan_to_num(estimates.value))
    own = np.einsum("gul,ulm,gum->glm", share, estimates.own, share, optimize=True)
    columns = [estimates.leaves.index(leaf) for leaf in estimates.panel_leaves]
    width, old, new = len(columns), len(estimates.units), len(units)
    pull = np.zeros((new, width, old, width))
    for place, column in enumerate(columns):
        pull[:, place, :, place] = share[:, :, column]
    flat = pull.reshape(new * width, old * width)
    return replace(
        estimates,
        units=tuple(units),
        value=np.where(total[:, 0] > 0, value, np.nan),
        own=own,
        panel=flat @ estimates.panel @ flat.T,
    )


def average(composed: Composed, *, units: Sequence[str], weights: np.ndarray) -> Composed:
    """Weighted means of units' nodes and composites, e.g. an institution over its types.

    ``weights``: new units x old units, not negative; for each node re-normalised over the old
    units that have it.
    """
    measured = ~np.isnan(composed.value)
    mass = weights[:, :, None] * measured[None]
    total = mass.sum(axis=1, keepdims=True)
    share = np.divide(mass, total, out=np.zeros_like(mass), where=total > 0)
    value = np.einsum("guk,uk->gk", share, np.nan_to_num(composed.value))
    covariance = np.einsum("guk,kuv,hvk->kgh", share, composed.covariance, share, optimize=True)
    return Composed(
        tuple(units), composed.codes, np.where(total[:, 0] > 0, value, np.nan), covariance
    )
