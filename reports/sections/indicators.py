"""附件 指标与权重: what counts how much, by which clause, reckoned how, and for whom otherwise."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from instruments.scorecard import SOURCES, Adoption, Condition, Framework, Indicator
from instruments.types import labels_of
from reports import tables
from reports.document import Block, Cell, Column, Paragraph, Rows, Section, Table
from reports.material import RATINGS, Material
from reports.sections.evidence import formula_words, minimum_text, scale_label
from reports.sections.versions import change_blocks, reweighted_blocks
from reports.wording import choice, entry, joined, phrase

LISTS = {
    "type": ("project_types", "locality_types"),
    "mode": ("modes",),
    "module": ("modules",),
    "kind": ("locality_kinds",),
}
"""Condition of a leaf -> lists of types.yaml that its codes are from."""


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
    """Each scorecard with points, source, clause and formula, its points by type, its changes;
    then the ranks under the frozen and the final points."""
    children = [_scorecard(material, one) for one in material.results.frameworks]
    moved = reweighted_blocks(material)
    if moved:
        children.append(Section("reweighted", phrase("sections.reweighted"), moved))
    return Section("indicators", heading, (), tuple(children), page=True)


def _scorecard(material: Material, framework: Framework) -> Section:
    external = material.edition == RATINGS
    heading = phrase(
        f"indicators.heading_{RATINGS}" if external else "indicators.heading",
        scorecard=framework.scorecard,
        title=framework.title,
    )
    intro = phrase(
        "indicators.intro",
        title=framework.title,
        version=framework.version,
        total=tables.points(framework.total),
        adoption=adoption_text(framework.adoption),
        note=framework.note,
    )
    blocks: list[Block] = [Paragraph(intro), *change_blocks(material, framework)]
    blocks.append(_tree(material, framework))
    if framework.modifiers:
        blocks.append(_modifiers(framework))
    return Section(f"indicators-{framework.scorecard}", heading, tuple(blocks))


def _tree(material: Material, framework: Framework) -> Table:
    status = adoption_text(framework.adoption)
    names = ("indicator", "points", "source", "clause", "basis")
    columns = tuple(
        Column(phrase(f"indicators.{name}", status=status), name == "points") for name in names
    )
    body = tuple(
        Rows(
            _first_heading(node),
            tuple(_cells(material, framework, leaf) for leaf in _below(framework, node.code)),
        )
        for node in framework.children("")
    )
    groups = [group for group in material.groups if group.scorecard[0] == framework.scorecard]
    return Table(
        f"indicators-{framework.scorecard}-table",
        material.titled(framework.title, [unit for group in groups for unit in group.units]),
        columns, body, layout="cards", notes=tuple(_notes(framework)),
    )  # fmt: skip


def _notes(framework: Framework) -> Iterator[str]:
    """What the letters of sources and the codes of clauses stand for, and what bases are."""
    yield _sources(framework)
    code = re.compile(entry("indicators.clause_code"))
    if any(code.match(leaf.clause) for leaf in framework.leaves):
        yield phrase("indicators.clauses")
    if any(leaf.basis for leaf in framework.leaves):
        yield phrase("indicators.bases")


def _sources(framework: Framework) -> str:
    used = {leaf.source for leaf in framework.leaves}
    known = [choice("indicators.source_names", source) for source in SOURCES if source in used]
    return phrase("indicators.sources", list=joined(known, "pairs"))


def _first_heading(node: Indicator) -> str:
    return phrase(
        "indicators.first", code=node.code, name=node.name, points=tables.points(node.points)
    )


def _below(framework: Framework, code: str) -> list[Indicator]:
    found = []
    for child in framework.children(code):
        found += [child, *_below(framework, child.code)]
    return found


def _cells(material: Material, framework: Framework, node: Indicator) -> tuple[Cell, ...]:
    return (
        Cell(f"{node.code} {node.name}", note=_how(material, framework, node)),
        Cell(tables.points(node.points)),
        Cell(node.source or tables.MISSING),
        Cell(node.clause or tables.MISSING),
        Cell(node.basis or tables.MISSING),
    )


def _how(material: Material, framework: Framework, node: Indicator) -> str:
    """How a leaf is measured, of whom: form, formula, items or lowest leaf, conditions."""
    form = material.forms.get(node.instrument)
    items = [m.item for m in form.mappings if m.indicator == node.code] if form else []
    parts = [*filter(None, [material.form_named(framework, node)])]
    if node.formula:
        words = formula_words(material, node)
        parts.append(phrase("indicators.formula", words=words, scaling=scale_label(node.scaling)))
    if items:
        parts.append(phrase("indicators.items", items=joined(items)))
    if node.minimum_of:
        parts.append(minimum_text(node))
    if node.level == "counties":
        parts.append(phrase("indicators.counties"))
    parts += [_condition(rule) for rule in node.applies]
    return joined(parts, "clauses")


def _condition(rule: Condition) -> str:
    among = joined(_labels(rule.name).get(code, code) for code in rule.among)
    return phrase("indicators.applies", name=choice("indicators.names", rule.name), among=among)


def _labels(name: str) -> dict[str, str]:
    return {code: label for of in LISTS[name] for code, label in labels_of(of).items()}


def _modifiers(framework: Framework) -> Table:
    """Points that differ by type of unit, each with its reason and clause."""
    names = ("types", "changed", "reason", "clause")
    columns = tuple(Column(phrase(f"indicators.{name}")) for name in names)
    body = tuple(_modifier(framework, one) for one in framework.modifiers)
    anchor = f"modifiers-{framework.scorecard}-table"
    caption = phrase("indicators.modifiers", scorecard=framework.scorecard)
    return Table(anchor, caption, columns, (Rows("", body),), layout="cards")


def _modifier(framework: Framework, one: Any) -> tuple[Cell, ...]:
    types = _labels("type")
    changed = [
        phrase(
            "indicators.change" if points else "indicators.change_none",
            code=code,
            name=framework.indicator(code).name,
            before=tables.points(framework.indicator(code).points),
            after=tables.points(points),
        )
        for code, points in one.points.items()
    ]
    return (
        Cell(joined(types.get(code, code) for code in one.types)),
        Cell(joined(changed, "clauses")),
        Cell(one.reason),
        Cell(one.clause or tables.MISSING),
    )
