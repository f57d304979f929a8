"""附件 分项得分与出处: from a unit's composite to its indicators, their items and each n."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from reports import tables
from reports.document import Block, Paragraph, Section, Trail, TrailRow
from reports.material import Group, Material, band_label, rows
from reports.wording import choice, joined, phrase

COLUMNS = ("indicator", "source", "points", "n", "value", "se")


def scores_section(material: Material, heading: str) -> Section:
    """One trail per unit of every table, in the tables' order."""
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
) -> Iterator[Block]:
    columns = tuple(phrase(f"columns.{name}") for name in COLUMNS)
    for unit in group.units:
        yield Trail(
            anchor=material.anchor(unit),
            title=phrase("trail.title", name=unit.name, code=unit.unit),
            facts=tuple(_facts(material, unit)),
            columns=columns,
            rows=tuple(_indicator_rows(material, unit, wording)),
        )


def _facts(material: Material, unit: Any) -> Iterator[tuple[str, str]]:
    decimals = material.decimals
    for name in ("raw", "adjusted", "score"):
        value, error = getattr(unit, name), getattr(unit, f"{name}_se")
        if not tables.absent(value):
            yield phrase(f"trail.{name}"), _value_error(value, error, decimals)
    interval = tables.interval(unit.score_low, unit.score_high, decimals)
    yield phrase("trail.interval", level=material.level), interval
    for name, render in (("n", tables.count), ("enrolled", tables.count)):
        yield phrase(f"trail.{name}"), render(getattr(unit, name))
    yield phrase("trail.rate"), tables.rate(unit.response_rate)
    yield phrase("trail.reliability"), tables.coefficient(unit.reliability)
    yield phrase("trail.shrunken"), tables.score(unit.shrunken, decimals)
    yield from _band_facts(material, unit)
    if not tables.absent(unit.note):
        yield phrase("trail.note"), unit.note


def _value_error(value: object, error: object, decimals: int) -> str:
    if tables.absent(error):
        return tables.score(value, decimals)
    return phrase(
        "trail.value_error",
        value=tables.score(value, decimals),
        error=tables.coefficient(error),
    )


def _band_facts(material: Material, unit: Any) -> Iterator[tuple[str, str]]:
    results = material.results
    found = rows(results.bands, scorecard=unit.scorecard, group=unit.group, unit=unit.unit)
    by_band = {row.band: row.probability for row in found if not tables.absent(row.probability)}
    listed = [
        phrase(
            "trail.band", band=band_label(results, band.code), share=tables.rate(by_band[band.code])
        )
        for band in results.plan.bands
        if band.code in by_band
    ]
    if listed:
        yield phrase("trail.bands"), joined(listed)


def _indicator_rows(
    material: Material, unit: Any, wording: Mapping[tuple[str, str], str]
) -> Iterator[TrailRow]:
    results = material.results
    found = rows(results.indicators, scorecard=unit.scorecard, group=unit.group, unit=unit.unit)
    by_code = {row.indicator: row for row in found}
    items = rows(results.items, unit=unit.unit) if unit.scorecard == "A-project" else []
    for node in results.framework.indicators:
        if node.code in by_code:
            yield _indicator_row(material, node, by_code[node.code])
            for item in items:
                if item.indicator == node.code:
                    yield _item_row(material, item, wording)


def _indicator_row(material: Material, node: Any, row: Any) -> TrailRow:
    value = material.results.plan.composite.value
    measured = row.status == "measured"
    figure = tables.score(getattr(row, value), material.decimals)
    return TrailRow(
        level=int(row.level),
        code=node.code,
        name=node.name,
        points=tables.points(row.points),
        source="" if tables.absent(row.source) else row.source,
        n=_n(row),
        value=figure if measured else choice("status", row.status),
        error=tables.coefficient(getattr(row, f"{value}_se")) if measured else "",
    )


def _n(row: Any) -> str:
    if tables.absent(row.n) and not tables.absent(row.raters):
        return phrase("trail.raters", raters=tables.count(row.raters))
    return "" if tables.absent(row.n) else tables.count(row.n)


def _item_row(material: Material, item: Any, wording: Mapping[tuple[str, str], str]) -> TrailRow:
    return TrailRow(
        level=0,
        code=item.item,
        name=wording.get((item.instrument, item.item), ""),
        points="",
        source="",
        n=tables.count(item.n),
        value=tables.score(item.mean, material.decimals),
        error="",
    )
