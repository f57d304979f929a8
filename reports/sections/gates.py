"""Hard rules in the annex: which there are, who keeps them, by which evidence, what they hold."""

from __future__ import annotations

from collections import Counter
from typing import Any

from reports import tables
from reports.document import Block, Cell, Column, Paragraph, Rows, Table, layout_of
from reports.material import Group, Material, band_label, rows
from reports.wording import choice, phrase

COUNTED = ("passed", "failed", "unverified", "not_applicable")
"""Verdicts in the order of their columns."""


def gate_blocks(material: Material) -> tuple[Block, ...]:
    """The rules with how many units keep them, then every unit's verdicts."""
    plan = material.results.plan
    units = material.results.gates[["scorecard", "group", "unit"]].drop_duplicates()
    held = material.results.gates.query("holds")[["scorecard", "group", "unit"]].drop_duplicates()
    told = {"rules": str(len(plan.gates)), "units": str(len(units)), "held": str(len(held))}
    note = phrase("compliance.gates", **told)
    blocks = (Paragraph(note), _rules(material), Paragraph(phrase("compliance.gates_how")))
    groups = tuple(
        Rows(group.title, tuple(_unit(material, group, unit) for unit in group.units))
        for group in material.groups
        if _of(material, group)
    )
    if not groups:
        return (*blocks, Paragraph(phrase("compliance.others")))
    heads = (phrase("columns.unit"), *(gate.rule for gate in plan.gates), phrase("columns.band"))
    columns = tuple(Column(head) for head in heads)
    caption = phrase("compliance.units_table")
    table = Table("gates-table", caption, columns, groups, layout=layout_of(groups, "plain"))
    return (*blocks, table, Paragraph(phrase("compliance.others")))


def _rules(material: Material) -> Table:
    body = []
    for gate in material.results.plan.gates:
        found = Counter(row.verdict for row in rows(material.results.gates, rule=gate.rule))
        name = material.framework(gate.scorecards[0]).indicator(gate.indicator).name
        least = phrase("compliance.least", name=name, least=tables.points(gate.least))
        highest = band_label(material.results, gate.highest)
        texts = (f"{gate.rule} {gate.title}", gate.clause, least, highest)
        counts = (tables.count(found[verdict]) for verdict in COUNTED)
        body.append(tuple(Cell(text) for text in (*texts, *counts)))
    words = [Column(phrase(f"columns.{n}")) for n in ("rule", "clause", "judged_by", "highest")]
    numbers = [Column(choice("compliance.verdicts", verdict), True) for verdict in COUNTED]
    caption = phrase("compliance.rules_table")
    return Table("rules-table", caption, (*words, *numbers), (Rows("", tuple(body)),), "cards")


def _of(material: Material, group: Group) -> list[Any]:
    return material.of("gates", scorecard=group.scorecard, group=group.group)


def _unit(material: Material, group: Group, unit: Any) -> tuple[Cell, ...]:
    found = {row.rule: row for row in _of(material, group) if row.unit == unit.unit}
    verdicts = [
        _verdict(found[gate.rule]) if gate.rule in found else Cell(tables.MISSING)
        for gate in material.results.plan.gates
    ]
    return (Cell(unit.name), *verdicts, Cell(tables.plain(unit.band)))


def _verdict(row: Any) -> Cell:
    text = choice("compliance.verdicts", row.verdict)
    if row.verdict != "not_applicable":
        basis = choice("compliance.bases", row.basis)
        text = phrase("compliance.verdict", verdict=text, basis=basis)
    return Cell(text, strong=bool(row.holds))
