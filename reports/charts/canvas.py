"""A blank sheet measured in inches, what is drawn on it, and its SVG: same numbers, same bytes."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

from reports.charts.palette import INK, LIGHT, PAPER

WIDTH = 3.9
"""Inches: narrow enough that 9-point text stays readable on a phone 320 px wide."""
TALLEST = 8.0
"""Inches: with its caption, such a figure fills a printed page."""
SIZE, SMALL, LEAST = 9.0, 8.0, 7.0
"""Points of names, of axes and notes, and the least that any text may have."""
LONGEST = 9.0
"""Characters (full width) of a name in a figure; the table has it whole."""
GETA = "〓"
_POINT = 1 / 72
_EM = 1000
"""Units of a character's outline, as wide as a full-width character."""
_DRAWS = {1: ("M", 1), 2: ("L", 1), 3: ("Q", 2), 4: ("C", 3), 79: ("z", 0)}
"""Code of the drawing library's paths -> letter of SVG, and how many points follow."""
_BEFORE = {"left": 0.0, "center": 0.5, "right": 1.0}
"""Part of a text's width that lies left of its place."""
Align = Literal["left", "center", "right"]
_BASE = 0.36
"""From a line's middle down to its baseline, in parts of its size."""


@dataclass(frozen=True)
class Text:
    """One line of text: where its baseline begins, in inches."""

    x: float
    y: float
    words: str
    size: float
    color: str


@dataclass(frozen=True)
class Sheet:
    """A blank drawing; x runs right and y down from its top left corner, in inches."""

    figure: Any
    place: Any
    """Transform from inches to the drawing library's coordinates."""
    texts: list[Text] = field(default_factory=list)
    """Drawn last, above lines and fills."""


@dataclass(frozen=True)
class Drawing:
    """A finished figure; ``replaced`` tells that the font lacked a character of a name."""

    svg: str
    replaced: bool


def blank(height: float, width: float = WIDTH) -> Sheet:
    """An empty sheet."""
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure
    from matplotlib.transforms import Affine2D

    figure = Figure(figsize=(width, height), frameon=False)
    FigureCanvasSVG(figure)
    return Sheet(figure, Affine2D().scale(1, -1).translate(0, height) + figure.dpi_scale_trans)


def lines(
    sheet: Sheet,
    segments: Iterable[Sequence[tuple[float, float]]],
    *,
    color: str = INK,
    width: float = 1.0,
    dashes: tuple[float, float] | None = None,
) -> None:
    """Open lines through the points of each segment; ``width`` and ``dashes`` in points."""
    from matplotlib.collections import LineCollection

    found = list(segments)
    if found:
        style: Any = "-" if dashes is None else (0, dashes)
        drawn = LineCollection(
            found, colors=color, linewidths=width, linestyles=style, capstyle="butt"
        )
        _add(sheet, drawn)


def box(
    sheet: Sheet,
    corner: tuple[float, float],
    size: tuple[float, float],
    *,
    fill: str,
    edge: str = "none",
) -> None:
    """A filled rectangle."""
    from matplotlib.patches import Rectangle

    _add(sheet, Rectangle(corner, *size, facecolor=fill, edgecolor=edge, linewidth=0.6))


def area(sheet: Sheet, points: Sequence[tuple[float, float]], *, fill: str) -> None:
    """A filled outline."""
    from matplotlib.patches import Polygon

    _add(sheet, Polygon(points, closed=True, facecolor=fill, edgecolor="none"))


def hatched(sheet: Sheet, corner: tuple[float, float], size: tuple[float, float]) -> None:
    """A rectangle that says that there is no value: diagonals on blank paper."""
    (left, top), (width, height) = corner, size
    box(sheet, corner, size, fill=PAPER)
    reach, found = 0.0, []
    while reach < width + height:
        start = (left + min(reach, width), top + max(reach - width, 0.0))
        end = (left + max(reach - height, 0.0), top + min(reach, height))
        found.append([start, end])
        reach += 0.09
    lines(sheet, found, color=LIGHT, width=0.6)


def dots(
    sheet: Sheet, points: Sequence[tuple[float, float]], *, face: str, edge: str, size: float = 5.0
) -> None:
    """Round marks, ``size`` points wide."""
    from matplotlib.lines import Line2D

    if points:
        across, down = zip(*points, strict=True)
        _add(
            sheet,
            Line2D(across, down, linestyle="none", marker="o", markersize=size,
                   markerfacecolor=face, markeredgecolor=edge, markeredgewidth=1.1),
        )  # fmt: skip


def words(
    sheet: Sheet,
    place: tuple[float, float],
    text: str,
    *,
    size: float = SMALL,
    color: str = INK,
    align: Align = "left",
) -> None:
    """One line of text, its middle at the height of ``place``; it must be drawable."""
    x, y = place
    x -= breadth(text, size) * _BEFORE[align]
    sheet.texts.append(Text(x, y + _BASE * size * _POINT, text, size, color))


def _add(sheet: Sheet, artist: Any) -> None:
    artist.set_transform(sheet.place)
    sheet.figure.add_artist(artist)


@cache
def _face() -> Any:
    from matplotlib.ft2font import FT2Font
    from pylopdf_fonts_zh_cn import sans_path

    face = FT2Font(str(Path(sans_path())))
    face.set_size(_EM, 72)
    return face


@cache
def _characters() -> frozenset[int]:
    return frozenset(_face().get_charmap())


@cache
def _glyph(character: str) -> tuple[str, int]:
    """Outline as path data, and width, of a character of 1000 units; once for all figures."""
    from matplotlib.ft2font import LoadFlags

    face = _face()
    glyph = face.load_char(ord(character), flags=LoadFlags.NO_HINTING)
    vertices, codes = face.get_path()
    places, parts, at = vertices.tolist(), [], 0
    while at < len(codes):
        letter, points = _DRAWS[int(codes[at])]
        parts.append(letter + " ".join(f"{x:.0f} {y:.0f}" for x, y in places[at : at + points]))
        at += max(points, 1)
    return "".join(parts), round(glyph.linearHoriAdvance / 65536)


def breadth(text: str, size: float = SMALL) -> float:
    """Inches that ``text`` takes at ``size`` points; it must be drawable."""
    return _ems(text) * size * _POINT


def _ems(text: str) -> float:
    return sum(_glyph(character)[1] for character in text) / _EM


def drawable(name: str, longest: float = LONGEST) -> str:
    """``name`` in one line, shortened for a label, with 〓 for characters that the font lacks."""
    short = "".join(c if ord(c) in _characters() else GETA for c in " ".join(name.split()))
    if _ems(short) <= longest:
        return short
    while short and _ems(short) > longest - 1:
        short = short[:-1]
    return short + "…"


def finished(sheet: Sheet, prefix: str, names: Iterable[str] = ()) -> Drawing:
    """The sheet's SVG; ``prefix`` keeps element ids unique in a page, ``names`` are what was
    made ``drawable`` for it."""
    import matplotlib

    settings: Any = {"svg.hashsalt": prefix, "path.simplify": False}
    buffer = io.StringIO()
    with matplotlib.rc_context(settings):
        sheet.figure.canvas.print_svg(buffer, metadata={"Date": None, "Creator": None})
    text = buffer.getvalue()
    shapes = _compact(text[text.index("<svg") :], prefix).removesuffix("</svg>")
    svg = f"{shapes}{_outlines(sheet, prefix)}{''.join(_lines(sheet, prefix))}</svg>"
    return Drawing(svg, any(GETA in name for name in names))


def _outlines(sheet: Sheet, prefix: str) -> str:
    """Each character that is drawn, once."""
    used = sorted({character for text in sheet.texts for character in text.words})
    paths = "".join(f'<path id="{prefix}-{ord(c):x}" d="{_glyph(c)[0]}"/>' for c in used)
    return f"<defs>{paths}</defs>" if used else ""


def _lines(sheet: Sheet, prefix: str) -> Iterator[str]:
    """Texts as outlines: nothing in a name can be markup, and every reader has the font."""
    for text in sheet.texts:
        x, y, size = text.x / _POINT, text.y / _POINT, text.size / _EM
        move = f"translate({x:.2f} {y:.2f}) scale({size:g} {-size:g})"
        yield f'<g fill="{text.color}" transform="{move}">'
        at = 0
        for character in text.words:
            place = f' x="{at}"' if at else ""
            yield f'<use href="#{prefix}-{ord(character):x}"{place}/>'
            at += _glyph(character)[1]
        yield "</g>"


def _compact(text: str, prefix: str) -> str:
    """Drop what a page does not need: metadata, a style rule that would leak, fine digits."""
    text = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->|<style.*?</style>", "", text, flags=re.S)
    text = re.sub(r"<defs>\s*</defs>", "", text)
    text = re.sub(
        r"(?<!scale\()(?<!scale\(0\.0)\d+\.\d{4,}",
        lambda found: f"{float(found.group()):.2f}",
        text,
    )
    text = re.sub(r"\s*\n\s*", " ", text).replace("> <", "><").replace(' "/>', '"/>')
    text = re.sub(r'(<g) id="[^"]*"', r"\1", text).replace("<g></g>", "")
    text = text.replace("xlink:href=", "href=")
    text = text.replace(' xmlns:xlink="http://www.w3.org/1999/xlink"', "")
    text = re.sub(r'(\sid="|href="#|url\(#)', rf"\g<1>{prefix}-", text)
    head = '<svg aria-hidden="true" focusable="false" stroke-linejoin="round" '
    return text.replace("<svg ", head, 1).strip()
