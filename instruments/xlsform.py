"""XLSForm to frozen instrument: our checks, all faults at once; then pyxform's final verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from instruments.expressions import parse_limit, parse_relevant
from instruments.faults import Fault, FaultsFound
from instruments.form import Form, Line, join_form
from instruments.form_checks import ASK, YES, check_form, size_faults
from instruments.language_checks import language_faults
from instruments.model import (
    Choice,
    IndicatorMapping,
    Instrument,
    Item,
    Scale,
    Section,
    Use,
)
from instruments.verdict import pyxform_verdict
from instruments.workbook import Workbook

_PASSED_ON = ("survey", "choices", "settings")


def compile_instrument(workbooks: Sequence[Workbook]) -> Instrument:
    """Compile a core form and its modules (further workbooks) into one instrument.

    A module's groups stand before the core's group that its ``_context`` names as ``before``, or
    last. Raises FaultsFound with every fault of sheets, columns, types, lists, names, relevance,
    groups, indicators and uses by row, and pyxform's own fault (it stops at its first).
    """
    form = join_form(workbooks)
    faults = [*form.faults, *size_faults(form)]
    if any(found.code == "instruments.too_many_rows" for found in faults):
        raise FaultsFound(faults)
    faults += [*check_form(form), *language_faults(form), *_verdict(form)]
    if faults:
        raise FaultsFound(faults)
    worded = (_instrument(form.in_language(language)) for language in form.translations)
    return replace(_instrument(form), translations=tuple(worded))


def _instrument(form: Form) -> Instrument:
    return Instrument(
        code=form.settings("form_id"),
        version=form.settings("version"),
        title=form.settings("form_title"),
        role=form.context("role"),
        per=form.context("per"),
        sections=_sections(form),
        mappings=tuple(
            IndicatorMapping(line["item"], line["indicator"], line["scaling"], line["baseline"])
            for line in form.lines("_indicators")
        ),
        uses=tuple(
            Use(line["item"], line["use"], line["expected"], line["against"])
            for line in form.lines("_uses")
        ),
        context=tuple(form.context("context").split()),
        notice=form.context("notice"),
        blanks=form.context("blanks") or "allow",
        wave=form.context("wave") or "end",
        self_code=form.context("self_code") == ASK,
        language=form.language,
    )


def _sections(form: Form) -> tuple[Section, ...]:
    scales = _scales(form)
    sections: list[Section] = []
    items: list[Item] = []
    head: Line | None = None
    for line in form.lines("survey"):
        edge, kind = line.bracket
        if edge == "begin":
            head, items = line, []
        elif edge == "end" and head is not None:
            relevant = parse_relevant(head["relevant"]) or ()
            name, label, hint = head["name"], head["label"], head["hint"]
            repeat = kind == "repeat"
            sections.append(Section(name, label, tuple(items), relevant, hint, repeat))
        else:
            items.append(_item(line, scales))
    return tuple(sections)


def _item(line: Line, scales: dict[str, Scale]) -> Item:
    kind, _, listed = line["type"].partition(" ")
    limit = None
    if line["constraint"]:
        limit = parse_limit(line["constraint"], line["constraint_message"])
    return Item(
        name=line["name"],
        type=kind,
        label=line["label"],
        hint=line["hint"],
        required=line["required"].lower() in YES,
        relevant=parse_relevant(line["relevant"]) or (),
        limit=limit,
        scale=scales.get(listed.strip()),
        appearance=line["appearance"],
        row=line.row,
    )


def _scales(form: Form) -> dict[str, Scale]:
    grouped: dict[str, list[Choice]] = {}
    for line in form.lines("choices"):
        choice = Choice(line["name"], line["label"], line["description"])
        grouped.setdefault(line["list_name"], []).append(choice)
    return {name: Scale(name, tuple(choices)) for name, choices in grouped.items()}


def _verdict(form: Form) -> list[Fault]:
    """Pyxform's single fault, if any. It gets no underscore sheets and keeps no row numbers."""
    standard: dict[str, Any] = {
        sheet: [dict(line.cells) for line in form.lines(sheet)] for sheet in _PASSED_ON
    }
    supplied = [
        {"type": "calculate", "name": name, "calculation": "''"}
        for name in form.context("context").split()
    ]
    standard["survey"] = supplied + standard["survey"]
    for sheet in _PASSED_ON:
        columns = dict.fromkeys(key for row in standard[sheet] for key in row)
        standard[f"{sheet}_header"] = [columns]
    standard["sheet_names"] = list(_PASSED_ON)
    return pyxform_verdict(standard, form.name)
