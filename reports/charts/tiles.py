"""Tile map: a block for each city, tiles for its counties, roughly where they lie."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reports.charts import canvas
from reports.charts.canvas import SIZE, SMALL, WIDTH, Drawing, Sheet
from reports.charts.palette import LIGHT, PAPER, SOFT, shades, text_on

ABREAST = 3
"""Counties side by side in a city's block."""
TILE, HEAD, FOOT, TOP = 0.315, 0.25, 0.42, 0.05
"""Inches: heights of a county's tile, of a city's, of the legend, and of the blank edge."""
_BETWEEN, _BELOW = 0.1, 0.09
"""Inches between columns of blocks, and least below a block."""
_TEXT = 8.4
"""Points in a county's tile: what a printed page, which the map fills, leaves at seven or more."""
_NAME = 3
"""Characters of a county's name that its tile holds: without its last one, which says the kind."""


@dataclass(frozen=True)
class Tile:
    """A city or county: printed value, and which band (0 = highest); None = nothing to show."""

    name: str
    text: str = ""
    band: int | None = None


@dataclass(frozen=True)
class Block:
    """A city with its counties."""

    city: Tile
    counties: tuple[Tile, ...]


@dataclass(frozen=True)
class Column:
    """Blocks from north to south, ``start`` rows of tiles below the top."""

    start: float
    blocks: tuple[Block, ...]


def tile_map(
    *, columns: Sequence[Column], bands: Sequence[str], blank: str, prefix: str
) -> Drawing:
    """``bands``: labels from the highest; ``blank``: what a tile without a colour says."""
    deepest = max(_depth(column) for column in columns)
    sheet = canvas.blank(TOP + deepest + FOOT)
    wide = (WIDTH - _BETWEEN * (len(columns) - 1) - 0.04) / len(columns)
    fills = shades(len(bands))[::-1]
    for place, column in enumerate(columns):
        left = 0.02 + place * (wide + _BETWEEN)
        spare = (deepest - _depth(column)) / max(len(column.blocks) - 1, 1)
        y = TOP + column.start * TILE
        for block in column.blocks:
            _block(sheet, block, (left, y), wide, fills)
            y += _height(block) + _BELOW + spare
    _legend(sheet, bands, fills, blank, TOP + deepest + 0.14)
    names = [canvas.drawable(block.city.name) for column in columns for block in column.blocks]
    return canvas.finished(sheet, prefix, names)


def _height(block: Block) -> float:
    return HEAD + TILE * -(-len(block.counties) // ABREAST)


def _depth(column: Column) -> float:
    return column.start * TILE + sum(_height(block) + _BELOW for block in column.blocks)


def _block(
    sheet: Sheet, block: Block, corner: tuple[float, float], wide: float, fills: Sequence[str]
) -> None:
    x, y = corner
    color = _ground(sheet, block.city, corner, (wide, HEAD), fills)
    middle = y + HEAD / 2
    name, right = canvas.drawable(block.city.name), x + wide - 0.06
    canvas.words(sheet, (x + 0.06, middle), name, size=SIZE, color=color)
    canvas.words(sheet, (right, middle), block.city.text, size=SIZE, color=color, align="right")
    step = wide / ABREAST
    for place, tile in enumerate(block.counties):
        down, across = divmod(place, ABREAST)
        _tile(sheet, tile, (x + across * step, y + HEAD + down * TILE), step, fills)


def _tile(
    sheet: Sheet, tile: Tile, corner: tuple[float, float], step: float, fills: Sequence[str]
) -> None:
    color = _ground(sheet, tile, corner, (step, TILE), fills)
    x, y = corner[0] + step / 2, corner[1]
    name = canvas.drawable(tile.name[:_NAME])
    lines = (name, tile.text) if tile.text else (name,)
    for place, line in enumerate(lines, 1):
        height = y + TILE * place / (len(lines) + 1) + (0.03 if place > 1 else -0.01)
        canvas.words(sheet, (x, height), line, size=_TEXT, color=color, align="center")


def _ground(
    sheet: Sheet,
    tile: Tile,
    corner: tuple[float, float],
    size: tuple[float, float],
    fills: Sequence[str],
) -> str:
    """Colour a tile; return the colour of its text."""
    if tile.band is None:
        canvas.box(sheet, corner, size, fill=PAPER, edge=LIGHT)
        return SOFT
    canvas.box(sheet, corner, size, fill=fills[tile.band], edge=PAPER)
    return text_on(fills[tile.band])


def _legend(sheet: Sheet, bands: Sequence[str], fills: Sequence[str], blank: str, y: float) -> None:
    x = 0.04
    for label, fill in zip(bands, fills, strict=True):
        canvas.box(sheet, (x, y - 0.07), (0.2, 0.14), fill=fill, edge=LIGHT)
        canvas.words(sheet, (x + 0.25, y), canvas.drawable(label))
        x += canvas.breadth(canvas.drawable(label), SMALL) + 0.36
    canvas.box(sheet, (0.04, y + 0.12), (0.2, 0.14), fill=PAPER, edge=LIGHT)
    canvas.words(sheet, (0.29, y + 0.19), blank)
