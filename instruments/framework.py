"""Indicator tree of a scorecard: read from data, refused with every fault at once."""

from __future__ import annotations

from collections import Counter
from itertools import chain

from instruments.declaration import Declaration, build
from instruments.faults import FaultsFound
from instruments.formula import parse
from instruments.scorecard import (
    COMPUTED,
    CONDITIONS,
    COUNTED,
    LEVELS,
    SOURCES,
    Framework,
    Indicator,
    Modifier,
)
from instruments.tables import UNIT_KINDS
from instruments.types import codes_of

UNIT_TYPES = (*codes_of("project_types"), *codes_of("locality_types"))
"""Types that a project or a locality can have."""
_AMONG = {
    "type": UNIT_TYPES,
    "mode": codes_of("modes"),
    "module": codes_of("modules"),
    "kind": UNIT_KINDS,
}
RANGES = {"total": (1, 1000), "indicators.points": (0, 1000)}
"""Inclusive bounds of points."""
_TOLERANCE = 1e-9
_DEPTH = 3


def read_framework(data: bytes, name: str) -> Framework:
    """Read one scorecard from YAML ``data``; ``name`` is the file name that faults show.

    Keys are the fields of ``Framework`` and ``Indicator``; a node without ``source`` sums its
    children, a leaf carries points of ``total``. Raises FaultsFound: unknown or missing keys,
    repeated codes, parents after children, unknown sources, formulas against the grammar, unknown
    conditions, sums that disagree for any type of unit.
    """
    declaration = Declaration(data, name, ranges=RANGES)
    framework = build(Framework, declaration, declaration.value)
    if framework is not None:
        _check_tree(framework, declaration)
    declaration.settle()
    return framework


def _check_tree(framework: Framework, declaration: Declaration) -> None:
    depth: dict[str, int] = {"": 0}
    for row, node in enumerate(framework.indicators):
        path = ("indicators", row)
        if node.code in depth:
            declaration.add("framework.repeated_code", path, code=node.code)
        if node.parent not in depth:
            declaration.add("framework.unknown_parent", path, code=node.code, parent=node.parent)
        depth[node.code] = depth.get(node.parent, 0) + 1
        if depth[node.code] > _DEPTH:
            declaration.add("framework.too_deep", path, code=node.code)
        _check_node(framework, node, declaration, path)
    _check_adoption(framework, declaration)
    _check_modifiers(framework, declaration)
    if framework.measurable > framework.total + _TOLERANCE:
        details = {"sum": f"{framework.measurable:g}", "total": f"{framework.total:g}"}
        declaration.add("framework.over_total", ("total",), **details)
    elif framework.measurable < framework.total - _TOLERANCE and not framework.note.strip():
        details = {"sum": f"{framework.measurable:g}", "total": f"{framework.total:g}"}
        declaration.add("framework.under_total", ("total",), **details)


def _check_node(
    framework: Framework, node: Indicator, declaration: Declaration, path: tuple[object, ...]
) -> None:
    children = framework.children(node.code)
    if node.points <= 0:
        declaration.add(
            "framework.points_not_positive", path, code=node.code, points=f"{node.points:g}"
        )
    if node.source:
        _check_leaf(framework, node, declaration, path)
        _check_measure(framework, node, declaration, path)
        _check_conditions(node, declaration, path)
        return
    if node.formula or node.scaling or node.applies or node.level != "own":
        declaration.add("framework.only_leaves", path, code=node.code)
    if not children:
        declaration.add("framework.childless", path, code=node.code)
    elif abs(sum(child.points for child in children) - node.points) > _TOLERANCE:
        total = sum(child.points for child in children)
        details = {"points": f"{node.points:g}", "sum": f"{total:g}"}
        declaration.add("framework.sum", path, code=node.code, **details)


def _check_leaf(
    framework: Framework, leaf: Indicator, declaration: Declaration, path: tuple[object, ...]
) -> None:
    if leaf.source not in SOURCES:
        known = "、".join(SOURCES)
        declaration.add(
            "framework.unknown_source", path, code=leaf.code, source=leaf.source, known=known
        )
    if framework.children(leaf.code):
        declaration.add("framework.leaf_with_children", path, code=leaf.code)
    if not leaf.parent:
        declaration.add("framework.leaf_without_parent", path, code=leaf.code)
    if leaf.source != COMPUTED and not leaf.instrument:
        declaration.add("framework.no_instrument", path, code=leaf.code)
    measured = {node.code for node in framework.leaves if node.source != COMPUTED}
    wrong = [code for code in leaf.minimum_of if code not in measured]
    if wrong or (leaf.source == COMPUTED) != bool(leaf.minimum_of):
        of = "、".join(wrong) or "（空）"
        declaration.add("framework.bad_minimum", path, code=leaf.code, of=of)


def _check_measure(
    framework: Framework, leaf: Indicator, declaration: Declaration, path: tuple[object, ...]
) -> None:
    if leaf.source == COUNTED:
        declaration.add("framework.never_scored", path, code=leaf.code)
    if bool(leaf.formula) != bool(leaf.scaling) or (leaf.formula and leaf.source == COMPUTED):
        declaration.add("framework.formula_and_scaling", path, code=leaf.code)
    if leaf.level not in LEVELS or (leaf.level == "counties" and framework.scorecard != "B"):
        declaration.add("framework.level", path, code=leaf.code, level=leaf.level)
    if leaf.formula:
        try:
            parse(leaf.formula, declaration.place((*path, "formula")))
        except FaultsFound as found:
            declaration.faults += found.faults


def _check_conditions(leaf: Indicator, declaration: Declaration, path: tuple[object, ...]) -> None:
    for rule in leaf.applies:
        known = _AMONG.get(rule.name, CONDITIONS)
        wrong = [v for v in rule.among if v not in known] if rule.name in _AMONG else [rule.name]
        if wrong or not rule.among:
            details = {"wrong": "、".join(wrong) or "（空）", "known": "、".join(known)}
            declaration.add("framework.condition", (*path, "applies"), code=leaf.code, **details)


def _check_modifiers(framework: Framework, declaration: Declaration) -> None:
    points = {leaf.code: leaf.points for leaf in framework.leaves}
    for row, modifier in enumerate(framework.modifiers):
        path = ("modifiers", row)
        unknown = [code for code in modifier.points if code not in points]
        unknown += [kind for kind in modifier.types if kind not in UNIT_TYPES]
        if unknown or not modifier.types:
            wrong = "、".join(unknown) or "（空）"
            declaration.add("framework.modifier_names", path, wrong=wrong)
            continue
        before = sum(points[code] for code in modifier.points)
        after = sum(modifier.points.values())
        if abs(before - after) > _TOLERANCE or min(modifier.points.values(), default=0) < 0:
            details = {"before": f"{before:g}", "after": f"{after:g}"}
            declaration.add("framework.modifier_sum", path, **details)
    for kind, code in _altered_twice(framework.modifiers):
        declaration.add("framework.modifier_twice", ("modifiers",), type=kind, code=code)


def _altered_twice(modifiers: tuple[Modifier, ...]) -> list[tuple[str, str]]:
    pairs = ([(kind, code) for kind in m.types for code in m.points] for m in modifiers)
    return sorted(pair for pair, n in Counter(chain(*pairs)).items() if n > 1)


def _check_adoption(framework: Framework, declaration: Declaration) -> None:
    adoption = framework.adoption
    complete = all((adoption.organ, adoption.document, adoption.date))
    if adoption.status != "建议" and not (adoption.status == "已采用" and complete):
        declaration.add("framework.adoption", ("adoption",), status=adoption.status)
