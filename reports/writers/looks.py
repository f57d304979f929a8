"""How columns of tables look on the web, said once in the style instead of in every cell."""

from __future__ import annotations

from collections.abc import Iterator

from reports.document import Bulletin, Column, Figure, Section, Table

CARDS = "cards"
NARROW = "44rem"
"""Screens below that show a table of ``cards`` as one card for each row (as in bulletin.css)."""

LEFT = "text-align:left;white-space:normal;width:auto"
_UNSAFE = "\"'\\<>&\x7f"
"""Characters that end a string or a style element, or that a reader could take for such."""


def table_classes(bulletin: Bulletin) -> dict[tuple[tuple[Column, ...], str], str]:
    """Columns and layout -> class of their tables; tables that look alike share one."""
    names: dict[object, str] = {}
    found = {}
    for table in _tables((*bulletin.sections, *bulletin.annexes)):
        look = table.columns if table.layout == CARDS else _texts(table.columns)
        name = names.setdefault((look, table.layout == CARDS), f"c{len(names)}")
        found[table.columns, table.layout] = f"{table.layout} {name}"
    return found


def columns_style(classes: dict[tuple[tuple[Column, ...], str], str]) -> str:
    """Columns of text run left and wrap; in cards each value bears its column's label."""
    texts: dict[str, str] = {}
    cards: dict[str, str] = {}
    for (columns, layout), name in classes.items():
        own = f".{name.split()[1]}"
        places = ",".join(f":nth-child({place})" for place in _texts(columns))
        if places:
            texts[own] = f"{own}>*>*>:is({places})"
        if layout == CARDS:
            cards[own] = "\n".join(
                f'{own} td:nth-child({place})::before{{content:"{quoted(one.label)}"}}'
                for place, one in enumerate(columns, 1)
            )
    left = f"{','.join(texts.values())}{{{LEFT}}}\n" if texts else ""
    inner = "\n".join(cards.values())
    return left + f"@media screen and (max-width:{NARROW}){{\n{inner}\n}}"


def _texts(columns: tuple[Column, ...]) -> tuple[int, ...]:
    return tuple(place for place, one in enumerate(columns, 1) if not one.numeric)


def quoted(text: str) -> str:
    """``text`` inside a CSS string that stands in a style element."""
    return "".join(f"\\{ord(one):x} " if one in _UNSAFE or ord(one) < 32 else one for one in text)


def _tables(sections: tuple[Section, ...]) -> Iterator[Table]:
    for section in sections:
        for block in section.blocks:
            if isinstance(block, Table):
                yield block
            elif isinstance(block, Figure) and block.data is not None:
                yield block.data
        yield from _tables(section.sections)
