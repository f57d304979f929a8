"""What a sheet and a column of the programme workbook are."""

from __future__ import annotations

from dataclasses import dataclass

MAX_CODE, MAX_TEXT = 32, 200
MAX_COUNT = 100_000
"""More trainees than this in one class, or cell of it, is a slip of the pen."""
MAX_HOURS = 2_000
"""More 学时 than this in one stage is one too."""
OPTIONAL = "（选填）"
"""What a column's name ends with where its cells may stay empty."""
ROWS, EMPTY, ABSENT = "rows", "empty", "absent"
"""What a sheet may be: it holds rows, may be empty, or may be missing (older workbooks)."""


@dataclass(frozen=True)
class Field:
    """One column: field of the row's type, Chinese header, kind of cell (``catalogue_cells``).

    ``of`` is the list of library/types.yaml (kind 'label'), the trait (kind 'trait') or the sheet
    whose codes are referred to (kinds 'reference', 'references'); ``low`` and ``high`` bound a
    count. A column that is not ``required`` may be empty or missing.
    """

    name: str
    header: str
    kind: str
    of: str = ""
    required: bool = True
    low: int = 0
    high: int = MAX_COUNT

    @property
    def title(self) -> str:
        """The header as a new workbook shows it."""
        return self.header + ("" if self.required else OPTIONAL)


@dataclass(frozen=True)
class Part:
    """One sheet: its name, the type of its rows, its part of ``Catalogue``, its columns."""

    sheet: str
    part: str
    row: type
    fields: tuple[Field, ...]
    may_be: str = ROWS

    @property
    def key(self) -> Field | None:
        """The column that holds the row's own code, if it has one."""
        return self.fields[0] if self.fields[0].kind == "code" else None

    def header(self, name: str) -> str:
        """Chinese header of field ``name``."""
        return {field.name: field.header for field in self.fields}[name]
