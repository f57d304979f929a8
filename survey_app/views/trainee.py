"""The trainee's pages: notice, form, receipt; no account, no cookie, no script needed."""

from __future__ import annotations

from functools import lru_cache, partial
from hashlib import sha256
from typing import Any

from flask import Blueprint, Response, render_template, request, url_for
from itsdangerous import BadData, TimestampSigner
from werkzeug.datastructures import MultiDict

from instruments.model import Instrument
from instruments.tables import DURATIONS
from survey_app import db, policies
from survey_app.errors import Refused
from survey_app.forms import Questionnaire
from survey_app.languages import speak
from survey_app.phrases import phrase, told_at_once
from survey_app.protection import known_places, public, settings
from survey_app.services import tokens, windows
from survey_app.services.admission import Admission, by_ticket, by_token
from survey_app.services.pairing import KEY, read_code_parts
from survey_app.services.places import (
    DOORS,
    FIND,
    Place,
    instrument_of,
    least_shown,
)
from survey_app.services.receipts import is_receipt, receipt
from survey_app.services.respond import (
    Submission,
    check_id,
    check_let_in,
    is_retry,
    new_id,
    submission_about,
)
from survey_app.services.tickets import grouped, read_code

pages = Blueprint("trainee", __name__)
MADE = ("response", "nonce")
"""Fields that the phone, or the page without script, has made for this one answer."""


@pages.get("/<any(c, s, f):kind>/<code>")
@public
def notice(kind: str, code: str) -> Any:
    """Who sees what, before anything is asked."""
    place, sheet = _open_sheet(kind, code)
    return render_template(
        "notice.html",
        place=place,
        kind=kind,
        sheet=sheet,
        window=windows.find_window(db.current(), place.target),
        least=least_shown(db.current(), place),
    )


@pages.get("/<any(c, s, f):kind>/<code>/form")
@public
def form(kind: str, code: str) -> Any:
    """The empty form, for a ticket or for a token."""
    place, sheet = _open_sheet(kind, code)
    if _by() == "token":
        tokens.check_can_use(db.current(), place.target)
    made = {name: new_id() for name in MADE}
    return _form_page(place, kind, sheet, made=made, typed="")


@pages.post("/<any(c, s, f):kind>/<code>/form")
@public
def submit(kind: str, code: str) -> Any:
    """Take a filled form: errors, one confirmation of blanks, or the receipt."""
    sent = request.form  # the whole of it, before any lock: a slow phone must not stop the others
    for name in MADE:
        check_id(sent.get(name, ""))
    db.only_read()
    place, instrument = known_places().find(db.current, DOORS[kind], code)
    sheet = _worded(place, instrument)
    sheet.read(sent)
    admission = _READ[_by()](place, sheet)
    submission = _submission(place, sheet, sent)
    asks = bool(sheet.blanks) and not sent.get("confirmed")
    if sheet.errors or asks:  # nothing is stored that would ask for the state as it is now
        place = FIND[place.kind](db.current(), code)
    _check_acceptable(place, sheet, submission, admission)
    if sheet.errors or asks:
        _check_let_in(sheet, submission, admission)
        return _again(place, kind, sheet, confirm=not sheet.errors)
    return _store(place, kind, sheet, submission, admission)


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
    place = FIND[DOORS[kind]](db.current(), code)
    return place, _worded(place, instrument_of(db.current(), place))


def _worded(place: Place, instrument: Instrument) -> Questionnaire:
    """The form in the language asked for, and from here on the page too."""
    return Questionnaire(speak(instrument), place.context(instrument))


def _check_acceptable(
    place: Place, sheet: Questionnaire, submission: Submission, admission: Admission
) -> None:
    """A new answer needs an open cycle and a page that is not too old; a retry needs neither."""
    try:
        policies.check_can_answer(place.cycle.state, place.wave)
        _check_page(place)
        if admission.kind == "token":
            tokens.check_can_use(db.current(), place.target)
            _close_what_is_over()
    except Refused:
        if sheet.errors or not is_retry(db.current(), submission, admission):
            raise


def _check_let_in(sheet: Questionnaire, submission: Submission, admission: Admission) -> None:
    """What would be refused in the end is told before blanks are asked about."""
    if admission.kind in sheet.errors:
        return
    try:
        check_let_in(db.current(), submission, admission)
    except Refused as refusal:
        sheet.errors[refusal.field] = told_at_once(refusal.fault)


def _close_what_is_over() -> None:
    if windows.is_any_over(db.current()):
        with db.transaction(db.engine()) as alone:
            windows.settle(alone)


def _store(
    place: Place, kind: str, sheet: Questionnaire, submission: Submission, admission: Admission
) -> Any:
    try:
        stored = db.together((submission, admission))
        number = receipt(settings().secret("receipt"), stored)
    except Refused as refusal:
        if not refusal.field:
            raise
        db.abandon()
        sheet.errors[refusal.field] = told_at_once(refusal.fault)
        return _again(place, kind, sheet)[0], refusal.status
    return Response(status=303, headers={"Location": url_for(".show_receipt", number=number)})


def _submission(place: Place, sheet: Questionnaire, sent: MultiDict[str, str]) -> Submission:
    duration = sent.get("duration", "")
    made = {"id": sent["response"], "nonce": sent["nonce"]}
    made["duration"] = duration if duration in DURATIONS else ""
    key = partial(settings().secret, KEY)
    return submission_about(db.current, place, sheet, sent, key=key, **made)


def _read_ticket(_place: Place, sheet: Questionnaire) -> Admission:
    typed = request.form.get("ticket", "")
    ticket = read_code(typed)
    if ticket is None:
        sheet.errors["ticket"] = phrase(f"form.ticket_{'wrong' if typed.strip() else 'missing'}")
    return by_ticket(settings().secret("ticket"), ticket or "")


def _read_token(place: Place, sheet: Questionnaire) -> Admission:
    public = windows.the_window(db.current(), place.target).public
    held = request.form.get("held", "")
    found = by_token(public, held)
    if found is None:
        sheet.errors["token"] = phrase(f"form.token_{'wrong' if held.strip() else 'missing'}")
    return found or Admission("token", "")


_READ = {"ticket": _read_ticket, "token": _read_token}
"""What an answer may be let in by → how the page's field is read."""


def _by() -> str:
    """Which of them the page is for."""
    return "token" if request.values.get("by") == "token" else "ticket"


def _again(
    place: Place, kind: str, sheet: Questionnaire, *, confirm: bool = False
) -> tuple[str, int]:
    made = {name: request.form[name] for name in MADE}
    typed = request.form.get("ticket" if _by() == "ticket" else "held", "")
    page = _form_page(place, kind, sheet, made=made, typed=typed, confirm=confirm)
    return page, 200 if confirm else 422


def _form_page(
    place: Place,
    kind: str,
    sheet: Questionnaire,
    *,
    made: dict[str, str],
    typed: str,
    confirm: bool = False,
) -> str:
    token = _signer().sign(place.target).decode()
    return render_template(
        "form.html",
        place=place,
        kind=kind,
        sheet=sheet,
        made=made,
        fresh=request.method == "GET",
        by=_by(),
        typed=typed,
        token=token,
        confirm=confirm,
        duration=request.form.get("duration", ""),
        code_parts=read_code_parts(request.form),
    )


def _check_page(place: Place) -> None:
    days = settings().form_days
    try:
        target = _signer().unsign(request.form.get("token", ""), max_age=days * 86400)
    except BadData as error:
        raise Refused("page_expired", 400, days=days) from error
    if target.decode() != place.target:
        raise Refused("page_damaged", 400)


def _signer() -> TimestampSigner:
    return _signer_of(settings().secret("form"))


@lru_cache(maxsize=4)
def _signer_of(key: bytes) -> TimestampSigner:
    return TimestampSigner(key, key_derivation="none", digest_method=sha256)  # its one use
