"""What the office gives for the print of a bulletin: versions, which are added, never changed."""

from __future__ import annotations

from sqlalchemy import LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from survey_app.models.base import UNORDERED, Base


class PrintingRow(Base):
    """A version of the particulars 印发信息, the seal and the texts of one edition.

    It outlives a catalogue that is imported anew before opening, so it refers to no other row.
    """

    __tablename__ = "printings"
    __table_args__ = UNORDERED
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    cycle: Mapped[str] = mapped_column(String(40), index=True)
    edition: Mapped[str] = mapped_column(String(12))
    particulars: Mapped[str] = mapped_column(Text)
    texts: Mapped[str] = mapped_column(Text)
    seal: Mapped[bytes] = mapped_column(LargeBinary)
    at: Mapped[str] = mapped_column(String(32))
    day: Mapped[str] = mapped_column(String(10))
    by: Mapped[str] = mapped_column(String(60))
