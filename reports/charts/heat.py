"""Heat map: units by indicators, each cell shaded by band and bearing its value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from unicodedata import east_asian_width

from reports.charts import canvas
from reports.charts.canvas import SIZE, SMALL, WIDTH, Drawing, Sheet
from reports.charts.palette import INK, LIGHT, PAPER, SOFT, shades, text_on

ROW, GROUP = 0.2, 0.24
"""Inches: a unit's row and a group's heading."""
_FOOT, _CHARACTER, _TALLEST = 0.34, 0.13, 8
"""Inches below; height of one character of a column's head, and the most of them."""


@dataclass(frozen=True)
class Field:
    """One value: as printed and which band (0 = highest); None: ``text`` says what is missing."""

    text: str
    band: int | None


@dataclass(frozen=True)
class Row:
    """One unit, or a group's heading when it has no fields."""

    name: str
    fields: tuple[Field, ...] = ()


def row_height(row: Row) -> float:
    """Inches that a row takes."""
    return ROW if row.fields else GROUP


def heat(
    *,
    heads: Sequence[tuple[str, str]],
    rows: Sequence[Row],
    bands: Sequence[str],
    blank: str,
    prefix: str,
) -> Drawing:
    """``heads``: code and name of each column; ``bands``: labels from the highest; ``blank``: the
    legend of what is missing, '' when nothing is."""
    top = _head_height(heads)
    bottom = top + sum(map(row_height, rows))
    sheet = canvas.blank(bottom + _FOOT)
    names = [canvas.drawable(row.name, 99 if not row.fields else canvas.LONGEST) for row in rows]
    wide = [canvas.breadth(n, SIZE) for n, row in zip(names, rows, strict=True) if row.fields]
    left = max(wide, default=0.5) + 0.14
    step = (WIDTH - left - 0.04) / len(heads)
    _heads(sheet, heads, left, step, top)
    fills, y = shades(len(bands))[::-1], top
    for name, row in zip(names, rows, strict=True):
        middle = y + row_height(row) / 2
        canvas.words(sheet, (0.04, middle), name, size=SIZE if row.fields else SMALL,
                     color=INK if row.fields else SOFT)  # fmt: skip
        for place, field in enumerate(row.fields):
            _field(sheet, field, (left + step * place, y), step, fills)
        y += row_height(row)
    _legend(sheet, bands, fills, blank, bottom + 0.2)
    return canvas.finished(sheet, prefix, names)


def _head_height(heads: Sequence[tuple[str, str]]) -> float:
    return 0.24 + _CHARACTER * max(len(_stacked(name)) for _, name in heads)


def _stacked(name: str) -> str:
    """A name to be set one character above another; Latin letters cannot be."""
    wide = all(east_asian_width(c) in "WFA" for c in name)
    return canvas.drawable(name, _TALLEST) if wide and len(name) <= _TALLEST else ""


def _heads(
    sheet: Sheet, heads: Sequence[tuple[str, str]], left: float, step: float, top: float
) -> None:
    for place, (code, name) in enumerate(heads):
        x = left + step * (place + 0.5)
        canvas.words(sheet, (x, 0.1), canvas.drawable(code, 6), color=SOFT, align="center")
        for line, character in enumerate(_stacked(name)):
            y = 0.1 + _CHARACTER * (line + 1.1)
            canvas.words(sheet, (x, y), character, align="center")


def _field(
    sheet: Sheet, field: Field, corner: tuple[float, float], step: float, fills: Sequence[str]
) -> None:
    size = (step, ROW)
    middle = (corner[0] + step / 2, corner[1] + ROW / 2)
    if field.band is None:
        canvas.hatched(sheet, corner, size)
        canvas.words(sheet, middle, field.text, align="center")
        return
    fill = fills[field.band]
    canvas.box(sheet, corner, size, fill=fill, edge=PAPER)
    canvas.words(sheet, middle, field.text, color=text_on(fill), align="center")


def _legend(sheet: Sheet, bands: Sequence[str], fills: Sequence[str], blank: str, y: float) -> None:
    x = 0.04
    for label, fill in zip(bands, fills, strict=True):
        canvas.box(sheet, (x, y - 0.07), (0.2, 0.14), fill=fill, edge=LIGHT)
        canvas.words(sheet, (x + 0.25, y), canvas.drawable(label))
        x += canvas.breadth(canvas.drawable(label)) + 0.36
    if blank:
        canvas.hatched(sheet, (x, y - 0.07), (0.2, 0.14))
        canvas.words(sheet, (x + 0.25, y), blank)
