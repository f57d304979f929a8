"""Windows in which the remote trainees of a class fetch their tokens: listed, opened, destroyed.

A roster is kept as keyed hashes, which without the key lead back to no name. When a window closes,
its private key and its roster are destroyed; what stays is the public key and how many fetched.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import case, delete, func, select, update
from sqlalchemy.orm import Session

from survey_app import clock, token_policies
from survey_app.blind_rsa import EXPONENT, PublicKey, new_key, public_key
from survey_app.db import add_new
from survey_app.errors import Refused
from survey_app.models import RosterRow, TokenKeyRow, TokenWindowRow
from survey_app.pasted_roster import Member
from survey_app.sealing import seal
from survey_app.services import audit
from survey_app.services.places import Place
from survey_app.services.tickets import issued_tickets

KINDS = ("class", "followup")
"""Kinds of places at which tokens are used; sessions are for those who are there."""


@dataclass(frozen=True)
class Window:
    """A window as its pages show it."""

    target: str
    public: PublicKey
    until: str
    over: bool
    listed: int
    fetched: int

    @property
    def fingerprint(self) -> str:
        """Short name of the public key: who compares it sees that all were given the same."""
        whole = hashlib.sha256(f"{self.public.modulus:x}".encode()).hexdigest()
        return " ".join(whole[at : at + 4] for at in range(0, 16, 4))


def find_window(db: Session, target: str) -> Window | None:
    """The window of a target, if one was ever opened."""
    row = db.get(TokenWindowRow, target)
    if row is None:
        return None
    over = token_policies.is_over(closed=row.closed, until=row.until, today=clock.today())
    listed, fetched = _counts(db).get(target, (0, 0))
    key = PublicKey(int(row.modulus, 16), EXPONENT)
    return Window(target, key, row.until, over, listed, row.fetched if row.closed else fetched)


def the_window(db: Session, target: str) -> Window:
    """The window of a target, or a refusal."""
    found = find_window(db, target)
    if found is None:
        raise Refused("no_window", 404)
    return found


def issued_tokens(db: Session) -> dict[str, int]:
    """Number of answers that tokens may still bring, per target: all who are listed while the
    window is open, those who have fetched one afterwards."""
    counts, today = _counts(db), clock.today()
    issued = {}
    for row in db.scalars(select(TokenWindowRow)):
        listed, fetched = counts.get(row.target, (0, 0))
        over = token_policies.is_over(closed=row.closed, until=row.until, today=today)
        issued[row.target] = row.fetched if row.closed else fetched if over else listed
    return issued


def list_members(
    db: Session,
    place: Place,
    members: Iterable[Member],
    *,
    until: str,
    least: int,
    key: bytes,
    by: str,
) -> None:
    """Put ``members`` on the roster and let them fetch until a day; opens the window when there is
    none. Whoever stands there already is left as he is.

    ``least``: how many a roster must have, to hide one another.
    """
    token_policies.check_last_day(until, today=clock.today())
    window = find_window(db, place.target)
    if window is None:
        _open(db, place.target, until, key)
    else:
        token_policies.check_can_fetch(over=window.over)
        db.get_one(TokenWindowRow, place.target).until = until
    digests = [roster_digest(key, place.target, one) for one in members]
    new = sum(add_new(db, RosterRow, target=place.target, digest=d, blinded="") for d in digests)
    token_policies.check_can_list(
        place.cycle.state,
        wave=place.wave,
        enrolled=place.training_class.enrolled,
        slips=issued_tickets(db).get(place.target, 0),
        listed=_counts(db)[place.target][0],
        least=least,
    )
    audit.note(db, by=by, action="roster", object=f"{place.code} × {new} → {until}")


def roster_digest(key: bytes, target: str, one: Member) -> str:
    """What the store knows of somebody who may fetch a token for ``target``."""
    text = f"{target}|{one.name}|{one.secret}"
    return hmac.digest(key, text.encode(), "sha256").hex()


def end_window(db: Session, place: Place, *, by: str) -> None:
    """End the giving out for good, before its last day has passed."""
    token_policies.check_can_fetch(over=the_window(db, place.target).over)
    fetched = _close(db, place.target)
    audit.note(db, by=by, action="tokens_close", object=f"{place.code} × {fetched}")


def settle(db: Session) -> None:
    """Close all windows whose last day has passed. Nobody is noted for it: it happens with the
    first answer that comes by a token, and whose line would tell when."""
    for target in _over(db):
        _close(db, target)


def is_any_over(db: Session) -> bool:
    """Whether ``settle`` has something to do."""
    return bool(_over(db))


def _over(db: Session) -> list[str]:
    """Windows that are not closed and whose last day has passed."""
    still = select(TokenWindowRow.target).where(TokenWindowRow.closed.is_(False))
    return list(db.scalars(still.where(TokenWindowRow.until < clock.today())))


def check_all_over(db: Session) -> None:
    """Refuse while any window is open: who has just fetched a token could never answer."""
    settle(db)
    still = select(TokenWindowRow.target).where(TokenWindowRow.closed.is_(False))
    targets = sorted(db.scalars(still))
    if targets:
        codes = "、".join(target.partition(":")[2] for target in targets[: audit.NAMED])
        raise Refused("windows_open", 409, count=len(targets), classes=codes)


def _open(db: Session, target: str, until: str, key: bytes) -> None:
    private = new_key()
    modulus = f"{public_key(private).modulus:x}"
    fresh = {"target": target, "modulus": modulus, "until": until}
    if not add_new(db, TokenWindowRow, **fresh, closed=False, fetched=0):
        raise Refused("window_twice", 409)
    add_new(db, TokenKeyRow, target=target, sealed=seal(key, target, private))


def _close(db: Session, target: str) -> int:
    """Destroy key and roster, once, and return how many have fetched a token: counted from the
    rows as they go, so that one who fetches in this moment is in or out, never lost."""
    still = (TokenWindowRow.target == target, TokenWindowRow.closed.is_(False))
    closing = update(TokenWindowRow).where(*still).values(closed=True)
    first = db.connection().execute(closing).rowcount
    row = db.get_one(TokenWindowRow, target, populate_existing=True)
    if first:
        db.execute(delete(TokenKeyRow).where(TokenKeyRow.target == target))
        gone = delete(RosterRow).where(RosterRow.target == target).returning(RosterRow.blinded)
        row.fetched = sum(map(bool, db.scalars(gone).all()))
        db.flush()
    return row.fetched


def _counts(db: Session) -> dict[str, tuple[int, int]]:
    """Target → how many are on its roster, and how many of them have fetched a token."""
    signed = func.sum(case((RosterRow.blinded == "", 0), else_=1))
    rows = db.execute(select(RosterRow.target, func.count(), signed).group_by(RosterRow.target))
    return {target: (listed, fetched) for target, listed, fetched in rows}
