"""The province's page of one class's remote trainees: roster, window, count; never who."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for

from instruments.faults import Fault, FaultsFound
from survey_app import db
from survey_app.errors import Refused
from survey_app.pasted_roster import read_roster
from survey_app.protection import only, settings, who
from survey_app.services import windows
from survey_app.services.places import FIND, Place
from survey_app.services.programme import programme_of
from survey_app.sheets import qr_code

pages = Blueprint("rosters", __name__, url_prefix="/province/rosters")


@pages.get("/<any(class, followup):scope>/<code>")
@only("province")
def page(scope: str, code: str) -> Any:
    """How many are listed and have fetched, and the forms for more of them."""
    return _page(FIND[scope](db.current(), code))


@pages.post("/<any(class, followup):scope>/<code>")
@only("province")
def send(scope: str, code: str) -> Any:
    """List members and open the window, or close it."""
    place = FIND[scope](db.current(), code)
    windows.settle(db.current())
    try:
        _do(place)
    except FaultsFound as found:
        return _page(place, found.faults), 422
    except Refused as refusal:
        db.abandon()
        return _page(FIND[scope](db.current(), code), (refusal.fault,)), refusal.status
    return redirect(url_for("rosters.page", scope=scope, code=code), 303)


def _do(place: Place) -> None:
    session, sent = db.current(), request.form
    if sent.get("do") == "close":
        windows.end_window(session, place, by=who())
        return
    until, pasted = sent.get("until", "").strip(), sent.get("members", "")
    known = windows.find_window(session, place.target) is not None
    members = read_roster(pasted) if pasted.strip() or not known else []
    least = programme_of(session, place.cycle).plan.thresholds.min_cell
    key = settings().secret("roster")
    windows.list_members(session, place, members, until=until, least=least, key=key, by=who())


def _page(place: Place, faults: tuple[Fault, ...] = ()) -> str:
    return render_template(
        "roster.html",
        place=place,
        window=windows.find_window(db.current(), place.target),
        address=f"{settings().base_url.rstrip('/')}/{place.door}/{place.code}/token",
        faults=faults,
        typed=request.form,
        qr_code=qr_code,
    )
