"""Rows of the programme workbook once their cells are read, with the place of each cell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from instruments.catalogue_layout import Part
from instruments.faults import Place


@dataclass(frozen=True)
class Record:
    """One row read: place of it, values by field (None where the cell was at fault)."""

    part: Part
    file: str
    row: int
    values: Mapping[str, Any]

    def __getitem__(self, name: str) -> Any:
        return self.values.get(name)

    def place(self, name: str) -> Place:
        """Place of the cell of field ``name``."""
        return Place(self.file, self.part.sheet, self.row, self.part.header(name))


Records = Mapping[str, Sequence[Record]]
"""Records by sheet name."""


def by_code(records: Records, sheet: str) -> dict[str, Record]:
    """Rows of a sheet by their own code."""
    return {row["code"]: row for row in records[sheet] if row["code"]}


def grouped(rows: Sequence[Record], *names: str) -> dict[tuple[Any, ...], list[Record]]:
    """Rows by the values of the fields ``names``; rows that lack one of them are left out."""
    groups: dict[tuple[Any, ...], list[Record]] = {}
    for row in rows:
        key = tuple(row[name] for name in names)
        if None not in key and "" not in key:
            groups.setdefault(key, []).append(row)
    return groups


def repeats(rows: Sequence[Record], *names: str) -> Iterator[tuple[Record, Record]]:
    """Each row that has the same values in ``names`` as an earlier one, with that one."""
    for group in grouped(rows, *names).values():
        yield from ((row, group[0]) for row in group[1:])


def institution_of_class(records: Records) -> dict[str, str]:
    """Class code → code of the institution that carries its project."""
    projects = by_code(records, "项目")
    return {
        code: projects[row["project"]]["institution"]
        for code, row in by_code(records, "班级").items()
        if row["project"] in projects
    }
