"""What institutions, localities, schools, recorders and reviewing experts hand in."""

from __future__ import annotations

from sqlalchemy import Boolean, ForeignKey, Index, Integer, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from survey_app.models.base import UNORDERED, Base


class RecordRow(Base):
    """One revision of a record 填报, never changed once written: the latest says where it stands.

    Two browsers cannot both write the next revision; the second copy stays as a conflict.
    """

    __tablename__ = "records"
    __table_args__ = (
        Index(
            "ix_records_revision",
            *("cycle", "instrument", "target", "revision"),
            unique=True,
            sqlite_where=text("state != '冲突'"),
            postgresql_where=text("state != '冲突'"),
        ),
        Index("ix_records_target", "cycle", "instrument", "target"),
    )
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    cycle: Mapped[str] = mapped_column(ForeignKey("cycles.code"))
    instrument: Mapped[str] = mapped_column(String(40))
    version: Mapped[str] = mapped_column(String(20))
    target: Mapped[str] = mapped_column(String(40))
    unit: Mapped[str] = mapped_column(String(40))
    revision: Mapped[int] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(String(12))
    day: Mapped[str] = mapped_column(String(10))
    author: Mapped[str] = mapped_column(String(60))
    reason: Mapped[str] = mapped_column(Text)
    answers: Mapped[str] = mapped_column(Text)


class RecordCheckRow(Base):
    """What the province has done about one field of a submitted revision: 抽核 or 核定."""

    __tablename__ = "record_checks"
    __table_args__ = UNORDERED
    record: Mapped[str] = mapped_column(ForeignKey("records.id"), primary_key=True)
    item: Mapped[str] = mapped_column(String(40), primary_key=True)
    state: Mapped[str] = mapped_column(String(12))
    author: Mapped[str] = mapped_column(String(60))
    day: Mapped[str] = mapped_column(String(10))


class ReminderRow(Base):
    """A logged reminder 催报 of one duty, at most one a day."""

    __tablename__ = "reminders"
    __table_args__ = UNORDERED
    cycle: Mapped[str] = mapped_column(ForeignKey("cycles.code"), primary_key=True)
    instrument: Mapped[str] = mapped_column(String(40), primary_key=True)
    target: Mapped[str] = mapped_column(String(40), primary_key=True)
    day: Mapped[str] = mapped_column(String(10), primary_key=True)
    author: Mapped[str] = mapped_column(String(60))


class FileRow(Base):
    """An attachment 附件 of a record; its content lies under its id in the folder evidence."""

    __tablename__ = "files"
    __table_args__ = (Index("ix_files_target", "cycle", "instrument", "target"),)
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    cycle: Mapped[str] = mapped_column(ForeignKey("cycles.code"))
    instrument: Mapped[str] = mapped_column(String(40))
    target: Mapped[str] = mapped_column(String(40))
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int] = mapped_column(Integer)
    kind: Mapped[str] = mapped_column(String(8))
    name: Mapped[str] = mapped_column(Text)
    author: Mapped[str] = mapped_column(String(60))
    day: Mapped[str] = mapped_column(String(10))


class InvitationRow(Base):
    """A one-time link 邀请 to an account: only the digest of its secret."""

    __tablename__ = "invitations"
    __table_args__ = UNORDERED
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    login: Mapped[str] = mapped_column(String(60), index=True)
    name: Mapped[str] = mapped_column(Text)
    role: Mapped[str] = mapped_column(String(12))
    unit: Mapped[str] = mapped_column(String(40))
    until: Mapped[int] = mapped_column(Integer)
    used: Mapped[bool] = mapped_column(Boolean)
