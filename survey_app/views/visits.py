"""Visits as a file to read: for the province, for the expert, and for the other observer once both
have signed; and what may still be amended."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

from flask import Blueprint, redirect, render_template, request, send_file, url_for
from sqlalchemy import select

from instruments.faults import Fault
from instruments.model import Instrument
from survey_app import clock, db, policies
from survey_app.errors import Refused
from survey_app.forms import Questionnaire
from survey_app.models import ArrivalRow, CycleRow, PhotoRow, SubmissionFileRow, VisitRow
from survey_app.protection import FILE_POLICY, only, person, settings, signed_in, who
from survey_app.services import observe, signing
from survey_app.services.accounts import Person
from survey_app.services.evidence import path_of
from survey_app.services.photos import find_photo
from survey_app.services.programme import current_cycle, programme_of
from survey_app.services.visit_file import SessionFile, session_file, visits_of_photo

pages = Blueprint("visits", __name__)


@pages.get("/province/visits/")
@only("province")
def listing() -> Any:
    """Every visit of the cycle, by class."""
    cycle = current_cycle(db.current())
    lines = observe.visit_lines(db.current(), cycle.code)
    return render_template("visit_list.html", cycle=cycle, lines=lines)


@pages.get("/province/visits/<code>/sessions/<session>")
@only("province")
def province_file(code: str, session: str) -> Any:
    """What all observers of a session recorded, side by side."""
    visit = _known(code)
    rows = [visit, *signing.companions(db.current(), visit)]
    return _files(rows, session, back=url_for(".listing"), note="")


@pages.get("/expert/visits/<code>/sessions/<session>/file")
@only("expert")
def expert_file(code: str, session: str) -> Any:
    """My record; the other observer's beside it once both have signed."""
    visit = _mine(code)
    rows = [visit]
    note = ""
    try:
        rows += signing.check_open_to(db.current(), visit)
    except Refused as refusal:
        note = refusal.fault.message
    return _files(rows, session, back=url_for("expert.visit", code=code), note=note)


@pages.get("/expert/visits/<code>/sessions/<session>/amendment")
@only("expert")
def amendment(code: str, session: str) -> Any:
    """The signed record, to be corrected."""
    _, instrument, sheet = _opened(_mine(code))
    record = observe.record_of(sheet, session)
    return _amendment_page(sheet, record, Questionnaire(instrument, {}, record.answers))


@pages.post("/expert/visits/<code>/sessions/<session>/amendment")
@only("expert")
def amend(code: str, session: str) -> Any:
    """Put the corrected record beside the signed one."""
    cycle, instrument, sheet = _opened(_mine(code))
    record, form = observe.record_of(sheet, session), Questionnaire(instrument, {})
    form.read(request.form)
    said = signing.Said(form.answers, request.form.get("reason", ""), by=who(), day=clock.today())
    if form.errors:
        return _amendment_page(sheet, record, form), 422
    try:
        signing.amend_record(db.current(), cycle, sheet, record, instrument, said)
    except Refused as refusal:
        db.abandon()
        return _amendment_page(sheet, record, form, fault=refusal.fault), refusal.status
    return redirect(url_for(".expert_file", code=code, session=session), 303)


@pages.get("/province/arrivals/<code>/<sha256>")
@only("province")
def arrival(code: str, sha256: str) -> Any:
    """An upload of the expert with this code, byte for byte: its hash can be recomputed."""
    row = db.current().get(ArrivalRow, (sha256, code))
    if row is None:
        raise Refused("no_such_file", 404)
    return _to_keep(BytesIO(row.content), name=f"{code}-{sha256[:16]}")


@pages.get("/province/arrivals/files/<id>")
@only("province")
def arrival_file(id: str) -> Any:
    """A file that ODK Collect brought, as it came."""
    found = db.current().scalars(select(SubmissionFileRow).where(SubmissionFileRow.id == id))
    row = found.first()
    if row is None:
        raise Refused("no_such_file", 404)
    return _to_keep(path_of(settings(), row.id), name=f"{row.expert}-{row.sha256[:16]}")


def _to_keep(content: BytesIO | Path, *, name: str) -> Any:
    """Handed out as a file without a kind, never shown."""
    kind = "application/octet-stream"
    reply = send_file(content, mimetype=kind, as_attachment=True, download_name=f"{name}.bin")
    reply.headers["Content-Security-Policy"] = FILE_POLICY
    return reply


@pages.get("/photos/<id>")
@signed_in
def photo(id: str) -> Any:
    """One photo, drawn anew: for the province, its expert, and who may see the record."""
    row, me = find_photo(db.current(), id), person()
    assert me is not None
    _check_may_see(me, row)
    reply = send_file(path_of(settings(), row.id), mimetype="image/jpeg")
    reply.headers["Content-Security-Policy"] = FILE_POLICY
    reply.headers["Content-Disposition"] = f'inline; filename="{row.id}.jpg"'
    return reply


def _check_may_see(me: Person, row: PhotoRow) -> None:
    if me.role == "province":
        return
    visits = visits_of_photo(db.current(), row)
    seen = (signing.may_see(db.current(), _known(code), expert=me.unit) for code in visits)
    if me.role != "expert" or not any(seen):
        raise Refused("no_such_photo", 404)


def _files(rows: list[VisitRow], session: str, *, back: str, note: str) -> str:
    found = [_file(row, session) for row in rows if session in row.sessions.split()]
    if not found:
        raise Refused("no_such_session", 404)
    cycle = current_cycle(db.current())
    return render_template("visit_file.html", cycle=cycle, files=found, back=back, note=note)


def _file(row: VisitRow, session: str) -> SessionFile:
    _, instrument, sheet = _opened(row)
    return session_file(db.current(), sheet, observe.record_of(sheet, session), instrument)


def _opened(row: VisitRow) -> tuple[CycleRow, Instrument, observe.VisitSheet]:
    cycle = current_cycle(db.current())
    instrument = programme_of(db.current(), cycle).instrument(role="expert", per="visit")
    own = {"cycle": cycle.code, "code": row.code, "expert": row.expert}
    return cycle, instrument, observe.open_visit(db.current(), **own, instrument=instrument)


def _known(code: str) -> VisitRow:
    row = db.current().get(VisitRow, code)
    if row is None:
        raise Refused("no_such_visit", 404)
    return row


def _mine(code: str) -> VisitRow:
    row, me = _known(code), person()
    policies.check_can_visit(me.unit if me else "", row.expert)
    return row


def _amendment_page(
    sheet: observe.VisitSheet,
    record: observe.SessionRecord,
    form: Questionnaire,
    fault: Fault | None = None,
) -> str:
    said = {"reason": request.form.get("reason", ""), "most": signing.REASON, "fault": fault}
    return render_template("amendment.html", visit=sheet, record=record, sheet=form, **said)
