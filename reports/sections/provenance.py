"""附件 来源与校验: what the bulletin was computed from, and how to recompute it."""

from __future__ import annotations

from typing import Any

from reports.document import Cell, Column, Paragraph, Rows, Section, Table
from reports.material import Material
from reports.wording import choice, entry, joined, phrase


def provenance_section(material: Material, heading: str) -> Section:
    """Hash, control code, versions, and how to verify."""
    results = material.results
    values = {
        "cycle": results.cycle.title,
        "day": results.day,
        "extract": results.extract_sha256,
        "control": control_code(results.extract_sha256),
        "receipts": results.cycle.receipts,
        "framework": joined(map(_version, results.frameworks), "clauses"),
        "frozen": joined(map(_version, results.frozen), "clauses") if material.later else "",
        "plan": _version(results.plan),
        "instruments": joined(map(_version, results.instruments), "clauses"),
    }
    labels = entry("provenance.rows") | {"day": phrase(f"editions.{material.edition}.day")}
    body = [(Cell(labels[key]), Cell(text)) for key, text in values.items() if text]
    body += [
        (Cell(phrase("provenance.software", name=choice("provenance.names", name))), Cell(text))
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
