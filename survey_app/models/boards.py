"""Links of boards: which one of a class is good now."""

from __future__ import annotations

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from survey_app.models.base import UNORDERED, Base


class BoardLinkRow(Base):
    """The link to the board of one class 班级看板: what its key is made of, with the site's own.

    It outlives a catalogue that is imported anew before opening, so it refers to no other row.
    """

    __tablename__ = "board_links"
    __table_args__ = UNORDERED
    class_code: Mapped[str] = mapped_column(String(40), primary_key=True)
    nonce: Mapped[str] = mapped_column(String(32))
    """Random; another one makes the former link void."""
