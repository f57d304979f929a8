"""Attachments, handed out as files to keep and never shown as a page."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, send_file

from survey_app import db, policies
from survey_app.attachments import KINDS
from survey_app.errors import Refused
from survey_app.models import CycleRow, FileRow
from survey_app.protection import FILE_POLICY, person, settings, signed_in
from survey_app.services.accounts import Person
from survey_app.services.duties import duties_of, find_duty
from survey_app.services.evidence import find_file, path_of
from survey_app.services.material import pieces_for
from survey_app.services.programme import programme_of

pages = Blueprint("files", __name__)


@pages.get("/files/<id>")
@signed_in
def download(id: str) -> Any:
    """One attachment: for the province, its owner, or the expert who is to judge it."""
    row, me = find_file(db.current(), id), person()
    assert me is not None
    name = _name_for(me, row)
    path = path_of(settings(), row.id)
    reply = send_file(path, mimetype=KINDS[row.kind], as_attachment=True, download_name=name)
    reply.headers["Content-Security-Policy"] = FILE_POLICY
    return reply


def _name_for(me: Person, row: FileRow) -> str:
    """The name that a file has for this person, who may see it; else a refusal."""
    cycle = db.current().get_one(CycleRow, row.cycle)
    programme = programme_of(db.current(), cycle)
    if me.role == "expert":
        for duty in duties_of(db.current(), cycle, programme, role=me.role, owner=me.unit):
            if duty.review is not None and duty.review.declaration == policies.NO_CONFLICT:
                for piece in pieces_for(db.current(), cycle, programme, duty):
                    if piece.file == row.id:
                        return f"{piece.name}.{row.kind}"  # its own name may tell whose it is
        raise Refused("no_such_file", 404)
    if me.role != "province":
        place = {"instrument": row.instrument, "target": row.target}
        duty = find_duty(db.current(), cycle, programme, **place)
        policies.check_own(role=me.role, unit=me.unit, owner_role=duty.role, owner=duty.owner)
    return row.name
