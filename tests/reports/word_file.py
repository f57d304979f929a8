"""A Word file read back, and turned into pages by LibreOffice where there is one."""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docx
import pytest
from chinese_fonts import with_fonts

from reports.document import Block, Bulletin, Cell, Figure, Section, Table, Trail

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
REQUIRED = "GUOPEI_REQUIRE_OFFICE"
"""Set where a missing LibreOffice is a fault: then its tests are not skipped but fail."""


def opened(data: bytes) -> Any:
    return docx.Document(io.BytesIO(data))


def part(data: bytes, name: str) -> str:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.read(name).decode("utf-8")


def bare(text: str) -> str:
    """Text without white space: a line may be broken where it suits the page."""
    return re.sub(r"\s+", "", text)


def tables_of(data: bytes) -> list[list[list[str]]]:
    """Rows of each table as texts; a cell that runs over several columns comes once."""
    return [
        [[bare(text_of(cell)) for cell in row._tr.tc_lst] for row in table.rows]
        for table in opened(data).tables
    ]


def text_of(cell: Any) -> str:
    return "".join(node.text or "" for node in cell.iter(f"{W}t"))


def blocks(sections: tuple[Section, ...]) -> Iterator[Block]:
    for section in sections:
        yield from section.blocks
        yield from blocks(section.sections)


def expected_tables(bulletin: Bulletin) -> list[list[list[str]]]:
    """Rows of each table of the model, in printing order."""
    return [rows for block in blocks(bulletin.sections + bulletin.annexes) for rows in _rows(block)]


def _rows(block: Block) -> Iterator[list[list[str]]]:
    if isinstance(block, Table):
        yield [[bare(text) for text in row] for row in _table(block)]
    elif isinstance(block, Figure) and block.data:
        yield from _rows(block.data)
    elif isinstance(block, Trail):
        yield [[bare(text) for text in row] for row in _trail(block)]


def _table(table: Table) -> Iterator[list[str]]:
    yield [column.label for column in table.columns]
    for group in table.groups:
        if group.heading:
            yield [group.heading]
        yield from ([_said(cell) for cell in row] for row in group.rows)


def _said(cell: Cell) -> str:
    return f"{cell.text}{cell.note}"


def _trail(trail: Trail) -> Iterator[list[str]]:
    yield [trail.corner, *(cell.text for cell in trail.heads)]
    for row in trail.rows:
        yield [row.label, *(f"{cell.text}{cell.n}" for cell in row.cells)]


def headings(sections: tuple[Section, ...], level: int = 1) -> Iterator[tuple[int, str]]:
    for section in sections:
        if section.heading:
            yield min(level, 4), bare(section.heading)
        yield from headings(section.sections, level + 1)


def paginated(folder: Path, files: dict[str, bytes]) -> dict[str, bytes]:
    """Each file as PDF by LibreOffice; skips, or fails where it is required and absent."""
    office = shutil.which("soffice")
    if not office:
        if os.environ.get(REQUIRED):
            pytest.fail("LibreOffice is required here (soffice) but not installed")
        pytest.skip("NOT TESTED: no LibreOffice (soffice) on this machine")
    for name, data in files.items():
        (folder / name).write_bytes(data)
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    names = [str(folder / name) for name in files]
    command = [office, profile, "--headless", "--convert-to", "pdf", "--outdir", str(folder)]
    done = subprocess.run(
        [*command, *names], env=with_fonts(folder), capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert "Error" not in done.stderr, done.stderr
    return {name: (folder / name).with_suffix(".pdf").read_bytes() for name in files}
