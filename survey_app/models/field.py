"""What devices of experts have sent from the field: rows are added, never changed."""

from __future__ import annotations

from sqlalchemy import Integer, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from survey_app.models.base import UNORDERED, Base


class ArrivalRow(Base):
    """An upload 送达 of a record, byte for byte as the device wrote it, and what became of it."""

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
