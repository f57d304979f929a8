"""ODK Collect as an expert's app: its keys, what it has sent, and the files that came with it."""

from __future__ import annotations

from sqlalchemy import Boolean, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from survey_app.models.base import UNORDERED, Base


class CollectKeyRow(Base):
    """The key 密钥 by which an expert's Collect is let in, as a digest only; one for an account.

    It outlives a catalogue that is imported anew before opening, so it refers to no other row.
    """

    __tablename__ = "collect_keys"
    __table_args__ = UNORDERED
    login: Mapped[str] = mapped_column(String(60), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    expert: Mapped[str] = mapped_column(String(40))
    cycle: Mapped[str] = mapped_column(String(40))
    """It is good for this one only."""
    day: Mapped[str] = mapped_column(String(10))


class SubmissionRow(Base):
    """The name that Collect gave to a record which it sent: the bytes are among the arrivals, under
    the same keys. Rows are added, never changed."""

    __tablename__ = "collect_submissions"
    __table_args__ = UNORDERED
    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    expert: Mapped[str] = mapped_column(String(40), primary_key=True)
    instance: Mapped[str] = mapped_column(String(100), index=True)
    replaces: Mapped[str] = mapped_column(String(100))
    """The name of what this one is an edit of; '' of none."""
    clashes: Mapped[bool] = mapped_column(Boolean)
    """Whether other content had come under this name before."""


class SubmissionFileRow(Base):
    """A file that came with what Collect sent; its content lies in the evidence folder under the
    row's id. Rows are added, never changed."""

    __tablename__ = "collect_files"
    __table_args__ = UNORDERED
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    submission: Mapped[str] = mapped_column(String(64), index=True)
    """SHA-256 of the record that names it."""
    expert: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int] = mapped_column(Integer)
    day: Mapped[str] = mapped_column(String(10))
