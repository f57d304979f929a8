"""Instruments of the province: uploaded, seen as they will be filled, compared, published."""

from __future__ import annotations

from functools import partial
from typing import Any

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from werkzeug.datastructures import FileStorage

from instruments.difference import verdict_words
from instruments.faults import FaultsFound
from instruments.foreign_names import foreign_words
from instruments.form_checks import SUPPLIED
from instruments.form_files import USUAL, Subject
from instruments.model import SOURCE_OF, Instrument
from instruments.types import labels_of
from survey_app import db, policies
from survey_app.compared import page_of
from survey_app.forms import Questionnaire
from survey_app.models import CycleRow
from survey_app.points import one_line
from survey_app.protection import FRAMED_POLICY, FRAMING_POLICY, only, settings, who
from survey_app.replies import XLSX, attached
from survey_app.services import own_instruments
from survey_app.services.pairing import read_code_parts
from survey_app.services.programme import current_cycle, programme_of

pages = Blueprint("instruments", __name__, url_prefix="/province/instruments")


@pages.get("/")
@only("province")
def overview() -> Any:
    """The forms in use, and where to bring an own one."""
    return _overview()


@pages.post("/")
@only("province")
def check() -> Any:
    """Read an uploaded form: every fault, or how it looks, what it changes, and the offer."""
    file = request.files.get("form") or FileStorage(filename="")
    db.only_read()  # checking takes a second or two, in which others may write
    cycle, about = current_cycle(db.current()), _about(request.form.get("about", ""))
    place = db.current(), settings(), cycle
    try:
        found = own_instruments.check_form(*place, file.read(), file.filename or "", about)
    except FaultsFound as refusal:
        return _overview(refusal.faults, about), 422
    page = page_of(found.difference) if found.difference else None
    shown = {"found": found, "page": page, "cycle": cycle, "frozen": _frozen(cycle)}
    return _framing(render_template("instrument_check.html", **shown))


@pages.get("/staged/<staged>")
@only("province")
def staged(staged: str) -> Any:
    """An uploaded form as those who fill it will see it."""
    return _preview(own_instruments.staged_form(settings(), staged).instrument)


@pages.post("/publish")
@only("province")
def publish() -> Any:
    """Add the uploaded form for good, and use it."""
    sent, cycle = request.form, current_cycle(db.current())
    reason = one_line(sent.get("reason", ""))
    place = db.current(), settings(), cycle
    row = own_instruments.publish_form(*place, sent.get("staged", ""), reason, by=who())
    db.afterwards(partial(own_instruments.forget_forms, settings()))
    return redirect(url_for("instruments.versions", instrument=row.code), 303)


@pages.get("/<instrument>/")
@only("province")
def versions(instrument: str) -> Any:
    """All versions of a form: in use, built in, published."""
    cycle = current_cycle(db.current())
    lines = own_instruments.versions_of(db.current(), cycle, instrument)
    page = {"lines": lines, "frozen": _frozen(cycle), "verdict_words": verdict_words}
    return render_template("instrument_versions.html", **page)


@pages.post("/<instrument>/use")
@only("province")
def use(instrument: str) -> Any:
    """Use another version in the cycle in preparation."""
    cycle, version = current_cycle(db.current()), request.form.get("version", "")
    own_instruments.use_version(db.current(), cycle, instrument, version, by=who())
    return redirect(url_for("instruments.versions", instrument=instrument), 303)


@pages.get("/<instrument>/<version>/")
@only("province")
def version(instrument: str, version: str) -> Any:
    """A version as those who fill it see it, and what differs from the one in use."""
    place = db.current(), current_cycle(db.current()), instrument, version
    form, found = own_instruments.version_form(*place), own_instruments.compared_with_used(*place)
    shown = {"form": form, "found": found, "page": page_of(found) if found else None}
    return _framing(render_template("instrument_version.html", **shown))


@pages.get("/<instrument>/<version>/preview")
@only("province")
def preview(instrument: str, version: str) -> Any:
    """A version as those who fill it see it, by itself."""
    place = db.current(), current_cycle(db.current())
    return _preview(own_instruments.version_form(*place, instrument, version))


@pages.get("/<instrument>/<version>/form.xlsx")
@only("province")
def download(instrument: str, version: str) -> Any:
    """A version as an .xlsx that ODK Collect and Kobo take too."""
    place = db.current(), current_cycle(db.current())
    data = own_instruments.version_file(*place, instrument, version)
    name = f"{instrument}-{version}.xlsx"
    return attached(data, XLSX, name)


def _overview(faults: Any = (), about: Subject = USUAL) -> str:
    cycle = current_cycle(db.current())
    forms = programme_of(db.current(), cycle).instruments
    page = {"forms": forms, "faults": faults, "subjects": tuple(SOURCE_OF), "about": about}
    return render_template("instruments.html", frozen=_frozen(cycle), **page)


def _frozen(cycle: CycleRow) -> bool:
    return not policies.allowed(lambda: policies.check_can_change_sources(cycle.state))


def _about(text: str) -> Subject:
    parts = text.split("/")
    return next((one for one in SOURCE_OF if list(one) == parts), USUAL)


def _preview(instrument: Instrument) -> Any:
    lists = {name: labels_of(SUPPLIED[name]) for name in instrument.context}
    asked = {name: request.args.get(name, "") for name in lists}
    context = {
        n: asked[n] if asked[n] in known else next(iter(known)) for n, known in lists.items()
    }
    sheet = Questionnaire(instrument, context)
    told = {"words": foreign_words()["supplied"], "code_parts": read_code_parts({})}
    page = render_template("preview.html", sheet=sheet, lists=lists, context=context, **told)
    reply = make_response(page)
    reply.headers["Content-Security-Policy"] = FRAMED_POLICY
    return reply


def _framing(page: str) -> Any:
    """A page that may show previews, which are pages of their own, in frames."""
    reply = make_response(page)
    reply.headers["Content-Security-Policy"] = FRAMING_POLICY
    return reply
