"""Signing in and out of staff accounts, and changing one's password."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, session, url_for

from survey_app import clock, db, policies
from survey_app.errors import Refused
from survey_app.protection import person, public, settings, signed_in, who
from survey_app.services import accounts, attempts, invite

pages = Blueprint("auth", __name__)
HOME = {"province": "province.board", "expert": "expert.visits"} | dict.fromkeys(
    policies.REPORTERS, "records.mine"
)


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
    """Check the password; attempts in vain cost a growing delay."""
    login, password = request.form.get("login", "").strip(), request.form.get("password", "")
    if not _fits(login, password):
        return render_template("login.html", login=login, failed=True), 401
    return _enter(login, clock.seconds())


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
    return _password_form(None)


@pages.post("/password")
@signed_in
def change_password() -> Any:
    """Change one's password; all sign-ins of the account end."""
    login, new = who(), request.form.get("new", "")
    try:
        accounts.check_new_password(new, request.form.get("again", ""))
        if not _fits(login, request.form.get("old", "")):
            raise Refused("password_wrong", 422, field="old")
    except Refused as refusal:
        if not refusal.field:
            raise
        return _password_form(refusal), refusal.status
    accounts.replace_password(db.current(), login=login, hashed=accounts.hash_password(new))
    session.clear()
    return redirect(url_for("auth.sign_in_page"), 303)


def _password_form(refusal: Refused | None) -> str:
    return render_template("password.html", minimum=accounts.MINIMUM_LENGTH, refusal=refusal)


def _fits(login: str, password: str) -> bool:
    """Whether the password fits. The attempt is counted and committed first: of guesses that come
    all at once only as many are checked as one after the other."""
    key, address = settings().secret("session"), request.remote_addr or ""
    attempt = attempts.attempt_at(login, address=address, key=key)
    with db.transaction(db.engine()) as writer:
        attempts.count_attempt(writer, attempt, now=clock.seconds())
    with db.look(db.engine()) as reader:
        fits = accounts.check_password(reader, login=login, password=password)
    if fits:
        with db.transaction(db.engine()) as writer:
            attempts.forgive_attempt(writer, attempt)
    return fits


@pages.get("/invite/<secret>")
@public
def invitation(secret: str) -> Any:
    """Who is invited, and the form to set the own password."""
    row = invite.find_invitation(db.current(), secret=secret, now=clock.seconds())
    page = {"invitation": row, "secret": secret, "minimum": accounts.MINIMUM_LENGTH}
    return render_template("invite.html", **page)


@pages.post("/invite/<secret>")
@public
def accept(secret: str) -> Any:
    """Set the password, use the link up, and sign in."""
    new, now = request.form.get("new", ""), clock.seconds()
    accounts.check_new_password(new, request.form.get("again", ""))
    with db.look(db.engine()) as reader:
        invite.find_invitation(reader, secret=secret, now=now)
    hashed = accounts.hash_password(new)
    return _enter(invite.accept(db.current(), secret=secret, hashed=hashed, now=now), now)


def _enter(login: str, now: int) -> Any:
    session.clear()  # a sign-in begins with a fresh session
    hours = settings().sign_in_hours
    session["sign_in"] = accounts.sign_in(db.current(), login=login, now=now, hours=hours)
    return redirect(url_for("auth.index"), 303)
