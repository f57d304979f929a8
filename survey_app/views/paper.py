"""The province's page on which paper forms are typed in, twice, by two people."""

from __future__ import annotations

from functools import partial
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for

from instruments.tables import PAPER
from survey_app import db, policies
from survey_app.errors import Refused
from survey_app.forms import Questionnaire
from survey_app.paper_form import paper_parts, read_typed
from survey_app.phrases import phrase
from survey_app.protection import only, settings, who
from survey_app.services.admission import by_ticket
from survey_app.services.pairing import KEY, read_code_parts
from survey_app.services.paper import DIFFERS, DONE, Outcome, enter_paper
from survey_app.services.places import FIND, Place, questionnaire_of
from survey_app.services.respond import Submission, new_id, submission_about
from survey_app.services.tickets import read_code

pages = Blueprint("paper", __name__, url_prefix="/province/paper")
SAVE, DECIDE = "save", "decide"
"""What a button asks for; anything else only checks what was typed."""


@pages.get("/<any(class, session, followup):scope>/<code>")
@only("province")
def form(scope: str, code: str) -> Any:
    """An empty page for the next sheet, and what became of the last one."""
    place, sheet = _sheet(scope, code)
    return _page(place, sheet, told=request.args.get("told", ""))


@pages.post("/<any(class, session, followup):scope>/<code>")
@only("province")
def send(scope: str, code: str) -> Any:
    """Check what was typed, or keep it; with the second typing the sheet counts."""
    place, sheet = _sheet(scope, code)
    read_typed(sheet, request.form)
    ticket = read_code(request.form.get("ticket", ""))
    if ticket is None:
        sheet.errors["ticket"] = phrase("form.ticket_wrong")
    if ticket is None or sheet.errors or request.form.get("do") not in (SAVE, DECIDE):
        return _page(place, sheet, checked=True), 422 if sheet.errors else 200
    return _entered(place, sheet, ticket)


def _sheet(scope: str, code: str) -> tuple[Place, Questionnaire]:
    place = FIND[scope](db.current(), code)
    policies.check_can_answer(place.cycle.state, place.wave)
    return place, questionnaire_of(db.current(), place)


def _entered(place: Place, sheet: Questionnaire, ticket: str) -> Any:
    sent = request.form
    decided = sent.get("differing", "").split() if sent["do"] == DECIDE else []
    admission, typed = by_ticket(settings().secret("ticket"), ticket), _typed(place, sheet)
    try:
        outcome = enter_paper(db.current(), typed, admission=admission, by=who(), decided=decided)
    except Refused as refusal:
        db.abandon()
        sheet.errors[refusal.field] = f"{refusal.fault.message}{refusal.fault.remedy}"
        return _page(place, sheet), refusal.status
    if outcome.told == DIFFERS:
        return _page(place, sheet, outcome=outcome), 409
    where = url_for("paper.form", scope=place.kind, code=place.code, told=outcome.told)
    return redirect(where, 303)


def _typed(place: Place, sheet: Questionnaire) -> Submission:
    made = {"id": new_id(), "nonce": new_id(), "duration": "", "medium": PAPER}
    key = partial(settings().secret, KEY)
    return submission_about(db.current, place, sheet, request.form, key=key, **made)


def _page(
    place: Place,
    sheet: Questionnaire,
    *,
    told: str = "",
    checked: bool = False,
    outcome: Outcome | None = None,
) -> str:
    return render_template(
        "paper.html",
        place=place,
        sheet=sheet,
        parts=paper_parts(sheet),
        typed=request.form,
        code_parts=read_code_parts(request.form),
        told=phrase(f"paper.{told}") if told in DONE else "",
        checked=checked,
        differing=outcome.differing if outcome else (),
    )
