"""One-time tickets 答题码: random, readable, kept only as a keyed digest, away from answers."""

from __future__ import annotations

import hmac
import secrets
import unicodedata
from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update
from sqlalchemy.orm import Session

from survey_app.models import TicketRow

ALPHABET = "123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""31 signs, a prime: without 0, I, L, O, U, so that the check sign finds every slip of one sign
and every swap of two."""
LENGTH = 15
"""Random signs before the check sign: 74 bits."""
_FOLDED = str.maketrans({"I": "1", "L": "1", "-": None, " ": None, "–": None, "_": None})


def new_code() -> str:
    """A fresh ticket code in groups of four."""
    body = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    return grouped(body + _check_sign(body))


def grouped(code: str) -> str:
    """``code`` in groups of four, as printed."""
    return "-".join(code[i : i + 4] for i in range(0, len(code), 4))


def read_code(typed: str) -> str | None:
    """The code somebody typed or scanned, without groups; None if it cannot be one."""
    code = unicodedata.normalize("NFKC", typed).upper().translate(_FOLDED)
    if len(code) != LENGTH + 1 or not set(code) <= set(ALPHABET):
        return None
    return code if _check_sign(code[:-1]) == code[-1] else None


def digest(key: bytes, code: str) -> str:
    """What the store knows of a code."""
    return hmac.digest(key, code.encode("ascii"), "sha256").hex()


def issue_tickets(db: Session, *, key: bytes, target: str, count: int) -> list[str]:
    """Make ``count`` tickets for ``target``; the codes are returned once and kept nowhere."""
    codes = [new_code() for _ in range(count)]
    rows = [
        {"digest": digest(key, code.replace("-", "")), "target": target, "spent": False}
        for code in codes
    ]
    if rows:
        db.execute(insert(TicketRow), rows)
    return codes


_MINE = (TicketRow.digest == bindparam("own"), TicketRow.target == bindparam("place"))
_SPEND = update(TicketRow).where(*_MINE, TicketRow.spent.is_(False)).values(spent=True)
_SPENT = select(TicketRow.spent).where(*_MINE)


def spend_ticket(db: Session, *, target: str, digest: str) -> str:
    """Spend a ticket: 'spent now', 'spent before' or 'unknown' for this target."""
    if db.connection().execute(_SPEND, {"own": digest, "place": target}).rowcount:
        return "spent now"
    found = standing(db, target=target, digest=digest)
    return "spent before" if found == "spent" else "unknown"


def spend_tickets(connection: Connection, tickets: Sequence[tuple[str, str]]) -> bool:
    """Spend tickets, each by its digest and target; whether all of them were spent by this."""
    rows = [{"own": digest, "place": target} for digest, target in tickets]
    return connection.execute(_SPEND, rows).rowcount == len(rows)


def standing(db: Session, *, target: str, digest: str) -> str:
    """'free', 'spent', or 'unknown' where there is no such ticket for this target."""
    spent = db.connection().scalar(_SPENT, {"own": digest, "place": target})
    return "unknown" if spent is None else "spent" if spent else "free"


def withdraw_unspent(db: Session, *, target: str) -> int:
    """Make all unspent tickets of ``target`` void, so that lost sheets can be issued anew."""
    unspent = delete(TicketRow).where(TicketRow.target == target, TicketRow.spent.is_(False))
    return db.connection().execute(unspent).rowcount


def issued_tickets(db: Session) -> dict[str, int]:
    """Number of valid tickets, spent or not, per target."""
    rows = db.execute(select(TicketRow.target, func.count()).group_by(TicketRow.target))
    return {target: count for target, count in rows}


def _check_sign(body: str) -> str:
    total = sum(place * ALPHABET.index(sign) for place, sign in enumerate(body, start=1))
    return ALPHABET[total % len(ALPHABET)]
