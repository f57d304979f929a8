"""Hard rules of a plan: bands that there are, leaves that a record measures."""

from __future__ import annotations

from collections.abc import Sequence

from instruments.beside_tables import SCORECARDS
from instruments.declaration import Declaration
from instruments.faults import Fault, fault
from instruments.methods import Plan
from instruments.model import Instrument
from instruments.scorecard import Framework


def check_gates(plan: Plan, declaration: Declaration) -> None:
    """Note faults of the plan's part ``gates``: unknown bands or tables, a rule that is twice."""
    bands = [band.code for band in plan.bands]
    seen: set[str] = set()
    for place, gate in enumerate(plan.gates):
        path = ("gates", place)
        _known(declaration, (*path, "highest"), "gates.highest", [gate.highest], bands)
        named = list(gate.scorecards)
        _known(declaration, (*path, "scorecards"), "gates.scorecards", named, SCORECARDS)
        if not gate.scorecards:
            declaration.add("plan.gate_nowhere", path, rule=gate.rule)
        if gate.rule in seen:
            declaration.add("plan.repeated", path, what=gate.rule)
        seen.add(gate.rule)


def _known(
    declaration: Declaration,
    path: tuple[object, ...],
    key: str,
    values: Sequence[str],
    known: Sequence[str],
) -> None:
    for value in values:
        if value not in known:
            told = {"key": key, "value": value, "known": "、".join(known)}
            declaration.add("declaration.unknown_choice", path, **told)


def gate_faults(
    plan: Plan, frameworks: Sequence[Framework], instruments: Sequence[Instrument]
) -> list[Fault]:
    """Gates whose leaf is in no framework, or that no record measures, or whose ranked tables are
    another scorecard's: what an answer of people says is no hard rule."""
    records = {one.code for one in instruments if one.reported}
    leaves = {leaf.code: (leaf, one) for one in frameworks for leaf in one.leaves}
    faults = []
    for gate in plan.gates:
        leaf, framework = leaves.get(gate.indicator, (None, None))
        if leaf is None or framework is None or leaf.instrument not in records:
            faults.append(fault("framework.gate_leaf", rule=gate.rule, indicator=gate.indicator))
        elif any(card[0] != framework.scorecard for card in gate.scorecards):
            listed = "、".join(gate.scorecards)
            told = {"rule": gate.rule, "indicator": gate.indicator, "listed": listed}
            faults.append(fault("framework.gate_card", **told))
    return faults
