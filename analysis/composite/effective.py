"""How much each component moves the composite in fact, beside the weight that it was given."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from analysis.composite.normalise import ALIKE
from analysis.composite.tree import TOTAL, Composed
from instruments.scorecard import Framework

COLUMNS = ["parent", "node", "n", "declared", "correlation", "importance", "effective"]
LEAST = 3
"""Fewer units have no correlation worth the name: two points always lie on a line."""


def effective_weights(
    composed: Composed, *, framework: Framework, points: np.ndarray
) -> pd.DataFrame:
    """Declared and effective weights of the children of every node, the composite included.

    ``points``: units x indicators. Out, per parent ('' = the composite) and child in tree order:
    n units that have both; ``declared`` share of the points among the siblings, mean over the
    units; Pearson ``correlation`` with the parent across units; ``importance`` its square (the
    part of the parent's variance that goes with the child when the relation is a line; siblings
    that go together each get what they share, so these need not sum to 1); ``effective``: the
    importance as a share of the siblings'. A negative correlation has an importance too: read
    both columns. A constant child has correlation and importance 0; a constant parent, or fewer
    than ``LEAST`` units, gives NaN. Units with other points (types) belong in a table of their own.
    Source: Paruolo, Saisana & Saltelli 2013, JRSS A 176:609, S_i of section 3.1 in its linear form.
    """
    codes = (*(node.code for node in framework.indicators), TOTAL)
    place = {code: k for k, code in enumerate(codes)}
    parents = [TOTAL, *(node.code for node in framework.indicators if not node.source)]
    parts = []
    for parent in parents:
        kids = [place[child.code] for child in framework.children(parent)]
        if kids:
            table = _siblings(composed.value, kids, place[parent], points)
            names = {"parent": parent, "node": [codes[kid] for kid in kids]}
            parts.append(pd.DataFrame(names | table, columns=COLUMNS))
    return pd.concat(parts, ignore_index=True)


def _siblings(
    value: np.ndarray, kids: list[int], parent: int, points: np.ndarray
) -> dict[str, np.ndarray]:
    own = points[:, kids]
    total = own.sum(axis=1, keepdims=True)
    share = np.divide(own, total, out=np.zeros_like(own), where=total > 0)
    found = [_correlation(value[:, kid], value[:, parent]) for kid in kids]
    correlation = np.array([r for _, r in found])
    importance = correlation**2
    whole = np.nansum(importance)
    return {
        "n": np.array([n for n, _ in found]),
        "declared": share.mean(axis=0),
        "correlation": correlation,
        "importance": importance,
        "effective": importance / whole if whole > 0 else np.full(len(kids), np.nan),
    }


def _correlation(child: np.ndarray, parent: np.ndarray) -> tuple[int, float]:
    both = ~np.isnan(child) & ~np.isnan(parent)
    x, y = child[both], parent[both]
    if len(x) < LEAST or _alike(y):
        return len(x), float("nan")
    if _alike(x):
        return len(x), 0.0
    x, y = x - _total(x) / len(x), y - _total(y) / len(y)
    return len(x), _total(x * y) / math.sqrt(_total(x * x) * _total(y * y))


def _total(x: np.ndarray) -> float:
    return math.fsum(x)  # the same whatever the order of the units


def _alike(x: np.ndarray) -> bool:
    return bool(np.ptp(x) <= ALIKE * np.abs(x).max())
