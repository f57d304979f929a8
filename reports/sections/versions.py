"""Framework versions: who changed what and why, and the ranks with and without the change."""

from __future__ import annotations

from typing import Any

from instruments.scorecard import Framework, Indicator
from reports import tables
from reports.document import Block, Cell, Column, Paragraph, Rows, Table
from reports.material import Material
from reports.sections.moves import moves_table, moves_words
from reports.wording import joined, phrase

MEASURE = ("source", "instrument", "formula", "scaling", "minimum_of", "applies", "level")
"""Fields of a leaf that say how it is measured, of whom."""


def change_blocks(material: Material, framework: Framework) -> tuple[Block, ...]:
    """Proposer, reason and whether results were visible; beside the frozen version, what changed.

    Nothing for a framework that changes none.
    """
    if framework.change is None:
        return ()
    change = framework.change
    told = Paragraph(
        phrase(
            "versions.change",
            version=framework.version,
            base=change.base,
            proposer=change.proposer,
            reason=change.reason,
            visible=phrase(f"versions.visible.{change.results_visible}"),
        )
    )
    if framework not in material.later:
        return (told,)
    frozen = {one.scorecard: one for one in material.results.frozen}[framework.scorecard]
    return (told, *_differences(frozen, framework))


def _differences(frozen: Framework, final: Framework) -> tuple[Block, ...]:
    was = {leaf.code: leaf for leaf in frozen.leaves}
    now = {leaf.code: leaf for leaf in final.leaves}
    codes = [*now, *(code for code in was if code not in now)]
    points = [code for code in codes if _points(was.get(code)) != _points(now.get(code))]
    measured = [c for c in codes if c in was and c in now and _measure(was[c]) != _measure(now[c])]
    sentences = []
    if measured:
        sentences.append(phrase("versions.measured", codes=joined(measured)))
    if frozen.modifiers != final.modifiers:
        sentences.append(phrase("versions.modifiers"))
    if not points:
        sentences.append(phrase("versions.same_points"))
        return (Paragraph("".join(sentences)),)
    body = tuple(
        (
            Cell(f"{code} {(now.get(code) or was[code]).name}"),
            Cell(_points(was.get(code))),
            Cell(_points(now.get(code))),
        )
        for code in points
    )
    names = ("indicator", "frozen_points", "final_points")
    columns = tuple(Column(phrase(f"columns.{name}"), name != "indicator") for name in names)
    caption = phrase("versions.points", scorecard=final.scorecard)
    table = Table(f"points-{final.scorecard}-table", caption, columns, (Rows("", body),))
    return (table, *(Paragraph(text) for text in sentences))


def _points(leaf: Indicator | None) -> str:
    return tables.MISSING if leaf is None else tables.points(leaf.points)


def _measure(leaf: Indicator) -> list[Any]:
    return [getattr(leaf, name) for name in MEASURE]


def reweighted_blocks(material: Material) -> tuple[Block, ...]:
    """Ranks under the frozen and the final points side by side; nothing without a later version."""
    frame = material.results.reweighted
    if frame.empty:
        return ()
    words = Paragraph(phrase("versions.moved", **moves_words(frame, "frozen")))
    return (words, moves_table(material, frame, "frozen"))
