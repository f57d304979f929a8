"""Rows of an extract that name a unit, class, visit or rater which is in no other table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from instruments.faults import Fault, Place, fault
from instruments.model import Instrument

_FIXED = (
    ("classes", "project", "units", "unit"),
    ("sessions", "class_code", "classes", "class_code"),
    ("roster_margins", "class_code", "classes", "class_code"),
    ("visits", "class_code", "classes", "class_code"),
    ("visits", "rater", "raters", "rater"),
    ("visits", "project", "units", "unit"),
)
_RESPONSES = (
    ("class_code", "classes", "class_code"),
    ("session", "sessions", "session"),
    ("visit", "visits", "visit"),
    ("rater", "raters", "rater"),
)


def reference_faults(
    frames: Mapping[str, pd.DataFrame], instruments: Sequence[Instrument]
) -> list[Fault]:
    """One fault per column of ``frames`` with values that the table they refer to lacks."""
    responses = [(one.table, *target) for one in instruments for target in _RESPONSES]
    faults = []
    for table, column, target, key in (*_FIXED, *responses):
        strange = set(frames[table][column].dropna()) - set(frames[target][key])
        if strange:
            place = Place(file=f"{table}.parquet", column=column)
            details = {"target": target, "values": "、".join(sorted(strange)[:5])}
            faults.append(fault("extract.unknown_reference", place, **details))
    return faults
