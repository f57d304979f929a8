"""附件 指标与权重, 来源与校验: what counts how much by which clause, and how to recompute it."""

from __future__ import annotations

from typing import Any

from instruments.scorecard import SOURCES, Adoption
from reports import tables
from reports.document import Cell, Column, Paragraph, Rows, Section, Table
from reports.material import Material
from reports.wording import choice, entry, joined, phrase


def adoption_text(adoption: Adoption) -> str:
    """建议, or 已采用 with organ, document and date."""
    if adoption.document:
        return phrase(
            "indicators.adopted",
            organ=adoption.organ,
            document=adoption.document,
            date=adoption.date,
        )
    return adoption.status


def indicators_section(material: Material, heading: str) -> Section:
    """The tree with points, source, clause; weights carry their status."""
    framework = material.framework
    status = adoption_text(framework.adoption)
    intro = phrase(
        "indicators.intro",
        title=framework.title,
        version=framework.version,
        total=tables.points(framework.total),
        adoption=status,
        note=framework.note,
    )
    names = ("indicator", "points", "source", "clause", "basis")
    columns = tuple(
        Column(phrase(f"indicators.{name}", status=status), name == "points") for name in names
    )
    body = tuple(
        Rows(
            _first_heading(node),
            tuple(_indicator_cells(material, leaf) for leaf in _below(framework, node.code)),
        )
        for node in framework.children("")
    )
    units = [unit for group in material.groups for unit in group.units]
    table = Table(
        "indicator-table", material.titled(phrase("sections.indicators"), units), columns, body,
        layout="cards", notes=(_sources(material),),
    )  # fmt: skip
    return Section("indicators", heading, (Paragraph(intro), table), page=True)


def _sources(material: Material) -> str:
    used = {leaf.source for leaf in material.framework.leaves}
    known = [choice("indicators.source_names", source) for source in SOURCES if source in used]
    return phrase("indicators.sources", list=joined(known, "pairs"))


def _first_heading(node: Any) -> str:
    return phrase(
        "indicators.first", code=node.code, name=node.name, points=tables.points(node.points)
    )


def _below(framework: Any, code: str) -> list[Any]:
    found = []
    for child in framework.children(code):
        found += [child, *_below(framework, child.code)]
    return found


def _indicator_cells(material: Material, node: Any) -> tuple[Cell, ...]:
    basis = node.basis
    if node.minimum_of:
        lowest = phrase("indicators.minimum_of", codes=joined(node.minimum_of))
        basis = joined(filter(None, (lowest, basis)), "clauses")
    return (
        Cell(f"{node.code} {node.name}"),
        Cell(tables.points(node.points)),
        Cell(node.source or tables.MISSING),
        Cell(node.clause or tables.MISSING),
        Cell(basis or tables.MISSING),
    )


def provenance_section(material: Material, heading: str) -> Section:
    """Hash, control code, versions, and how to verify."""
    results = material.results
    values = {
        "cycle": results.cycle.title,
        "day": results.day,
        "extract": results.extract_sha256,
        "control": control_code(results.extract_sha256),
        "framework": joined(map(_version, results.frameworks), "clauses"),
        "plan": _version(results.plan),
        "instruments": joined(map(_version, results.instruments), "clauses"),
    }
    labels = entry("provenance.rows") | {"day": phrase(f"editions.{material.edition}.day")}
    body = [(Cell(labels[key]), Cell(text)) for key, text in values.items()]
    body += [
        (Cell(phrase("provenance.software", name=name)), Cell(text))
        for name, text in results.provenance
    ]
    columns = (Column(phrase("columns.what")), Column(phrase("columns.content")))
    caption = phrase("sections.provenance")
    table = Table("provenance-table", caption, columns, (Rows("", tuple(body)),))
    blocks = (
        Paragraph(phrase("provenance.intro")),
        table,
        Paragraph(phrase("provenance.verify")),
    )
    return Section("provenance", heading, blocks, page=True)


def control_code(sha256: str) -> str:
    """The first 16 hex digits of the sealed extract's hash, as printed in the foot."""
    return sha256[:16]


def _version(thing: Any) -> str:
    return phrase("provenance.version", title=thing.title, code=thing.code, version=thing.version)
