"""Every refusal and failure as a page in Chinese with the right status; nothing is half done."""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, current_app, render_template
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DataError, OperationalError
from werkzeug.exceptions import HTTPException, SecurityError

from instruments.faults import Fault, FaultsFound, fault
from survey_app import db
from survey_app.errors import Refused

OURS = ("site.secret_missing", "site.secret_damaged")
"""Faults of the instance itself: for the log, not for whoever asked."""
KNOWN = (400, 403, 404, 405, 413, 429, 500)


def bind(app: Flask) -> None:
    """Answer every kind of failure."""
    app.register_error_handler(Refused, _refused)
    app.register_error_handler(FaultsFound, _faults)
    app.register_error_handler(CSRFError, _no_token)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(SecurityError, _foreign_host)
    app.register_error_handler(OperationalError, _busy)
    app.register_error_handler(DataError, _not_storable)


def _refused(refusal: Refused) -> Any:
    page, status = _page((refusal.fault,), refusal.status)
    return page, status, {"Retry-After": str(refusal.wait)} if refusal.wait else {}


def _faults(found: FaultsFound) -> Any:
    if any(one.code in OURS for one in found.faults):  # the visitor can mend nothing of it
        current_app.logger.error(str(found))
        return _page((fault("site.http_500"),), 500)
    return _page(found.faults, 422)


def _no_token(_error: CSRFError) -> Any:
    return _page((fault("site.csrf"),), 400)


def _busy(_error: OperationalError) -> Any:
    return _page((fault("site.store_busy"),), 503)


def _not_storable(_error: DataError) -> Any:
    """A store that is strict about text: a character of number 0, a code longer than any."""
    return _page((fault("site.not_storable"),), 400)


def _foreign_host(_error: SecurityError) -> Any:
    told = fault("site.host")  # no page: no address can be built for a foreign host
    return Response(f"{told.message}{told.remedy}", status=400, mimetype="text/plain")


def _http(error: HTTPException) -> Any:
    status = error.code or 500
    if status < 400:
        return error
    known = status if status in KNOWN else (500 if status >= 500 else 400)
    return _page((fault(f"site.http_{known}"),), status)


def _page(faults: tuple[Fault, ...], status: int) -> Any:
    db.abandon()
    return render_template("failure.html", faults=faults, status=status), status
