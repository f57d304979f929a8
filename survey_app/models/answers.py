"""Tickets and what trainees and experts answer: no column joins the two."""

from __future__ import annotations

from sqlalchemy import Boolean, ForeignKey, Index, Integer, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from survey_app.models.base import TRAINEES, UNORDERED, Base


class TicketRow(Base):
    """A one-time ticket 答题码: only its keyed digest, what it opens, and whether it is spent."""

    __tablename__ = "tickets"
    __table_args__ = TRAINEES
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    target: Mapped[str] = mapped_column(String(60), index=True)
    spent: Mapped[bool] = mapped_column(Boolean)


class ResponseRow(Base):
    """A trainee's response 作答: no sequence, no time of day, no address, no ticket."""

    __tablename__ = "responses"
    __table_args__ = (Index("ix_responses_class_code", "class_code", "session"), TRAINEES)
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    instrument: Mapped[str] = mapped_column(String(40))
    version: Mapped[str] = mapped_column(String(20))
    class_code: Mapped[str] = mapped_column(ForeignKey("classes.code"))
    session: Mapped[str] = mapped_column(String(40))
    day: Mapped[str] = mapped_column(String(10))
    duration: Mapped[str] = mapped_column(String(4))
    answers: Mapped[str] = mapped_column(Text)
    nonce: Mapped[str] = mapped_column(String(32), server_default="")
    """Came with the answer; what makes its leaf unguessable. Never in an extract."""
    medium: Mapped[str] = mapped_column(String(8), server_default="online")
    """Filled in 'online', or on 'paper' that two of the staff have typed."""
    pairing: Mapped[str] = mapped_column(String(64), server_default="")
    """Keyed digest of the self-made code 自编代码; '' without one. Never in an extract."""


class PaperEntryRow(Base):
    """A paper form that one of the staff has typed once: it counts for nothing yet, and is gone
    when a second one has typed the same, or at closing."""

    __tablename__ = "paper_entries"
    __table_args__ = TRAINEES
    ticket: Mapped[str] = mapped_column(String(64), primary_key=True)
    """Digest of the ticket that is printed on the sheet."""
    target: Mapped[str] = mapped_column(String(60), index=True)
    instrument: Mapped[str] = mapped_column(String(40))
    version: Mapped[str] = mapped_column(String(20))
    answers: Mapped[str] = mapped_column(Text)
    pairing: Mapped[str] = mapped_column(String(64))
    author: Mapped[str] = mapped_column(String(60))
    """Login of who typed it: somebody else must type it again."""


class ReceiptListRow(Base):
    """The list of receipts 回执清单 as it was published when a cycle closed; only added to."""

    __tablename__ = "receipt_lists"
    __table_args__ = UNORDERED
    cycle: Mapped[str] = mapped_column(String(40), primary_key=True)
    edition: Mapped[str] = mapped_column(String(12), primary_key=True)
    head: Mapped[str] = mapped_column(String(64))
    leaves: Mapped[str] = mapped_column(Text)
    """Hexadecimal, one a line, sorted."""


class ObservationRow(Base):
    """An expert's record 现场观察 of one session; contradicting copies stay as conflicts,
    and what was amended after the signature stays beside its amendment."""

    __tablename__ = "observations"
    __table_args__ = (
        Index(
            "ix_observations_one",
            "visit",
            "session",
            unique=True,
            sqlite_where=text("status NOT IN ('conflict', 'amended')"),
            postgresql_where=text("status NOT IN ('conflict', 'amended')"),
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
