"""The bulletin as files: shown, downloaded, written again."""

from __future__ import annotations

import os
from typing import Any

from flask import Blueprint, render_template, request, send_file

from survey_app import clock, db, policies
from survey_app.errors import Refused
from survey_app.models import CycleRow
from survey_app.protection import BULLETIN_POLICY, FILE_POLICY, only, settings, who
from survey_app.services import documents, jobs, printings
from survey_app.services.programme import current_cycle
from survey_app.views.province import started_job

pages = Blueprint("documents", __name__, url_prefix="/province")


@pages.get("/documents")
@only("province")
def listing() -> Any:
    """Every form of every bulletin, and the sheets of the units."""
    cycle = current_cycle(db.current())
    found = documents.editions(settings(), cycle)
    status = printings.latest_printing(db.current(), cycle).printing.status
    can_meet = policies.allowed(lambda: policies.check_can_meet(status))
    page = {"cycle": cycle, "editions": found, "can_meet": can_meet}
    return render_template("documents.html", **page, words=request.args.get("words", ""))


@pages.post("/documents/<kind>")
@only("province")
def request_print(kind: str) -> Any:
    """Write the bulletin again from the same results, or a 送审稿 beside it."""
    cycle = current_cycle(db.current())
    if kind not in (policies.PRINT, policies.MEETING):
        raise Refused("page_damaged", 400)
    return print_job(cycle, kind)


@pages.get("/documents/<edition>.zip")
@only("province")
def archive(edition: str) -> Any:
    """All files of a bulletin in one."""
    found = documents.find_edition(settings(), current_cycle(db.current()), edition)
    file, name = documents.packed(found), found.archive_name
    size = os.fstat(file.fileno()).st_size
    reply = send_file(file, "application/zip", as_attachment=True, download_name=name)
    reply.content_length = size
    reply.headers["Content-Security-Policy"] = FILE_POLICY
    return reply


@pages.get("/bulletin/<edition>/<path:name>")
@only("province")
def document(edition: str, name: str) -> Any:
    """One file of a bulletin: a page locked in by its own policy, all else to keep."""
    found = documents.find_edition(settings(), current_cycle(db.current()), edition)
    path, is_page = found.path(name), name.endswith(".html")
    reply = send_file(path, as_attachment=not is_page, download_name=found.name_for(name))
    reply.headers["Content-Security-Policy"] = BULLETIN_POLICY if is_page else FILE_POLICY
    return reply


def print_job(cycle: CycleRow, kind: str) -> Any:
    """Queue a print of this kind, start it once it is committed, and show its progress."""
    session, now = db.current(), clock.seconds()
    return started_job(
        jobs.request_print(session, settings(), cycle=cycle, kind=kind, now=now, by=who())
    )
