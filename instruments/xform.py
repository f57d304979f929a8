"""A form as the XForm that ODK Collect fills in: pyxform's, from the form's own sheets.

What Collect needs besides stands in names with a capital, which no item of ours has: the question
that says what the record is about, and notes in place of what Collect does not show (the notice of
the form, the hint of a section). A level's description joins its label, so that the standard is at
hand where one taps.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from pyxform.xls2xform import convert

from instruments.form import COLUMNS, Form, Line, join_form
from instruments.workbook import Workbook

ABOUT, AUDIT = "About", "audit"
"""The question before all others, and the file that Collect writes of what is done when."""
_STANDARD = ("survey", "choices", "settings")
_QUOTES = str.maketrans("“”‘’", "\ue000\ue001\ue002\ue003")
"""Quotation marks that pyxform would make straight ones of; nobody writes what stands for them."""
_RULES = ("relevant", "constraint", "instance_name")
_BACK = {sign: quote for quote, sign in _QUOTES.items()}


class About(NamedTuple):
    """What is asked before all else: one of the rows (``name``, ``label``) of a CSV file that comes
    beside the form."""

    file: str
    label: str
    hint: str


def write_xform(workbooks: Sequence[Workbook], about: About) -> str:
    """A core workbook and its modules, which compile, as an XForm in the form's own language, with
    the same names, codes, conditions and limits."""
    form = join_form(workbooks)
    sheets = {
        "survey": _survey(form, about),
        "choices": map(_choice, form.lines("choices")),
        "settings": [_settings(form, about)],
    }
    raw: dict[str, Any] = {"sheet_names": list(_STANDARD)}
    for name, rows in sheets.items():
        raw[name] = [{key: _kept(key, cell) for key, cell in row.items()} for row in rows]
        raw[f"{name}_header"] = [dict.fromkeys(column for row in raw[name] for column in row)]
    return str(convert(raw, form_name="data", warnings=[]).xform).translate(_BACK)


def _kept(column: str, cell: str) -> str:
    return cell if column in _RULES else cell.translate(_QUOTES)


def _survey(form: Form, about: About) -> Iterator[dict[str, str]]:
    for supplied in form.context("context").split():  # by a site that asks; here it is blank
        yield {"type": "calculate", "name": supplied, "calculation": "''"}
    yield {"type": AUDIT, "name": AUDIT}
    if notice := form.context("notice"):
        yield {"type": "note", "name": "Notice", "label": notice}
    asked = {"name": ABOUT, "label": about.label, "hint": about.hint}
    yield {"type": f"select_one_from_file {about.file}", "required": "yes", **asked}
    for line in form.lines("survey"):
        edge, _ = line.bracket
        row = _standard(line)
        hint = row.pop("hint", "") if edge == "begin" else ""
        yield row
        if hint:
            yield {"type": "note", "name": f"Hint_{line['name']}", "label": hint}


def _choice(line: Line) -> dict[str, str]:
    row = _standard(line)
    if described := row.pop("description", ""):
        row["label"] = f"{row['label']}：{described}"
    return row


def _settings(form: Form, about: About) -> dict[str, str]:
    """The form's own, what its records are called in Collect, and that sent ones may be edited."""
    rows = f"instance('{about.file.partition('.')[0]}')"
    named = "/".join((rows, "root", f"item[name=${{{ABOUT}}}]", "label"))
    own = _standard(form.lines("settings")[0])
    own.pop("default_language", "")
    return {**own, "instance_name": named, "client_editable": "yes"}


def _standard(line: Line) -> dict[str, str]:
    """Cells of our columns in the form's own language."""
    return {name: cell for name in COLUMNS[line.sheet] if (cell := line[name])}
