"""A framework with other points: sums exact, modifiers carried along, written back as YAML."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import yaml

from instruments.scorecard import Adoption, Change, Framework, Modifier

PARTS = (10, 100)
"""Parts of a point: derived points are in tenths where that leaves every leaf some, else in
hundredths, the finest that can be typed."""
PROPOSED = "建议"
Points = Mapping[str, Decimal]
"""Leaf → points."""


def leaf_points(framework: Framework) -> dict[str, Decimal]:
    """Points of the leaves as decimals, so that sums are exact."""
    return {leaf.code: Decimal(str(leaf.points)) for leaf in framework.leaves}


def node_points(framework: Framework, points: Points) -> dict[str, Decimal]:
    """Points of every node when its leaves have ``points``; a leaf without any counts 0."""
    parent = {node.code: node.parent for node in framework.indicators}
    sums = dict.fromkeys(parent, Decimal(0))
    for leaf in framework.leaves:
        code = leaf.code
        while code:
            sums[code] += points.get(leaf.code, Decimal(0))
            code = parent[code]
    return sums


def reweighted(framework: Framework, points: Points, *, version: str, change: Change) -> Framework:
    """``framework`` with ``points`` for its leaves, proposed by ``change``.

    Nodes above take the sums. A modifier whose leaves have another sum than before shares the new
    sum in its former proportions. Whether the whole holds, ``read_framework`` decides.
    """
    sums = node_points(framework, points)
    nodes = (replace(node, points=float(sums[node.code])) for node in framework.indicators)
    modifiers = (_carried(one, leaf_points(framework), points) for one in framework.modifiers)
    return replace(
        framework,
        version=version,
        adoption=Adoption(PROPOSED),
        indicators=tuple(nodes),
        modifiers=tuple(modifiers),
        change=change,
    )


def _carried(modifier: Modifier, before: Points, points: Points) -> Modifier:
    codes = list(modifier.points)
    now = sum((points[code] for code in codes), Decimal(0))
    if now == sum((before[code] for code in codes), Decimal(0)):
        return modifier
    finest = PARTS[-1]
    shared = apportion(int(now * finest), list(modifier.points.values()))
    return replace(modifier, points={c: n / finest for c, n in zip(codes, shared, strict=True)})


def weighted(framework: Framework, node: str, weights: Sequence[float]) -> dict[str, Decimal]:
    """Points of all leaves when the children of ``node`` ('' = first level) share its points by
    ``weights``, and the leaves below each child share the child's as before."""
    for parts in PARTS:
        points = _shared(framework, node, weights, parts)
        if min(points.values()) > 0:
            break
    return points


def _shared(
    framework: Framework, node: str, weights: Sequence[float], parts: int
) -> dict[str, Decimal]:
    points = leaf_points(framework)
    sums = node_points(framework, points)
    children = framework.children(node)
    whole = sum((sums[child.code] for child in children), Decimal(0)) * parts
    if whole != int(whole):
        return dict.fromkeys(points, Decimal(0))  # such parts do not make up the whole
    for child, share in zip(children, apportion(int(whole), weights), strict=True):
        leaves = _leaves_below(framework, child.code)
        below = apportion(share, [float(points[leaf]) for leaf in leaves])
        points |= {leaf: Decimal(n) / parts for leaf, n in zip(leaves, below, strict=True)}
    return points


def _leaves_below(framework: Framework, code: str) -> list[str]:
    children = framework.children(code)
    return [leaf for c in children for leaf in _leaves_below(framework, c.code)] or [code]


def apportion(total: int, shares: Sequence[float]) -> list[int]:
    """Whole numbers in the proportions of ``shares`` that sum to ``total``: largest remainders
    first, the earlier of equal ones (Hamilton's method)."""
    whole = sum(map(Fraction, shares))
    exact = [total * Fraction(share) / whole for share in shares]
    found = [math.floor(one) for one in exact]
    order = sorted(range(len(exact)), key=lambda k: (found[k] - exact[k], k))
    for place in order[: total - sum(found)]:
        found[place] += 1
    return found


def framework_yaml(framework: Framework) -> bytes:
    """YAML that ``read_framework`` reads back as the same framework."""
    text = yaml.safe_dump(_plain(framework), allow_unicode=True, sort_keys=False, width=100)
    return text.encode("utf-8")


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        return {
            field.name: _plain(getattr(value, field.name))
            for field in dataclasses.fields(value)
            if getattr(value, field.name) != field.default
        }
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, tuple) else value
