"""The expert's device: what it packs before it leaves, and what it sends when it is back."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from functools import cache
from importlib.resources import files
from typing import Any

from flask import Blueprint, Response, make_response, render_template, request, url_for
from flask_wtf.csrf import generate_csrf

from instruments.model import Instrument
from survey_app import clock, db
from survey_app.errors import Refused
from survey_app.forms import Questionnaire
from survey_app.models import CycleRow
from survey_app.phrases import phrase, told_at_once
from survey_app.protection import FIELD_POLICY, only, person, who
from survey_app.services import arrivals
from survey_app.services.accounts import Person
from survey_app.services.packs import pack_of
from survey_app.services.programme import current_cycle, programme_of

KEPT = (
    "site.css",
    "form.js",
    *(f"field/{name}" for name in ("field.js", "outbox.js", "records.js", "store.js", "icon.svg")),
)
"""Static files that the worker keeps beside the shell."""
pages = Blueprint("field", __name__, url_prefix="/expert/field")


@pages.get("/pack")
@only("expert")
def pack() -> Any:
    """My visits, the rubric as it is filled, what was saved; with what lets the device post."""
    cycle, form, me = _mine()
    return {
        "csrf": generate_csrf(),
        "expert": {"code": me.unit, "name": me.name},
        "cycle": {"code": cycle.code, "title": cycle.title, "state": cycle.state},
        "day": clock.today(),
        "form": {
            "code": form.code,
            "version": form.version,
            "title": form.title,
            "page": render_template("field_rubric.html", sheet=Questionnaire(form, {})),
        },
        "visits": pack_of(db.current(), cycle, form, expert=me.unit),
    }


@pages.post("/records")
@only("expert")
def record() -> Any:
    """Keep a record as the device wrote it; the reply says the hash of what is stored."""
    content = request.get_data()  # all of it, before any lock
    cycle, form, me = _mine()
    own = {"expert": me.unit, "day": clock.today(), "by": who()}
    try:
        return asdict(arrivals.take_record(db.current(), cycle, form, content=content, **own))
    except Refused as refusal:
        db.abandon()
        return {"message": told_at_once(refusal.fault)}, refusal.status


@pages.get("/")
@only("expert")
def shell() -> Any:
    """The pages of the field, empty: all that is mine is on the device."""
    reply = make_response(render_template("field.html"))
    reply.headers["Content-Security-Policy"] = FIELD_POLICY
    return reply


@pages.get("/worker.js")
@only("expert")
def worker() -> Any:
    """The service worker: keeps the pages, named by their content."""
    files = [url_for(".shell"), *(url_for("static", filename=name) for name in KEPT)]
    made = render_template("field_worker.js", files=files, version=_version())
    return Response(made, mimetype="text/javascript")


@pages.get("/manifest.webmanifest")
@only("expert")
def manifest() -> Any:
    """What makes the pages an app on the home screen."""
    told = {
        "name": phrase("field.title"),
        "short_name": phrase("field.name"),
        "start_url": url_for(".shell"),
        "scope": url_for(".shell"),
        "display": "standalone",
        "lang": "zh-CN",
        "icons": [
            {
                "src": url_for("static", filename="field/icon.svg"),
                "sizes": "any",
                "type": "image/svg+xml",
            }
        ],
    }
    return Response(json.dumps(told), mimetype="application/manifest+json")


def _mine() -> tuple[CycleRow, Instrument, Person]:
    """The cycle, its rubric, and who is signed in."""
    cycle, me = current_cycle(db.current()), person()
    assert me is not None
    form = programme_of(db.current(), cycle).instrument(role="expert", per="visit")
    return cycle, form, me


@cache
def _version() -> str:
    """Of all that the worker keeps."""
    folder = files("survey_app")
    parts = [folder / "static" / name for name in KEPT]
    parts += [folder / "templates" / name for name in ("field.html", "base.html")]
    parts += [folder / "phrases" / "staff.yaml"]
    return hashlib.sha256(b"".join(part.read_bytes() for part in parts)).hexdigest()[:16]
