"""Headers of every reply, size of every request, and who may open which page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from typing import TYPE_CHECKING, Any

from flask import Flask, Request, Response, current_app, g, redirect, request, session, url_for
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface

from instruments.form_files import MAX_FORM_BYTES
from survey_app import clock, db, policies
from survey_app.config import Settings
from survey_app.photos import photo_rules
from survey_app.services import accounts, collect_keys
from survey_app.services.places import KnownPlaces
from survey_app.services.programme import current_cycle

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
FIELD_POLICY = PAGE_POLICY.replace("data:", "data: blob:")
FIELD_POLICY += "; manifest-src 'self'; worker-src 'self'"
"""The expert's device: what is kept of the page, the app on its screen, photos not sent yet."""
FIELD_SENSORS = "camera=(), microphone=(), geolocation=(self)"
BULLETIN_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox; "
    "frame-ancestors 'none'; base-uri 'none'"
)
GROUPS: Mapping[str, tuple[str, ...]] = {"reporter": (*policies.REPORTERS, "expert")}
"""Access rule that several roles share → those roles."""
FILE_POLICY = "default-src 'none'; sandbox; frame-ancestors 'none'"
HEADERS = (
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), microphone=(), geolocation=()"),
)
"""Of every reply; a page that needs a sensor says so itself."""
MEGABYTE = 1024 * 1024
PRINTING_BYTES = 3 * MEGABYTE
"""A seal, and every text at its longest."""
FILES_AT_ONCE = 4
"""Attachments of full size that one page may carry."""
PAGE_BYTES = 8 * MEGABYTE
"""Words and numbers of a record's page: a thousand rows of a wide table."""
PAGE_FIELDS = 50_000
RECORDS, SUBMISSION = "records.send", "openrosa.submit"


def openrosa_bytes(site: Settings) -> int:
    """What ODK Collect is to put into one post: one file of full size; the rest comes by further
    ones, and a post that a weak network breaks costs little."""
    return site.file_mb * MEGABYTE


LARGE: Mapping[str | None, Callable[[Settings], int]] = {
    "programme.check_import": lambda site: site.upload_mb * MEGABYTE,
    "programme.change_sources": lambda site: site.upload_mb * MEGABYTE,
    "instruments.check": lambda _site: MAX_FORM_BYTES + MEGABYTE,
    "printing.send": lambda _site: PRINTING_BYTES,
    "field.photo_part": lambda _site: photo_rules().part + MEGABYTE,
    RECORDS: lambda site: FILES_AT_ONCE * site.file_mb * MEGABYTE + PAGE_BYTES,
    SUBMISSION: lambda site: 2 * openrosa_bytes(site) + PAGE_BYTES,
}
"""Endpoint that takes more than a page's words → bytes of its requests."""


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


def keyed(view: View) -> View:
    """Only an expert's ODK Collect, by the key in the address, may open this page: the view gets
    the expert in the key's place. Looked up without taking the write lock."""

    @wraps(view)
    def guard(key: str, **kwargs: Any) -> Any:
        with db.look(db.engine()) as reader:
            me = collect_keys.holder(reader, key=key, cycle=current_cycle(reader).code)
        return view(me, **kwargs)

    guard.access = "key"  # type: ignore[attr-defined]
    return guard


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


class _Cookies(SecureCookieSessionInterface):
    """Sessions in signed cookies; for whoever has none, nothing is set up to read one."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """The session of a request: empty without a cookie."""
        if "HTTP_COOKIE" not in request.environ:
            return self.session_class()
        return super().open_session(app, request)


def bind(app: Flask) -> None:
    """Put the rules into force."""
    app.session_interface = _Cookies()
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
    if request.endpoint in LARGE:
        request.max_content_length = LARGE[request.endpoint](settings())
    if request.endpoint == RECORDS:
        request.max_form_memory_size, request.max_form_parts = PAGE_BYTES, PAGE_FIELDS


def _headers(response: Response) -> Response:
    headers = response.headers
    headers.setdefault("Content-Security-Policy", PAGE_POLICY)
    for name, value in HEADERS:
        headers.setdefault(name, value)
    if settings().secure:
        headers.add("Strict-Transport-Security", "max-age=31536000")
    if request.endpoint != "static":
        headers["Cache-Control"] = "no-store"
    return response
