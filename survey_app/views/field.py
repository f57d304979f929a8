"""The expert's device: what it packs before it leaves, and what it sends when it is back."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
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
from survey_app.photos import photo_rules
from survey_app.phrases import phrase, told_at_once
from survey_app.protection import FIELD_POLICY, FIELD_SENSORS, only, person, settings, who
from survey_app.services import arrivals, photos, signing
from survey_app.services.accounts import Person
from survey_app.services.packs import dimensions_of, pack_of
from survey_app.services.programme import current_cycle, programme_of

KEPT = (
    "site.css",
    "form.js",
    *(f"field/{name}.js" for name in ("field", "outbox", "parts", "photos", "records", "rescue")),
    *(f"field/{name}.js" for name in ("rubric", "signing", "store", "trail")),
    "field/field.css",
    "field/icon.svg",
)
"""Static files that the worker keeps beside the shell."""
pages = Blueprint("field", __name__, url_prefix="/expert/field")


@pages.get("/pack")
@only("expert")
def pack() -> Any:
    """My visits, the rubric as it is filled, what was saved; with what lets the device post."""
    (cycle, form, me), rules = _mine(), photo_rules()
    return {
        "csrf": generate_csrf(),
        "expert": {"code": me.unit, "name": me.name},
        "cycle": {"code": cycle.code, "title": cycle.title, "state": cycle.state},
        "day": clock.today(),
        "limits": {"photos": rules.photos, "bytes": rules.bytes, "part": rules.part},
        "form": {
            "code": form.code,
            "version": form.version,
            "title": form.title,
            "dimensions": dimensions_of(form),
            "page": render_template("field_rubric.html", sheet=Questionnaire(form, {})),
        },
        "visits": pack_of(db.current(), cycle, form, expert=me.unit),
    }


@pages.post("/records")
@only("expert")
def record() -> Any:
    """Keep a record as the device wrote it; the reply says the hash of what is stored."""
    content = request.get_data()  # all of it, before any lock
    return _taken(arrivals.take_record, content)


@pages.post("/signatures")
@only("expert")
def signature() -> Any:
    """Keep a signature; the visit is signed where its records are those that it names."""
    return _taken(signing.take_signature, request.get_data())


@pages.get("/photos/<sha256>")
@only("expert")
def photo(sha256: str) -> Any:
    """How far a photo has come."""
    me = _me()
    try:
        wanted = photos.expected_photo(db.current(), settings(), expert=me, sha256=sha256)
    except Refused as refusal:
        return _refused(refusal)
    return asdict(photos.photo_state(db.current(), wanted, expert=me))


@pages.post("/photos/<sha256>")
@only("expert")
def photo_part(sha256: str) -> Any:
    """Take the part of a photo that begins ``at``; once it is whole, draw it anew and keep it."""
    content, at, me = request.get_data(), request.args.get("at", ""), _me()
    try:
        if not re.fullmatch(r"[0-9]{1,9}", at) or len(content) > photo_rules().part:
            raise Refused("photo_part", 400)
        return asdict(_part(me, sha256, content, int(at)))
    except Refused as refusal:
        return _refused(refusal)


@pages.get("/")
@only("expert")
def shell() -> Any:
    """The pages of the field, empty: all that is mine is on the device."""
    reply = make_response(render_template("field.html"))
    reply.headers["Content-Security-Policy"] = FIELD_POLICY
    reply.headers["Permissions-Policy"] = FIELD_SENSORS
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


def _part(me: str, sha256: str, content: bytes, at: int) -> photos.PhotoState:
    """Nothing is locked while parts are put together and drawn: that may take seconds."""
    with db.look(db.engine()) as reader:
        wanted = photos.expected_photo(reader, settings(), expert=me, sha256=sha256)
        known = photos.photo_state(reader, wanted, expert=me)
    if known.done:
        return known
    have = photos.add_part(wanted, content, at=at)
    if have < wanted.size:
        return photos.PhotoState(have, False)
    drawn = photos.draw(wanted, photo_rules())
    return photos.keep_photo(db.current(), settings(), wanted, drawn, expert=me, day=clock.today())


def _taken(take: Callable[..., arrivals.Arrival], content: bytes) -> Any:
    """What the device is told of an upload."""
    cycle, form, me = _mine()
    own = {"expert": me.unit, "day": clock.today(), "by": who()}
    try:
        return asdict(take(db.current(), cycle, form, content=content, **own))
    except Refused as refusal:
        return _refused(refusal)


def _refused(refusal: Refused) -> Any:
    db.abandon()
    return {"message": told_at_once(refusal.fault)}, refusal.status


def _me() -> str:
    found = person()
    assert found is not None
    return found.unit


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
