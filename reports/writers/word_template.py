"""Our own Word template: XML parts of templates/word, filled with fonts and sizes, zipped."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache, lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup, escape

from reports.writers.packing import held_by_xml, packed

FILLED = ("word/styles.xml", "word/fontTable.xml")
"""Parts that know fonts and sizes; docxtpl fills the document, its headers and its footers."""
KEPT = 64
"""Compiled parts that are kept."""
_BRACES = {ord("{"): "&#123;", ord("}"): "&#125;"}


@cache
def environment() -> Environment:
    """Jinja for Word XML: whatever comes out of data is text, whatever it looks like."""
    made = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_as_text,
    )
    # docxtpl compiles each part anew at every filling: half of the time that a short file takes
    made.from_string = lru_cache(KEPT)(made.from_string)  # type: ignore[method-assign,assignment]
    return made


def _as_text(value: object) -> Markup:
    """Escaped; braces too, because docxtpl reads some of them once more after filling."""
    if isinstance(value, Markup):
        return value
    return Markup(str(escape(held_by_xml(str(value)))).translate(_BRACES))


def word_template(
    fonts: Mapping[str, str], latin: Mapping[str, str], sizes: Sequence[int]
) -> bytes:
    """The template as .docx: ``fonts`` by role, those of letters and digits in tables (``latin``),
    styles of tables for ``sizes`` in half points."""
    values = {"fonts": fonts, "latin": latin, "sizes": [_size(half) for half in sizes]}
    parts = dict(_parts())
    for name in FILLED:
        filled = environment().from_string(parts[name].decode("utf-8")).render(values)
        parts[name] = filled.encode("utf-8")
    return packed(parts)


def _size(half: int) -> dict[str, object]:
    """A type size: its name in points, lines 1.35 high in twips, and the smaller one of notes."""
    return {"half": half, "points": f"{half / 2:g}", "line": half * 27 // 2, "small": half - 2}


@cache
def _parts() -> tuple[tuple[str, bytes], ...]:
    return tuple(_files(files("reports").joinpath("templates", "word"), ""))


def _files(folder: Traversable, above: str) -> Iterator[tuple[str, bytes]]:
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir():
            yield from _files(entry, f"{above}{entry.name}/")
        else:
            yield f"{above}{entry.name}", entry.read_bytes()
