"""Signing in and out of staff accounts, and changing one's password."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, session, url_for

from survey_app import clock, db
from survey_app.errors import Refused
from survey_app.protection import person, public, settings, signed_in
from survey_app.services import accounts

pages = Blueprint("auth", __name__)
HOME = {"province": "province.board", "expert": "expert.visits"}


@pages.get("/")
@public
def index() -> Any:
    """Staff go to their pages; trainees come by their own address."""
    found = person()
    return redirect(url_for(HOME[found.role] if found else "auth.sign_in_page"), 303)


@pages.get("/login")
@public
def sign_in_page() -> Any:
    """The sign-in form."""
    return render_template("login.html", login="", failed=False)


@pages.post("/login")
@public
def sign_in() -> Any:
    """Check the password; a failure costs the account a growing delay."""
    login, password = request.form.get("login", "").strip(), request.form.get("password", "")
    now = clock.seconds()
    with db.look(db.engine()) as reader:
        fits = accounts.check_password(reader, login=login, password=password, now=now)
    if not fits:
        accounts.note_failure(db.current(), login=login, now=now)
        return render_template("login.html", login=login, failed=True), 401
    return _enter(login, now)


@pages.post("/logout")
@signed_in
def sign_out() -> Any:
    """End this sign-in on the server too."""
    accounts.sign_out(db.current(), secret=session.get("sign_in", ""))
    session.clear()
    return redirect(url_for("auth.sign_in_page"), 303)


@pages.get("/password")
@signed_in
def password_page() -> Any:
    """The form to change one's password."""
    return render_template("password.html", minimum=accounts.MINIMUM_LENGTH)


@pages.post("/password")
@signed_in
def change_password() -> Any:
    """Change one's password; all sign-ins of the account end."""
    login, new = person().login, request.form.get("new", "")  # type: ignore[union-attr]
    old, now = request.form.get("old", ""), clock.seconds()
    accounts.check_new_password(new, request.form.get("again", ""))
    with db.look(db.engine()) as reader:
        if not accounts.check_password(reader, login=login, password=old, now=now):
            raise Refused("password_wrong", 422)
    accounts.replace_password(db.current(), login=login, hashed=accounts.hash_password(new))
    session.clear()
    return redirect(url_for("auth.sign_in_page"), 303)


def _enter(login: str, now: int) -> Any:
    session.clear()  # a sign-in begins with a fresh session
    hours = settings().sign_in_hours
    session["sign_in"] = accounts.sign_in(db.current(), login=login, now=now, hours=hours)
    return redirect(url_for("auth.index"), 303)
