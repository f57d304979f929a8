"""The little Markdown of a slot: paragraphs, sub-headings, lists, and {{ names }} of facts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from instruments.faults import Fault, Place, fault
from reports.rules import Fact

HEADING, PARAGRAPH, NUMBER, BULLET = "heading", "paragraph", "number", "bullet"
_MARKS = (
    (HEADING, re.compile(r"##[ \t]+(?P<text>\S.*)")),
    (NUMBER, re.compile(r"\d{1,2}(?:[.)][ \t]+|[、．][ \t]*)(?P<text>\S.*)")),
    (BULLET, re.compile(r"[-*+][ \t]+(?P<text>\S.*)")),
)
_REFUSED = re.compile(r"#|\||>|```|~~~|!\[|(?:[-*_=][ \t]*){3,}$")
"""Other headings, tables, quotations, code, images, rules: what the bulletin cannot set."""
_EMPHASIS = re.compile(r"(\*\*|__)(?=\S)(.+?)(?<=\S)\1")
_NAME = re.compile(r"\{\{([^{}]*)\}\}")
_NEAR, _ALIKE = 3, 0.4
"""How many near names are offered, and how like they must be."""


@dataclass(frozen=True)
class Part:
    """One block of a slot with the numbered lines that it was written on."""

    kind: str
    lines: tuple[tuple[int, str], ...]


def parts(text: str) -> Iterator[Part]:
    """Blocks in order: a blank line, a heading or a list mark begins a new one."""
    kind = PARAGRAPH
    lines: list[tuple[int, str]] = []
    for number, raw in enumerate(text.splitlines(), 1):
        line = _EMPHASIS.sub(r"\2", raw.strip())
        found = next(((k, m["text"]) for k, p in _MARKS if (m := p.fullmatch(line))), None)
        if (not line or found or kind == HEADING) and lines:
            yield Part(kind, tuple(lines))
            kind, lines = PARAGRAPH, []
        if line:
            kind, said = found or (kind, line)
            lines.append((number, said))
    if lines:
        yield Part(kind, tuple(lines))


def shape_faults(file: str, text: str) -> Iterator[Fault]:
    """Lines that are Markdown of a kind which the bulletin does not set."""
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        if _REFUSED.match(line) and not _MARKS[0][1].fullmatch(line):
            yield fault("texts.shape", Place(file=file, row=number), start=line[:10])


def name_faults(file: str, text: str, facts: Mapping[str, Fact]) -> Iterator[Fault]:
    """Names that are no facts, with names like them, and braces that are not a pair."""
    for number, line in enumerate(text.splitlines(), 1):
        place = Place(file=file, row=number)
        rest = _NAME.sub("", line)
        if "{{" in rest or "}}" in rest:
            yield fault("texts.braces", place)
        for name in (found.strip() for found in _NAME.findall(line)):
            if name not in facts:
                yield _unknown(place, name, facts)


def _unknown(place: Place, name: str, facts: Mapping[str, Fact]) -> Fault:
    near = get_close_matches(name, facts, _NEAR, _ALIKE)
    if not near:
        return fault("texts.unknown_name", place, name=name)
    return fault("texts.misspelt_name", place, name=name, near="、".join(near))


def bound(part: Part, facts: Mapping[str, Fact]) -> str:
    """The block as text, names filled in; what a fact says is never read again as Markdown."""
    lines = [_NAME.sub(lambda m: facts[m[1].strip()].text, line) for _, line in part.lines]
    text = lines[0]
    for line in lines[1:]:
        spaced = text[-1:].isascii() and line[:1].isascii()
        text += f" {line}" if spaced else line
    return text


def unnamed(text: str) -> Iterator[tuple[int, str]]:
    """Each line with its number, list marks and {{ names }} taken away."""
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        listed = _MARKS[1][1].fullmatch(line)
        yield number, _NAME.sub("", listed["text"] if listed else line)
