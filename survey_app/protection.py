"""Headers of every reply, size of every request, and who may open which page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, current_app, g, redirect, request, session, url_for

from instruments.form_files import MAX_FORM_BYTES
from survey_app import clock, db, policies
from survey_app.config import Settings
from survey_app.services import accounts
from survey_app.services.places import KnownPlaces

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

View = Callable[..., Any]
PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
FRAMED_POLICY = PAGE_POLICY.replace("frame-ancestors 'none'", "frame-ancestors 'self'")
FRAMING_POLICY = f"{PAGE_POLICY}; frame-src 'self'"
"""A preview that stands in a frame of ours, and a page that holds it."""
BULLETIN_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox; "
    "frame-ancestors 'none'; base-uri 'none'"
)
GROUPS: Mapping[str, tuple[str, ...]] = {"reporter": (*policies.REPORTERS, "expert")}
"""Access rule that several roles share → those roles."""
FILE_POLICY = "default-src 'none'; sandbox; frame-ancestors 'none'"
UPLOADS = {"programme.check_import", "programme.change_sources"}
FORMS = {"instruments.check"}
RECORDS = {"records.send"}
PRINTING = {"printing.send"}
PRINTING_BYTES = 3 * 1024 * 1024
"""A seal, and every text at its longest."""
FILES_AT_ONCE = 4
"""Attachments of full size that one page may carry."""
PAGE_BYTES = 8 * 1024 * 1024
"""Words and numbers of a record's page: a thousand rows of a wide table."""
PAGE_FIELDS = 50_000


def settings() -> Settings:
    """The running site's settings."""
    found: Settings = current_app.extensions["settings"]
    return found


def known_places() -> KnownPlaces:
    """The open places that the running site has found so far."""
    found: KnownPlaces = current_app.extensions["known_places"]
    return found


def fold_host(site: WSGIApplication) -> WSGIApplication:
    """``site`` for host names in small letters, however the browser writes them."""

    def folded(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if "HTTP_HOST" in environ:
            environ["HTTP_HOST"] = environ["HTTP_HOST"].lower()
        return site(environ, start_response)

    return folded


def public(view: View) -> View:
    """Anybody may open this page."""
    view.access = "public"  # type: ignore[attr-defined]
    return view


def signed_in(view: View) -> View:
    """Anybody with an account may open this page."""
    return _guarded(view, "staff")


def only(role: str) -> Callable[[View], View]:
    """Only this role, or the roles of this group, may open the page."""
    return lambda view: _guarded(view, role)


def person() -> accounts.Person | None:
    """Who is signed in, looked up once per request without taking the write lock."""
    if "person" not in g:
        secret = session.get("sign_in", "")
        g.person = None
        if secret:
            with db.look(db.engine()) as reader:
                g.person = accounts.signed_in(reader, secret=secret, now=clock.seconds())
    found: accounts.Person | None = g.person
    return found


def who() -> str:
    """Login of the person who is signed in, on a page that needs a sign-in."""
    found = person()
    assert found is not None
    return found.login


def bind(app: Flask) -> None:
    """Put the rules into force."""
    app.extensions["known_places"] = KnownPlaces()
    app.before_request(_size_limits)
    app.after_request(_headers)
    app.context_processor(lambda: {"person": person(), "site": settings()})


def _guarded(view: View, needed: str) -> View:
    @wraps(view)
    def guard(*args: Any, **kwargs: Any) -> Any:
        found = person()
        if found is None:
            return redirect(url_for("auth.sign_in_page"), 303)
        if needed != "staff":
            policies.check_role(found.role, GROUPS.get(needed, (needed,)))
        return view(*args, **kwargs)

    guard.access = needed  # type: ignore[attr-defined]
    return guard


def _size_limits() -> None:
    megabyte = 1024 * 1024
    if request.endpoint in UPLOADS:
        request.max_content_length = settings().upload_mb * megabyte
    if request.endpoint in FORMS:
        request.max_content_length = MAX_FORM_BYTES + megabyte
    if request.endpoint in PRINTING:
        request.max_content_length = PRINTING_BYTES
    if request.endpoint in RECORDS:
        files = FILES_AT_ONCE * settings().file_mb * megabyte
        request.max_content_length = files + PAGE_BYTES
        request.max_form_memory_size, request.max_form_parts = PAGE_BYTES, PAGE_FIELDS


def _headers(response: Response) -> Response:
    response.headers.setdefault("Content-Security-Policy", PAGE_POLICY)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    response.headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=()"
    if settings().secure:
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
    if request.endpoint != "static":
        response.headers["Cache-Control"] = "no-store"
    return response
