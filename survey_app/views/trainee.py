"""The trainee's pages: notice, form, receipt; no account, no cookie, no script needed."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from itsdangerous import BadData, URLSafeTimedSerializer
from werkzeug.datastructures import MultiDict

from instruments.tables import DURATIONS
from survey_app import clock, db, policies
from survey_app.errors import Refused
from survey_app.forms import Questionnaire
from survey_app.phrases import phrase
from survey_app.protection import public, settings
from survey_app.services.places import FIND, Place
from survey_app.services.programme import programme_of
from survey_app.services.receipts import is_receipt, receipt
from survey_app.services.respond import Submission, check_id, is_retry, new_id, submit_response
from survey_app.services.tickets import grouped, read_code

pages = Blueprint("trainee", __name__)
_KINDS = {"c": "class", "s": "session", "f": "followup"}


@pages.get("/<any(c, s, f):kind>/<code>")
@public
def notice(kind: str, code: str) -> Any:
    """Who sees what, before anything is asked."""
    place, sheet = _open_sheet(kind, code)
    return render_template("notice.html", place=place, kind=kind, sheet=sheet)


@pages.get("/<any(c, s, f):kind>/<code>/form")
@public
def form(kind: str, code: str) -> Any:
    """The empty form."""
    place, sheet = _open_sheet(kind, code)
    return _form_page(place, kind, sheet, response=new_id(), typed="")


@pages.post("/<any(c, s, f):kind>/<code>/form")
@public
def submit(kind: str, code: str) -> Any:
    """Take a filled form: errors, one confirmation of blanks, or the receipt."""
    sent = request.form  # the whole of it, before any lock: a slow phone must not stop the others
    check_id(sent.get("response", ""))
    place, sheet = _sheet(kind, code)
    sheet.read(sent)
    ticket = _read_ticket(sheet)
    _check_acceptable(place, sheet, ticket)
    if sheet.errors:
        return _again(place, kind, sheet), 422
    if sheet.blanks and not sent.get("confirmed"):
        return _again(place, kind, sheet, confirm=True)
    return _store(place, kind, sheet, ticket)


@pages.get("/receipt/<number>")
@public
def show_receipt(number: str) -> Any:
    """A receipt number that this site has made, and nothing else."""
    if not is_receipt(settings().secret("receipt"), number):
        raise Refused("no_such_receipt", 404)
    return render_template("receipt.html", number=grouped(number).replace("-", " "))


def _open_sheet(kind: str, code: str) -> tuple[Place, Questionnaire]:
    place, sheet = _sheet(kind, code)
    policies.check_can_answer(place.cycle.state, place.wave)
    return place, sheet


def _sheet(kind: str, code: str) -> tuple[Place, Questionnaire]:
    place = FIND[_KINDS[kind]](db.current(), code)
    programme = programme_of(db.current(), place.cycle)
    instrument = programme.instrument(role="trainee", per=place.per, wave=place.wave)
    return place, Questionnaire(instrument, place.context(instrument))


def _check_acceptable(place: Place, sheet: Questionnaire, ticket: str) -> None:
    """A new answer needs an open cycle and a page that is not too old; a retry needs neither."""
    submission, key = _submission(place, sheet, request.form), settings().secret("ticket")
    if sheet.errors or not is_retry(db.current(), submission, ticket=ticket, key=key):
        policies.check_can_answer(place.cycle.state, place.wave)
        _check_token(place)


def _store(place: Place, kind: str, sheet: Questionnaire, ticket: str) -> Any:
    submission = _submission(place, sheet, request.form)
    try:
        key = settings().secret("ticket")
        stored = submit_response(db.current(), submission, ticket=ticket, key=key)
    except Refused as refusal:
        if not refusal.field:
            raise
        db.abandon()
        sheet.errors[refusal.field] = f"{refusal.fault.message}{refusal.fault.remedy}"
        return _again(place, kind, sheet), refusal.status
    number = receipt(settings().secret("receipt"), stored)
    return redirect(url_for("trainee.show_receipt", number=number), 303)


def _submission(place: Place, sheet: Questionnaire, sent: MultiDict[str, str]) -> Submission:
    duration = sent.get("duration", "")
    return Submission(
        id=sent["response"],
        instrument=sheet.instrument.code,
        version=sheet.instrument.version,
        class_code=place.training_class.code,
        session=place.session.code if place.session else "",
        answers=sheet.answers,
        duration=duration if duration in DURATIONS else "",
        day=clock.today(),
        wave=place.wave,
    )


def _read_ticket(sheet: Questionnaire) -> str:
    ticket = read_code(request.form.get("ticket", ""))
    if ticket is None:
        sheet.errors["ticket"] = phrase("form.ticket_wrong")
    return ticket or ""


def _again(place: Place, kind: str, sheet: Questionnaire, *, confirm: bool = False) -> str:
    response, typed = request.form["response"], request.form.get("ticket", "")
    return _form_page(place, kind, sheet, response=response, typed=typed, confirm=confirm)


def _form_page(
    place: Place,
    kind: str,
    sheet: Questionnaire,
    *,
    response: str,
    typed: str,
    confirm: bool = False,
) -> str:
    token = _signer().dumps(place.target)
    return render_template(
        "form.html",
        place=place,
        kind=kind,
        sheet=sheet,
        response=response,
        typed=typed,
        token=token,
        confirm=confirm,
        duration=request.form.get("duration", ""),
    )


def _check_token(place: Place) -> None:
    days = settings().form_days
    try:
        target = _signer().loads(request.form.get("token", ""), max_age=days * 86400)
    except BadData as error:
        raise Refused("page_expired", 400, days=days) from error
    if target != place.target:
        raise Refused("page_damaged", 400)


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(settings().secret("form"), salt="form")
