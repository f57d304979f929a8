"""Who signs in, and what the site does for them outside the web process."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from survey_app.models.base import UNORDERED, Base


class AccountRow(Base):
    """A staff account: argon2 hash, role, and the code of the unit or person that it acts for
    ('' for the province)."""

    __tablename__ = "accounts"
    login: Mapped[str] = mapped_column(String(60), primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    role: Mapped[str] = mapped_column(String(12))
    unit: Mapped[str] = mapped_column(String(40))
    password: Mapped[str] = mapped_column(Text)


class AttemptRow(Base):
    """How often a login, or a network, has tried passwords in vain: keyed digests for a day."""

    __tablename__ = "attempts"
    __table_args__ = UNORDERED
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    count: Mapped[int] = mapped_column(Integer)
    until: Mapped[int] = mapped_column(Integer, index=True)


class SignInRow(Base):
    """A signed-in browser, so that signing out ends it on the server too."""

    __tablename__ = "sign_ins"
    __table_args__ = UNORDERED
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    login: Mapped[str] = mapped_column(ForeignKey("accounts.login"))
    until: Mapped[int] = mapped_column(Integer)


class AuditRow(Base):
    """One change by a member of staff 操作记录; rows are added, never changed or removed."""

    __tablename__ = "audit"
    __table_args__ = UNORDERED
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    at: Mapped[str] = mapped_column(String(32), index=True)
    by: Mapped[str] = mapped_column(String(60))
    action: Mapped[str] = mapped_column(String(20))
    object: Mapped[str] = mapped_column(Text)


class JobRow(Base):
    """A job done outside the web process, with its progress; of a preview, the framework that is
    tried and what it would move."""

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
    draft: Mapped[str] = mapped_column(Text, server_default="")
    outcome: Mapped[str] = mapped_column(Text, server_default="")
