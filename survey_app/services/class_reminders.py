"""Reminders of a whole class: a text for everybody in it, whoever has answered or not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from survey_app import policies
from survey_app.db import add_new
from survey_app.errors import Refused
from survey_app.models import ReminderRow
from survey_app.phrases import phrase
from survey_app.services import audit
from survey_app.services.issue import address_of
from survey_app.services.places import FIND, Place
from survey_app.services.programme import Programme
from survey_app.services.windows import find_window

KIND_OF_WAVE: Mapping[str, str] = {"end": "class", "followup": "followup"}
"""Wave that is open → what a class's form is found by."""
WHO = ("trainee", "class")
"""Who fills the form that is reminded of, and what about."""


@dataclass(frozen=True)
class Reminder:
    """What the whole class can be told now."""

    place: Place
    form: str
    """Code of the form."""
    address: str
    text: str


def own_class(db: Session, code: str, institution: str) -> Place:
    """A class of this institution; another's does not exist for it."""
    place = FIND["class"](db, code)
    if place.project.institution != institution:
        raise Refused("no_such_class", 404)
    return place


def reminder_of(db: Session, programme: Programme, place: Place, base_url: str) -> Reminder | None:
    """The reminder of a class, about the form that is open; None while none is."""
    state, code = place.cycle.state, place.training_class.code
    waves = [wave for wave, opened in policies.OPEN_IN.items() if opened == state]
    if not waves:
        return None
    forms = {one.wave: one for one in programme.instruments if one.subject[:2] == WHO}
    if waves[0] not in forms:
        return None
    form, asked = forms[waves[0]], FIND[KIND_OF_WAVE[waves[0]]](db, code)
    address = address_of(asked, base_url)
    told = {"title": asked.training_class.name, "form": form.title, "address": address}
    token = phrase("board.reminder_token") if find_window(db, asked.target) else ""
    return Reminder(asked, form.code, address, phrase("board.reminder", token=token, **told))


def remind_class(db: Session, programme: Programme, place: Place, *, by: str, day: str) -> None:
    """Log that the whole class was reminded of the form that is open; at most once a day."""
    reminder = reminder_of(db, programme, place, "")
    if reminder is None:
        policies.check_can_answer(place.cycle.state)
        return
    code = place.training_class.code
    values = {"cycle": place.cycle.code, "instrument": reminder.form, "target": code}
    if add_new(db, ReminderRow, **values, day=day, author=by):
        audit.note(db, by=by, action="remind_class", object=f"{reminder.form} {code}")
