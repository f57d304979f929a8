"""附件 分项得分与出处: from a unit's composite to its indicators, their items and each n."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from reports import tables
from reports.document import Cell, Paragraph, Section, Trail, TrailCell, TrailRow
from reports.material import Group, Material, band_label, rows
from reports.wording import choice, joined, phrase

ABREAST = 6
"""Units side by side in one trail table: as many as a page of paper or a phone can hold."""


def scores_section(material: Material, heading: str) -> Section:
    """Trails of the units of every table, in the tables' order."""
    value = choice("method.value", material.results.plan.composite.value)
    notes = (
        phrase("trail.intro", value=value),
        phrase(
            "suppressed_note",
            suppressed=phrase("status.suppressed"),
            missing=phrase("status.missing"),
            min_cell=str(material.results.plan.thresholds.min_cell),
        ),
    )
    wording = _wording(material)
    children = tuple(
        Section(f"scores{number}", group.title, tuple(_trails(material, group, wording)))
        for number, group in enumerate(material.groups, 1)
    )
    return Section("scores", heading, tuple(map(Paragraph, notes)), children, page=True)


def _wording(material: Material) -> dict[tuple[str, str], str]:
    """(instrument, item) -> the question as it was asked."""
    return {
        (instrument.code, item.name): item.label
        for instrument in material.results.instruments
        for item in instrument.items
    }


def _trails(
    material: Material, group: Group, wording: Mapping[tuple[str, str], str]
) -> Iterator[Trail]:
    for start in range(0, len(group.units), ABREAST):
        units = group.units[start : start + ABREAST]
        yield Trail(
            title=joined(unit.name for unit in units),
            corner=phrase("trail.corner"),
            heads=tuple(Cell(unit.name, material.anchor(unit)) for unit in units),
            rows=(*_fact_rows(material, units), *_indicator_rows(material, units, wording)),
        )


def _fact_rows(material: Material, units: tuple[Any, ...]) -> Iterator[TrailRow]:
    for name, render in FACTS.items():
        cells = tuple(TrailCell(render(material, unit)) for unit in units)
        if any(cell.text not in ("", tables.MISSING) for cell in cells):
            label = phrase(f"trail.{name}", level=material.level)
            yield TrailRow("fact", label, cells)


def _estimate(name: str) -> Callable[[Material, Any], str]:
    def render(material: Material, unit: Any) -> str:
        return _with_error(getattr(unit, name), getattr(unit, f"{name}_se"), material)

    return render


def _with_error(value: object, error: object, material: Material) -> str:
    printed = tables.score(value, material.decimals)
    if tables.absent(value) or tables.absent(error):
        return printed
    return phrase("trail.estimate", value=printed, error=tables.score(error, material.decimals))


def _bands(material: Material, unit: Any) -> str:
    results = material.results
    found = rows(results.bands, scorecard=unit.scorecard, group=unit.group, unit=unit.unit)
    by_band = {row.band: row.probability for row in found if not tables.absent(row.probability)}
    listed = [
        phrase(
            "trail.band", band=band_label(results, band.code), share=tables.rate(by_band[band.code])
        )
        for band in results.plan.bands
        if by_band.get(band.code, 0) > 0
    ]
    return joined(listed, "spaced")


FACTS: Mapping[str, Callable[[Material, Any], str]] = {
    "code": lambda material, unit: unit.unit,
    "raw": _estimate("raw"),
    "adjusted": _estimate("adjusted"),
    "score": _estimate("score"),
    "interval": lambda m, u: tables.interval(u.score_low, u.score_high, m.decimals),
    "n": lambda material, unit: tables.count(unit.n),
    "enrolled": lambda material, unit: tables.count(unit.enrolled),
    "rate": lambda material, unit: tables.rate(unit.response_rate),
    "reliability": lambda material, unit: tables.coefficient(unit.reliability),
    "shrunken": lambda material, unit: tables.score(unit.shrunken, material.decimals),
    "bands": _bands,
    "note": lambda material, unit: "" if tables.absent(unit.note) else unit.note,
}
"""Fact about a unit -> how it is printed; a fact that no unit has is left out."""


def _indicator_rows(
    material: Material, units: tuple[Any, ...], wording: Mapping[tuple[str, str], str]
) -> Iterator[TrailRow]:
    indicators = material.results.indicators
    found = [
        {
            row.indicator: row
            for row in rows(indicators, scorecard=u.scorecard, group=u.group, unit=u.unit)
        }
        for u in units
    ]
    items = _items(material, units)
    for node in material.framework.indicators:
        if any(node.code in by_code for by_code in found):
            kind = f"level{node.code.count('.') + 1}"
            cells = tuple(_indicator_cell(material, by.get(node.code)) for by in found)
            yield TrailRow(kind, f"{node.code} {node.name}", cells)
            yield from _item_rows(material, items.get(node.code, {}), units, wording)


def _indicator_cell(material: Material, row: Any) -> TrailCell:
    if row is None:
        return TrailCell(tables.MISSING)
    if row.status != "measured":
        return TrailCell(choice("status", row.status))
    value = material.results.plan.composite.value
    text = _with_error(getattr(row, value), getattr(row, f"{value}_se"), material)
    return TrailCell(text, _support(row))


def _support(row: Any) -> str:
    """How many trainees, or else how many experts, an indicator rests on."""
    if not tables.absent(row.n):
        return tables.count(row.n)
    if tables.absent(row.raters):
        return ""
    return phrase("trail.raters", raters=tables.count(row.raters))


def _items(material: Material, units: tuple[Any, ...]) -> dict[str, dict[Any, dict[str, Any]]]:
    """Indicator -> (instrument, item) -> unit -> row; items are kept per project only."""
    found: dict[str, dict[Any, dict[str, Any]]] = {}
    if units[0].scorecard == "A-project":
        for unit in units:
            for row in rows(material.results.items, unit=unit.unit):
                by_item = found.setdefault(row.indicator, {})
                by_item.setdefault((row.instrument, row.item), {})[unit.unit] = row
    return found


def _item_rows(
    material: Material, items: Any, units: tuple[Any, ...], wording: Mapping[tuple[str, str], str]
) -> Iterator[TrailRow]:
    for (instrument, item), by_unit in items.items():
        cells = tuple(_item_cell(material, by_unit.get(unit.unit)) for unit in units)
        yield TrailRow("item", f"{item} {wording.get((instrument, item), '')}".strip(), cells)


def _item_cell(material: Material, row: Any) -> TrailCell:
    if row is None or tables.absent(row.mean):
        return TrailCell(tables.MISSING)
    return TrailCell(tables.score(row.mean, material.decimals), tables.count(row.n))
