"""The expert's page for ODK Collect: a key is made, shown once as a QR code, and ended; by the
province too."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for

from survey_app import clock, db
from survey_app.errors import Refused
from survey_app.phrases import phrase
from survey_app.protection import only, person, settings, who
from survey_app.services import collect_keys
from survey_app.services.accounts import Person
from survey_app.services.programme import current_cycle
from survey_app.sheets import qr_code

pages = Blueprint("collect", __name__)


@pages.get("/expert/collect/")
@only("expert")
def page() -> Any:
    """How Collect is connected, and whether a key is good now."""
    return _page()


@pages.post("/expert/collect/")
@only("expert")
def change() -> Any:
    """Make a key, or end it."""
    do, me, cycle = request.form.get("do"), _me(), current_cycle(db.current())
    if do == "end":
        collect_keys.end_key(db.current(), expert=me.unit, by=who())
        return redirect(url_for(".page"), 303)
    if do != "make":
        raise Refused("page_damaged", 400)
    if request.form.get("seen", "") != collect_keys.mark_of(db.current(), me.login):
        return redirect(url_for(".page"), 303)  # the page is sent once more: made already
    key = collect_keys.make_key(db.current(), me, cycle=cycle.code, day=clock.today())
    server = f"{settings().base_url.rstrip('/')}/collect/key/{key}"
    name = phrase("collect.project", title=settings().title, name=me.name)
    code = qr_code(collect_keys.managed_code(server, name=name))
    return _page(server=server, code=code)


@pages.post("/province/experts/<code>/collect")
@only("province")
def end(code: str) -> Any:
    """End an expert's key: the phone is lost, say."""
    collect_keys.end_key(db.current(), expert=code, by=who())
    return redirect(url_for("province.experts"), 303)


def _page(*, server: str = "", code: str = "") -> str:
    cycle = current_cycle(db.current())
    since = collect_keys.keys_of(db.current(), cycle=cycle.code).get(_me().unit, "")
    mark = collect_keys.mark_of(db.current(), who())
    told = {"cycle": cycle, "since": since, "mark": mark, "server": server, "code": code}
    return render_template("collect.html", **told)


def _me() -> Person:
    me = person()
    assert me is not None
    return me
