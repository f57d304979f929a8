"""Rows of a repeat as a page sends them: fields ``repeat-0-item``, blank rows left out."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

from werkzeug.datastructures import MultiDict

from instruments.model import Section
from survey_app.answers import Row

MAX_ROWS = 1000
"""Rows that one repeat may hold: more than any county has schools."""


def sent_rows(sent: MultiDict[str, str], section: Section) -> list[MultiDict[str, str]]:
    """Rows that hold anything, in the order of the page, as item → what was sent."""
    names = {item.name for item in section.items}
    rows: dict[int, MultiDict[str, str]] = defaultdict(MultiDict)
    for key, value in sent.items(multi=True):
        place = _place(key, section)
        if place and place[1] in names:
            rows[place[0]].add(place[1], value)
    kept = [rows[number] for number in sorted(rows)]
    return [row for row in kept if any(value.strip() for value in row.values())][:MAX_ROWS]


def without_row(sent: MultiDict[str, str], section: Section, row: int) -> MultiDict[str, str]:
    """What was sent, without one row of a repeat."""
    pairs = [(key, value, _place(key, section)) for key, value in sent.items(multi=True)]
    return MultiDict([(k, v) for k, v, place in pairs if place is None or place[0] != row])


def with_rows(
    sent: MultiDict[str, str], section: Section, rows: Sequence[Row]
) -> MultiDict[str, str]:
    """What was sent, with further rows at the end of a repeat."""
    several = {item.name for item in section.items if item.type == "select_multiple"}
    added: MultiDict[str, str] = MultiDict(sent)
    first = 1 + max((place[0] for key in sent if (place := _place(key, section))), default=-1)
    for number, row in enumerate(rows, first):
        for name, answer in row.items():
            for value in str(answer).split() if name in several else [str(answer)]:
                added.add(f"{section.name}-{number}-{name}", value)
    return added


def without_rows(sent: MultiDict[str, str], section: Section) -> MultiDict[str, str]:
    """What was sent, without any row of a repeat."""
    pairs = sent.items(multi=True)
    return MultiDict([(key, value) for key, value in pairs if _place(key, section) is None])


def _place(key: str, section: Section) -> tuple[int, str] | None:
    match = re.fullmatch(rf"{re.escape(section.name)}-(\d{{1,4}})-(\w+)", key)
    return (int(match[1]), match[2]) if match else None
