"""What experts rated of the described sessions of a training set: rows are added, never changed."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from survey_app.models.base import UNORDERED, Base


class TrainingRatingRow(Base):
    """One attempt 一次评分 of an expert at a described session; the first counts for agreement, the
    others are practice. In no extract."""

    __tablename__ = "training_ratings"
    __table_args__ = UNORDERED
    cycle: Mapped[str] = mapped_column(ForeignKey("cycles.code"), primary_key=True)
    expert: Mapped[str] = mapped_column(String(40), primary_key=True)
    training: Mapped[str] = mapped_column(String(40), primary_key=True)
    """Code of the training set, and its version: a changed set is begun anew."""
    version: Mapped[str] = mapped_column(String(20), primary_key=True)
    session: Mapped[str] = mapped_column(String(20), primary_key=True)
    attempt: Mapped[int] = mapped_column(Integer, primary_key=True)
    levels: Mapped[str] = mapped_column(Text)
    """Dimension → level, as canonical JSON."""
    day: Mapped[str] = mapped_column(String(10))
