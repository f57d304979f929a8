"""Tile map of cities and counties by band; none where the places are not known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from instruments.divisions import counties
from reports import tables
from reports.charts.tiles import Block, Column, Tile, tile_map
from reports.document import Figure
from reports.material import CITY, Material, band_label
from reports.sections.drawn import cuts, glyph_notes
from reports.wording import joined, packaged, phrase

COUNTY = "B-county"
DIGITS = 4
"""Of a statistical code: those of the city."""
Scored = Mapping[str, Any]
"""Ranked localities by code: a city's four digits, a county's six."""


def map_figures(material: Material) -> tuple[Figure, ...]:
    """The map, if every scored city and county has its place on it."""
    cities = {unit.unit[:DIGITS]: unit for unit in _ranked(material, CITY)}
    found = {unit.unit: unit for unit in _ranked(material, COUNTY)}
    columns = tuple(_columns(material, cities, found))
    known = {code for column in _places() for code in column["cities"]}
    drawn = {county.code for county in counties()}
    if not (cities or found) or set(cities) - known or set(found) - drawn:
        return ()
    labels = [cut.label for cut in cuts(material)]
    drawing = tile_map(
        columns=columns,
        bands=[*labels[:-1], band_label(material.results, material.results.plan.bands[-1].code)],
        blank=phrase("map.blank"),
        prefix="map",
    )
    title = phrase("map.caption")
    return (
        Figure(
            "figure-map",
            title,
            _alt(columns, title),
            drawing.svg,
            (*_notes(material), *glyph_notes(drawing.replaced)),
            behind=" ".join(_tables(material)),
        ),
    )


def _notes(material: Material) -> Iterator[str]:
    """How the map is read; of a sample, that it speaks of no real place."""
    yield phrase("map.note")
    if material.results.cycle.sample:
        yield phrase("map.sample", places=phrase("marks.places"))


def _places() -> tuple[Mapping[str, Any], ...]:
    return tuple(packaged("charts/tiles.yaml")["columns"])


def _tables(material: Material) -> Iterator[str]:
    """Anchors of the ranked tables of cities and counties."""
    for number, group in enumerate(material.groups, 1):
        if group.local and group.ranked:
            yield f"table{number}"


def _ranked(material: Material, scorecard: str) -> list[Any]:
    """Of cities and counties, those that are ranked."""
    return [
        unit for group in material.groups if group.scorecard == scorecard for unit in group.ranked
    ]


def _columns(material: Material, cities: Scored, found: Scored) -> Iterator[Column]:
    for column in _places():
        blocks = tuple(_block(material, code, cities, found) for code in column["cities"])
        yield Column(float(column["start"]) if found else 0.0, blocks)


def _block(material: Material, code: str, cities: Scored, found: Scored) -> Block:
    """A city; its counties only where any county at all is scored."""
    own = [county for county in counties() if county.city_code == code]
    city = _tile(material, own[0].city if own else code, cities.get(code))
    tiles = (_tile(material, county.name, found.get(county.code)) for county in own)
    return Block(city, tuple(tiles) if found else ())


def _tile(material: Material, name: str, unit: Any) -> Tile:
    labels = [band.label for band in material.results.plan.bands]
    known = [place for place, label in enumerate(labels) if _is(unit, label)]
    if not known:
        return Tile(name)
    score = tables.score(unit.score, material.decimals)
    return Tile(name, phrase("map.value", score=score, band=labels[known[0]]), known[0])


def _is(unit: Any, label: str) -> bool:
    return unit is not None and str(unit.band).startswith(label)


def _alt(columns: Iterable[Column], title: str) -> str:
    listed = [
        phrase("map.item", name=name, value=tile.text)
        for column in columns
        for block in column.blocks
        for name, tile in _named(block)
        if tile.text
    ]
    return phrase("map.alt", title=title, list=joined(listed))


def _named(block: Block) -> Iterator[tuple[str, Tile]]:
    """Tiles with full names: more than one county is called 城区."""
    yield block.city.name, block.city
    for tile in block.counties:
        yield phrase("map.county", city=block.city.name, name=tile.name), tile
