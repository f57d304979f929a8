"""A trainee's form on paper: numbered lines, numbered answers, and back from typing."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from werkzeug.datastructures import MultiDict

from instruments.model import NOT_APPLICABLE, Choice, Item, Scale, Section
from survey_app.errors import Refused
from survey_app.forms import Questionnaire

PREFIX = "typed-"
"""Before the name of an item in the name of its field, so that none is taken for another field."""
_GAPS = re.compile(r"[\s,，、;；]+")
_NOBODY_S = "?"
"""Stands for a number that the sheet does not print: no code of any scale."""


@dataclass(frozen=True)
class Line:
    """One item of the sheet: its number, the numbers of its answers, when it is answered."""

    number: int
    item: Item
    answers: Mapping[str, Choice]
    when: tuple[str, ...]

    @property
    def field(self) -> str:
        """Name of the field into which its answer is typed."""
        return f"{PREFIX}{self.item.name}"


@dataclass(frozen=True)
class Part:
    """A section of the sheet with its lines."""

    section: Section
    when: tuple[str, ...]
    lines: tuple[Line, ...]


def numbered(scale: Scale | None) -> dict[str, Choice]:
    """The answers of a scale by the numbers that are printed and typed for them.

    Codes that are numbers keep them and 不适用 takes the next one; others are counted from 1.
    """
    choices = scale.choices if scale else ()
    own = [c.code for c in choices if c.code != NOT_APPLICABLE]
    if own and all(code.isdecimal() and str(int(code)) == code for code in own):
        after = str(max(map(int, own)) + 1)
        return {after if c.code == NOT_APPLICABLE else c.code: c for c in choices}
    return {str(place): choice for place, choice in enumerate(choices, 1)}


def paper_parts(sheet: Questionnaire) -> list[Part]:
    """All that a sheet of this form asks, lines counted through; refused where paper cannot."""
    if sheet.repeats or any(item.type == "file" for item in sheet.items):
        raise Refused("paper_not_fit", 409)
    parts, number = [], 0
    for section in sheet.sections:
        lines = []
        for question in sheet.questions(section):
            if question.item.type != "note":
                number += 1
                answers = numbered(question.item.scale)
                lines.append(Line(number, question.item, answers, question.when.words))
        parts.append(Part(section, sheet.when(section).words, tuple(lines)))
    return parts


def read_typed(sheet: Questionnaire, sent: Mapping[str, str]) -> None:
    """Take what was typed off a sheet: fill the answers and errors of ``sheet``.

    What is left blank, required or not, stays blank: a sheet cannot be asked again.
    """
    found: MultiDict[str, str] = MultiDict()
    for part in paper_parts(sheet):
        for line in part.lines:
            for code in _codes(line, sent.get(line.field, "")):
                found.add(line.item.name, code)
    sheet.read(found, partial=True)


def _codes(line: Line, typed: str) -> list[str]:
    if line.item.scale is None:
        return [typed]
    folded = unicodedata.normalize("NFKC", typed).strip()
    numbers = [part for part in _GAPS.split(folded) if part]
    if line.item.type == "select_one":
        numbers = ["".join(numbers)] if numbers else []
    known = line.answers
    return [known[n].code if n in known else _NOBODY_S for n in numbers]
