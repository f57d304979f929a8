"""Versions of instruments that the province published: rows are added, never changed."""

from __future__ import annotations

from sqlalchemy import LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from survey_app.models.base import UNORDERED, Base


class InstrumentVersionRow(Base):
    """A published version of an instrument 工具, whole, with who published it when and why, and the
    version that it followed with the verdict on putting both together.

    It holds for every cycle, and outlives a catalogue that is imported anew.
    """

    __tablename__ = "instrument_versions"
    __table_args__ = UNORDERED
    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    version: Mapped[str] = mapped_column(String(20), primary_key=True)
    title: Mapped[str] = mapped_column(Text)
    content: Mapped[bytes] = mapped_column(LargeBinary)
    sha: Mapped[str] = mapped_column(String(64))
    reason: Mapped[str] = mapped_column(Text)
    base: Mapped[str] = mapped_column(String(20))
    verdict: Mapped[str] = mapped_column(String(12))
    cycle: Mapped[str] = mapped_column(String(40))
    at: Mapped[str] = mapped_column(String(32))
    day: Mapped[str] = mapped_column(String(10))
    by: Mapped[str] = mapped_column(String(60))
