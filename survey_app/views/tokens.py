"""The page on which a remote trainee fetches a token: on the roster, blinded, signed once."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request

from survey_app import clock, db, policies
from survey_app.errors import Refused
from survey_app.languages import speak
from survey_app.pasted_roster import member
from survey_app.phrases import told_at_once
from survey_app.protection import public, settings
from survey_app.services import attempts, tokens, windows
from survey_app.services.places import DOORS, FIND, instrument_of

pages = Blueprint("tokens", __name__)


@pages.get("/<any(c, f):kind>/<code>/token")
@public
def page(kind: str, code: str) -> Any:
    """Fetch a token while the window is open; afterwards, go and answer with it."""
    place = FIND[DOORS[kind]](db.current(), code)
    speak(instrument_of(db.current(), place))
    window = windows.the_window(db.current(), place.target)
    policies.check_can_answer(place.cycle.state, place.wave)
    return render_template("token.html", place=place, kind=kind, window=window)


@pages.post("/<any(c, f):kind>/<code>/token")
@public
def sign(kind: str, code: str) -> Any:
    """Sign a blinded token; what is refused is told in words, for the page's script to show."""
    try:
        return {"signature": _signed(kind, code).hex()}
    except Refused as refusal:
        db.abandon()
        told = {"message": told_at_once(refusal.fault)}
        return told, refusal.status, {"Retry-After": str(refusal.wait)} if refusal.wait else {}


def _signed(kind: str, code: str) -> bytes:
    """An attempt in vain is counted, one that is right is not: a class behind one address is never
    slowed down, and guesses that come at once are counted one after the other."""
    sent, key = request.form, settings().secret("roster")
    who, blinded = member(sent.get("name", ""), sent.get("secret", "")), sent.get("blinded", "")
    message = tokens.read_blinded(blinded)
    with db.look(db.engine()) as reader:
        place = FIND[DOORS[kind]](reader, code)
        tokens.check_can_fetch(reader, place)
    address, about = request.remote_addr or "", f"{place.target}|{who.name}"
    attempt = attempts.attempt_at(about, address=address, key=key, kind="roster")
    asked = {"target": place.target, "digest": windows.roster_digest(key, place.target, who)}
    with db.transaction(db.engine()) as writer:
        attempts.count_attempt(writer, attempt, now=clock.seconds())
        if known := tokens.is_listed(writer, **asked):
            attempts.forgive_attempt(writer, attempt)
    if not known:
        raise Refused("roster_unknown", 422)
    with db.look(db.engine()) as reader:
        signature = tokens.sign(reader, target=place.target, blinded=message, key=key)
    tokens.note_fetched(db.current(), **asked, blinded=message)
    return signature
