"""Puts the site together: settings, store, pages, protection; decides nothing itself."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from flask import Flask
from flask_wtf.csrf import CSRFProtect
from jinja2 import StrictUndefined
from werkzeug.middleware.proxy_fix import ProxyFix

from instruments.self_code import self_code
from survey_app import compression, db, languages, migration, protection
from survey_app.config import load_settings
from survey_app.matrix import runs
from survey_app.phrases import language, phrase, told
from survey_app.services.respond import submit_new, submit_response
from survey_app.together import Together
from survey_app.views import (
    auth,
    boards,
    class_screens,
    collect,
    documents,
    duties,
    expert,
    failures,
    field,
    files,
    instruments,
    openrosa,
    paper,
    planning,
    printing,
    programme,
    province,
    raters,
    receipts,
    records,
    rosters,
    tokens,
    trainee,
    training,
    visits,
    weights,
)

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

PAGES = (
    *(trainee, tokens, receipts, boards, auth, expert, field, training, records, files),
    *(province, rosters, duties, programme, weights, documents, printing, paper, instruments),
    *(class_screens, visits, planning, raters, collect, openrosa),
)
"""Views with the pages of an audience each."""


def assemble(home: Path) -> Flask:
    """The site of the instance folder ``home``; refuses a store that is not up to date."""
    settings = load_settings(home)
    engine = migration.open_store(settings)
    app = Flask("survey_app", static_folder="static", template_folder="templates")
    app.config.update(
        SECRET_KEY=settings.secret("session"),
        TRUSTED_HOSTS=settings.hosts,
        MAX_CONTENT_LENGTH=256 * 1024,
        SESSION_COOKIE_NAME="guopei",
        SESSION_COOKIE_SECURE=settings.secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        WTF_CSRF_TIME_LIMIT=None,  # as long as the sign-in itself
        WTF_CSRF_SSL_STRICT=False,  # we send no referrer; token and SameSite protect
        SEND_FILE_MAX_AGE_DEFAULT=86400,
    )
    served: WSGIApplication = app.wsgi_app
    if settings.proxies:
        served = ProxyFix(served, x_for=settings.proxies, x_proto=0)
    app.wsgi_app = protection.fold_host(served)  # type: ignore[method-assign, assignment]
    app.extensions["settings"] = settings
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(
        phrase=phrase, told=told, runs=runs, self_code=lambda: self_code(language().code)
    )
    db.bind(app, engine, Together(engine, one=submit_response, usual=submit_new))
    protection.bind(app)
    languages.bind(app)
    compression.bind(app)
    csrf = CSRFProtect(app)
    csrf.exempt(trainee.pages)
    csrf.exempt(tokens.pages)
    csrf.exempt(openrosa.pages)  # a key in the address, and no cookie that a foreign page could use
    for module in PAGES:
        app.register_blueprint(module.pages)
    failures.bind(app)
    return app
