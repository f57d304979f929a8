"""Every string of a bulletin that is printed, with the font role it is set in and its place."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import astuple

from instruments.faults import Place
from reports.document import Block, Bulletin, Cell, Figure, Paragraph, Section, Table, Trail

ROLES = ("title", "body", "kai", "hei")
"""What a font is for: headline, running text, and headings of the second and first level."""
HEADINGS = ("hei", "kai", "body")
"""Roles of headings by level; deeper ones are set like the last."""
String = tuple[str, Place, str]
"""Role, place, text."""
_SPACES = "\t\n\r\v\f\u00a0\u2028\u2029"


def printed(text: str) -> str:
    """``text`` as it reaches the paper: white space as spaces, no controls, marks of direction or
    other characters without a shape, which could reorder or hide what a name says."""
    if text.isprintable():
        return text
    spaced = (" " if char in _SPACES else char for char in text)
    return "".join(char for char in spaced if unicodedata.category(char) not in {"Cc", "Cf", "Cs"})


def strings_of(bulletin: Bulletin) -> Iterator[String]:
    """Role, place and text of everything printed but figures, whose texts are drawn as paths."""
    head = Place(printed(bulletin.title))
    for role, texts in _front(bulletin).items():
        yield from ((role, head, text) for text in texts if text)
    for section in bulletin.sections:
        yield from _section(section, 0, "")
    for annex in bulletin.annexes:
        yield "title", Place(printed(annex.heading)), annex.heading
        yield from _section(annex, 0, "")


def _front(bulletin: Bulletin) -> dict[str, tuple[str, ...]]:
    imprint = [text for text in astuple(bulletin.imprint) if isinstance(text, str)]
    words = [text for _, text in bulletin.words]
    return {
        "title": (bulletin.title, bulletin.imprint.header),
        "hei": (bulletin.mark, bulletin.mark_note, bulletin.control_label, bulletin.control),
        "kai": (bulletin.subtitle,),
        "body": (
            *(bulletin.mark, bulletin.control_label, bulletin.control, bulletin.addressees),
            *(*bulletin.basis, *bulletin.attachments, *imprint, *words),
        ),
    }


def _section(section: Section, level: int, above: str) -> Iterator[String]:
    place = " ".join(filter(None, (above, printed(section.heading))))
    yield HEADINGS[min(level, len(HEADINGS) - 1)], Place(place), section.heading
    for block in section.blocks:
        yield from _block(block, place)
    for child in section.sections:
        yield from _section(child, level + 1, place)


def _block(block: Block, above: str) -> Iterator[String]:
    if isinstance(block, Paragraph):
        yield "body", Place(above), block.text
    elif isinstance(block, Table):
        yield from _table(block, above)
    elif isinstance(block, Trail):
        yield from _trail(block, above)
    else:
        yield from _figure(block, above)


def _figure(figure: Figure, above: str) -> Iterator[String]:
    place = Place(f"{above} {printed(figure.caption)}")
    yield "hei", place, figure.caption
    yield from (("body", place, note) for note in figure.notes)
    if figure.data is not None:
        yield from _table(figure.data, above)


def _table(table: Table, above: str) -> Iterator[String]:
    place = f"{above} {printed(table.caption)}"
    for text in (table.caption, *(column.label for column in table.columns)):
        yield "hei", Place(place), text
    yield from (("body", Place(place), note) for note in table.notes)
    number = 0
    for group in table.groups:
        yield "hei", Place(place), group.heading
        for row in group.rows:
            number += 1
            for column, cell in zip(table.columns, row, strict=True):
                yield from _cell(cell, Place(place, row=number, column=printed(column.label)))


def _cell(cell: Cell, place: Place) -> Iterator[String]:
    yield "body", place, cell.text
    if cell.note:
        yield "body", place, cell.note
    if cell.strong:
        yield "hei", place, cell.text


def _trail(trail: Trail, above: str) -> Iterator[String]:
    place = f"{above} {printed(trail.title)}"
    for text in (trail.title, trail.corner, *(cell.text for cell in trail.heads)):
        yield "hei", Place(place), text
    for number, row in enumerate(trail.rows, 1):
        for text in (row.label, *(part for cell in row.cells for part in (cell.text, cell.n))):
            yield "body", Place(place, row=number), text
        yield "hei", Place(place, row=number), row.label
