"""Records of an extract: leaves of institutions and localities, the fields they rest on, focus."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.records import MEASURED, WITHHELD, Delivered, RecordLeaf, score_records
from instruments.fit import UNSCORED_CODES
from instruments.formula import fields_of, parse
from instruments.methods import Plan
from instruments.model import Instrument
from instruments.scorecard import COUNTED, Framework
from instruments.tables import instrument_tables

FILLED = "filled"
"""Value of a field whose own words are not shown."""
UNSHOWN = ("text", "file")
"""Types of items whose answers are words of a person or a file: never printed."""
ROLES = ("institution", "locality")
"""Who fills records: one for each unit, no sample of anything."""


@dataclass(frozen=True, eq=False)
class Reported:
    """What records say of units: ``score`` and ``state`` are units x leaves."""

    leaves: tuple[str, ...]
    score: np.ndarray
    state: np.ndarray
    rows: pd.DataFrame
    """As ``analysis.records.score_records`` gives them."""


def record_leaves(
    framework: Framework, instruments: Sequence[Instrument], plan: Plan
) -> tuple[RecordLeaf, ...]:
    """Leaves of ``framework`` that records measure, with formula or items and their scalings."""
    known = {one.code: one for one in instruments if one.role in ROLES}
    found = []
    for leaf in framework.leaves:
        if leaf.instrument not in known or leaf.source == COUNTED:
            continue
        mapped = [m for m in known[leaf.instrument].mappings if m.indicator == leaf.code]
        items = tuple((m.item, plan.scale(m.scaling)) for m in mapped)
        formula = parse(leaf.formula) if leaf.formula else None
        scaling = plan.scale(leaf.scaling) if leaf.formula else None
        found.append(RecordLeaf(leaf.code, leaf.instrument, formula, scaling, items))
    return tuple(found)


def concerned(
    framework: Framework, units: pd.DataFrame, codes: Sequence[str]
) -> dict[str, frozenset[str]]:
    """Leaf to those of ``codes`` that it applies to (``Indicator.applies``)."""
    rows = units[units["unit"].isin(list(codes))]
    records = rows.astype(object).where(rows.notna(), None).to_dict("records")
    return {
        leaf.code: frozenset(str(row["unit"]) for row in records if leaf.applies_to(row))
        for leaf in framework.leaves
    }


def report(
    extract: Any, framework: Framework, plan: Plan, *, units: Sequence[str], leaves: Sequence[str]
) -> Reported:
    """Score those ``leaves`` that records measure, for ``units``; order of both is kept."""
    measured = record_leaves(framework, extract.instruments, plan)
    chosen = [leaf for leaf in measured if leaf.code in leaves]
    rows = score_records(
        _delivered(extract, {leaf.instrument for leaf in chosen}),
        leaves=chosen,
        units=units,
        concerned=concerned(framework, extract.table("units"), units),
    )
    shape = (len(units), len(chosen))
    return Reported(
        tuple(leaf.code for leaf in chosen),
        rows["score"].to_numpy(dtype=float).reshape(shape),
        rows["state"].to_numpy(dtype=object).reshape(shape),
        rows,
    )


def _delivered(extract: Any, codes: set[str]) -> Delivered:
    context = _context(extract.table("units"))
    answers: dict[tuple[str, str], dict[str, object]] = {}
    for instrument in extract.instruments:
        if instrument.code in codes:
            for unit, given in _records(extract, instrument).items():
                answers[instrument.code, unit] = {**context.get(unit, {}), **given}
    duties = extract.table("duties")
    states = zip(duties["instrument"], duties["unit"], duties["state"], strict=True)
    return Delivered(answers, {(i, u): str(state) for i, u, state in states}, UNSCORED_CODES)


def _context(units: pd.DataFrame) -> dict[str, dict[str, object]]:
    """Unit to the values of the context names that forms and formulas may use."""
    rows = units[units["kind"].isin(["project", "county", "city"])]
    names = {"mode": "project_mode", "type": "project_type", "module": "project_module"}
    columns = rows.rename(columns={**names, "kind": "locality_kind"}).astype(object)
    shown = columns.where(columns.notna(), None)
    wanted = [*names.values(), "locality_kind"]
    return {row["unit"]: {name: row[name] for name in wanted} for row in shown.to_dict("records")}


def _records(extract: Any, instrument: Instrument) -> dict[str, dict[str, object]]:
    main, *repeats = instrument_tables(instrument)
    frame = extract.table(main.name)
    frame = frame[frame["status"] == "accepted"]
    found = {row["response"]: row for row in _plain(frame)}
    for section, table in zip(instrument.repeats, repeats, strict=True):
        for row in found.values():
            row[section.name] = []
        for row in _plain(extract.table(table.name)):
            if row["response"] in found:
                found[row["response"]][section.name].append(row)  # type: ignore[attr-defined]
    return {str(row["unit"]): row for row in found.values()}


def _plain(frame: pd.DataFrame) -> list[dict[str, object]]:
    whole = frame.astype(object)
    return whole.where(whole.notna(), None).to_dict("records")


def field_rows(extract: Any, found: Sequence[tuple[Framework, Reported]]) -> pd.DataFrame:
    """Rows of ``fields``: what each leaf of a unit rests on, as reported, with its check.

    A repeat shows how many rows it has, free text and files only that there are any (``FILLED``).
    Units that withheld a record show no value.
    """
    instruments = {one.code: one for one in extract.instruments}
    records = {
        code: _records(extract, one) for code, one in instruments.items() if one.role in ROLES
    }
    wordy = {
        code: {item.name for item in one.single_items if item.type in UNSHOWN}
        for code, one in instruments.items()
    }
    checks = extract.table("checks").set_index(["response", "item"])["state"].to_dict()
    rows = []
    for framework, reported in found:
        for unit, leaf in reported.rows.loc[
            reported.rows["state"].isin([MEASURED, WITHHELD]), ["unit", "leaf"]
        ].itertuples(index=False):
            node = framework.indicator(leaf)
            record = records[node.instrument].get(unit, {})
            for item in _looked_at(node, instruments[node.instrument]):
                state = checks.get((record.get("response"), item), "reported")
                value = _text(record.get(item), wordy=item in wordy[node.instrument])
                rows.append((unit, node.instrument, leaf, item, value, state))
    columns = ["unit", "instrument", "indicator", "item", "value", "state"]
    return pd.DataFrame(rows, columns=columns)


def _looked_at(leaf: Any, instrument: Instrument) -> tuple[str, ...]:
    if not leaf.formula:
        return tuple(m.item for m in instrument.mappings if m.indicator == leaf.code)
    return tuple(name for name in fields_of(parse(leaf.formula)) if name not in instrument.context)


def _text(value: object, *, wordy: bool) -> str | None:
    if wordy:
        return FILLED if value not in (None, "") else None
    if isinstance(value, list):
        return str(len(value))
    if isinstance(value, float):
        return str(int(value) if value.is_integer() else value)
    return None if value is None else str(value)


def focus_rows(extract: Any, *, columns: Mapping[str, str]) -> pd.DataFrame:
    """Rows of ``focus``: coded points of the focus groups per project and indicator, counted.

    ``columns``: roles ``indicator``, ``tendency`` and ``dissent`` to the items of the record's
    repeat that hold them (``FOCUS``). Counts are no score (domain 7.3).
    """
    names = ["unit", "indicator", "groups", "positive", "neutral", "negative", "dissent"]
    parts = []
    for instrument in extract.instruments:
        if instrument.role != "recorder":
            continue
        main, *repeats = instrument_tables(instrument)
        heads = extract.table(main.name).query("status == 'accepted'")[["response", "unit"]]
        for section, table in zip(instrument.repeats, repeats, strict=True):
            if {columns["indicator"], columns["tendency"]} <= {i.name for i in section.items}:
                parts.append(extract.table(table.name).merge(heads, on="response"))
    if not parts:
        return pd.DataFrame(columns=names)
    return _counted(pd.concat(parts, ignore_index=True), columns)[names]


def _counted(points: pd.DataFrame, columns: Mapping[str, str]) -> pd.DataFrame:
    frame = points.rename(columns={name: role for role, name in columns.items()})
    frame = frame[frame["indicator"].notna()]
    for name, code in TENDENCIES.items():
        frame[name] = (frame["tendency"] == code).fillna(False).astype(int)
    frame["dissent"] = (frame["dissent"] == "yes").fillna(False).astype(int)
    grouped = frame.groupby(["unit", "indicator"], sort=True)
    sums = grouped[[*TENDENCIES, "dissent"]].sum()
    return sums.assign(groups=grouped["response"].nunique()).reset_index()


FOCUS = {"indicator": "indicator", "tendency": "tendency", "dissent": "dissent"}
"""Items of the focus-group record's repeat, by role."""
TENDENCIES = {"positive": "positive", "neutral": "neutral", "negative": "negative"}
"""Column of ``focus`` to the code of the item ``tendency``."""
