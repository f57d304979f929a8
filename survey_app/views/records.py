"""Pages of whoever hands in records: what is owed, the form, what was submitted, copies."""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for

from survey_app import clock, db, policies, readout
from survey_app.edits import SAVE, SUBMIT, Edit, read_edit
from survey_app.errors import Refused
from survey_app.forms import Questionnaire
from survey_app.models import CycleRow
from survey_app.protection import only, person, settings, who
from survey_app.services import fill, overview, records
from survey_app.services.duties import Duty, find_duty
from survey_app.services.evidence import Upload, attachments_of
from survey_app.services.material import pieces_for
from survey_app.services.programme import current_cycle, programme_of
from survey_app.services.progress import duty_lines

pages = Blueprint("records", __name__, url_prefix="/records")


@pages.get("/")
@only("reporter")
def mine() -> Any:
    """What I owe, with states; and what my unit may see of its classes or schools."""
    cycle, me = current_cycle(db.current()), person()
    assert me is not None
    programme, today = programme_of(db.current(), cycle), clock.today()
    who = {"role": me.role, "owner": me.unit}
    lines = duty_lines(db.current(), cycle, programme, today=today, **who)
    seen = overview.seen_by(db.current(), cycle, programme, today=today, role=me.role, unit=me.unit)
    return render_template("records.html", cycle=cycle, lines=lines, seen=seen)


@pages.get("/<instrument>/<target>")
@only("reporter")
def form(instrument: str, target: str) -> Any:
    """The form with what was saved last."""
    cycle, duty = _owed(instrument, target)
    found = records.find_record(db.current(), cycle.code, duty)
    if found.locked or not _open(cycle, duty):
        return redirect(url_for("records.view", instrument=instrument, target=target), 303)
    files = attachments_of(db.current(), cycle.code, duty)
    sheet = Questionnaire(duty.instrument, duty.context, found.answers, attachments=files)
    for section in sheet.repeats:
        sheet.add_rows(section, 0 if sheet.rows(section) else 1)
    return _form_page(cycle, duty, sheet, saved=bool(request.args.get("saved")))


@pages.post("/<instrument>/<target>")
@only("reporter")
def send(instrument: str, target: str) -> Any:
    """Save a draft, change rows, or submit; what is right is saved whatever is wrong."""
    sent, edit = request.form, read_edit(request.form.get("do", ""))
    uploads, revision = _uploads(), _revision()  # all of it read before any lock is taken
    cycle, duty = _owed(instrument, target)
    policies.check_can_answer(cycle.state, duty.instrument.wave)
    page = fill.SentPage(sent, uploads, edit, revision, who(), clock.today())
    sheet = fill.take_page(db.current(), settings(), cycle, duty, page)
    if _to_be_confirmed(sheet, edit):
        return _form_page(cycle, duty, sheet, confirm=True)
    if not fill.save_page(db.current(), cycle, duty, sheet, page):
        return _copies_page(cycle, duty, latest=True), 409
    return _answered(cycle, duty, sheet, edit)


@pages.get("/<instrument>/<target>/view")
@only("reporter")
def view(instrument: str, target: str) -> Any:
    """The record as it stands, to be read."""
    cycle, duty = _owed(instrument, target)
    return render_template("record_view.html", **seen_record(cycle, duty))


@pages.get("/<instrument>/<target>/copies")
@only("reporter")
def copies(instrument: str, target: str) -> Any:
    """Copies saved on other devices, beside the record as it stands."""
    cycle, duty = _owed(instrument, target)
    return _copies_page(cycle, duty)


def seen_record(cycle: CycleRow, duty: Duty) -> dict[str, Any]:
    """What a page shows of a record that is only read."""
    found = records.find_record(db.current(), cycle.code, duty)
    files = attachments_of(db.current(), cycle.code, duty)
    return {
        "cycle": cycle,
        "duty": duty,
        "record": found,
        "parts": readout.read_out(duty.instrument, duty.context, found.answers, files),
        "checks": records.checks_of(db.current(), found.id),
        "open_now": _open(cycle, duty),
    }


def _owed(instrument: str, target: str) -> tuple[CycleRow, Duty]:
    """The duty of this address, if it is the own one and its review was declared free."""
    cycle, me = current_cycle(db.current()), person()
    assert me is not None
    programme = programme_of(db.current(), cycle)
    duty = find_duty(db.current(), cycle, programme, instrument=instrument, target=target)
    policies.check_own(role=me.role, unit=me.unit, owner_role=duty.role, owner=duty.owner)
    if duty.review is not None:
        policies.check_declared(duty.review.declaration)
    return cycle, duty


def _open(cycle: CycleRow, duty: Duty) -> bool:
    wave = duty.instrument.wave
    return policies.allowed(lambda: policies.check_can_answer(cycle.state, wave))


def _to_be_confirmed(sheet: Questionnaire, edit: Edit) -> bool:
    asks = sheet.instrument.blanks == "confirm" and edit.verb == SUBMIT
    blank = bool(sheet.blanks or sheet.blank_repeats)
    return asks and blank and not sheet.errors and not request.form.get("confirmed")


def _answered(cycle: CycleRow, duty: Duty, sheet: Questionnaire, edit: Edit) -> Any:
    """After saving: the page again where something is wrong or rows were changed."""
    place: dict[str, Any] = {"instrument": duty.instrument.code, "target": duty.target}
    if sheet.errors or sheet.pasted:
        return _form_page(cycle, duty, sheet, saved=True), 422
    if edit.verb == SUBMIT:
        return redirect(url_for("records.view", **place), 303)
    if edit.verb == SAVE:
        return redirect(url_for("records.form", **place, saved=1), 303)
    return _form_page(cycle, duty, sheet, saved=True)


def _form_page(
    cycle: CycleRow, duty: Duty, sheet: Questionnaire, *, saved: bool = False, confirm: bool = False
) -> str:
    programme = programme_of(db.current(), cycle)
    return render_template(
        "record_form.html",
        cycle=cycle,
        duty=duty,
        sheet=sheet,
        record=records.find_record(db.current(), cycle.code, duty),
        copies=len(records.copies_of(db.current(), cycle.code, duty)),
        pieces=pieces_for(db.current(), cycle, programme, duty),
        limits=settings(),
        saved=saved,
        confirm=confirm,
    )


def _copies_page(cycle: CycleRow, duty: Duty, *, latest: bool = False) -> str:
    found = records.find_record(db.current(), cycle.code, duty)
    files = attachments_of(db.current(), cycle.code, duty)
    others = records.copies_of(db.current(), cycle.code, duty)
    shown = [
        (other, readout.differences(duty.instrument, found.answers, other.answers, files))
        for other in others
    ]
    page = {"cycle": cycle, "duty": duty, "record": found, "latest": latest}
    return render_template("record_copies.html", **page, copies=shown)


def _uploads() -> list[Upload]:
    return [
        Upload(field.removesuffix("-file"), file.filename, file.read())
        for field, file in request.files.items()
        if field.endswith("-file") and file.filename
    ]


def _revision() -> int:
    typed = request.form.get("revision") or "0"
    if not re.fullmatch(r"[0-9]{1,6}", typed):
        raise Refused("page_damaged", 400)
    return int(typed)
