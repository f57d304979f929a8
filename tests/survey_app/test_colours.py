"""Every pair of colours that the pages put together can be read, light and dark (WCAG 2.2, 1.4.3
and 1.4.11)."""

from __future__ import annotations

import re

import pytest

from project_root import ROOT

CSS = (ROOT / "survey_app/static/site.css").read_text(encoding="utf-8")
TEXT, SHAPE = 4.5, 3.0
"""Contrast of text, and of what shows where a field is or what has the focus."""
GROUNDS = ("paper", "soft", "okbg", "badbg")


def themes() -> dict[str, dict[str, str]]:
    """Variables of both themes; the dark one says all that the light one says."""
    light, dark = re.findall(r":root\{([^}]*)\}", CSS)[:2]
    found = [dict(re.findall(r"--(\w+):(#\w+)", block)) for block in (light, dark)]
    return dict(zip(("light", "dark"), found, strict=True))


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(2 * sign for sign in colour[1:])
    parts = (int(digits[n : n + 2], 16) / 255 for n in (0, 2, 4))
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return sum(k * part for k, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    low, high = sorted(map(luminance, (one, other)))
    return (high + 0.05) / (low + 0.05)


def test_the_measure_is_that_of_the_standard() -> None:
    assert contrast("#000", "#fff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_and_shapes_stand_out(theme: str) -> None:
    colours = themes()[theme]
    assert set(colours) == set(themes()["light"])
    pairs = {(a, b): TEXT for a in ("ink", "muted", "accent") for b in GROUNDS}
    pairs |= {("bad", b): TEXT for b in ("paper", "soft", "badbg")} | {("on", "accent"): TEXT}
    pairs |= {("edge", b): SHAPE for b in ("paper", "soft")}
    pairs |= {("focus", b): SHAPE for b in GROUNDS}
    found = {p: round(contrast(*(colours[n] for n in p)), 2) for p in pairs}
    assert {p: c for p, c in found.items() if c < pairs[p]} == {}


def test_colours_outside_the_themes_are_pairs_of_their_own() -> None:
    """Only what looks alike in both themes names colours itself: the sample's band and slips."""
    rest = re.sub(r":root\{[^}]*\}", "", CSS)
    own = set(re.findall(r"#[0-9a-f]{3,6}\b", rest))
    assert own == {"#ffd9a0", "#3a2400", "#fff", "#000"}
    assert contrast("#ffd9a0", "#3a2400") >= TEXT
