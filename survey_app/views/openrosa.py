"""What ODK Collect asks of a server (OpenRosa 1.0): list of forms, form, manifest, submission.

Whoever brings a key is its expert. Every reply, a refusal too, is in Collect's words (XML), with
what a person is to read in Chinese.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, render_template, request
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException

from instruments.faults import Fault, fault
from instruments.model import Instrument
from survey_app import clock, db
from survey_app.errors import Refused
from survey_app.models import CycleRow
from survey_app.openrosa import MOST_BYTES
from survey_app.phrases import phrase, told_at_once
from survey_app.protection import keyed, openrosa_bytes, settings
from survey_app.services.accounts import Person
from survey_app.services.arrivals import TAKEN
from survey_app.services.collect_files import Brought
from survey_app.services.collect_forms import SESSIONS, Download, sessions_of, xform_of
from survey_app.services.programme import current_cycle, programme_of
from survey_app.services.submissions import Outcome, take_submission

RECORD, INCOMPLETE = "xml_submission_file", "*isIncomplete*"
"""Parts of a post: the record itself; said of a post that others follow."""
XML = "text/xml"
ROOT = "/collect/key/<key>"
pages = Blueprint("openrosa", __name__, url_prefix=ROOT)


@pages.get("/formList")
@keyed
def forms(me: Person) -> Any:
    """The forms that this expert fills: the rubric."""
    cycle, form = _form()
    asked, verbose = request.args.get("formID", form.code), request.args.get("verbose") == "true"
    shown = {"forms": [form] if asked == form.code else [], "verbose": verbose}
    return _xml("forms", **shown, xform=xform_of(db.current(), cycle, form))


@pages.get("/forms/<code>.xml")
@keyed
def form(me: Person, code: str) -> Any:
    """A form."""
    cycle, form = _form(code)
    return Response(xform_of(db.current(), cycle, form).text, mimetype=XML)


@pages.get("/forms/<code>/manifest")
@keyed
def manifest(me: Person, code: str) -> Any:
    """The files that a form needs."""
    cycle, form = _form(code)
    return _xml("manifest", form=form, name=SESSIONS, file=_sessions(cycle, me))


@pages.get(f"/forms/<code>/{SESSIONS}")
@keyed
def sessions(me: Person, code: str) -> Any:
    """The sessions of this expert's visits."""
    cycle, _ = _form(code)
    return Response(_sessions(cycle, me).text, mimetype="text/csv")


@pages.get("/submission")
@keyed
def ready(me: Person) -> Any:
    """Where records are to be sent; Collect asks before it sends any."""
    return "", 204, {"Location": f"{_at()}/submission"}


@pages.post("/submission")
@keyed
def submit(me: Person) -> Any:
    """Keep a record with the files that this post brings; told only once all of it is stored."""
    content, files, more = _brought()  # all of it, before any lock
    cycle, form = _form()
    own: dict[str, Any] = {"expert": me.unit, "day": clock.today(), "by": me.login}
    sent: dict[str, Any] = {"content": content, "files": files}
    outcome = take_submission(db.current(), settings(), cycle, form, **sent, **own)
    if outcome.clash:
        return _told(_words(outcome), 409)
    return _told(_words(outcome), 202 if more or outcome.awaited else 201)


@pages.errorhandler(Refused)
def refused(refusal: Refused) -> Any:
    """A refusal; nothing is stored."""
    return _failed(refusal.fault, refusal.status)


@pages.errorhandler(HTTPException)
def failed(error: HTTPException) -> Any:
    """A request that is none, or too large, or a failure of ours."""
    status = error.code or 500
    return _failed(fault(f"site.http_{status if status in (404, 413, 500) else 400}"), status)


@pages.errorhandler(OperationalError)
def busy(_error: OperationalError) -> Any:
    """The store is busy: Collect keeps the record and tries again."""
    return _failed(fault("site.store_busy"), 503)


@pages.after_request
def headers(reply: Response) -> Response:
    """By which Collect knows such a server, and how much it takes at once."""
    reply.headers["X-OpenRosa-Version"] = "1.0"
    reply.headers["X-OpenRosa-Accept-Content-Length"] = str(openrosa_bytes(settings()))
    return reply


def _form(code: str = "") -> tuple[CycleRow, Instrument]:
    """The rubric of the cycle; refused when another is asked for."""
    cycle = current_cycle(db.current())
    found = programme_of(db.current(), cycle).instrument(role="expert", per="visit")
    if code and code != found.code:
        raise Refused("no_such_form", 404)
    return cycle, found


def _sessions(cycle: CycleRow, me: Person) -> Download:
    return sessions_of(db.current(), cycle, expert=me.unit)


def _brought() -> tuple[bytes, list[Brought], bool]:
    """What a post brings: the record, files, and whether more posts of it follow."""
    sent = request.files.get(RECORD)
    if sent is None:
        raise Refused("submission_damaged", 400)
    others = [(name, file) for name, file in request.files.items(multi=True) if name != RECORD]
    files = [Brought(file.filename or name, file.read()) for name, file in others]
    more = INCOMPLETE in request.form or INCOMPLETE in request.files
    return sent.read(MOST_BYTES + 1), files, more


def _words(outcome: Outcome) -> str:
    """What Collect shows of it."""
    arrival, session = outcome.arrival, outcome.session
    standing = "clash" if outcome.clash else arrival.standing
    told = {"date": session.date, "title": session.title, "revision": arrival.revision}
    words = [phrase(f"collect.{standing}", **told)]
    if arrival.standing == TAKEN and arrival.faults:
        words.append(phrase("collect.faults", count=len(arrival.faults)))
    if outcome.awaited:
        words.append(phrase("collect.awaited", names="、".join(outcome.awaited)))
    return "".join(words)


def _at() -> str:
    """The address that Collect was given: its host as it was asked, for Collect follows no other;
    ``https`` where the site is reached so, whatever stands between."""
    scheme = "https" if settings().secure else "http"
    key = (request.view_args or {})["key"]
    return f"{scheme}://{request.host}{ROOT.replace('<key>', key)}"


def _xml(template: str, **values: Any) -> Response:
    return Response(render_template(f"openrosa/{template}.xml", at=_at(), **values), mimetype=XML)


def _told(message: str, status: int, nature: str = "submit_success") -> Response:
    words = {"message": message, "nature": nature}
    return Response(render_template("openrosa/told.xml", **words), status=status, mimetype=XML)


def _failed(what: Fault, status: int) -> Response:
    db.abandon()
    return _told(told_at_once(what), status, "error")
