"""Trainees' pages, style and scripts go out compressed, for phones on a slow link.

Pages of the staff do not: a page with a secret that is compressed beside words from outside tells
the secret by its length (the BREACH attack).
"""

from __future__ import annotations

import zlib
from functools import lru_cache

from flask import Flask, Response, request

OPEN_PAGES = {"trainee", "tokens", "receipts"}
"""Blueprints whose pages hold no secret of who opens them, and no cookie."""
KINDS = {"text/html", "text/css", "text/plain", "text/javascript", "application/javascript"}
LEAST = 700
"""Bytes below which a reply fits one packet anyway."""
PAGE_LEVEL, FILE_LEVEL = 3, 9
"""Effort for what is made anew for each phone, and for files that are compressed once: on a form,
level 3 takes a twentieth of the time of level 4 and leaves three hundredths more."""


def bind(app: Flask) -> None:
    """Compress replies as they leave."""
    app.after_request(_compress)


def _compress(response: Response) -> Response:
    if response.status_code == 303 or not _is_open() or response.mimetype not in KINDS:
        return response
    response.vary.add("Accept-Encoding")
    accepted = request.accept_encodings["gzip"] > 0
    if response.status_code == 304 or not accepted or "Content-Encoding" in response.headers:
        return response
    is_file, response.direct_passthrough = response.direct_passthrough, False
    data = response.get_data()
    if len(data) >= LEAST:
        response.set_data(_file(data) if is_file else _gzip(data, PAGE_LEVEL))
        response.headers["Content-Encoding"] = "gzip"
        if etag := response.get_etag()[0]:
            response.set_etag(etag, weak=True)
    return response


def _is_open() -> bool:
    return request.endpoint == "static" or request.blueprint in OPEN_PAGES


@lru_cache(maxsize=64)
def _file(data: bytes) -> bytes:
    return _gzip(data, FILE_LEVEL)


def _gzip(data: bytes, level: int) -> bytes:
    """Without the time that gzip would write."""
    packer = zlib.compressobj(level, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()
