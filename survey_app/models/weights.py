"""Versions of a scorecard's points, and what became of each: rows are added, never changed."""

from __future__ import annotations

from sqlalchemy import Boolean, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from survey_app.models.base import UNORDERED, Base


class FrameworkVersionRow(Base):
    """A version of a framework that somebody proposed: its whole text, on the frozen one's base.

    It outlives a catalogue that is imported anew before opening, so it refers to no other row.
    """

    __tablename__ = "framework_versions"
    __table_args__ = UNORDERED
    cycle: Mapped[str] = mapped_column(String(40), primary_key=True)
    scorecard: Mapped[str] = mapped_column(String(8), primary_key=True)
    version: Mapped[str] = mapped_column(String(60), primary_key=True)
    framework: Mapped[str] = mapped_column(String(60))
    base: Mapped[str] = mapped_column(String(60))
    base_sha: Mapped[str] = mapped_column(String(64))
    content: Mapped[str] = mapped_column(Text)
    proposer: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    results_visible: Mapped[bool] = mapped_column(Boolean)
    at: Mapped[str] = mapped_column(String(32))
    day: Mapped[str] = mapped_column(String(10))
    by: Mapped[str] = mapped_column(String(60))


class FrameworkStateRow(Base):
    """A later state of a version: used for the bulletin, adopted, withdrawn."""

    __tablename__ = "framework_states"
    __table_args__ = UNORDERED
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    cycle: Mapped[str] = mapped_column(String(40), index=True)
    scorecard: Mapped[str] = mapped_column(String(8))
    version: Mapped[str] = mapped_column(String(60))
    state: Mapped[str] = mapped_column(String(12))
    organ: Mapped[str] = mapped_column(Text)
    document: Mapped[str] = mapped_column(Text)
    date: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str] = mapped_column(Text)
    at: Mapped[str] = mapped_column(String(32))
    day: Mapped[str] = mapped_column(String(10))
    by: Mapped[str] = mapped_column(String(60))
