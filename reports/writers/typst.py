"""Writes a bulletin as PDF/A-2a with PDF/UA-1 by Typst, and drawings as PNG; computes nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import typst

from instruments.faults import refuse
from reports.document import Bulletin
from reports.writers.fonts import Fonts, check_glyphs, font_book
from reports.writers.paper import bulletin_values, families

STANDARDS = ("a-2a", "ua-1")
LINES, CHARACTERS = 22, 28
"""Lines of a page and characters of a line (GB/T 9704-2012)."""


def render_pdf(bulletin: Bulletin, fonts: Fonts) -> bytes:
    """The bulletin as PDF; FaultsFound names places of characters that no font has."""
    check_glyphs(bulletin, fonts)
    given = {"bulletin.json": _json(bulletin_values(bulletin, fonts))}
    return _set("bulletin.typ", given, fonts, standards=STANDARDS)


def render_grid(fonts: Fonts) -> bytes:
    """One page of 22 lines with 28 characters each, in the bulletin's own page and type."""
    line = "\u56fd" * CHARACTERS
    values = {"title": line, "lines": [line] * LINES, "fonts": families(fonts)}
    return _set("grid.typ", {"grid.json": _json(values)}, fonts, standards=())


def set_values(name: str, values: Mapping[str, Any], fonts: Fonts) -> bytes:
    """The template ``name``.typ filled from ``name``.json, as PDF/UA-1."""
    return _set(f"{name}.typ", {f"{name}.json": _json(values)}, fonts, standards=("ua-1",))


def render_png(svg: str, ppi: int) -> bytes:
    """A drawing, whose texts are paths, as PNG of so many pixels an inch."""
    files_given = _templates() | {"main": _templates()["picture.typ"], "picture.svg": svg.encode()}
    return _compiled(files_given, font_book(()), format="png", ppi=float(ppi))


def _json(values: Mapping[str, Any]) -> bytes:
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode()


@cache
def _templates() -> dict[str, bytes]:
    folder = files("reports").joinpath("templates", "typst")
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name[-4:] == ".typ"}


def _set(
    main: str, given: Mapping[str, bytes], fonts: Fonts, *, standards: tuple[str, ...]
) -> bytes:
    found = {**_templates(), **given, "main": _templates()[main]}
    return _compiled(found, font_book(fonts.paths()), pdf_standards=list(standards))


def _compiled(given: Mapping[str, bytes], fonts: Any, **options: Any) -> bytes:
    """What Typst makes of ``given``; an error or a warning of its stops the run."""
    try:
        made, warnings = typst.compile_with_warnings(
            dict(given), font_paths=fonts, ignore_system_fonts=True, **options
        )
    except typst.TypstError as error:
        raise refuse("fonts.not_set", why=error) from error
    if warnings:
        raise refuse("fonts.not_set", why="; ".join(map(str, warnings)))
    return bytes(made)
