"""What every table of the store shares."""

from __future__ import annotations

from sqlalchemy.orm import DeclarativeBase


class Base(DeclarativeBase):
    """Metadata of all tables."""


UNORDERED = {"sqlite_with_rowid": False}
"""Without a hidden row number the order of arrival is not kept."""
TRAINEES = {**UNORDERED, "info": {"trainees": True}}
"""Rows that trainees write: when a cycle closes, they are written anew in key order."""
