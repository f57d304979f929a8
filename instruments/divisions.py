"""The county-level units of the province by statistical code, as public tables list them."""

from __future__ import annotations

import csv
import io
from functools import cache
from importlib.resources import files

from instruments.programme import County


@cache
def counties() -> tuple[County, ...]:
    """The 117 county-level units by code; ``is_project_county`` is None: attachment 2 of the
    notice, which lists them, is not known. Source: library/divisions.origin.md.
    """
    path = files("instruments").joinpath("library/divisions.csv")
    rows = csv.DictReader(io.StringIO(path.read_text(encoding="utf-8")))
    return tuple(
        County(row["county_code"], row["county"], row["city_code"], row["city"], None)
        for row in rows
    )
