"""What the buttons of a record's page do: save, submit, and change the rows of a repeat."""

from __future__ import annotations

import re
from dataclasses import dataclass

from werkzeug.datastructures import MultiDict

from instruments.faults import FaultsFound, Place, fault
from instruments.model import Section
from survey_app.errors import Refused
from survey_app.forms import Questionnaire
from survey_app.pasted import Pasted, read_table
from survey_app.repeats import MAX_ROWS, sent_rows, with_rows, without_row, without_rows

SAVE, SUBMIT, ADD, REMOVE, APPEND, REPLACE = (
    *("save", "submit", "add", "remove"),
    *("append", "replace"),
)
_EDIT = re.compile(r"(save|submit)|(add|remove):(\w+):(\d{1,4})|(append|replace):(\w+)")


@dataclass(frozen=True)
class Edit:
    """One button: what it does, to which repeat, and how many rows or which one."""

    verb: str
    repeat: str = ""
    number: int = 0


def read_edit(do: str) -> Edit:
    """The button that was pressed; no name at all is the one that saves."""
    match = _EDIT.fullmatch(do or SAVE)
    if match is None:
        raise Refused("page_damaged", 400)
    plain, counted, repeat, number, pasted, target = match.groups()
    return Edit(plain or counted or pasted, repeat or target or "", int(number or 0))


def fill(sheet: Questionnaire, sent: MultiDict[str, str], edit: Edit) -> None:
    """Read what was sent into ``sheet``, with the rows as the button leaves them."""
    section = _section(sheet, edit) if edit.repeat else None
    if section and edit.verb == REMOVE:
        sent = without_row(sent, section, edit.number)
    if section and edit.verb in (APPEND, REPLACE):
        sent = _with_table(sheet, section, sent, anew=edit.verb == REPLACE)
    sheet.read(sent, partial=edit.verb != SUBMIT)
    if section and edit.verb == ADD:
        room = MAX_ROWS - len(sheet.rows(section))
        sheet.add_rows(section, min(edit.number, room))


def _section(sheet: Questionnaire, edit: Edit) -> Section:
    for section in sheet.repeats:
        if section.name == edit.repeat:
            return section
    raise Refused("page_damaged", 400)


def _with_table(
    sheet: Questionnaire, section: Section, sent: MultiDict[str, str], *, anew: bool
) -> MultiDict[str, str]:
    text = sent.get(f"{section.name}-paste", "")
    try:
        rows = read_table(section, text)
    except FaultsFound as found:
        sheet.pasted[section.name] = Pasted(text, found.faults)
        return sent
    kept = without_rows(sent, section) if anew else sent
    if len(sent_rows(kept, section)) + len(rows) > MAX_ROWS:
        full = fault("site.paste_long", Place(sheet=section.label), limit=MAX_ROWS)
        sheet.pasted[section.name] = Pasted(text, (full,))
        return sent
    return with_rows(kept, section, rows)
