"""Numbers of tables and figures through a whole document, and the notes that speak of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import count

from reports.document import Block, Figure, Section, Table
from reports.wording import joined, phrase


def numbered_sections(sections: tuple[Section, ...]) -> tuple[Section, ...]:
    """Captions with their numbers, in order; a figure says which table holds its numbers.

    A figure's own table of numbers is part of the figure and bears the figure's number.
    """
    numbers = _numbers(sections)
    return tuple(_numbered(section, numbers) for section in sections)


def _numbers(sections: tuple[Section, ...]) -> dict[str, str]:
    counters = {"table": count(1), "figure": count(1)}
    return {
        block.anchor: str(next(counters[block.kind]))
        for block in _blocks(sections)
        if isinstance(block, Table | Figure)
    }


def _blocks(sections: tuple[Section, ...]) -> Iterator[Block]:
    for section in sections:
        yield from section.blocks
        yield from _blocks(section.sections)


def _numbered(section: Section, numbers: dict[str, str]) -> Section:
    blocks = tuple(_captioned(block, numbers) for block in section.blocks)
    children = tuple(_numbered(child, numbers) for child in section.sections)
    return replace(section, blocks=blocks, sections=children)


def _captioned(block: Block, numbers: dict[str, str]) -> Block:
    if not isinstance(block, Table | Figure):
        return block
    number = numbers[block.anchor]
    caption = phrase(f"table.{block.kind}", number=number, caption=block.caption)
    named = block.behind.split() if isinstance(block, Figure) else []
    if isinstance(block, Figure) and block.data:
        data = replace(block.data, caption=phrase("table.data", number=number))
        block = replace(block, data=data)
    found = [numbers[anchor] for anchor in named if anchor in numbers]
    if isinstance(block, Figure) and found:
        behind = phrase("table.behind", number=joined(found))
        return replace(block, caption=caption, notes=(*block.notes, behind))
    return replace(block, caption=caption)
