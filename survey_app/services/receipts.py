"""Receipts 回执 and the list of them that is published when a cycle closes.

A receipt is the short number of its answer's leaf (``instruments.merkle``), sealed with a key, so
that the site knows its own numbers without a list of them while answers still come: such a list
would tell in which backup a number that somebody has shown first appeared.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Integer, func, select
from sqlalchemy.orm import Session

from instruments.merkle import DIGITS, head, leaf, parted, receipt_number
from survey_app.errors import Refused
from survey_app.models import ClassRow, CycleRow, ReceiptListRow, ResponseRow
from survey_app.services.respond import Stored, stored_bytes

_SEAL = 5
"""Digits that only the key's holder can add."""
_LINE = 65
"""Characters of a leaf and its line end."""
_PARTED: dict[str, Mapping[str, Sequence[bytes]]] = {}
"""Lists that were asked for, by their heads: a head stands for its leaves, and lists are few."""


def leaf_of(row: Stored | ResponseRow) -> bytes:
    """The leaf of a stored answer."""
    return leaf(stored_bytes(row), bytes.fromhex(row.nonce))


def receipt(key: bytes, row: Stored) -> str:
    """The receipt of a stored answer: 24 digits that do not lead back to it."""
    body = receipt_number(leaf_of(row))
    return body + _digits(key, body)


def is_receipt(key: bytes, number: str) -> bool:
    """Whether this site has made the number; whether the answer still stands the list says."""
    if len(number) != DIGITS + _SEAL or not (number.isascii() and number.isdigit()):
        return False
    return hmac.compare_digest(number[DIGITS:], _digits(key, number[:DIGITS]))


def publish_list(db: Session, *, cycle: str, edition: str) -> None:
    """Freeze the list of all answers that the cycle has now."""
    leaves = _leaves(db, cycle)
    row = {"cycle": cycle, "edition": edition, "head": head(leaves).hex()}
    db.add(ReceiptListRow(**row, leaves=_written(leaves)))


def published_head(db: Session, *, cycle: str, edition: str) -> str:
    """The head of the published list; '' where none was published. Refused when the answers are
    no longer those of the list: nothing may be sealed then."""
    row = db.get(ReceiptListRow, (cycle, edition))
    if row is None:
        return ""
    if _written(_leaves(db, cycle)) != row.leaves:
        raise Refused("answers_changed", 409)
    return row.head


@dataclass(frozen=True)
class ReceiptList:
    """What a published list says of itself, without its leaves."""

    cycle: str
    title: str
    edition: str
    head: str
    count: int


def published_lists(db: Session) -> list[ReceiptList]:
    """All lists, the latest cycle and edition first."""
    row, size = ReceiptListRow, func.length(ReceiptListRow.leaves, type_=Integer)
    query = (
        select(row.cycle, CycleRow.title, row.edition, row.head, size)
        .join(CycleRow, CycleRow.code == row.cycle)
        .order_by(row.cycle.desc(), row.edition.desc())
    )
    return [ReceiptList(c, t, e, h, n // _LINE) for c, t, e, h, n in db.execute(query)]


def published_parts(db: Session, *, cycle: str, edition: str) -> Mapping[str, Sequence[bytes]]:
    """The leaves of a published list by part, sorted; refused where none was published."""
    own = (ReceiptListRow.cycle == cycle, ReceiptListRow.edition == edition)
    known = db.scalar(select(ReceiptListRow.head).where(*own))
    if known is None:
        raise Refused("no_such_receipt", 404)
    if known not in _PARTED:
        text = db.scalars(select(ReceiptListRow.leaves).where(*own)).one()
        _PARTED[known] = parted(map(bytes.fromhex, text.splitlines()))
    return _PARTED[known]


def _leaves(db: Session, cycle: str) -> list[bytes]:
    own = select(ResponseRow).join(ClassRow, ClassRow.code == ResponseRow.class_code)
    rows: Iterable[ResponseRow] = db.scalars(own.where(ClassRow.cycle == cycle))
    return [leaf_of(row) for row in rows]


def _written(leaves: Iterable[bytes]) -> str:
    return "".join(f"{one.hex()}\n" for one in sorted(leaves))


def _digits(key: bytes, text: str) -> str:
    number = int.from_bytes(hmac.digest(key, text.encode("ascii"), "sha256"), "big")
    return f"{number % 10**_SEAL:0{_SEAL}d}"
