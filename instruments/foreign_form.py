"""Anybody's XLSForm as a workbook of ours: other words for the same are taken for ours, what lacks
is completed and told, and what our pages do not do is refused at its cell."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import PurePosixPath

from instruments.faults import Fault, Place, fault
from instruments.foreign_names import (
    foreign_words,
    heading,
    our_type,
    yes_or_no,
)
from instruments.form import COLUMNS
from instruments.model import ITEM_TYPES, REPORTERS
from instruments.verdict import pyxform_faults
from instruments.workbook import Row, Sheet, Workbook

Subject = tuple[str, str, str]
"""Role, per, wave (``Instrument.subject``)."""
STANDARD = ("survey", "choices", "settings")
_TRANSLATED = ("label", "hint", "constraint_message", "description", "form_title")
_CHINESE = re.compile(r"中|汉|chinese|\bzh\b")
_EDGES = tuple(f"{edge} {kind}" for edge in ("begin", "end") for kind in ("group", "repeat"))
_NOT_PLAIN = re.compile(r"[^a-z0-9_]+")


@dataclass
class _Found:
    """What is gathered on the way."""

    faults: list[Fault] = field(default_factory=list)
    remarks: list[Fault] = field(default_factory=list)


def our_form(workbook: Workbook, *, about: Subject) -> Workbook:
    """``workbook`` in our words, with its faults, pyxform's verdict among them, and remarks.

    A workbook with a sheet ``_context`` is taken for one of ours: only names of sheets, columns and
    types are put into our words. One without is completed: ``about`` says who fills it about what,
    when; questions outside groups get one, and every item the use that foreign_words names for its
    type.
    """
    found = _Found(remarks=list(workbook.remarks))
    named = _named_sheets(workbook)
    own = "_context" in named
    found.faults += [*_reading_faults(workbook, own, found), *pyxform_faults(workbook, named, own)]
    main = _main_language(named["survey"]) if "survey" in named else ""
    sheets = {name: _columns(name, sheet, main, found) for name, sheet in named.items()}
    _other_sheets(workbook, named, found)
    if "survey" in sheets:
        sheets["survey"] = _typed(sheets["survey"], found)
        sheets = sheets if own else _completed(sheets, workbook, about, found)
    return Workbook(
        workbook.name, tuple(sheets.values()), tuple(found.faults), tuple(found.remarks)
    )


def _named_sheets(workbook: Workbook) -> dict[str, Sheet]:
    """Sheets by our names; a workbook's only sheet is its survey, whatever it is called."""
    known = {}
    for sheet in workbook.sheets:
        name = sheet.name.strip().lower()
        if name in COLUMNS and name not in known:
            known[name] = replace(sheet, name=name)
    if not known and len(workbook.sheets) == 1:
        known["survey"] = replace(workbook.sheets[0], name="survey")
    return known


def _reading_faults(workbook: Workbook, own: bool, found: _Found) -> Iterator[Fault]:
    """Faults of reading; beside a form of others cells without a heading are remarks."""
    for each in workbook.faults:
        if each.code == "workbook.cell_without_column" and not own:
            found.remarks.append(each)
        else:
            yield each


def _other_sheets(workbook: Workbook, named: Mapping[str, Sheet], found: _Found) -> None:
    for sheet in workbook.sheets:
        name = sheet.name.strip().lower()
        place = Place(sheet.file, sheet.name, sheet.header_row)
        if name in named or len(workbook.sheets) == 1:
            continue
        known = "、".join(COLUMNS)
        if name in foreign_words()["not_done_sheets"] or name.startswith("_"):
            found.faults.append(fault("instruments.unknown_sheet", place, sheet=name, known=known))
        else:
            found.remarks.append(fault("instruments.ignored_sheet", place, sheet=sheet.name))


def _columns(name: str, sheet: Sheet, main: str, found: _Found) -> Sheet:
    """``sheet`` with our columns, those of the language ``main`` without its name where that is
    free; of other columns that hold something, each is told at its first cell."""
    if name not in STANDARD:
        return sheet
    words = {column: heading(name, sheet.header, column) for column in sheet.header}
    plain = {ours for ours, language, _ in words.values() if not language}
    target: dict[str, str] = {}
    for column, (ours, language, first) in words.items():
        own = language == main and ours not in plain
        new = ours if own or not language else f"{ours}::{language}"
        filled = [row.number for row in sheet.rows if column in row.cells]
        place = Place(sheet.file, sheet.name, filled[0] if filled else sheet.header_row, column)
        if ours in COLUMNS[name] and (not language or (filled and ours in _TRANSLATED)):
            if new in target.values():
                found.faults.append(fault("workbook.repeated_column", place, column=column))
            target[column] = new
        elif filled:
            _tell_column(name, column, first, place, found)
    rows = tuple(
        replace(row, cells={target[c]: text for c, text in row.cells.items() if c in target})
        for row in sheet.rows
    )
    return replace(sheet, header=tuple(target.values()), rows=rows)


def _main_language(survey: Sheet) -> str:
    """The language whose words stand in the columns without one: none when labels have such a
    column, else Chinese, else the first."""
    found = [(column, *heading("survey", survey.header, column)) for column in survey.header]
    filled = {column for row in survey.rows for column in row.cells}
    labels = [lang for column, ours, lang, _ in found if ours == "label" and column in filled]
    chinese = (one for one in labels if _CHINESE.search(one.lower()))
    return "" if "" in labels or not labels else next(chinese, labels[0])


def _tell_column(name: str, column: str, first: str, place: Place, found: _Found) -> None:
    known = "、".join(COLUMNS[name])
    harmless = first in foreign_words()["harmless"].get(name, ())
    close = get_close_matches(column.lower(), COLUMNS[name], cutoff=0.8)
    if not harmless and (first in foreign_words()["not_done"][name] or close):
        found.faults.append(fault("instruments.unknown_column", place, column=column, known=known))
    elif not harmless:
        found.remarks.append(fault("instruments.ignored_column", place, column=column))


def _typed(survey: Sheet, found: _Found) -> Sheet:
    rows = []
    for row in survey.rows:
        place = Place(survey.file, survey.name, row.number, "type")
        text = row.cells.get("type", "")
        if not text and not {"name", "label"} <= row.cells.keys():
            if row.cells:
                found.remarks.append(fault("instruments.ignored_row", place))
            continue
        ours, other = our_type(text)
        edge, _, kind = ours.replace("_", " ").partition(" ")
        if edge in ("begin", "end") and kind not in ("group", "repeat", ""):  # a loop, say
            known = "、".join((*ITEM_TYPES, "begin group", "begin repeat"))
            found.faults.append(fault("instruments.unknown_type", place, type=text, known=known))
            ours = f"{edge} group"
        if other:
            found.faults.append(fault("instruments.or_other", place, type=text))
        changed = {"type": ours, "required": yes_or_no(row.cells.get("required", ""))}
        rows.append(replace(row, cells={**row.cells, **{k: v for k, v in changed.items() if v}}))
    return replace(survey, rows=tuple(rows))


def _completed(
    sheets: Mapping[str, Sheet], workbook: Workbook, about: Subject, found: _Found
) -> dict[str, Sheet]:
    """The form of others with what it lacks, each addition told."""
    done = dict(sheets)
    done["settings"] = _settings(sheets.get("settings"), workbook, found)
    done["survey"] = _grouped(sheets["survey"], done["settings"].rows[0].cells, found)
    if "choices" in done:
        done["choices"] = _used_lists(done["choices"], done["survey"], found)
    keys = zip(("role", "per", "wave"), about, strict=True)
    done["_context"] = _sheet("_context", [{"key": key, "value": value} for key, value in keys])
    place = Place(workbook.name)
    found.remarks.append(fault("instruments.assumed_subject", place))
    if not {"_uses", "_indicators"} & done.keys():
        done["_uses"] = _uses(done["survey"], about[0])
        found.remarks.append(fault("instruments.assumed_uses", place))
    return done


def _settings(sheet: Sheet | None, workbook: Workbook, found: _Found) -> Sheet:
    stem = PurePosixPath(workbook.name).stem
    code = _NOT_PLAIN.sub("_", stem.lower()).strip("_")[:32]
    assumed = {
        "form_title": stem[:200],
        "form_id": code if code[:1].isalpha() else f"form_{code}".strip("_")[:32],
        "version": foreign_words()["default_version"],
    }
    rows = sheet.rows if sheet else ()
    given = rows[0].cells if rows else {}
    place = Place(workbook.name, "settings", rows[0].number if rows else None)
    for column in [column for column in assumed if column not in given]:
        details = {"column": column, "value": assumed[column]}
        found.remarks.append(fault("instruments.assumed_setting", place, **details))
    if not sheet or not rows:
        return _sheet("settings", [assumed])
    return replace(sheet, rows=(replace(rows[0], cells={**assumed, **given}), *rows[1:]))


def _grouped(survey: Sheet, settings: Mapping[str, str], found: _Found) -> Sheet:
    """Questions outside any group, run by run, in a group of their own."""
    rows: list[Row] = []
    depth = runs = 0
    alone = False
    for row in survey.rows:
        edge = row.cells["type"].partition(" ")[0] if row.cells.get("type", "") in _EDGES else ""
        outside = depth == 0 and not edge
        if outside and not alone:
            runs += 1
            place = Place(survey.file, survey.name, row.number)
            found.remarks.append(fault("instruments.assumed_group", place))
            label = settings["form_title"]
            cells = {"type": "begin group", "name": f"part_{runs}", "label": label}
            rows.append(Row(row.number, cells))
        elif alone and not outside:
            rows.append(Row(rows[-1].number, {"type": "end group"}))
        depth = max(0, depth + {"begin": 1, "end": -1}.get(edge, 0))
        alone = outside
        rows.append(row)
    if alone:
        rows.append(Row(rows[-1].number, {"type": "end group"}))
    return replace(survey, rows=tuple(rows))


def _used_lists(choices: Sheet, survey: Sheet, found: _Found) -> Sheet:
    used = {row.cells.get("type", "").partition(" ")[2].strip() for row in survey.rows}
    spare = [row for row in choices.rows if row.cells and row.cells.get("list_name") not in used]
    blank = [row for row in choices.rows if not row.cells]
    for row in spare:
        place = Place(choices.file, choices.name, row.number)
        found.remarks.append(fault("instruments.ignored_row", place))
    left_out = {row.number for row in (*spare, *blank)}
    return replace(choices, rows=tuple(r for r in choices.rows if r.number not in left_out))


def _uses(survey: Sheet, role: str) -> Sheet:
    usual = foreign_words()["use_of_reports" if role in REPORTERS else "use_of"]
    items = []
    for row in survey.rows:
        kind = row.cells.get("type", "").partition(" ")[0]
        if row.cells.get("type", "") not in (*_EDGES, "note"):
            use = usual.get(kind, usual["else"])
            items.append({"item": row.cells.get("name", ""), "use": use})
    return _sheet("_uses", items)


def _sheet(name: str, rows: Sequence[Mapping[str, str]]) -> Sheet:
    header = tuple(dict.fromkeys(column for row in rows for column in row))
    return Sheet(name, header, tuple(Row(n, row) for n, row in enumerate(rows, 2)))
