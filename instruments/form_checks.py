"""Every fault of a form, each with its row: what pyxform would not say or not say at once."""

from __future__ import annotations

import keyword
import re

from instruments.expressions import parse_limit, parse_relevant
from instruments.faults import Fault, Place, fault
from instruments.form import Form, Line
from instruments.mapping_checks import mapping_faults, subject
from instruments.model import ITEM_TYPES, PERS, ROLES, SOURCE_OF, WAVES
from instruments.types import codes_of

YES, NO = ("yes", "true"), ("no", "false", "")
BLANKS = ("allow", "confirm", "")
ASK = "ask"
"""What a form says that asks for the self-made code."""
APPEARANCES = {"select_one": ("likert", "minimal"), "text": ("multiline",)}
SUPPLIED = {
    "project_mode": "modes",
    "project_type": "project_types",
    "project_module": "modules",
    "locality_kind": "locality_kinds",
}
"""Names that the site can supply, and the list of library/types.yaml with their values."""
RESERVED = (
    *("response", "unit", "target", "class_code", "session", "visit", "rater", "day"),
    *("duration", "status", "medium", "pair", "row", "ticket", "token", "held", "by"),
    *("nonce", "confirmed", "csrf_token", "none", *keyword.kwlist),
)
"""Columns of response tables, fields of every page, words of formulas: no item may be so called."""
_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")
_VERSION = re.compile(r"\d{1,4}(\.\d{1,4}){0,2}")
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_+.-]{0,31}")
_BRACKETS = ("begin group", "end group", "begin repeat", "end repeat")
MAX_LABEL = 500
_MAX_LINES = {"survey": 1000, "choices": 5000, "_indicators": 1000, "_uses": 1000}
"""Rows that a sheet may have: many times what anyone would answer."""


def check_form(form: Form) -> list[Fault]:
    """All faults of ``form``'s own sheets in reading order."""
    faults = _settings_faults(form) + _head_faults(form) + _choice_faults(form)
    faults += _group_faults(form)
    seen: dict[str, Line] = {}
    visible: dict[str, Line] = {}
    outside: dict[str, Line] = {}
    for line in form.lines("survey"):
        edge, kind = line.bracket
        if (edge, kind) == ("begin", "repeat"):
            outside = dict(visible)
        elif (edge, kind) == ("end", "repeat"):  # a row's answers are known inside the repeat only
            visible = outside
        if not edge:
            faults += _item_faults(line, form)
        if edge != "end":
            faults += _name_faults(line, seen) + _relevant_faults(line, form, visible)
            seen.setdefault(line["name"], line)
            visible.setdefault(line["name"], line)
    return faults + mapping_faults(form)


def size_faults(form: Form) -> list[Fault]:
    """Sheets with more rows than a form can mean: to be refused before they are checked."""
    return [
        fault("instruments.too_many_rows", form.lines(sheet)[limit].place(), limit=limit)
        for sheet, limit in _MAX_LINES.items()
        if len(form.lines(sheet)) > limit
    ]


def _settings_faults(form: Form) -> list[Fault]:
    rows = form.lines("settings")
    if len(rows) > 1:
        return [fault("instruments.settings_rows", rows[1].place())]
    faults = []
    for line in rows:
        if not _NAME.fullmatch(line["form_id"]):
            place = line.place("form_id")
            faults.append(fault("instruments.bad_name", place, name=line["form_id"]))
        if not _VERSION.fullmatch(line["version"]):
            place = line.place("version")
            faults.append(fault("instruments.bad_version", place, version=line["version"]))
        if not line["form_title"]:
            faults.append(fault("instruments.empty", line.place("form_title")))
    return faults


def _head_faults(form: Form) -> list[Fault]:
    faults = []
    place = Place(form.name, "_context")
    for key, known in (("role", ROLES), ("per", PERS), ("wave", (*WAVES, "")), ("blanks", BLANKS)):
        value = form.context(key)
        if value not in known:
            listed = "、".join(part for part in known if part)
            found = fault("instruments.bad_context", place, key=key, value=value, known=listed)
            faults.append(found)
    role, per, wave = subject(form)
    asks, may = form.context("self_code"), ASK if (role, per) == ("trainee", "class") else ""
    if asks not in ("", may):
        details = {"key": "self_code", "value": asks, "known": may or "（空）"}
        faults.append(fault("instruments.bad_context", place, **details))
    if not faults and (role, per, wave) not in SOURCE_OF:
        faults.append(fault("instruments.unknown_subject", place, role=role, per=per, wave=wave))
    for name in form.context("context").split():
        if name not in SUPPLIED:
            listed = "、".join(SUPPLIED)
            found = fault("instruments.not_supplied", place, name=name, known=listed)
            faults.append(found)
    return faults


def _choice_faults(form: Form) -> list[Fault]:
    faults = []
    seen: set[tuple[str, str]] = set()
    used = {line["type"].partition(" ")[2].strip() for line in form.lines("survey")}
    for line in form.lines("choices"):
        for column in ("list_name", "name", "label"):
            if not line[column]:
                faults.append(fault("instruments.empty", line.place(column)))
        key = (line["list_name"], line["name"])
        if key in seen:
            place = line.place("name")
            faults.append(fault("instruments.repeated_choice", place, list=key[0], choice=key[1]))
        seen.add(key)
        if line["name"] and not _CODE.fullmatch(line["name"]):
            found = fault("instruments.bad_choice", line.place("name"), choice=line["name"])
            faults.append(found)
        if key[0] and key[0] not in used:
            found = fault("instruments.unused_list", line.place("list_name"), list=key[0])
            faults.append(found)
            used.add(key[0])
    return faults


def _group_faults(form: Form) -> list[Fault]:
    faults = []
    opened: list[Line] = []
    for line in form.lines("survey"):
        edge, kind = line.bracket
        if edge == "begin":
            if opened:
                faults.append(fault("instruments.nested_group", line.place("type")))
            opened.append(line)
        elif edge == "end":
            faults += _end_faults(line, opened.pop() if opened else None, kind)
        elif not opened:
            found = fault("instruments.outside_group", line.place("name"), item=line["name"])
            faults.append(found)
    for line in opened[:1]:
        found = fault("instruments.unclosed_group", line.place("name"), group=line["name"])
        faults.append(found)
    return faults


def _end_faults(line: Line, opened: Line | None, kind: str) -> list[Fault]:
    place = line.place("type")
    if opened is None:
        return [fault("instruments.end_without_begin", place)]
    began = opened.bracket[1]
    if began != kind:
        return [fault("instruments.other_end", place, began=began, row=opened.row)]
    return []


def _name_faults(line: Line, seen: dict[str, Line]) -> list[Fault]:
    name, place = line["name"], line.place("name")
    if not _NAME.fullmatch(name):
        return [fault("instruments.bad_name", place, name=name)]
    if name in RESERVED or name in SUPPLIED:
        return [fault("instruments.reserved_name", place, name=name)]
    if name in seen:
        first = seen[name]
        return [
            fault("instruments.repeated_name", place, name=name, row=first.row, file=first.file)
        ]
    return []


def _item_faults(line: Line, form: Form) -> list[Fault]:
    kind, _, listed = line["type"].partition(" ")
    if kind not in ITEM_TYPES:
        known = "、".join((*ITEM_TYPES, *_BRACKETS))
        place = line.place("type")
        return [fault("instruments.unknown_type", place, type=line["type"], known=known)]
    faults = []
    lists = {choice["list_name"] for choice in form.lines("choices")}
    if kind.startswith("select"):
        if listed.strip() not in lists:
            place = line.place("type")
            faults.append(fault("instruments.missing_list", place, list=listed.strip()))
    elif listed:
        found = fault("instruments.type_addition", line.place("type"), type=line["type"])
        faults.append(found)
    return faults + _text_faults(line) + _cell_faults(line, kind)


def _text_faults(line: Line) -> list[Fault]:
    faults = []
    if not line["label"]:
        faults.append(fault("instruments.empty", line.place("label")))
    for column in ("label", "hint", "constraint_message"):
        if "${" in line[column]:
            faults.append(fault("instruments.reference_in_text", line.place(column)))
        if len(line[column]) > MAX_LABEL:
            faults.append(fault("instruments.too_long", line.place(column), limit=MAX_LABEL))
    return faults


def _cell_faults(line: Line, kind: str) -> list[Fault]:
    faults = []
    allowed = APPEARANCES.get(kind, ())
    if line["appearance"] and line["appearance"] not in allowed:
        details = {"appearance": line["appearance"], "known": "、".join(allowed) or "（空）"}
        faults.append(fault("instruments.unknown_appearance", line.place("appearance"), **details))
    if line["required"].lower() not in YES + NO:
        value = line["required"]
        faults.append(fault("instruments.bad_required", line.place("required"), value=value))
    limited = line["constraint"]
    if limited and (kind not in ("integer", "decimal") or parse_limit(limited, "") is None):
        place = line.place("constraint")
        faults.append(fault("instruments.unknown_constraint", place, text=limited))
    return faults


def _relevant_faults(line: Line, form: Form, seen: dict[str, Line]) -> list[Fault]:
    place = line.place("relevant")
    rules = parse_relevant(line["relevant"])
    if rules is None:
        return [fault("instruments.unknown_relevant", place, text=line["relevant"])]
    faults = []
    for rule in rules:
        values = _values(rule.item, form, seen)
        if values is None:
            faults.append(fault("instruments.relevant_item", place, item=rule.item))
        elif rule.value not in values:
            details = {"value": rule.value, "known": "、".join(values)}
            faults.append(fault("instruments.relevant_value", place, item=rule.item, **details))
    return faults


def _values(item: str, form: Form, seen: dict[str, Line]) -> tuple[str, ...] | None:
    """Codes that ``item`` can take; None when it is no earlier single choice or context name."""
    if item in form.context("context").split() and item in SUPPLIED:
        return codes_of(SUPPLIED[item])
    if item not in seen or not seen[item]["type"].startswith("select_one "):
        return None
    listed = seen[item]["type"].split(" ", 1)[1].strip()
    return tuple(line["name"] for line in form.lines("choices") if line["list_name"] == listed)
