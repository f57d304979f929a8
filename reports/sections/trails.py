"""Trails 出处: from a unit's composite to its indicators, and to what each rests on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from instruments.result_tables import LOCALITIES, STATUSES
from instruments.scorecard import Framework, Indicator
from reports import tables
from reports.document import Cell, Paragraph, Trail, TrailCell, TrailRow
from reports.material import Material, band_label, parts_of
from reports.sections.evidence import Basis, verified_of
from reports.sheet_files import sheet_rules
from reports.wording import choice, joined, phrase


def trail_notes(material: Material) -> tuple[Paragraph, ...]:
    """How trails are read, once before the first."""
    value = choice("method.value", material.results.plan.composite.value)
    reported = len(material.results.fields) > 0
    keys = ["trail.intro", *(["trail.records"] if reported else []), "trail.statuses"]
    told = [*(name for name in STATUSES if name != "measured"), "withheld_in_part"]
    words = {name: phrase(f"status.{name}") for name in told}
    cell = str(material.results.plan.thresholds.min_cell)
    return tuple(Paragraph(phrase(key, value=value, min_cell=cell, **words)) for key in keys)


def trails(
    material: Material, title: str, units: Sequence[Any], heads: Sequence[str]
) -> Iterator[Trail]:
    """Trails of ``units`` of one framework, a few abreast, under ``heads``; ``title`` says whose
    they are where the heads alone do not."""
    step = sheet_rules()["units_abreast"]
    for start in range(0, len(units), step):
        few, names = tuple(units[start : start + step]), heads[start : start + step]
        yield Trail(
            title=joined(names),
            label=phrase("trail.label", group=title, units=joined(names)),
            corner=phrase("trail.corner"),
            heads=tuple(
                Cell(name, material.anchor(unit)) for unit, name in zip(few, names, strict=True)
            ),
            rows=(*_fact_rows(material, few), *_indicator_rows(material, few)),
        )


def _fact_rows(material: Material, units: tuple[Any, ...]) -> Iterator[TrailRow]:
    for name, render in FACTS.items():
        cells = tuple(TrailCell(render(material, unit)) for unit in units)
        if any(cell.text not in ("", tables.MISSING) for cell in cells):
            local = units[0].scorecard in LOCALITIES and name in SCHOOLS
            label = phrase(f"trail.{name}{'_local' if local else ''}", level=material.level)
            yield TrailRow("fact", label, cells)


def _estimate(name: str) -> Callable[[Material, Any], str]:
    def render(material: Material, unit: Any) -> str:
        return _with_error(getattr(unit, name), getattr(unit, f"{name}_se"), material)

    return render


def _with_error(value: object, error: object, material: Material) -> str:
    printed = tables.score(value, material.decimals)
    if tables.absent(value) or tables.absent(error) or error == 0:  # a record is no sample
        return printed
    return phrase("trail.estimate", value=printed, error=tables.score(error, material.decimals))


def _parts(material: Material, unit: Any) -> str:
    """Names of the projects or counties that a unit is made of, whose own trails have the items."""
    return joined(material.names.get(code, code) for code in parts_of(unit))


def _bands(material: Material, unit: Any) -> str:
    results = material.results
    found = material.of("bands", scorecard=unit.scorecard, group=unit.group, unit=unit.unit)
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
    "parts": _parts,
    "raw": _estimate("raw"),
    "adjusted": _estimate("adjusted"),
    "score": _estimate("score"),
    "interval": lambda m, u: tables.interval(u.score_low, u.score_high, m.decimals),
    "n": lambda material, unit: tables.count(unit.n),
    "enrolled": lambda material, unit: tables.count(unit.enrolled),
    "rate": lambda material, unit: tables.rate(unit.response_rate),
    "measured": lambda material, unit: tables.points(unit.measured),
    "verified": verified_of,
    "reliability": lambda material, unit: tables.coefficient(unit.reliability),
    "shrunken": lambda material, unit: tables.score(unit.shrunken, material.decimals),
    "bands": _bands,
    "note": lambda material, unit: "" if tables.absent(unit.note) else unit.note,
}
"""Fact about a unit -> how it is printed; a fact that no unit has is left out."""
SCHOOLS = ("n", "enrolled", "rate", "parts")
"""Facts that speak of schools, or of counties, where the unit is a city or county."""


def _indicator_rows(material: Material, units: tuple[Any, ...]) -> Iterator[TrailRow]:
    found = [
        {
            row.indicator: row
            for row in material.of("indicators", scorecard=u.scorecard, group=u.group, unit=u.unit)
        }
        for u in units
    ]
    basis = Basis(material, units)
    framework = material.framework(units[0].scorecard)
    for node in framework.indicators:
        if any(node.code in by_code for by_code in found):
            kind = f"level{node.code.count('.') + 1}"
            cells = tuple(_indicator_cell(material, by.get(node.code)) for by in found)
            yield TrailRow(kind, _label(material, framework, node), cells)
            yield from basis.rows(node)
    yield from basis.spoken_elsewhere()


def _label(material: Material, framework: Framework, node: Indicator) -> str:
    """Code and name; of a leaf the form too, where its source has several."""
    form = material.form_named(framework, node)
    named = {"code": node.code, "name": node.name, "form": form}
    return phrase("trail.leaf" if form else "trail.node", **named)


def _indicator_cell(material: Material, row: Any) -> TrailCell:
    if row is None:
        return TrailCell(tables.MISSING)
    value = material.results.plan.composite.value
    if row.status == "withheld":
        counted = tables.score(getattr(row, value), material.decimals)
        word = "withheld" if material.own(row) else "withheld_in_part"
        return TrailCell(phrase(f"status.{word}"), phrase("trail.counted", score=counted))
    if row.status != "measured":
        return TrailCell(choice("status", row.status))
    text = _with_error(getattr(row, value), getattr(row, f"{value}_se"), material)
    return TrailCell(text, _support(row))


def _support(row: Any) -> str:
    """How many trainees or schools, or else how many experts, an indicator rests on."""
    if not tables.absent(row.n):
        return tables.count(row.n)
    if tables.absent(row.raters):
        return ""
    return phrase("trail.raters", raters=tables.count(row.raters))
