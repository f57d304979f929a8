"""Columns and relations of the store, nothing else: every key is given or random, none counted."""

from __future__ import annotations

from sqlalchemy import Boolean, ForeignKey, Index, Integer, LargeBinary, String, Text, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """Metadata of all tables."""


_UNORDERED = {"sqlite_with_rowid": False}
"""Without a hidden row number the order of arrival is not kept."""


class CycleRow(Base):
    """A cycle 年度 and its state."""

    __tablename__ = "cycles"
    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    title: Mapped[str] = mapped_column(Text)
    year: Mapped[int] = mapped_column(Integer)
    sample: Mapped[bool] = mapped_column(Boolean)
    state: Mapped[str] = mapped_column(String(12))
    sources_sha: Mapped[str] = mapped_column(String(64))
    extract: Mapped[str] = mapped_column(String(120))
    extract_sha: Mapped[str] = mapped_column(String(64))
    evaluation: Mapped[str] = mapped_column(String(120))


class SourceRow(Base):
    """One data file of a cycle: an instrument workbook, a framework or the plan."""

    __tablename__ = "sources"
    __table_args__ = _UNORDERED
    cycle: Mapped[str] = mapped_column(ForeignKey("cycles.code"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(12), primary_key=True)
    name: Mapped[str] = mapped_column(String(120), primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)


class InstitutionRow(Base):
    """A training institution 承训机构."""

    __tablename__ = "institutions"
    __table_args__ = _UNORDERED
    cycle: Mapped[str] = mapped_column(ForeignKey("cycles.code"), primary_key=True)
    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(String(40))


class ProjectRow(Base):
    """A project 项目."""

    __tablename__ = "projects"
    __table_args__ = _UNORDERED
    cycle: Mapped[str] = mapped_column(ForeignKey("cycles.code"), primary_key=True)
    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    type: Mapped[str] = mapped_column(String(40))
    mode: Mapped[str] = mapped_column(String(40))
    institution: Mapped[str] = mapped_column(String(40))
    award_route: Mapped[str] = mapped_column(String(40))
    continued_2020: Mapped[bool] = mapped_column(Boolean)


class ClassRow(Base):
    """A class 班级."""

    __tablename__ = "classes"
    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    cycle: Mapped[str] = mapped_column(ForeignKey("cycles.code"), index=True)
    name: Mapped[str] = mapped_column(Text)
    project: Mapped[str] = mapped_column(String(40))
    county: Mapped[str] = mapped_column(String(12))
    enrolled: Mapped[int] = mapped_column(Integer)
    start: Mapped[str] = mapped_column(String(10))
    end: Mapped[str] = mapped_column(String(10))


class StructureRow(Base):
    """F5b 班级结构: how many trainees of a class share one combination of traits."""

    __tablename__ = "structure"
    __table_args__ = _UNORDERED
    class_code: Mapped[str] = mapped_column(ForeignKey("classes.code"), primary_key=True)
    stage: Mapped[str] = mapped_column(String(20), primary_key=True)
    years: Mapped[str] = mapped_column(String(20), primary_key=True)
    locality: Mapped[str] = mapped_column(String(20), primary_key=True)
    count: Mapped[int] = mapped_column(Integer)


class SessionRow(Base):
    """A session 场次."""

    __tablename__ = "sessions"
    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    class_code: Mapped[str] = mapped_column(ForeignKey("classes.code"), index=True)
    date: Mapped[str] = mapped_column(String(10))
    title: Mapped[str] = mapped_column(Text)
    lecturer: Mapped[str] = mapped_column(Text)


class ExpertRow(Base):
    """An expert 评审专家."""

    __tablename__ = "experts"
    __table_args__ = _UNORDERED
    cycle: Mapped[str] = mapped_column(ForeignKey("cycles.code"), primary_key=True)
    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    employer: Mapped[str] = mapped_column(Text)
    employer_institution: Mapped[str] = mapped_column(String(40))
    county: Mapped[str] = mapped_column(String(12))
    speciality: Mapped[str] = mapped_column(Text)


class VisitRow(Base):
    """A field visit 实地调研 of one expert, with declaration and signature."""

    __tablename__ = "visits"
    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    class_code: Mapped[str] = mapped_column(ForeignKey("classes.code"), index=True)
    date: Mapped[str] = mapped_column(String(10))
    expert: Mapped[str] = mapped_column(String(40), index=True)
    sessions: Mapped[str] = mapped_column(Text)
    declaration: Mapped[str] = mapped_column(String(12))
    reason: Mapped[str] = mapped_column(Text)
    signed: Mapped[bool] = mapped_column(Boolean)


class TicketRow(Base):
    """A one-time ticket 答题码: only its keyed digest, what it opens, and whether it is spent."""

    __tablename__ = "tickets"
    __table_args__ = _UNORDERED
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    target: Mapped[str] = mapped_column(String(60), index=True)
    spent: Mapped[bool] = mapped_column(Boolean)


class ResponseRow(Base):
    """A trainee's response 作答: no sequence, no time of day, no address, no ticket."""

    __tablename__ = "responses"
    __table_args__ = (Index("ix_responses_class_code", "class_code", "session"), _UNORDERED)
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
        _UNORDERED,
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


class AccountRow(Base):
    """A staff account: argon2 hash and role."""

    __tablename__ = "accounts"
    login: Mapped[str] = mapped_column(String(60), primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    role: Mapped[str] = mapped_column(String(12))
    expert: Mapped[str] = mapped_column(String(40))
    password: Mapped[str] = mapped_column(Text)


class AttemptRow(Base):
    """How often a login, or a network, has tried passwords in vain: keyed digests for a day."""

    __tablename__ = "attempts"
    __table_args__ = _UNORDERED
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    count: Mapped[int] = mapped_column(Integer)
    until: Mapped[int] = mapped_column(Integer, index=True)


class SignInRow(Base):
    """A signed-in browser, so that signing out ends it on the server too."""

    __tablename__ = "sign_ins"
    __table_args__ = _UNORDERED
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    login: Mapped[str] = mapped_column(ForeignKey("accounts.login"))
    until: Mapped[int] = mapped_column(Integer)


class AuditRow(Base):
    """One change by a member of staff 操作记录; rows are added, never changed or removed."""

    __tablename__ = "audit"
    __table_args__ = _UNORDERED
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    at: Mapped[str] = mapped_column(String(32), index=True)
    by: Mapped[str] = mapped_column(String(60))
    action: Mapped[str] = mapped_column(String(20))
    object: Mapped[str] = mapped_column(Text)


class JobRow(Base):
    """A job done outside the web process, with its progress."""

    __tablename__ = "jobs"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    cycle: Mapped[str] = mapped_column(ForeignKey("cycles.code"))
    kind: Mapped[str] = mapped_column(String(12))
    state: Mapped[str] = mapped_column(String(12))
    step: Mapped[str] = mapped_column(Text)
    done: Mapped[int] = mapped_column(Integer)
    total: Mapped[int] = mapped_column(Integer)
    message: Mapped[str] = mapped_column(Text)
    requested: Mapped[int] = mapped_column(Integer)
