"""Whether frameworks, plan and instruments fit one another: every misfit named at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from instruments.faults import Fault, FaultsFound, Place, fault
from instruments.formula import check_names, parse
from instruments.gate_checks import gate_faults
from instruments.methods import Plan, Scaling
from instruments.model import NOT_APPLICABLE, WAVES, IndicatorMapping, Instrument, Item
from instruments.scorecard import COMPUTED, EXTERNAL, Framework, Indicator

UNSCORED_CODES = (NOT_APPLICABLE, "unseen")
"""Choice codes that are answers but no scores: 不适用 and 未观察到."""


def check_fit(
    frameworks: Sequence[Framework], plan: Plan, instruments: Sequence[Instrument]
) -> None:
    """Raise FaultsFound unless instruments, frameworks and plan fit one another.

    One framework per scorecard; every mapped item feeds a leaf that names this instrument and a
    source of its kind; every item that is compared with one before finds it; every leaf has either
    items or a formula whose fields its instrument has;
    every scaling is in the plan and covers the item's choices; adjustment traits are asked
    (domain section 00: an item mapped to an indicator that does not list its source is refused).
    """
    leaves = {leaf.code: leaf for framework in frameworks for leaf in framework.leaves}
    faults = _scorecard_faults(frameworks)
    for instrument in instruments:
        for mapping in instrument.mappings:
            faults += _mapping_faults(leaves, frameworks, instrument, mapping)
            faults += _scaling_faults(plan, instrument, mapping)
        faults += _change_faults(instrument, instruments)
    faults += _leaf_faults(leaves, plan, instruments)
    faults += gate_faults(plan, frameworks, instruments)
    asked = {use.item for one in instruments for use in one.used_as("trait")}
    if plan.adjustment.method != "none":
        for trait in plan.adjustment.traits:
            if trait not in asked:
                faults.append(fault("framework.unknown_trait", trait=trait))
    if faults:
        raise FaultsFound(faults)


def _scorecard_faults(frameworks: Sequence[Framework]) -> list[Fault]:
    cards = Counter(framework.scorecard for framework in frameworks)
    codes = Counter(node.code for framework in frameworks for node in framework.indicators)
    faults = [fault("framework.second_scorecard", scorecard=c) for c, n in cards.items() if n > 1]
    faults += [fault("framework.repeated_code", code=c) for c, n in codes.items() if n > 1]
    return faults


def before_form(instrument: Instrument, instruments: Sequence[Instrument]) -> Instrument | None:
    """The form at the end of the training that the same people filled as this later one."""
    same = (instrument.role, instrument.per, WAVES[0])
    return next((one for one in instruments if one.subject == same), None)


def _change_faults(instrument: Instrument, instruments: Sequence[Instrument]) -> list[Fault]:
    """Items compared with one before must find it there, on the same scale of numbers."""
    faults = []
    before = before_form(instrument, instruments)
    known = {item.name: item for item in before.items} if before is not None else {}
    for use in instrument.used_as("change"):
        own, other = instrument.item(use.item).scale, known.get(use.against)
        same = own is not None and other is not None and own == other.scale
        numbers = [code for code in (own.codes if own else ()) if code not in UNSCORED_CODES]
        if not same or instrument is before or not all(code.isdecimal() for code in numbers):
            place = Place(file=instrument.code, sheet="_uses")
            details = {"item": use.item, "against": use.against}
            faults.append(fault("instruments.change_against", place, **details))
    return faults


def _mapping_faults(
    leaves: dict[str, Indicator],
    frameworks: Sequence[Framework],
    instrument: Instrument,
    mapping: IndicatorMapping,
) -> list[Fault]:
    leaf = leaves.get(mapping.indicator)
    place = Place(file=instrument.code, sheet="_indicators")
    named = {"item": mapping.item, "indicator": mapping.indicator}
    if leaf is None or leaf.source == COMPUTED:
        known = "、".join(framework.code for framework in frameworks)
        return [fault("framework.unknown_indicator", place, framework=known, **named)]
    if leaf.instrument != instrument.code:
        return [fault("framework.wrong_instrument", place, expected=leaf.instrument, **named)]
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


def _leaf_faults(
    leaves: dict[str, Indicator], plan: Plan, instruments: Sequence[Instrument]
) -> list[Fault]:
    known = {instrument.code: instrument for instrument in instruments}
    fed = {mapping.indicator for one in instruments for mapping in one.mappings}
    faults = []
    for leaf in leaves.values():
        named = {"indicator": leaf.code, "instrument": leaf.instrument}
        if leaf.source == COMPUTED:
            continue
        if leaf.instrument not in known:
            listed = "、".join(sorted(known))
            faults.append(fault("framework.unknown_instrument", known=listed, **named))
            continue
        instrument = known[leaf.instrument]
        if leaf.source not in (EXTERNAL, instrument.source):
            details = {
                "source": leaf.source,
                "role": instrument.role,
                "expected": instrument.source,
            }
            faults.append(fault("framework.source_of_role", **named, **details))
        if bool(leaf.formula) == (leaf.code in fed):
            code = "framework.items_and_formula" if leaf.formula else "framework.leaf_without_items"
            faults.append(fault(code, **named))
        if leaf.formula:
            faults += _formula_faults(leaf, plan, instrument)
    return faults


def _formula_faults(leaf: Indicator, plan: Plan, instrument: Instrument) -> list[Fault]:
    place = Place(file=leaf.code, column="formula")
    faults = check_names(parse(leaf.formula), instrument, place)
    scalings = [scaling.name for scaling in plan.scaling]
    if leaf.scaling not in scalings:
        details = {"item": leaf.code, "scaling": leaf.scaling, "known": "、".join(scalings)}
        faults.append(fault("framework.unknown_scaling", place, **details))
    return faults
