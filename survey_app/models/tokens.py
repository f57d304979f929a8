"""Rosters and tokens: while a class fetches, who may; afterwards only what has been spent.

No column joins a person to a token: a roster's row holds the digest of a message that was blinded,
and from that nothing leads to the token that came of it.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Integer, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from survey_app.models.base import TRAINEES, UNORDERED, Base


class TokenWindowRow(Base):
    """The time in which the trainees of one target may fetch a token 令牌, and its public key."""

    __tablename__ = "token_windows"
    __table_args__ = UNORDERED
    target: Mapped[str] = mapped_column(String(60), primary_key=True)
    modulus: Mapped[str] = mapped_column(Text)
    """Of the public key, hexadecimal."""
    until: Mapped[str] = mapped_column(String(10))
    """The last day."""
    closed: Mapped[bool] = mapped_column(Boolean)
    fetched: Mapped[int] = mapped_column(Integer)
    """Tokens given out, once closed; 0 before."""


class TokenKeyRow(Base):
    """The private key of an open window, sealed; gone when it closes."""

    __tablename__ = "token_keys"
    __table_args__ = TRAINEES
    target: Mapped[str] = mapped_column(String(60), primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


class RosterRow(Base):
    """Somebody who may fetch a token 名单: a keyed hash, and what was signed; gone at closing."""

    __tablename__ = "roster"
    __table_args__ = TRAINEES
    target: Mapped[str] = mapped_column(String(60), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    blinded: Mapped[str] = mapped_column(String(64))
    """Digest of the blinded message that was signed, '' before."""


class SpentTokenRow(Base):
    """A token that an answer came with: its digest, which no signer has seen."""

    __tablename__ = "spent_tokens"
    __table_args__ = TRAINEES
    target: Mapped[str] = mapped_column(String(60), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
