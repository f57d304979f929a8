"""The expert's pages: assigned visits, declaration, one record per session, signature."""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for

from instruments.model import Instrument
from survey_app import clock, db, policies
from survey_app.errors import Refused
from survey_app.forms import Questionnaire
from survey_app.models import CycleRow
from survey_app.protection import only, person, who
from survey_app.readout import differences
from survey_app.services import observe
from survey_app.services.duties import Duty, duties_of
from survey_app.services.material import pieces_for
from survey_app.services.programme import Programme, current_cycle, programme_of
from survey_app.services.progress import duty_lines
from survey_app.services.respond import check_id

pages = Blueprint("expert", __name__, url_prefix="/expert")


@pages.get("/")
@only("expert")
def visits() -> Any:
    """The visits and reviews assigned to me."""
    cycle = current_cycle(db.current())
    mine = observe.visits_of(db.current(), cycle=cycle.code, expert=_me())
    programme, mine_only = programme_of(db.current(), cycle), {"role": "expert", "owner": _me()}
    reviews = duty_lines(db.current(), cycle, programme, today=clock.today(), **mine_only)
    return render_template("visits.html", cycle=cycle, visits=mine, reviews=reviews)


@pages.get("/visits/<code>")
@only("expert")
def visit(code: str) -> Any:
    """One visit: declaration, sessions, signature."""
    cycle, _, sheet = _visit(code)
    open_now = policies.allowed(lambda: policies.check_can_answer(cycle.state))
    return render_template("visit.html", cycle=cycle, sheet=sheet, open_now=open_now)


@pages.post("/visits/<code>/declaration")
@only("expert")
def declare(code: str) -> Any:
    """Declare on recusal; a conflict closes the visit to me."""
    cycle, _, sheet = _visit(code)
    given, reason = request.form.get("declaration", ""), request.form.get("reason", "")
    observe.declare(
        db.current(), sheet.visit, state=cycle.state, declaration=given, reason=reason, by=who()
    )
    return redirect(url_for("expert.visit", code=code), 303)


@pages.get("/visits/<code>/sessions/<session>")
@only("expert")
def record(code: str, session: str) -> Any:
    """The rubric of one session with what has been saved."""
    cycle, instrument, sheet = _visit(code)
    _check_observing(cycle, sheet)
    found = observe.record_of(sheet, session)
    form = Questionnaire(instrument, {}, found.answers)
    return _record_page(sheet, found, form, id=found.id, revision=found.revision)


@pages.post("/visits/<code>/sessions/<session>")
@only("expert")
def save(code: str, session: str) -> Any:
    """Save a draft of the record."""
    cycle, instrument, sheet = _visit(code)
    _check_observing(cycle, sheet)
    found, form = observe.record_of(sheet, session), Questionnaire(instrument, {})
    form.read(request.form, partial=True)
    id, revision = request.form.get("response", ""), request.form.get("revision") or "0"
    check_id(id)
    if not re.fullmatch(r"[0-9]{1,6}", revision):
        raise Refused("page_damaged", 400)
    if form.errors:
        return _record_page(sheet, found, form, id=id, revision=int(revision)), 422
    return _save(sheet, found, form, id=id, revision=int(revision))


@pages.get("/reviews/<code>")
@only("expert")
def review(code: str) -> Any:
    """One review: declaration, what is to be read, the way to its form."""
    cycle, programme, duty = _review(code)
    open_now = policies.allowed(lambda: policies.check_can_answer(cycle.state))
    pieces = pieces_for(db.current(), cycle, programme, duty)
    return render_template("review.html", cycle=cycle, duty=duty, pieces=pieces, open_now=open_now)


@pages.post("/reviews/<code>/declaration")
@only("expert")
def declare_review(code: str) -> Any:
    """Declare on recusal; a conflict closes the review to me."""
    cycle, _, duty = _review(code)
    assert duty.review is not None
    given, reason = request.form.get("declaration", ""), request.form.get("reason", "")
    observe.declare(
        db.current(), duty.review, state=cycle.state, declaration=given, reason=reason, by=who()
    )
    return redirect(url_for("expert.review", code=code), 303)


@pages.post("/visits/<code>/sign")
@only("expert")
def sign(code: str) -> Any:
    """Sign the visit; its records are locked."""
    cycle, _, sheet = _visit(code)
    observe.sign_visit(db.current(), sheet, state=cycle.state, by=who())
    return redirect(url_for("expert.visit", code=code), 303)


def _save(
    sheet: observe.VisitSheet,
    found: observe.SessionRecord,
    form: Questionnaire,
    *,
    id: str,
    revision: int,
) -> Any:
    saved = observe.save_record(
        db.current(),
        sheet,
        found,
        form.instrument,
        answers=form.answers,
        id=id,
        revision=revision,
        day=clock.today(),
        by=who(),
    )
    if not saved:
        changes = differences(form.instrument, found.answers, form.answers, {})
        told = {"sheet": sheet, "record": found, "changes": changes}
        return render_template("contradiction.html", **told), 409
    return redirect(url_for("expert.visit", code=sheet.visit.code), 303)


def _visit(code: str) -> tuple[CycleRow, Instrument, observe.VisitSheet]:
    cycle = current_cycle(db.current())
    instrument = programme_of(db.current(), cycle).instrument(role="expert", per="visit")
    own = {"cycle": cycle.code, "code": code, "expert": _me()}
    sheet = observe.open_visit(db.current(), **own, instrument=instrument)
    return cycle, instrument, sheet


def _review(code: str) -> tuple[CycleRow, Programme, Duty]:
    cycle = current_cycle(db.current())
    programme = programme_of(db.current(), cycle)
    for duty in duties_of(db.current(), cycle, programme, role="expert", owner=_me()):
        if duty.target == code:
            return cycle, programme, duty
    raise Refused("no_such_record", 404)


def _check_observing(cycle: CycleRow, sheet: observe.VisitSheet) -> None:
    policies.check_can_observe(
        cycle.state, declaration=sheet.visit.declaration, signed=sheet.visit.signed
    )


def _record_page(
    sheet: observe.VisitSheet,
    found: observe.SessionRecord,
    form: Questionnaire,
    *,
    id: str,
    revision: int,
) -> str:
    return render_template(
        "record.html", visit=sheet, record=found, sheet=form, response=id, revision=revision
    )


def _me() -> str:
    found = person()
    return found.unit if found else ""
