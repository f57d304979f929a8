"""Frames written as pipe tables, so that a test's data can be read like a table."""

from __future__ import annotations

import pandas as pd


def frame(text: str) -> pd.DataFrame:
    """Rows of ``| a | b |`` lines below a head line; numbers become numbers, blanks missing."""
    lines = [line.strip() for line in text.strip().splitlines() if line.strip()]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    head, body = cells[0], [row for row in cells[1:] if set("".join(row)) - set("-: ")]
    columns = {name: [row[place] for row in body] for place, name in enumerate(head)}
    return pd.DataFrame({name: _typed(values) for name, values in columns.items()})


def _typed(values: list[str]) -> list[object]:
    return [_value(value) for value in values]


def _value(text: str) -> object:
    if text == "":
        return None
    if text in {"true", "false"}:
        return text == "true"
    try:
        return float(text) if "." in text else int(text)
    except ValueError:
        return text
