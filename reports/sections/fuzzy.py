"""模糊综合评价表 in the annex: published shares in other clothes, scored as the mean."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from instruments.model import Instrument
from instruments.quality_tables import EVERYWHERE
from reports import tables
from reports.document import Block, Cell, Column, Paragraph, Rows, Table, layout_of
from reports.material import Material, rows
from reports.sections.annex import plain_table, project_names
from reports.wording import choice, phrase

LEAST = 2
"""Items without which nothing is put together."""
MEAN = "weighted_mean"
TOP = "top"


def fuzzy_blocks(material: Material) -> tuple[Block, ...]:
    """One table for each form and scale with several items; then the projects' top boxes."""
    found = rows(material.results.fuzzy, unit=EVERYWHERE)
    told = {(row.instrument, row.scaling): row.items for row in found if row.items >= LEAST}
    blocks: list[Block] = []
    for number, (instrument, scaling) in enumerate(told, 1):
        blocks += _whole(material, instrument, scaling, number)
    blocks += _projects(material)
    return (Paragraph(phrase("fuzzy.note")), *blocks) if blocks else ()


def _whole(material: Material, instrument: str, scaling: str, number: int) -> Iterator[Block]:
    """Items with weight, shares and mean; below them the vectors B; then the identity in words."""
    of = {"unit": EVERYWHERE, "instrument": instrument, "scaling": scaling}
    form = material.forms[instrument]
    items = [row for row in rows(material.results.fuzzy_items, **of) if row.weight > 0]
    results = rows(material.results.fuzzy, **of)
    results.sort(key=lambda row: (row.operator != MEAN, row.operator))
    vectors = rows(material.results.fuzzy_grades, **of)
    first = [row for row in vectors if row.operator == vectors[0].operator]
    grades = [row.grade for row in sorted(first, key=lambda row: (-row.value, row.grade))]
    labels = _labels(form, items[0].item)
    heads = (
        Column(phrase("columns.question")),
        Column(phrase("columns.weight"), True),
        *(Column(labels.get(grade, grade), True) for grade in grades),
        Column(phrase("columns.mean_score"), True),
    )
    body = tuple(_item_row(material, form, row, grades) for row in items)
    foot = tuple(_vector_row(material, row, vectors, grades) for row in results)
    groups = (Rows(phrase("fuzzy.items"), body), Rows(phrase("fuzzy.vectors"), foot))
    caption = phrase("fuzzy.table", form=form.title)
    layout = layout_of(groups, "plain")
    yield Table(f"fuzzy-{number}-table", caption, heads, groups, layout=layout)
    said = "".join(_sentences(material, row) for row in results)
    yield Paragraph(said)


def _labels(form: Instrument, item: str) -> dict[str, str]:
    scale = form.item(item).scale
    return {one.code: one.label for one in scale.choices} if scale else {}


def _item_row(
    material: Material, form: Instrument, row: Any, grades: list[str]
) -> tuple[Cell, ...]:
    of = {"unit": EVERYWHERE, "instrument": form.code, "item": row.item}
    shares = {one.category: one.share for one in material.of("shares", **of)}
    return (
        Cell(form.item(row.item).label),
        Cell(tables.rate(row.weight)),
        *(Cell(tables.rate(shares.get(grade))) for grade in grades),
        Cell(tables.score(row.score, material.decimals)),
    )


def _vector_row(
    material: Material, row: Any, vectors: list[Any], grades: list[str]
) -> tuple[Cell, ...]:
    own = {one.grade: one.share for one in vectors if one.operator == row.operator}
    return (
        Cell(choice("fuzzy.operators", row.operator)),
        Cell(tables.rate(1.0)),
        *(Cell(tables.rate(own.get(grade))) for grade in grades),
        Cell(tables.score(row.score, material.decimals)),
    )


def _sentences(material: Material, row: Any) -> str:
    score, mean = (tables.score(value, material.decimals) for value in (row.score, row.mean))
    told = {"score": score, "mean": mean, "operator": choice("fuzzy.operators", row.operator)}
    words = phrase("fuzzy.same" if row.operator == MEAN else "fuzzy.other", **told)
    if row.left_out and row.operator == MEAN:
        cell = str(material.results.plan.thresholds.min_cell)
        words += phrase("fuzzy.left_out", items=str(row.left_out), cell=cell)
    return words


def _projects(material: Material) -> tuple[Block, ...]:
    """Of each project the share of the highest answers over the items of the form and scale that
    most of its items are told of, by M(·,+)."""
    named = project_names(material)
    every = rows(material.results.fuzzy, operator=MEAN)
    own = [r for r in every if r.unit in named and not tables.absent(r.score) and r.items >= LEAST]
    if not own:
        return ()
    sums: Counter[tuple[str, str]] = Counter()
    for row in own:
        sums[row.instrument, row.scaling] += row.items
    instrument, scaling = min(sums, key=lambda key: (-sums[key], key))
    of = {"instrument": instrument, "scaling": scaling, "operator": MEAN}
    shares = {row.unit: row.share for row in rows(material.results.fuzzy_grades, grade=TOP, **of)}
    body = [
        (named[row.unit], tables.rate(shares[row.unit]), tables.count(row.items))
        for row in own
        if (row.instrument, row.scaling) == (instrument, scaling)
    ]
    table = plain_table("fuzzy_projects", ("project", "top_share", "questions"), body)
    title = material.forms[instrument].title
    return (Paragraph(phrase("fuzzy.projects", form=title)), table)
