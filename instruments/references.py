"""Rows of an extract that name a unit, class, visit or rater which is in no other table."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import pandas as pd

from instruments.faults import Fault, Place, fault
from instruments.model import Instrument
from instruments.tables import instrument_tables

_FIXED = (
    ("classes", "project", "units", "unit"),
    ("sessions", "class_code", "classes", "class_code"),
    ("roster_margins", "class_code", "classes", "class_code"),
    ("visits", "class_code", "classes", "class_code"),
    ("visits", "rater", "raters", "rater"),
    ("visits", "project", "units", "unit"),
    ("units", "parent", "units", "unit"),
    ("duties", "unit", "units", "unit"),
    ("sendings", "school", "units", "unit"),
    ("sendings", "class_code", "classes", "class_code"),
    ("reviews", "project", "units", "unit"),
    ("reviews", "class_code", "classes", "class_code"),
    ("reviews", "rater", "raters", "rater"),
    ("focus_groups", "class_code", "classes", "class_code"),
    ("focus_groups", "project", "units", "unit"),
)
_TARGETS = {
    "class": ("classes", "class_code"),
    "session": ("sessions", "session"),
    "visit": ("visits", "visit"),
    "project": ("units", "unit"),
    "focus_group": ("focus_groups", "focus_group"),
    "locality": ("units", "unit"),
    "school": ("units", "unit"),
    "sending": ("sendings", "sending"),
}
"""Table and column that a response's or duty's ``target`` stands in, by ``Instrument.per``."""
_RESPONSES = (
    ("unit", "units", "unit"),
    ("class_code", "classes", "class_code"),
    ("session", "sessions", "session"),
    ("visit", "visits", "visit"),
    ("rater", "raters", "rater"),
)


def reference_faults(
    frames: Mapping[str, pd.DataFrame], instruments: Sequence[Instrument]
) -> list[Fault]:
    """One fault per column of ``frames`` with values that the table they refer to lacks."""
    faults = []
    for table, column, target, key in (*_FIXED, *_response_columns(instruments)):
        faults += _strange(frames[table], table, column, target, set(frames[target][key]))
    responses = {r for one in instruments for r in frames[one.table]["response"]}
    faults += _strange(frames["checks"], "checks", "response", "responses", responses)
    codes = {one.code for one in instruments}
    return faults + _strange(frames["duties"], "duties", "instrument", "instruments", codes)


def _response_columns(instruments: Sequence[Instrument]) -> list[tuple[str, str, str, str]]:
    columns = [(one.table, *target) for one in instruments for target in _RESPONSES]
    columns += [(one.table, "target", *_TARGETS[one.per]) for one in instruments]
    for one in instruments:
        _, *repeats = instrument_tables(one)
        columns += [(table.name, "response", one.table, "response") for table in repeats]
    return columns


def _strange(
    frame: pd.DataFrame, table: str, column: str, target: str, known: Collection[object]
) -> list[Fault]:
    strange = set(frame[column].dropna()).difference(known)
    if not strange:
        return []
    place = Place(file=f"{table}.parquet", column=column)
    details = {"target": target, "values": "、".join(sorted(map(str, strange))[:5])}
    return [fault("extract.unknown_reference", place, **details)]
