"""Composite up the tree of indicators, with the covariance of the leaves carried through."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from analysis.composite.means import METHODS, MISSING, Mean, Shares
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
    carried: np.ndarray | Callable[[], np.ndarray]
    """``covariance``, or what works it out: seldom all of it is asked for."""

    @cached_property
    def covariance(self) -> np.ndarray:
        """nodes x units x units, points squared; NaN where the delta method has no derivative."""
        return self.carried() if callable(self.carried) else self.carried

    def standard_error(self) -> np.ndarray:
        """Units x nodes, in points; NaN where the value is, or where there is no derivative."""
        variance = np.diagonal(self.covariance, axis1=1, axis2=2).T
        return np.where(np.isnan(self.value), np.nan, np.sqrt(np.maximum(variance, 0.0)))


def compose(
    estimates: Estimates,
    *,
    framework: Framework,
    points: np.ndarray,
    aggregation: str,
    missing: str,
    floor: float | None,
) -> Composed:
    """Points-weighted mean up the tree; what is not measured is treated by a declared rule.

    ``points``: units x indicators in tree order (``points_table``). ``aggregation``: a name of
    ``METHODS``. ``missing``: 'renormalise' gives the points of a leaf that is not measured to its
    siblings, those of a second level without any to the first level, then to the total; 'refuse'
    leaves a node missing as soon as one child with points is. A leaf with ``minimum_of`` is the
    lowest of those leaves; its derivative is that leaf's. The covariance is J V J' (delta method)
    with V = the unit's own covariance + the experts' panel, which units share.

    'geometric' is the weighted geometric mean at every level, prod x_i ** w_i, with derivative
    w_i * mean / x_i: no part makes up for another in full. One zero makes it zero. There the
    derivative is 0 with respect to the others and infinite with respect to the zero itself, so
    the covariance is NaN if that zero is uncertain, and 0 if its own variance is 0. ``floor`` (in
    points, above 0): lower values count as the floor, with derivative 0; the arithmetic mean
    knows no floor.
    Raises KeyError for an unknown name, ValueError for a negative value under 'geometric' without
    a floor, for a floor that is not above 0, or one for another mean.
    Source: OECD/JRC 2008, Handbook on Constructing Composite Indicators, steps 5-7; domain 00.
    """
    mean, shares = METHODS[aggregation], MISSING[missing]
    check_floor(floor, aggregation=aggregation)
    nodes = leaf_values(estimates.value, leaves=estimates.leaves, framework=framework)
    jacobian = _leaf_jacobian(estimates, framework)
    geometric = aggregation == "geometric"
    loose = _loose(estimates, nodes, framework) if geometric else np.zeros(nodes.shape, dtype=bool)
    for place, kids, share in climb(
        nodes, framework=framework, points=points, mean=mean, shares=shares, floor=floor
    ):
        slope = mean.slope(share, nodes[:, kids], nodes[:, place], floor)
        jacobian[:, place] = np.einsum("uc,ucl->ul", slope, np.nan_to_num(jacobian[:, kids]))
        if geometric:
            broken = (nodes[:, place] == 0.0) & (loose[:, kids] & (share > 0)).any(axis=1)
            jacobian[broken, place], loose[broken, place] = np.nan, True
    value = nodes
    if not geometric:  # straight from the leaves: one sum, the same for every depth
        total = np.einsum("ukl,ul->uk", jacobian, np.nan_to_num(estimates.value))
        value = np.where(np.isnan(nodes), np.nan, total)
    codes = (*(node.code for node in framework.indicators), TOTAL)
    return Composed(estimates.units, codes, value, lambda: _covariance(estimates, jacobian))


def points_table(framework: Framework, types: Sequence[str | None]) -> np.ndarray:
    """Points of every indicator in tree order for units of these types, units x indicators."""
    rows = {kind: list(points_of(framework, kind).values()) for kind in set(types)}
    return np.array([rows[kind] for kind in types], dtype=float).reshape(
        len(types), len(framework.indicators)
    )


def check_floor(floor: float | None, *, aggregation: str) -> None:
    """Raise ValueError for a floor that is not above 0, or beside another than the geometric."""
    if floor is not None and (not floor > 0 or aggregation != "geometric"):
        raise ValueError(f"a floor of {floor} for the {aggregation} mean")


def leaf_values(values: np.ndarray, *, leaves: Sequence[str], framework: Framework) -> np.ndarray:
    """Nodes in tree order with the total last, filled at the leaves: ... x units x nodes.

    ``values``: ... x units x leaves. NaN elsewhere, and where a leaf is not measured.
    """
    nodes = framework.indicators
    out = np.full((*values.shape[:-1], len(nodes) + 1), np.nan)
    for place, node in enumerate(nodes):
        if node.code in leaves:
            out[..., place] = values[..., leaves.index(node.code)]
        elif node.minimum_of:
            chosen = [leaves.index(leaf) for leaf in node.minimum_of if leaf in leaves]
            known = np.where(np.isnan(values[..., chosen]), np.inf, values[..., chosen])
            lowest = known.min(axis=-1, initial=np.inf)
            out[..., place] = np.where(np.isinf(lowest), np.nan, lowest)
    return out


def climb(
    nodes: np.ndarray,
    *,
    framework: Framework,
    points: np.ndarray,
    mean: Mean,
    shares: Shares,
    floor: float | None,
) -> Iterator[tuple[int, list[int], np.ndarray]]:
    """Fill ``nodes`` (... x units x nodes) from the leaves to the total, parent by parent.

    Gives the parent's place, its children's places and their shares, once it is filled.
    ``points``: ... x units x indicators, or with ones in place of what is the same for all.
    """
    indicators = framework.indicators
    place = {node.code: k for k, node in enumerate(indicators)} | {TOTAL: len(indicators)}
    for code in [*(node.code for node in reversed(indicators) if not node.source), TOTAL]:
        kids = [place[child.code] for child in framework.children(code)]
        below = nodes[..., kids]
        share = shares(points[..., kids], ~np.isnan(below))
        value = mean.value(share, below, floor)
        nodes[..., place[code]] = np.where(share.any(axis=-1), value, np.nan)
        yield place[code], kids, share


def _leaf_jacobian(estimates: Estimates, framework: Framework) -> np.ndarray:
    nodes = framework.indicators
    jacobian = np.zeros((len(estimates.units), len(nodes) + 1, len(estimates.leaves)))
    for place, node in enumerate(nodes):
        if node.code in estimates.leaves:
            leaf = estimates.leaves.index(node.code)
            jacobian[:, place, leaf] = ~np.isnan(estimates.value[:, leaf])
        elif node.minimum_of:
            jacobian[:, place] = _lowest(estimates, node.minimum_of)
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


def _loose(estimates: Estimates, nodes: np.ndarray, framework: Framework) -> np.ndarray:
    """Units x nodes: leaves whose value is 0 and not certain."""
    variance = np.diagonal(estimates.own, axis1=1, axis2=2).copy()
    shape = (len(estimates.units), len(estimates.panel_leaves))
    columns = [estimates.leaves.index(leaf) for leaf in estimates.panel_leaves]
    variance[:, columns] += np.diagonal(estimates.panel).reshape(shape)
    spread = leaf_values(variance, leaves=estimates.leaves, framework=framework)
    for place, node in enumerate(framework.indicators):
        if node.minimum_of:  # any uncertain part makes the lowest of them uncertain
            parts = [estimates.leaves.index(c) for c in node.minimum_of if c in estimates.leaves]
            spread[:, place] = variance[:, parts].max(axis=1, initial=0.0)
    return (nodes == 0.0) & (np.nan_to_num(spread) > 0.0)


def _covariance(estimates: Estimates, jacobian: np.ndarray) -> np.ndarray:
    own = np.einsum("ukl,ukl->ku", jacobian @ estimates.own, jacobian)
    size, nodes = len(estimates.units), jacobian.shape[1]
    out = np.zeros((nodes, size, size))
    out[:, np.arange(size), np.arange(size)] = own
    if np.diagonal(estimates.panel).any():
        width = len(estimates.panel_leaves)
        panel = estimates.panel.reshape(size, width, size, width)
        columns = [estimates.leaves.index(leaf) for leaf in estimates.panel_leaves]
        for k in range(nodes):
            j = jacobian[:, k, columns]
            if j.any():
                out[k] += np.einsum("ul,ulvm,vm->uv", j, panel, j, optimize=True)
    unknown = np.isnan(jacobian).any(axis=2).T
    if unknown.any():
        out[unknown[:, :, None] | unknown[:, None, :]] = np.nan
    return out
