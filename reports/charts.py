"""Figures as SVG text: same numbers, same bytes; legible in grey and on a phone."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

INK, SOFT, LIGHT = "#1c1c1c", "#6b6b6b", "#cfd6da"
RANKED, UNRANKED = "#0b4f71", "#6b6b6b"
WIDTH, ROW, MARGIN = 3.9, 0.27, 0.82
"""Inches: narrow enough that 9-point text stays readable on a phone 320 px wide."""
NAMED = 60
"""Beyond so many units names cannot be read: the table has them."""
LONGEST = 9
GETA = "〓"


@dataclass(frozen=True)
class Bar:
    """One unit of a caterpillar plot, in score points."""

    name: str
    score: float
    low: float
    high: float
    ranked: bool


@dataclass(frozen=True)
class Cut:
    """A band's lower limit, drawn as a dashed line with its label."""

    label: str
    value: float


@dataclass(frozen=True)
class Drawing:
    """A finished figure; ``replaced`` tells that the font lacked a character of a name."""

    svg: str
    replaced: bool


def caterpillar(
    *,
    bars: Sequence[Bar],
    cuts: Sequence[Cut],
    limits: tuple[float, float],
    axis: str,
    legend: tuple[str, str],
    prefix: str,
) -> Drawing:
    """Scores with intervals, first bar on top; ``prefix`` keeps element ids unique in a page."""
    import matplotlib

    settings: Any = {"svg.hashsalt": prefix, "svg.fonttype": "path", "font.size": 9}
    settings["text.parse_math"] = False
    with matplotlib.rc_context(settings):
        figure, axes = _canvas(len(bars))
        _draw_bars(axes, bars)
        _draw_cuts(axes, cuts, limits, len(bars))
        replaced = _label(axes, bars, axis, legend)
        return Drawing(_svg(figure, prefix), replaced)


@cache
def _family() -> str:
    from matplotlib import font_manager
    from pylopdf_fonts_zh_cn import sans_path

    font_manager.fontManager.addfont(str(sans_path()))
    return font_manager.FontProperties(fname=str(sans_path())).get_name()


@cache
def _characters() -> frozenset[int]:
    from matplotlib.ft2font import FT2Font
    from pylopdf_fonts_zh_cn import sans_path

    return frozenset(FT2Font(str(Path(sans_path()))).get_charmap())


def drawable(name: str) -> str:
    """``name`` shortened for a label, with 〓 for characters that the font lacks."""
    short = name if len(name) <= LONGEST else name[: LONGEST - 1] + "…"
    return "".join(c if ord(c) in _characters() else GETA for c in short)


def _canvas(units: int) -> tuple[Any, Any]:
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    height = ROW * max(units, 1) if units <= NAMED else ROW * NAMED
    figure = Figure(figsize=(WIDTH, height + MARGIN))
    FigureCanvasSVG(figure)
    left = 0.30 if units <= NAMED else 0.06
    bottom, top = 0.52 / (height + MARGIN), 1 - 0.30 / (height + MARGIN)
    return figure, figure.add_axes((left, bottom, 0.97 - left, top - bottom))


def _draw_bars(axes: Any, bars: Sequence[Bar]) -> None:
    size = 5 if len(bars) <= NAMED else 2
    for place, bar in enumerate(bars):
        color = RANKED if bar.ranked else UNRANKED
        style = "-" if bar.ranked else ":"
        axes.plot([bar.low, bar.high], [place, place], style, color=color, lw=1.6, zorder=2)
        face = color if bar.ranked else "white"
        axes.plot([bar.score], [place], "o", ms=size, mfc=face, mec=color, mew=1.2, zorder=3)


def limits(bars: Sequence[Bar]) -> tuple[float, float]:
    """Where the axis of a plot, or of all panels of one, begins and ends."""
    low, high = min(bar.low for bar in bars), max(bar.high for bar in bars)
    room = max(0.06 * (high - low), 1.0)
    return max(low - room, 0.0), min(high + room, 100.0)


def _draw_cuts(axes: Any, cuts: Sequence[Cut], span: tuple[float, float], bars: int) -> None:
    low, high = span
    axes.set_xlim(low, high)
    axes.set_ylim(bars - 0.4, -0.6)
    for cut in cuts:
        if low < cut.value < high:
            axes.axvline(cut.value, color=SOFT, lw=0.9, dashes=(4, 3), zorder=1)
            axes.annotate(
                drawable(cut.label), (cut.value, 1), (0, 3), xycoords=("data", "axes fraction"),
                textcoords="offset points", ha="center", family=_family(), fontsize=8, color=SOFT,
            )  # fmt: skip


def _label(axes: Any, bars: Sequence[Bar], axis: str, legend: tuple[str, str]) -> bool:
    names = [drawable(bar.name) for bar in bars] if len(bars) <= NAMED else []
    axes.set_yticks(range(len(names)), names, family=_family(), fontsize=9)
    axes.tick_params(axis="y", length=0, pad=4, labelcolor=INK)
    axes.tick_params(axis="x", length=3, color=SOFT, labelcolor=INK, labelsize=8.5)
    for tick in axes.get_xticklabels():
        tick.set_family(_family())
    axes.grid(axis="x", color=LIGHT, lw=0.5, zorder=0)
    axes.set_axisbelow(True)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(SOFT)
    words = f"{axis}  ● {legend[0]}" + (f"  ○ {legend[1]}" if _mixed(bars) else "")
    axes.set_xlabel(words, family=_family(), fontsize=8.5, color=INK, labelpad=4, x=1, ha="right")
    return any(GETA in name for name in names)


def _mixed(bars: Sequence[Bar]) -> bool:
    return any(not bar.ranked for bar in bars)


def _svg(figure: Any, prefix: str) -> str:
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None}, transparent=True)
    text = buffer.getvalue()
    return _compact(text[text.index("<svg") :], prefix)


def _compact(text: str, prefix: str) -> str:
    """Drop what a page does not need: metadata, a style rule that would leak, digits unseen."""
    text = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->|<style.*?</style>", "", text, flags=re.S)
    text = re.sub(r"<defs>\s*</defs>", "", text)
    text = re.sub(
        r"(?<!scale\()(?<!scale\(0\.0)\d+\.\d{4,}",
        lambda found: f"{float(found.group()):.2f}",
        text,
    )
    text = re.sub(r"\s*\n\s*", " ", text).replace("> <", "><").replace(' "/>', '"/>')
    text = re.sub(r'(\sid="|href="#|url\(#)', rf"\g<1>{prefix}-", text)
    head = '<svg aria-hidden="true" focusable="false" stroke-linejoin="round" '
    return text.replace("<svg ", head, 1).strip()
