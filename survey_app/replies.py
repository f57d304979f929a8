"""Replies that are files, with names that tell what is in them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import quote

from flask import Response

from survey_app import clock
from survey_app.phrases import phrase

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def attached(content: bytes, mimetype: str, name: str) -> Response:
    """A file to be kept; its name for a browser that knows Latin letters only is a plain one."""
    reply = Response(content, mimetype=mimetype)
    plain = re.sub(r"[^A-Za-z0-9._-]+", "", name).lstrip("-.")
    reply.headers["Content-Disposition"] = (
        f"attachment; filename=guopei-{plain or 'file'}; filename*=UTF-8''{quote(name)}"
    )
    return reply


def pdf_reply(content: bytes, name: str) -> Response:
    """A PDF to be kept."""
    return attached(content, "application/pdf", name)


def csv_reply(text: str, name: str) -> Response:
    """A CSV to be kept, marked as UTF-8 for spreadsheets."""
    return attached(text.encode("utf-8-sig"), "text/csv", name)


def file_name(
    what: str, end: str, *, about: Sequence[str] = (), kind: str = "class", whose: str = ""
) -> str:
    """What (key of a phrase) of which kind of place, which (the one code, or how many) or whose,
    of which day."""
    which = phrase("download.all", n=len(about)) if len(about) > 1 else "".join(about)
    named = phrase(f"download.{what}", of=phrase(f"download.of_{kind}"))
    return "-".join(filter(None, (named, whose, which, clock.today()))) + f".{end}"
