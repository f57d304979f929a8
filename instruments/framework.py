"""Indicator tree and fit to instruments: read from data, refused with every fault at once."""

from __future__ import annotations

from collections.abc import Sequence

from instruments.declaration import Declaration, build
from instruments.faults import Fault, FaultsFound, Place, fault
from instruments.model import NOT_APPLICABLE, IndicatorMapping, Instrument, Item
from instruments.plan import read_plan
from instruments.scorecard import SOURCES, Framework, Indicator, Plan, Scaling

__all__ = ["check_fit", "read_framework", "read_plan"]

COMPUTED = "计"
"""Source of an indicator that is derived from others and has no instrument."""
SOURCE_OF = {("trainee", "class"): "问", ("trainee", "session"): "场", ("expert", "visit"): "观"}
"""Source a form is, by (role, per): domain, scorecard A, column source."""
EXTERNAL = "外"
"""Source of an indicator whose ratings others collected, whatever form they are read through."""
UNSCORED_CODES = (NOT_APPLICABLE, "unseen")
"""Choice codes that are answers but no scores: 不适用 and 未观察到."""
RANGES = {"total": (1, 1000), "indicators.points": (0, 1000)}
"""Inclusive bounds of points."""
_TOLERANCE = 1e-9
_DEPTH = 3


def read_framework(data: bytes, name: str) -> Framework:
    """Read one scorecard from YAML ``data``; ``name`` is the file name that faults show.

    Keys are the fields of ``Framework`` and ``Indicator``; a node without ``source`` sums its
    children, a leaf carries points of ``total``. Raises FaultsFound: unknown or missing keys,
    repeated codes, parents after children, unknown sources, sums that disagree.
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
    if framework.measurable > framework.total + _TOLERANCE:
        details = {"sum": f"{framework.measurable:g}", "total": f"{framework.total:g}"}
        declaration.add("framework.over_total", ("total",), **details)


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
        return
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
        of = "、".join(wrong) or "(空)"
        declaration.add("framework.bad_minimum", path, code=leaf.code, of=of)


def _check_adoption(framework: Framework, declaration: Declaration) -> None:
    adoption = framework.adoption
    complete = all((adoption.organ, adoption.document, adoption.date))
    if adoption.status != "建议" and not (adoption.status == "已采用" and complete):
        declaration.add("framework.adoption", ("adoption",), status=adoption.status)


def check_fit(framework: Framework, plan: Plan, instruments: Sequence[Instrument]) -> None:
    """Raise FaultsFound unless instruments, framework and plan fit one another.

    Every mapped item feeds a leaf that names this instrument and a source of its kind; every leaf
    has an item; every scaling is in the plan and covers the item's choices; adjustment traits are
    asked (domain section 00: an item mapped to an indicator that does not list its source is
    refused).
    """
    faults: list[Fault] = []
    for instrument in instruments:
        for mapping in instrument.mappings:
            faults += _mapping_faults(framework, instrument, mapping)
            faults += _scaling_faults(plan, instrument, mapping)
    faults += _leaf_faults(framework, instruments)
    asked = {use.item for one in instruments for use in one.used_as("trait")}
    if plan.adjustment.method != "none":
        for trait in plan.adjustment.traits:
            if trait not in asked:
                faults.append(fault("framework.unknown_trait", trait=trait))
    if faults:
        raise FaultsFound(faults)


def _mapping_faults(
    framework: Framework, instrument: Instrument, mapping: IndicatorMapping
) -> list[Fault]:
    leaf = {leaf.code: leaf for leaf in framework.leaves}.get(mapping.indicator)
    place = Place(file=instrument.code, sheet="_indicators")
    named = {"item": mapping.item, "indicator": mapping.indicator}
    if leaf is None or leaf.source == COMPUTED:
        return [fault("framework.unknown_indicator", place, framework=framework.code, **named)]
    if leaf.instrument != instrument.code:
        return [fault("framework.wrong_instrument", place, expected=leaf.instrument, **named)]
    if leaf.source not in (EXTERNAL, SOURCE_OF.get((instrument.role, instrument.per))):
        details = {"source": leaf.source, "instrument": instrument.code, "role": instrument.role}
        return [fault("framework.source_of_role", place, indicator=leaf.code, **details)]
    return []


def _scaling_faults(plan: Plan, instrument: Instrument, mapping: IndicatorMapping) -> list[Fault]:
    scalings = {scaling.name: scaling for scaling in plan.scaling}
    place = Place(file=instrument.code, sheet="_indicators")
    named = {"item": mapping.item, "scaling": mapping.scaling}
    if mapping.scaling not in scalings:
        known = "、".join(scalings)
        return [fault("framework.unknown_scaling", place, known=known, **named)]
    scaling, item = scalings[mapping.scaling], instrument.item(mapping.item)
    return [
        fault(_choice_code(scaling), place, choice=code, **named)
        for code in _uncovered(scaling, item)
    ]


def _choice_code(scaling: Scaling) -> str:
    return (
        "framework.scaling_lacks_code"
        if scaling.points is not None
        else "framework.scaling_needs_number"
    )


def _uncovered(scaling: Scaling, item: Item) -> list[str]:
    codes = [
        code for code in (item.scale.codes if item.scale else ()) if code not in UNSCORED_CODES
    ]
    if scaling.points is not None:
        return [code for code in codes if code not in scaling.points] or (
            [] if item.scale else [item.type]
        )
    return [code for code in codes if not code.lstrip("-").replace(".", "", 1).isdigit()]


def _leaf_faults(framework: Framework, instruments: Sequence[Instrument]) -> list[Fault]:
    known = {instrument.code for instrument in instruments}
    fed = {mapping.indicator for one in instruments for mapping in one.mappings}
    faults = []
    for leaf in framework.leaves:
        named = {"indicator": leaf.code, "instrument": leaf.instrument}
        if leaf.source == COMPUTED:
            continue
        if leaf.instrument not in known:
            listed = "、".join(sorted(known))
            faults.append(fault("framework.unknown_instrument", known=listed, **named))
        elif leaf.code not in fed:
            faults.append(fault("framework.leaf_without_items", **named))
    return faults
