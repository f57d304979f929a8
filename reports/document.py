"""The bulletin as frozen values: text and formatted strings only, so that no writer computes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True)
class Cell:
    """One table cell: its text, and the anchor of what explains it."""

    text: str
    link: str = ""
    note: str = ""
    """Said in small type below the text."""
    strong: bool = False
    """Set off, such as a rank that has moved."""
    anchor: str = ""
    """Where the links of others lead: this cell's row."""
    page: str = ""
    """Address in another file of the web edition, such as a unit sheet; paper has no such link,
    the text itself names the file."""


@dataclass(frozen=True)
class Column:
    """Head of one table column; ``numeric`` aligns right and does not wrap."""

    label: str
    numeric: bool = False


MANY = 20
"""Rows beyond which a table is 'long'."""


@dataclass(frozen=True)
class Rows:
    """Consecutive rows under one row-group heading ('' = none)."""

    heading: str
    rows: tuple[tuple[Cell, ...], ...]


def layout_of(groups: tuple[Rows, ...], few: str) -> str:
    """'long' for many rows, else ``few``."""
    return "long" if sum(len(group.rows) for group in groups) > MANY else few


@dataclass(frozen=True)
class Paragraph:
    """Running text."""

    kind: ClassVar[str] = "paragraph"
    text: str


@dataclass(frozen=True)
class Table:
    """A captioned table. ``layout``: 'plain'; 'cards' when rows become cards on a phone; 'long'
    when so many rows are to be compared that head and names stay in sight."""

    kind: ClassVar[str] = "table"
    anchor: str
    caption: str
    columns: tuple[Column, ...]
    groups: tuple[Rows, ...]
    layout: str = "plain"
    notes: tuple[str, ...] = ()
    head: int = 0
    """Index of the column that names the row."""


@dataclass(frozen=True)
class Figure:
    """A drawn figure as SVG text, with what it shows in words."""

    kind: ClassVar[str] = "figure"
    anchor: str
    caption: str
    alt: str
    svg: str
    notes: tuple[str, ...] = ()
    behind: str = ""
    """Anchors, with spaces between, of the tables that hold its numbers; '' when ``data`` does."""
    data: Table | None = None
    """Its numbers as a table of its own, printed below it (on the web: folded)."""


@dataclass(frozen=True)
class TrailCell:
    """A value with its standard error, and below it how many answers it rests on."""

    text: str
    n: str = ""


@dataclass(frozen=True)
class TrailRow:
    """One line of a trail; without cells its label runs over all columns."""

    kind: str
    """'fact', 'level1' to 'level3', 'item', 'formula', 'field' or 'focus'."""
    label: str
    cells: tuple[TrailCell, ...] = ()


@dataclass(frozen=True)
class Trail:
    """Where the numbers of a few units come from: facts, indicators, items with wording and n."""

    kind: ClassVar[str] = "trail"
    title: str
    label: str
    """The title with its table's, which no other trail has."""
    corner: str
    heads: tuple[Cell, ...]
    """Units, each with the anchor that its numbers link to."""
    rows: tuple[TrailRow, ...]


Block = Paragraph | Table | Figure | Trail


@dataclass(frozen=True)
class Section:
    """A heading with its blocks and subsections; ``page`` starts it on a new page."""

    anchor: str
    heading: str
    blocks: tuple[Block, ...] = ()
    sections: tuple[Section, ...] = ()
    page: bool = False


@dataclass(frozen=True)
class Imprint:
    """What only the issuing office can give; every field is '' until it does."""

    header: str = ""
    """Red header: the office's name with 文件, as supplied."""
    number: str = ""
    """发文字号, with 〔〕."""
    organ: str = ""
    """署名 below the text."""
    date: str = ""
    """成文日期 in words, such as 2021年12月6日."""
    seal: bytes = b""
    """PNG of the seal."""
    copies: str = ""
    """抄送."""
    printed: str = ""
    """印发机关和印发日期, the last line of 版记."""


@dataclass(frozen=True)
class Bulletin:
    """One bulletin or unit sheet, ready to be set by any writer."""

    title: str
    mark: str
    """样例, 征求意见稿 or 送审稿: printed in the title and across every page; '' when issued."""
    mark_note: str
    subtitle: str
    addressees: str
    basis: tuple[str, ...]
    sections: tuple[Section, ...]
    annexes: tuple[Section, ...]
    control_label: str
    control: str
    words: tuple[tuple[str, str], ...]
    """Fixed phrases that a writer needs (table of contents, 出处 …)."""
    day: str = ""
    """ISO date of the data: the date in a file's properties, so that no clock is asked."""
    attachments: tuple[str, ...] = ()
    """附件说明: titles of the annexes, as listed below the text."""
    imprint: Imprint = Imprint()
    above: str = ""
    """Address, in the web edition, of the document that a sheet belongs to."""
    one_page: bool = False
    """Whether all of it is to stand on one page of paper."""
