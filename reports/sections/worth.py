"""What the data are worth: silence, case-mix, top boxes, scales, raking; all in short tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from instruments.model import Item
from instruments.quality_tables import EVERYWHERE
from reports import tables
from reports.document import Block, Paragraph
from reports.material import Material, rows
from reports.sections.annex import plain_table, project_names
from reports.sections.satisfaction import satisfaction_leaf
from reports.wording import choice, joined, phrase

TOP, WHOLE, RAKE = "top", "*", "rake"


def worth_parts(material: Material) -> dict[str, tuple[Block, ...]]:
    """Subsections by key; one whose table of results is empty is left out."""
    found = {name: make(material) for name, make in MAKERS.items()}
    return {name: blocks for name, blocks in found.items() if blocks}


def _silence(material: Material) -> tuple[Block, ...]:
    found = rows(material.results.bounds)
    if not found:
        return ()
    names, decimals = project_names(material), material.decimals
    body = [
        (names.get(row.unit, row.unit), tables.rate(row.rate), tables.rate(row.share),
         _tips(row.fall_cut, row.fall_at, row.fall_possible, "fall_at", decimals),
         _tips(row.rise_cut, row.rise_at, row.rise_possible, "rise_at", decimals))
        for row in found
    ]  # fmt: skip
    safe = sum(tables.absent(row.fall_cut) or not row.fall_possible for row in found)
    said = phrase("quality.silence_sum", units=str(len(found)), safe=str(safe))
    table = plain_table("silence", ("project", "rate", "share_of", "falls", "rises"), body)
    return (Paragraph(phrase("quality.silence_note") + said), table)


def _tips(cut: object, at: object, possible: object, key: str, decimals: int) -> str:
    if tables.absent(cut):
        return tables.score(None, decimals)
    if tables.absent(possible) or not possible:
        return phrase("quality.impossible")
    return phrase(f"quality.{key}", score=tables.score(at, decimals))


def _benchmarks(material: Material) -> tuple[Block, ...]:
    found = rows(material.results.benchmarks)
    if not found:
        return ()
    names, decimals = project_names(material), material.decimals
    scores = ("raw", "benchmark", "indirect", "within")
    body = [
        (names.get(row.unit, row.unit),
         *(tables.score(getattr(row, name), decimals) for name in scores),
         tables.rate(row.own_share))
        for row in found
    ]  # fmt: skip
    table = plain_table("benchmarks", ("project", *scores, "own_share"), body)
    return (Paragraph(phrase("quality.benchmarks_note")), table)


def _shares(material: Material) -> tuple[Block, ...]:
    """The distribution of the items on overall satisfaction; the others are in the results."""
    leaf = satisfaction_leaf(material)
    found = rows(material.results.shares, unit=EVERYWHERE)
    forms = {form.code: form for form in material.results.instruments}
    asked = {
        (form.code, mapping.item)
        for form in forms.values()
        for mapping in form.mappings
        if leaf is not None and mapping.indicator == leaf.code
    }
    told = [row for row in found if (row.instrument, row.item) in asked]
    if all(tables.absent(row.share) for row in told):
        return ()
    body = [
        (_answer(forms[row.instrument].item(row.item), row.category), tables.count(row.count),
         tables.rate(row.share), _span(row.low, row.high))
        for row in told
    ]  # fmt: skip
    cell = str(material.results.plan.thresholds.min_cell)
    table = plain_table("shares", ("answer", "chosen", "top_share", "range"), body)
    return (Paragraph(phrase("quality.shares_note", cell=cell)), table)


def _answer(item: Item, category: str) -> str:
    if category == TOP:
        return phrase("quality.top")
    choices = item.scale.choices if item.scale else ()
    return next((one.label for one in choices if one.code == category), category)


def _span(low: object, high: object) -> str:
    return tables.rate(None) if tables.absent(low) else f"{tables.rate(low)}—{tables.rate(high)}"


def _scales(material: Material) -> tuple[Block, ...]:
    found = rows(material.results.scale_reliability)
    told = [row for row in found if not tables.absent(row.alpha)]
    if not told:
        return ()
    body = [
        (_scale(material, row), tables.count(row.items), tables.count(row.n),
         f"{tables.coefficient(row.alpha)}（{tables.interval(row.alpha_low, row.alpha_high, 2)}）",
         tables.coefficient(row.omega), tables.coefficient(row.unit_reliability))
        for row in told
    ]  # fmt: skip
    columns = ("scale_of", "questions", "n", "alpha", "omega", "of_units")
    blocks = (Paragraph(phrase("quality.scales_note")), plain_table("scales", columns, body))
    groups = rows(material.results.invariance, step="configural")
    if not groups:
        return blocks
    of: dict[str, list[str]] = {}
    for row in groups:
        name, by = _scale(material, row), choice("quality.by", row.by)
        of.setdefault(row.verdict, []).append(phrase("quality.scale_by", name=name, by=by))
    listed = [
        phrase(
            "quality.comparable_one",
            verdict=choice("quality.verdicts", verdict),
            list=joined(names),
        )
        for verdict, names in sorted(of.items())
    ]
    return (*blocks, Paragraph(phrase("quality.comparable", list=joined(listed, "clauses"))))


def _scale(material: Material, row: Any) -> str:
    titles = {form.code: form.title for form in material.results.instruments}
    frameworks = material.results.frameworks
    names = {node.code: node.name for one in frameworks for node in one.indicators}
    whole = row.scale == WHOLE
    name = phrase("quality.scales_whole") if whole else names.get(row.scale, row.scale)
    return f"{titles.get(row.instrument, row.instrument)}：{name}"


def _raking(material: Material) -> tuple[Block, ...]:
    found = rows(material.results.raking)
    if not found:
        return ()
    names = project_names(material)
    kept = [row for row in found if row.method != RAKE]
    if not kept:
        most = max(float(row.discrepancy) for row in found)
        return (Paragraph(phrase("quality.raking_all", most=tables.full(most))),)
    body = [(names.get(row.unit, row.unit), str(row.note)) for row in kept]
    return (
        Paragraph(phrase("quality.raking_note")),
        plain_table("raking", ("project", "reason"), body),
    )


MAKERS: Mapping[str, Callable[[Material], tuple[Block, ...]]] = {
    "silence": _silence,
    "benchmarks": _benchmarks,
    "shares": _shares,
    "scales": _scales,
    "raking": _raking,
}
