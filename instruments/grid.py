"""A sheet before its header is known: what every reader of a table file hands on."""

from __future__ import annotations

from dataclasses import dataclass

from instruments.faults import Fault

MAX_ROWS = 200_000
MAX_COLUMNS = 300


@dataclass(frozen=True)
class Grid:
    """A sheet before its header is known: numbered rows of raw text, and faults so far."""

    name: str
    rows: tuple[tuple[int, tuple[str, ...]], ...]
    faults: tuple[Fault, ...] = ()
