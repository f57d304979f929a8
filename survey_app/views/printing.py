"""印发与文字: what the office gives for the print of the bulletin, and the words it puts in."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import Any

from flask import Blueprint, redirect, render_template, request, send_file, url_for

from instruments.faults import Fault
from survey_app import db, policies
from survey_app.errors import Refused
from survey_app.models import CycleRow
from survey_app.printing_form import FIELDS, Printing, read_printing, slot_texts
from survey_app.protection import FILE_POLICY, only, settings, who
from survey_app.services import documents, printings
from survey_app.services.programme import current_cycle
from survey_app.views.documents import print_job

pages = Blueprint("printing", __name__, url_prefix="/province/printing")
DO = ("save", policies.PRINT, policies.MEETING)


@pages.get("/")
@only("province")
def page() -> Any:
    """The latest version to change, or a former one to take up again."""
    cycle = current_cycle(db.current())
    latest = printings.latest_printing(db.current(), cycle)
    version = request.args.get("version", "")
    shown = printings.find_printing(db.current(), cycle, version) if version else latest
    return _page(cycle, shown.printing, latest.id)


@pages.post("/")
@only("province")
def send() -> Any:
    """Save a version, or save it and print by it."""
    cycle, do = current_cycle(db.current()), request.form.get("do", "")
    if do not in DO:
        raise Refused("page_damaged", 400)
    printing, faults = _read(cycle)
    try:
        return _save(cycle, printing, do) if not faults else _again(cycle, printing, faults, 422)
    except Refused as refusal:
        db.abandon()
        return _again(cycle, printing, [refusal.fault], refusal.status)


@pages.get("/seal.png")
@only("province")
def seal() -> Any:
    """The seal of the latest version."""
    latest = printings.latest_printing(db.current(), current_cycle(db.current()))
    if not latest.printing.seal:
        raise Refused("no_document", 404)
    reply = send_file(BytesIO(latest.printing.seal), mimetype="image/png")
    reply.headers["Content-Security-Policy"] = FILE_POLICY
    return reply


def _read(cycle: CycleRow) -> tuple[Printing, list[Fault]]:
    picture = request.files.get("seal")
    return read_printing(
        request.form,
        picture.read() if picture else b"",
        rules=documents.rules_of(settings(), cycle),
        former=printings.latest_printing(db.current(), cycle).printing,
    )


def _save(cycle: CycleRow, printing: Printing, do: str) -> Any:
    seen = request.form.get("seen", "")
    printings.save_printing(db.current(), cycle, printing, seen=seen, by=who())
    if do == "save":
        return redirect(url_for("printing.page", _anchor="history"), 303)
    return print_job(cycle, do)


def _again(cycle: CycleRow, printing: Printing, faults: Sequence[Fault], status: int) -> Any:
    return _page(cycle, printing, request.form.get("seen", ""), faults), status


def _page(cycle: CycleRow, printing: Printing, seen: str, faults: Sequence[Fault] = ()) -> str:
    found = [one for one in documents.editions(settings(), cycle) if one.key == "now"]
    slots = slot_texts(printing, found[0].rules() if found else {})
    versions = printings.printings(db.current(), cycle)
    return render_template(
        "printing.html",
        cycle=cycle,
        printing=printing,
        seen=seen,
        faults=faults,
        fields=FIELDS,
        slots=slots,
        facts=found[0].facts() if found else (),
        statuses=(policies.DRAFT_PRINT, policies.ISSUED),
        versions=versions,
        has_seal=bool(versions and versions[0].printing.seal),
        early=not policies.results_visible(cycle.state),
    )
