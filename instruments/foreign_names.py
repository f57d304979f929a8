"""Headings, types and settings of anybody's XLSForm in the words of ours."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import yaml
from pyxform import aliases
from pyxform.parsing.sheet_headers import process_header

_ALIASES: Mapping[str, Any] = {
    "survey": aliases.survey_header,
    "choices": aliases.list_header,
    "settings": aliases.settings_header,
}
_KNOWN = {
    "survey": ("type", "name", "label", "hint"),
    "choices": ("list name", "list_name", "name", "label"),
    "settings": ("title", "id_string", "version", "default_language"),
}
_LISTED = re.compile(
    r"(?P<verb>.+?)\s+(?P<list>[^\s]+)(?P<other>\s+(?:or specify other|or_other|or other))?"
)


@cache
def foreign_words() -> Mapping[str, Any]:
    """Content of library/xlsform.yaml."""
    path = files("instruments").joinpath("library/xlsform.yaml")
    found: Mapping[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return found


def heading(sheet: str, header: Sequence[str], column: str) -> tuple[str, str, str]:
    """A heading as (our column or '', language or '', its first part as pyxform takes it apart)."""
    double = any("::" in each for each in header)
    _, parts = process_header(column, double, _ALIASES[sheet], _KNOWN[sheet])
    known = foreign_words()["columns"][sheet]
    for length in (2, 1):
        ours = known.get(" ".join(parts[:length]), "")
        if ours and len(parts) <= length + 1 and len(parts) >= length:
            return ours, parts[length] if len(parts) > length else "", parts[0]
    return "", "", parts[0]


def our_type(text: str) -> tuple[str, bool]:
    """A type in our words, and whether it asks for a further choice "other"; a type that we do not
    have stays as it is written."""
    plain = " ".join(text.split())
    edge, _, kind = plain.replace("_", " ").lower().partition(" ")
    if edge in ("begin", "end") and kind in ("group", "repeat", *foreign_words()["repeats"]):
        return f"{edge} {'group' if kind == 'group' else 'repeat'}", False
    if ours := _simple().get(plain.lower(), ""):
        return ours, False
    match = _LISTED.fullmatch(plain)
    verb = _simple().get(match["verb"].lower(), match["verb"]) if match else ""
    if match and verb.startswith("select_") and verb in foreign_words()["types"]:
        return f"{verb} {match['list']}", bool(match["other"])
    return text, False


@cache
def _simple() -> Mapping[str, str]:
    types = foreign_words()["types"]
    return {word: ours for ours, words in types.items() for word in (ours, *words)}


def yes_or_no(text: str) -> str:
    """``yes`` or ``no`` where pyxform takes ``text`` for one of them, else ``text``."""
    known = aliases.yes_no.get(text)
    return text if known is None else "yes" if known else "no"
