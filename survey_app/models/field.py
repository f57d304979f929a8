"""What devices of experts have sent from the field: rows are added, never changed."""

from __future__ import annotations

from sqlalchemy import Integer, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from survey_app.models.base import UNORDERED, Base


class ArrivalRow(Base):
    """An upload 送达 of a record or, where it names no session, of a visit's signature, byte for
    byte as the device wrote it, and what became of it."""

    __tablename__ = "arrivals"
    __table_args__ = UNORDERED
    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    expert: Mapped[str] = mapped_column(String(40), primary_key=True)
    """The same bytes from somebody else are another arrival."""
    visit: Mapped[str] = mapped_column(String(40), index=True)
    session: Mapped[str] = mapped_column(String(40))
    record: Mapped[str] = mapped_column(String(32))
    standing: Mapped[str] = mapped_column(String(16))
    """Taken, or why it was kept aside."""
    revision: Mapped[int] = mapped_column(Integer)
    """Of the record after it; 0 where it was kept aside."""
    content: Mapped[bytes] = mapped_column(LargeBinary)
    day: Mapped[str] = mapped_column(String(10))


class PhotoPlaceRow(Base):
    """A photo that an arrival names: of which session and dimension, before it has come itself."""

    __tablename__ = "photo_places"
    __table_args__ = UNORDERED
    expert: Mapped[str] = mapped_column(String(40), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    """Of the photo as it is sent."""
    visit: Mapped[str] = mapped_column(String(40), primary_key=True)
    session: Mapped[str] = mapped_column(String(40), primary_key=True)
    item: Mapped[str] = mapped_column(String(40), primary_key=True)
    original: Mapped[str] = mapped_column(String(64))
    """Hash of the camera's file, as the device says, before it was made smaller or blurred."""
    size: Mapped[int] = mapped_column(Integer)


class PhotoRow(Base):
    """A photo 照片 that has come: drawn anew, its content under its id in the folder evidence; or
    why it is not kept."""

    __tablename__ = "photos"
    __table_args__ = UNORDERED
    expert: Mapped[str] = mapped_column(String(40), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    id: Mapped[str] = mapped_column(String(32), unique=True)
    refusal: Mapped[str] = mapped_column(String(20))
    """Code of the refusal, or '' for a photo that is kept."""
    stored: Mapped[str] = mapped_column(String(64))
    width: Mapped[int] = mapped_column(Integer)
    height: Mapped[int] = mapped_column(Integer)
    day: Mapped[str] = mapped_column(String(10))


class AmendmentRow(Base):
    """An amendment 更正 of a signed record: the observation before, the one after, and why."""

    __tablename__ = "amendments"
    __table_args__ = UNORDERED
    after: Mapped[str] = mapped_column(String(32), primary_key=True)
    before: Mapped[str] = mapped_column(String(32), unique=True)
    visit: Mapped[str] = mapped_column(String(40), index=True)
    session: Mapped[str] = mapped_column(String(40))
    reason: Mapped[str] = mapped_column(Text)
    author: Mapped[str] = mapped_column(String(60))
    day: Mapped[str] = mapped_column(String(10))
