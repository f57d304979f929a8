"""附件 分项得分: units by their second-level indicators, each row leading to the unit's sheet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from instruments.scorecard import Framework, Indicator
from reports import tables
from reports.document import Cell, Column, Paragraph, Rows, Section, Table
from reports.material import Group, Material, parts_of
from reports.sections.heats import heat_figures
from reports.sections.repeats import PROJECTS, TYPED
from reports.sheet_files import ALL, SHEETS, SheetFile, sheet_files, sheet_of, sheet_rules
from reports.wording import choice, phrase

MARKS = ("missing", "not_applicable", "not_due", "suppressed", "withheld")
Nodes = tuple[Indicator, ...]
Sheets = dict[tuple[str, str, str], SheetFile]


@dataclass(frozen=True)
class Line:
    """One row: who is named in it, and the unit whose numbers it holds."""

    names: tuple[Cell, ...]
    unit: Any


def scores_section(material: Material, heading: str) -> Section:
    """One section for each scorecard; its types are row groups of one table."""
    sheets = sheet_of(sheet_files(material))
    value = choice("method.value", material.results.plan.composite.value)
    one = any(sheet.kind == ALL for sheet in sheets.values())
    cell = str(material.results.plan.thresholds.min_cell)
    marks = {key: phrase(f"scores.marks.{key}") for key in MARKS}
    told = (
        phrase("scores.intro", value=value),
        phrase(f"scores.{'where_all' if one else 'where'}"),
        phrase("scores.told", min_cell=cell, **marks),
    )
    children = tuple(_sections(material, sheets))
    return Section("scores", heading, tuple(map(Paragraph, told)), children, page=True)


def _sections(material: Material, sheets: Sheets) -> Iterator[Section]:
    by_card = {
        card: list(found)
        for card, found in groupby(material.groups, key=lambda group: group.scorecard)
    }
    both = TYPED in by_card and PROJECTS in by_card
    projects = by_card.pop(PROJECTS) if both else []
    for card, groups in by_card.items():
        joint = both and card == TYPED
        title = phrase("scores.joint") if joint else choice("scorecards", card)
        lines = (
            _joint_lines(material, groups, projects, sheets)
            if joint
            else [(_label(g), [_line(material, u, sheets) for u in g.units]) for g in groups]
        )
        first = ("unit", "project") if joint else ("unit",)
        made = _tables(material, card, title, first, lines, sheets)
        yield Section(f"scores-{card}", title, (*heat_figures(material, card), *made))


def _label(group: Group) -> str:
    return str(group.units[0].group_label) if group.group else ""


def _place(material: Material, unit: Any, sheets: Sheets) -> Cell:
    """The unit's name: where the links of the other tables lead, and itself a link to its sheet."""
    anchor = material.anchor(unit)
    sheet = sheets[unit.scorecard, unit.group, unit.unit]
    return Cell(unit.name, anchor=anchor, page=f"{SHEETS}/{sheet.stem}.html#{anchor}")


def _line(material: Material, unit: Any, sheets: Sheets) -> Line:
    return Line((_place(material, unit, sheets),), unit)


def _joint_lines(
    material: Material, groups: list[Group], projects: list[Group], sheets: Sheets
) -> list[tuple[str, list[Line]]]:
    """Institutions of each type, each with its projects; a project that is all of its
    institution, with the same numbers, shares the row."""
    of_type = {group.group: list(group.units) for group in projects}
    types = {group.group: group for group in (*groups, *projects)}
    found = []
    for code in types:
        left = of_type.get(code, [])
        lines: list[Line] = []
        for unit in [u for g in groups if g.group == code for u in g.units]:
            own = [one for one in left if one.unit in parts_of(unit)]
            left = [one for one in left if one not in own]
            lines += _institution(material, unit, own, sheets)
        lines += [Line((Cell(""), _place(material, one, sheets)), one) for one in left]
        found.append((_label(types[code]), lines))
    return found


def _institution(material: Material, unit: Any, own: list[Any], sheets: Sheets) -> Iterator[Line]:
    place = _place(material, unit, sheets)
    nodes = material.framework(unit.scorecard).indicators
    if len(own) == 1 and _numbers(material, unit, nodes) == _numbers(material, own[0], nodes):
        yield Line((place, _place(material, own[0], sheets)), unit)
        return
    yield Line((place, Cell(phrase("scores.together", projects=str(len(own))))), unit)
    for one in own:
        yield Line((Cell(unit.name), _place(material, one, sheets)), one)


def shown_nodes(framework: Framework) -> tuple[Nodes, ...]:
    """Second-level indicators (first-level where there are none below) in as few and as even
    tables as hold them, each first level in one table where it fits."""
    limit = sheet_rules()["abreast"]
    pieces: list[Nodes] = []
    for first in framework.children(""):
        nodes = framework.children(first.code) or (first,)
        pieces += [nodes[start : start + limit] for start in range(0, len(nodes), limit)]
    fewest = len(_packed(pieces, limit))
    even = (_packed(pieces, narrower) for narrower in range(1, limit + 1))
    return next(found for found in even if len(found) == fewest)


def _packed(pieces: list[Nodes], limit: int) -> tuple[Nodes, ...]:
    """Pieces one after another, a new table where the next does not fit."""
    found: list[Nodes] = []
    for piece in pieces:
        if found and len(found[-1]) + len(piece) <= limit:
            found[-1] = (*found[-1], *piece)
        else:
            found.append(piece)
    return tuple(found)


def _tables(
    material: Material,
    card: str,
    title: str,
    first: tuple[str, ...],
    lines: list[tuple[str, list[Line]]],
    sheets: Sheets,
) -> Iterator[Table]:
    blocks = shown_nodes(material.framework(card))
    lead = _lead([line.unit for _, some in lines for line in some], sheets)
    for place, nodes in enumerate(blocks, 1):
        before = lead if place == 1 else ()
        columns = (
            *(Column(phrase(f"columns.{name}")) for name in first),
            *(Column(phrase(f"columns.{name}"), name == "score") for name in before),
            *(Column(phrase("trail.node", code=n.code, name=n.name), True) for n in nodes),
        )
        rows = tuple(
            Rows(label, tuple(_row(material, line, nodes, before, sheets) for line in some))
            for label, some in lines
        )
        part = {"title": title, "first": nodes[0].code, "last": nodes[-1].code}
        caption = phrase(f"scores.{'part' if len(blocks) > 1 else 'whole'}", **part)
        yield Table(f"scores-{card}-{place}", caption, columns, rows, layout="long")


def _lead(units: list[Any], sheets: Sheets) -> tuple[str, ...]:
    """Columns between the name and the indicators: the sheet is named where the name is not it."""
    found = [(unit, sheets[unit.scorecard, unit.group, unit.unit]) for unit in units]
    named = any(sheet.code not in ("", unit.name) for unit, sheet in found)
    return ("sheet", "score") if named else ("score",)


def _row(
    material: Material, line: Line, nodes: Nodes, before: tuple[str, ...], sheets: Sheets
) -> tuple[Cell, ...]:
    unit = line.unit
    between = {
        "sheet": sheets[unit.scorecard, unit.group, unit.unit].code,
        "score": tables.score(unit.score, material.decimals),
    }
    names = line.names if before else tuple(Cell(name.text) for name in line.names)
    numbers = _numbers(material, unit, nodes)[1:]
    return (*names, *(Cell(between[name]) for name in before), *map(Cell, numbers))


def _numbers(material: Material, unit: Any, nodes: Nodes) -> tuple[str, ...]:
    """The composite and the unit's values of ``nodes``, as printed."""
    found = material.of("indicators", scorecard=unit.scorecard, group=unit.group, unit=unit.unit)
    by_code = {row.indicator: row for row in found}
    withheld = [row.indicator for row in found if row.status == "withheld"]
    score = tables.score(unit.score, material.decimals)
    return (score, *(_number(material, by_code.get(node.code), withheld) for node in nodes))


def _number(material: Material, row: Any, withheld: list[str]) -> str:
    if row is None:
        return tables.MISSING
    if row.status not in ("measured", "withheld"):
        return phrase(f"scores.marks.{row.status}")
    value = getattr(row, material.results.plan.composite.value)
    printed = tables.score(value, material.decimals)
    partly = any(f"{code}.".startswith(f"{row.indicator}.") for code in withheld)
    return phrase("scores.withheld", score=printed) if partly else printed
