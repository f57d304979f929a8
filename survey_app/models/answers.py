"""Tickets and what trainees and experts answer: no column joins the two."""

from __future__ import annotations

from sqlalchemy import Boolean, ForeignKey, Index, Integer, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from survey_app.models.base import UNORDERED, Base


class TicketRow(Base):
    """A one-time ticket 答题码: only its keyed digest, what it opens, and whether it is spent."""

    __tablename__ = "tickets"
    __table_args__ = UNORDERED
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    target: Mapped[str] = mapped_column(String(60), index=True)
    spent: Mapped[bool] = mapped_column(Boolean)


class ResponseRow(Base):
    """A trainee's response 作答: no sequence, no time of day, no address, no ticket."""

    __tablename__ = "responses"
    __table_args__ = (Index("ix_responses_class_code", "class_code", "session"), UNORDERED)
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    instrument: Mapped[str] = mapped_column(String(40))
    version: Mapped[str] = mapped_column(String(20))
    class_code: Mapped[str] = mapped_column(ForeignKey("classes.code"))
    session: Mapped[str] = mapped_column(String(40))
    day: Mapped[str] = mapped_column(String(10))
    duration: Mapped[str] = mapped_column(String(4))
    answers: Mapped[str] = mapped_column(Text)


class ObservationRow(Base):
    """An expert's record 现场观察 of one session; contradicting copies stay as conflicts."""

    __tablename__ = "observations"
    __table_args__ = (
        Index(
            "ix_observations_one",
            "visit",
            "session",
            unique=True,
            sqlite_where=text("status != 'conflict'"),
        ),
        UNORDERED,
    )
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    visit: Mapped[str] = mapped_column(ForeignKey("visits.code"))
    session: Mapped[str] = mapped_column(ForeignKey("sessions.code"))
    instrument: Mapped[str] = mapped_column(String(40))
    version: Mapped[str] = mapped_column(String(20))
    day: Mapped[str] = mapped_column(String(10))
    revision: Mapped[int] = mapped_column(Integer)
    status: Mapped[str] = mapped_column(String(12))
    answers: Mapped[str] = mapped_column(Text)
