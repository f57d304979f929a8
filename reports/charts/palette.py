"""Colours that keep their order in grey and for colour-blind readers: one hue, by lightness."""

from __future__ import annotations

from itertools import pairwise

BLACK, INK, SOFT, LIGHT, FAINT, PAPER = (
    "#000000",
    "#1c1c1c",
    "#5f5f5f",
    "#c3cace",
    "#f1f4f5",
    "#ffffff",
)
"""Text on a shade, text, secondary text and lines, grid and hatching, shaded ground, nothing."""
STRONG = "#0b4f71"
"""What a figure is about."""
_RAMP = ((224, 235, 240), (148, 187, 205), (66, 126, 156), (8, 62, 92))
"""From lightest to darkest, with equal steps of lightness (CIE L*)."""


def shades(count: int) -> tuple[str, ...]:
    """``count`` fills from the lightest to the darkest, evenly spaced on the ramp."""
    if count < 2:
        return (_hex(_RAMP[-1]),) * count
    step = (len(_RAMP) - 1) / (count - 1)
    return tuple(_hex(_on_ramp(place * step)) for place in range(count))


def text_on(fill: str) -> str:
    """Black or paper, whichever stands out more from ``fill``."""
    return max((BLACK, PAPER), key=lambda color: contrast(color, fill))


def contrast(one: str, other: str) -> float:
    """Contrast of two colours, 1 to 21 (WCAG 2.2)."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def luminance(color: str) -> float:
    """Relative luminance of '#rrggbb', 0 to 1 (WCAG 2.2)."""
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return sum(share * c for share, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def lightness(color: str) -> float:
    """CIE L*, 0 to 100: what is left of a colour in grey print."""
    y = luminance(color)
    return 116 * y ** (1 / 3) - 16 if y > 0.008856 else 903.3 * y


def _on_ramp(place: float) -> tuple[float, ...]:
    low = min(int(place), len(_RAMP) - 2)
    first, second = list(pairwise(_RAMP))[low]
    return tuple(a + (b - a) * (place - low) for a, b in zip(first, second, strict=True))


def _hex(parts: tuple[float, ...]) -> str:
    return "#" + "".join(f"{int(part + 0.5):02x}" for part in parts)
