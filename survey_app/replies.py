"""Replies that are files."""

from __future__ import annotations

from flask import Response


def attached(content: bytes, mimetype: str, name: str) -> Response:
    """A file to be kept."""
    reply = Response(content, mimetype=mimetype)
    reply.headers["Content-Disposition"] = f"attachment; filename={name}"
    return reply


def pdf_reply(content: bytes, name: str) -> Response:
    """A PDF to be kept."""
    return attached(content, "application/pdf", name)
