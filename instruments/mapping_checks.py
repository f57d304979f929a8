"""Faults of ``_indicators`` and ``_uses``: every item has one purpose, and a real one."""

from __future__ import annotations

from instruments.faults import Fault, fault
from instruments.form import Form, Line
from instruments.model import USES
from instruments.types import trait_levels, traits

SCORABLE = ("select_one", "integer", "decimal")
CHANGE = "change"
"""The use whose ``against`` is an item of another form: ``instruments.fit`` looks it up."""
RATED_PIECES = ("expert", "class", "end")
"""The one kind of form whose repeat may be scored: each row is one rated piece of homework."""


def mapping_faults(form: Form) -> list[Fault]:
    """All faults of both sheets, and of items that neither of them mentions."""
    items = {line["name"]: line for line in form.lines("survey") if not line.bracket[0]}
    faults: list[Fault] = []
    repeated = frozenset() if subject(form) == RATED_PIECES else _in_repeats(form)
    for line in form.lines("_indicators"):
        faults += _indicator_faults(line, items)
        if line["item"] in repeated:
            found = fault("instruments.scored_repeat", line.place("item"), item=line["item"])
            faults.append(found)
    for line in form.lines("_uses"):
        faults += _use_faults(line, items, form)
    return faults + _purpose_faults(form, items)


def subject(form: Form) -> tuple[str, str, str]:
    """Role, per and wave of a form; the wave is the end of the training where none is named."""
    return form.context("role"), form.context("per"), form.context("wave") or "end"


def _in_repeats(form: Form) -> frozenset[str]:
    names, inside = set(), False
    for line in form.lines("survey"):
        edge, kind = line.bracket
        inside = kind == "repeat" and edge == "begin" if edge else inside
        if inside and not edge:
            names.add(line["name"])
    return frozenset(names)


def _indicator_faults(line: Line, items: dict[str, Line]) -> list[Fault]:
    faults = []
    for column in ("item", "indicator", "scaling"):
        if not line[column]:
            faults.append(fault("instruments.empty", line.place(column)))
    for column in ("item", "baseline"):
        name = line[column]
        if name and name not in items:
            faults.append(fault("instruments.unknown_item", line.place(column), item=name))
        elif name and items[name]["type"].split(" ")[0] not in SCORABLE:
            faults.append(fault("instruments.not_scorable", line.place(column), item=name))
    return faults


def _use_faults(line: Line, items: dict[str, Line], form: Form) -> list[Fault]:
    faults = []
    if line["use"] not in USES:
        known = "、".join(USES)
        place = line.place("use")
        faults.append(fault("instruments.unknown_use", place, use=line["use"], known=known))
    for column in ("item",) if line["use"] == CHANGE else ("item", "against"):
        name = line[column]
        if name not in items and (name or column == "item"):
            faults.append(fault("instruments.unknown_item", line.place(column), item=name))
    if line["use"] in ("reversed", CHANGE) and not line["against"]:
        faults.append(fault("instruments.empty", line.place("against")))
    codes = _codes(line["item"], items, form)
    if line["use"] == "check" and line["expected"] not in codes:
        details = {"value": line["expected"], "known": "、".join(codes)}
        faults.append(fault("instruments.bad_expected", line.place("expected"), **details))
    is_file = line["item"] in items and items[line["item"]]["type"] == "file"
    if (line["use"] == "evidence") != is_file and line["item"] in items:
        faults.append(fault("instruments.file_use", line.place("use"), item=line["item"]))
    if line["use"] == "trait":
        faults += _trait_faults(line, codes)
    return faults


def _trait_faults(line: Line, codes: tuple[str, ...]) -> list[Fault]:
    trait = line["item"]
    if trait not in traits():
        known = "、".join(traits())
        return [fault("instruments.unknown_trait", line.place("item"), trait=trait, known=known)]
    if set(codes) != set(trait_levels(trait)):
        known = "、".join(trait_levels(trait))
        return [fault("instruments.trait_levels", line.place("item"), trait=trait, known=known)]
    return []


def _codes(item: str, items: dict[str, Line], form: Form) -> tuple[str, ...]:
    listed = items[item]["type"].partition(" ")[2].strip() if item in items else ""
    return tuple(line["name"] for line in form.lines("choices") if line["list_name"] == listed)


def _purpose_faults(form: Form, items: dict[str, Line]) -> list[Fault]:
    letters: dict[str, list[str]] = {}
    for line in form.lines("_indicators"):
        letters.setdefault(line["item"], []).append(line["indicator"][:1])
    used = [line["item"] for line in form.lines("_uses")]
    baselines = {line["baseline"] for line in form.lines("_indicators")}
    faults = []
    for name, line in items.items():
        cards = letters.get(name, [])
        times = used.count(name) + bool(cards)
        if line["type"] != "note" and not times and name not in baselines:
            faults.append(fault("instruments.no_purpose", line.place("name"), item=name))
        if times > 1 or len(set(cards)) < len(cards):
            faults.append(fault("instruments.two_purposes", line.place("name"), item=name))
    return faults
