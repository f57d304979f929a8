"""A filled form in words, to be read: labels instead of codes, files by name, rows as a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from instruments.model import Instrument, Item, Section
from survey_app.answers import Answers, asked, rows_of
from survey_app.attachments import Attachment

BLANK = "—"


@dataclass(frozen=True)
class Said:
    """One answer: its item, its words, and the file if it is one."""

    item: Item
    words: str
    file: Attachment | None


@dataclass(frozen=True)
class Part:
    """One section: answers asked once, or the rows of a repeat."""

    section: Section
    said: tuple[Said, ...]
    rows: tuple[tuple[Said, ...], ...]

    @property
    def columns(self) -> list[Item]:
        """Items of a repeat's rows."""
        return [item for item in self.section.items if item.type != "note"]


@dataclass(frozen=True)
class Difference:
    """One place where two copies of a record differ."""

    label: str
    kept: str
    other: str


def read_out(
    instrument: Instrument,
    context: Mapping[str, str],
    answers: Answers,
    attachments: Mapping[str, Attachment],
) -> list[Part]:
    """What was asked and answered, section by section; a repeat without rows has none."""
    single: dict[str, list[Said]] = {}
    rows: dict[str, dict[int, dict[str, Said]]] = {}
    for one in asked(instrument, context, answers):
        said = _said(one.item, one.answer, attachments)
        if one.row is None:
            single.setdefault(one.section.name, []).append(said)
        else:
            row = rows.setdefault(one.section.name, {}).setdefault(one.row, {})
            row[one.item.name] = said
    return [
        Part(s, tuple(single.get(s.name, ())), _lines(s, rows.get(s.name, {})))
        for s in instrument.sections
        if s.name in single or s.name in rows
    ]


def differences(
    instrument: Instrument,
    kept: Answers,
    other: Answers,
    attachments: Mapping[str, Attachment],
) -> list[Difference]:
    """Items, and rows of repeats, whose answers are not the same in both copies."""
    found = []
    for section in instrument.sections:
        if section.repeat:
            found += _row_differences(section, kept, other, attachments)
            continue
        for item in section.items:
            pair = [_said(item, one.get(item.name), attachments).words for one in (kept, other)]
            if pair[0] != pair[1]:
                found.append(Difference(item.label, *pair))
    return found


def _row_differences(
    section: Section, kept: Answers, other: Answers, attachments: Mapping[str, Attachment]
) -> list[Difference]:
    both = [_row_words(section, answers, attachments) for answers in (kept, other)]
    found = []
    for number in range(max(map(len, both))):
        pair = [rows[number] if number < len(rows) else BLANK for rows in both]
        if pair[0] != pair[1]:
            found.append(Difference(f"{section.label}第{number + 1}行", *pair))
    return found


def _row_words(
    section: Section, answers: Answers, attachments: Mapping[str, Attachment]
) -> list[str]:
    return [
        "；".join(
            f"{item.label}：{_said(item, row[item.name], attachments).words}"
            for item in section.items
            if item.name in row
        )
        for row in rows_of(answers, section)
    ]


def _lines(
    section: Section, rows: Mapping[int, Mapping[str, Said]]
) -> tuple[tuple[Said, ...], ...]:
    items = [item for item in section.items if item.type != "note"]
    return tuple(
        tuple(row.get(item.name, Said(item, BLANK, None)) for item in items)
        for _, row in sorted(rows.items())
    )


def _said(item: Item, answer: object, attachments: Mapping[str, Attachment]) -> Said:
    if answer in (None, ""):
        return Said(item, BLANK, None)
    if item.type == "file":
        file = attachments.get(str(answer))
        return Said(item, file.name if file else BLANK, file)
    if item.scale is not None:
        codes = str(answer).split() if item.type == "select_multiple" else [str(answer)]
        return Said(item, "、".join(item.scale.label(code) for code in codes), None)
    if isinstance(answer, float):
        return Said(item, str(int(answer) if answer.is_integer() else answer), None)
    return Said(item, str(answer), None)
