"""Which answers count: those to items that were asked, given context and the other answers."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from typing import Any, NamedTuple

from instruments.model import Instrument, Item, Section

Answer = str | int | float
Row = dict[str, Answer]
Answers = dict[str, Answer | list[Row]]
"""Item → answer, and repeat → its rows: one document per filled form."""


class Asked(NamedTuple):
    """One item that was asked, where its field stands, and its answer (None when blank)."""

    section: Section
    row: int | None
    item: Item
    answer: Answer | None

    @property
    def key(self) -> str:
        """Name of the item's field on the page."""
        return self.item.name if self.row is None else row_key(self.section, self.row, self.item)


def row_key(section: Section, row: int, item: Item) -> str:
    """Name of the field of ``item`` in a row of a repeat; rows count from 0."""
    return f"{section.name}-{row}-{item.name}"


def asked(
    instrument: Instrument, context: Mapping[str, str], answers: Mapping[str, object]
) -> list[Asked]:
    """Items asked of this person in page order, those of a repeat once per row.

    An item that hangs on one not asked is not asked either.
    """
    known: dict[str, object] = dict(context)
    found: list[Asked] = []
    for section in instrument.sections:
        if section.relevant and not all(rule.holds(known) for rule in section.relevant):
            continue
        if not section.repeat:
            _ask(section, None, known, answers, found)
            continue
        for row, given in enumerate(rows_of(answers, section)):
            _ask(section, row, dict(known), given, found)
    return found


def _ask(
    section: Section,
    row: int | None,
    known: dict[str, object],
    given: Mapping[str, object],
    found: list[Asked],
) -> None:
    for item in section.items:
        if item.type == "note":
            continue
        if not item.relevant or all(rule.holds(known) for rule in item.relevant):
            answer: Any = given.get(item.name)
            known[item.name] = answer
            found.append(Asked(section, row, item, None if answer == "" else answer))


def rows_of(answers: Mapping[str, object], section: Section) -> list[Row]:
    """Rows of a repeat as they were given; none where it was left out."""
    found = answers.get(section.name)
    return found if isinstance(found, list) else []


def collect(found: Iterable[Asked], *, without: Container[str] = ()) -> Answers:
    """Asked items as one document, without blanks, blank rows and the keys in ``without``."""
    answers: Answers = {}
    rows: dict[str, dict[int, Row]] = {}
    for one in found:
        if one.answer is None or one.key in without:
            continue
        if one.row is None:
            answers[one.item.name] = one.answer
        else:
            row = rows.setdefault(one.section.name, {}).setdefault(one.row, {})
            row[one.item.name] = one.answer
    return answers | {name: list(kept.values()) for name, kept in rows.items()}


def prune(
    instrument: Instrument, context: Mapping[str, str], answers: Mapping[str, object]
) -> Answers:
    """Answers to items that were asked; others are never stored."""
    return collect(asked(instrument, context, answers))


def missing(
    instrument: Instrument, context: Mapping[str, str], answers: Mapping[str, object]
) -> list[Asked]:
    """Required items that were asked and not answered."""
    found = asked(instrument, context, answers)
    return [one for one in found if one.item.required and one.answer is None]


def blank_scored(instrument: Instrument, found: Iterable[Asked]) -> list[Asked]:
    """Of the items that were asked, those that count and were left blank."""
    return [one for one in found if one.answer is None and one.item.name in instrument.scored]


def blank_repeats(
    instrument: Instrument, context: Mapping[str, str], answers: Mapping[str, object]
) -> list[Section]:
    """Repeats of a record that were asked, without a row, though formulas may read them."""
    known = {**context, **answers}
    return [
        section
        for section in instrument.repeats
        if all(rule.holds(known) for rule in section.relevant)
        and not rows_of(answers, section)
        and any(item.name in instrument.recorded for item in section.items)
    ]
