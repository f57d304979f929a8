"""Unit sheets: two to four pages for each institution and locality, then where they come from.

A sheet says nothing that the bulletin does not rest on: it is built from the same material by the
same functions, and holds the trails that annex 4 leads to.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from instruments.result_tables import STATUSES
from reports.document import Block, Bulletin, Cell, Column, Imprint, Paragraph, Rows, Section, Table
from reports.headings import numbered_headings
from reports.material import SINGLE, Material, parts_of
from reports.numbering import numbered_sections
from reports.sections.standing import (
    comparison_blocks,
    group_of,
    results_table,
    standing_blocks,
)
from reports.sections.trails import trail_notes, trails
from reports.sheet_files import ALL, BULLETIN, SHEETS, SheetFile, sheet_files, sheet_of
from reports.wording import joined, phrase, phrases


@dataclass(frozen=True)
class Sheet:
    """One sheet as a document, and the name of its files without ending."""

    file: SheetFile
    document: Bulletin

    @property
    def summary(self) -> Bulletin:
        """The two to four pages for paper; the trails, many times as long, stay on the web."""
        return replace(self.document, annexes=())

    @property
    def code(self) -> str:
        """The unit's code as printed; '' for the file of all trails."""
        return self.file.code

    @property
    def name(self) -> str:
        """The unit's name."""
        return self.file.name

    @property
    def kind(self) -> str:
        """Institution, project, city or county; or all."""
        return self.file.kind

    @property
    def stem(self) -> str:
        """The name of its files without ending: safe on any system, and no other's."""
        return self.file.stem


def unit_sheets(material: Material, bulletin: Bulletin) -> Iterator[Sheet]:
    """All sheets in the bulletin's order; mark, version and control code are the bulletin's."""
    files = sheet_files(material)
    places = sheet_of(files)
    for file in files:
        made = () if file.kind == ALL else tuple(_sections(material, file, places))
        sections = numbered_headings(made)
        annex = Section("trails", phrase("sheet.trails"), (), (), page=True)
        blocks = (*trail_notes(material), *_trails(material, file))
        numbered = numbered_sections((*sections, replace(annex, blocks=blocks)))
        title = phrase(f"sheet.{'title_all' if file.kind == ALL else 'title'}", name=file.name)
        basis = phrases("sheet.basis", title=bulletin.title, code=file.code or file.stem)
        document = replace(
            bulletin,
            title=title,
            addressees="",
            basis=basis,
            sections=numbered[:-1],
            annexes=numbered[-1:],
            attachments=(),
            imprint=Imprint(),
            above=BULLETIN,
        )
        yield Sheet(file, document)


def _sections(
    material: Material, file: SheetFile, places: dict[tuple[str, str, str], SheetFile]
) -> Iterator[Section]:
    own = [unit for unit in file.units if not _part(file, unit)]
    yield _section("standing", standing_blocks(material, own))
    yield _section("comparison", comparison_blocks(material, own[0]))
    parts = _parts(material, file, own)
    if parts:
        name = "counties" if file.kind == "city" else "projects"
        yield _section(name, _parts_blocks(material, name, parts, places, file))
    yield _section("gaps", _gaps(material, file))
    page = f"{SHEETS}/{file.stem}.html"
    reading = phrases("sheet.reading_texts", level=material.level, code=file.code, page=page)
    yield _section("reading", map(Paragraph, reading))


def _section(name: str, blocks: Any) -> Section:
    return Section(name, phrase(f"sheet.{name}"), tuple(blocks))


def _part(file: SheetFile, unit: Any) -> bool:
    return unit.scorecard == "A-project" and file.kind == "institution"


def _parts(material: Material, file: SheetFile, own: Sequence[Any]) -> list[Any]:
    """Projects whose trails stand here; a city's counties, which have sheets of their own."""
    projects = [unit for unit in file.units if _part(file, unit)]
    codes = parts_of(own[0])
    counties = [
        unit
        for group in material.groups
        if group.scorecard == "B-county" and file.kind == "city"
        for unit in group.units
        if unit.unit in codes
    ]
    return projects or counties


def _parts_blocks(
    material: Material,
    name: str,
    parts: Sequence[Any],
    places: dict[tuple[str, str, str], SheetFile],
    file: SheetFile,
) -> Iterator[Block]:
    labelled = []
    for unit in parts:
        place = places[unit.scorecard, unit.group, unit.unit]
        page = "" if place is file else f"{place.stem}.html"
        labelled.append((unit, Cell(_titled(material, unit), page=page)))
    table = results_table(material, name, phrase("columns.unit"), labelled)
    if labelled[0][1].page:  # their trails are in sheets of their own
        table = replace(table, groups=tuple(_unlinked(group) for group in table.groups))
    yield table


def _unlinked(group: Rows) -> Rows:
    rows = tuple(tuple(replace(cell, link="") for cell in row) for row in group.rows)
    return Rows(group.heading, rows)


def _titled(material: Material, unit: Any) -> str:
    """A project's name with its type."""
    if not unit.group or unit.scorecard not in SINGLE:
        return str(unit.name)
    return phrase(
        "sheet.of_type", name=unit.name, type=group_of(material, unit).units[0].group_label
    )


def _gaps(material: Material, file: SheetFile) -> Iterator[Block]:
    """What was due and not delivered, and what is not measured, of the units whose leaves these
    are; an institution's gaps are its projects'."""
    single = [unit for unit in file.units if unit.scorecard in SINGLE] or list(file.units)
    rows = [(unit, tuple(_gap_rows(material, unit))) for unit in single]
    groups = tuple(Rows(_titled(material, unit), found) for unit, found in rows if found)
    if not groups:
        yield Paragraph(phrase("sheet.no_gaps"))
        return
    columns = tuple(Column(phrase(f"sheet.columns.{name}")) for name in ("state", "indicators"))
    note = phrase("sheet.gaps_note", reminders=str(material.results.plan.thresholds.reminders))
    yield Table("gaps-table", phrase("sheet.gaps_table"), columns, groups, notes=(note,))


def _gap_rows(material: Material, unit: Any) -> Iterator[tuple[Cell, ...]]:
    framework = material.framework(unit.scorecard)
    keys = {"scorecard": unit.scorecard, "group": unit.group, "unit": unit.unit}
    found = {row.indicator: row for row in material.of("indicators", **keys)}
    for status in STATUSES[::-1]:
        listed = [
            phrase("trail.node", code=leaf.code, name=leaf.name)
            for leaf in framework.leaves
            if status != "measured" and leaf.code in found and found[leaf.code].status == status
        ]
        if listed:
            yield Cell(phrase(f"status.{status}")), Cell(joined(listed))


def _trails(material: Material, file: SheetFile) -> Iterator[Block]:
    """Tables in which the sheet's unit stands abreast, then its projects."""
    own = [unit for unit in file.units if not _part(file, unit)]
    projects = [unit for unit in file.units if _part(file, unit)]
    if file.kind == ALL:
        for group in material.groups:
            yield from trails(material, group.title, group.units, [u.name for u in group.units])
        return
    heads = [group_of(material, unit).title for unit in own] if len(own) > 1 else [file.name]
    yield from trails(material, file.name, own, heads)
    if projects:
        heads = [_titled(material, unit) for unit in projects]
        yield from trails(material, phrase("sheet.projects"), projects, heads)
