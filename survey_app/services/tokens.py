"""Tokens 令牌: signed blind for whoever is on a roster, spent by an answer that has no name."""

from __future__ import annotations

import hashlib
import re

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from survey_app import policies, token_policies
from survey_app.blind_rsa import PREFIX, NotBlinded, PublicKey, blind_sign, is_signed
from survey_app.db import add_new
from survey_app.errors import Refused
from survey_app.models import RosterRow, SpentTokenRow, TokenKeyRow, TokenWindowRow
from survey_app.sealing import unseal
from survey_app.services.places import Place
from survey_app.services.windows import Window, the_window

RANDOM = 32
"""Random bytes of a token, behind the signature's own ``PREFIX``."""
_HEX = re.compile(r"[0-9a-f]*")
_TOKEN = re.compile(rf"([0-9a-f]{{{2 * (PREFIX + RANDOM)}}})\.([0-9a-f]+)")


def check_can_fetch(db: Session, place: Place) -> Window:
    """The window at ``place``, while tokens are given out there."""
    window = the_window(db, place.target)
    policies.check_can_answer(place.cycle.state, place.wave)
    token_policies.check_can_fetch(over=window.over)
    return window


def check_can_use(db: Session, target: str) -> Window:
    """The window of ``target``, once it has closed."""
    window = the_window(db, target)
    token_policies.check_can_use(over=window.over, until=window.until)
    return window


def read_blinded(text: str) -> bytes:
    """The blinded message that a phone has sent, or a refusal."""
    if len(text) % 2 or not _HEX.fullmatch(text):
        raise Refused("page_damaged", 400)
    return bytes.fromhex(text)


def is_listed(db: Session, *, target: str, digest: str) -> bool:
    """Whether somebody is on the roster."""
    return db.get(RosterRow, (target, digest)) is not None


def sign(db: Session, *, target: str, blinded: bytes, key: bytes) -> bytes:
    """The signature of a blinded message, to be handed out once ``note_fetched`` has agreed.

    It is made before any lock is taken: a class that fetches at once keeps no answer waiting.
    """
    sealed = db.scalar(select(TokenKeyRow.sealed).where(TokenKeyRow.target == target))
    if sealed is None:  # closed in this moment
        raise Refused("window_over", 410)
    try:
        return blind_sign(unseal(key, target, sealed), blinded)
    except NotBlinded as error:
        raise Refused("page_damaged", 400) from error


def note_fetched(db: Session, *, target: str, digest: str, blinded: bytes) -> None:
    """Note that this message was signed for somebody on the roster; refused when another was."""
    message = hashlib.sha256(blinded).hexdigest()
    mine = (RosterRow.target == target, RosterRow.digest == digest)
    unsigned = or_(RosterRow.blinded == "", RosterRow.blinded == message)
    note = update(RosterRow).where(*mine, unsigned).values(blinded=message)
    if db.connection().execute(note).rowcount:
        return
    if not is_listed(db, target=target, digest=digest):  # closed in this moment
        raise Refused("window_over", 410)
    raise Refused("token_fetched", 409)


def read_token(public: PublicKey, text: str) -> str | None:
    """The digest of a token as a phone writes it (message, dot, signature); None unless ``public``
    has signed it."""
    found = _TOKEN.fullmatch("".join(text.split()).lower())
    if found is None or len(found[2]) != 2 * public.size:
        return None
    message, signature = (bytes.fromhex(part) for part in found.groups())
    return hashlib.sha256(message).hexdigest() if is_signed(public, message, signature) else None


def spend_token(db: Session, *, target: str, digest: str) -> str:
    """Spend a token that ``read_token`` has read: 'spent now' or 'spent before'.

    Refused when more would be spent than were given out: whoever kept the key has made some.
    """
    db.get(TokenWindowRow, target, with_for_update=True)  # one by one: the count must be right
    if not add_new(db, SpentTokenRow, target=target, digest=digest):
        return "spent before"
    own = SpentTokenRow.target == target
    spent = db.scalar(select(func.count()).select_from(SpentTokenRow).where(own)) or 0
    if spent > the_window(db, target).fetched:
        raise Refused("tokens_forged", 409)
    return "spent now"


def standing(db: Session, *, target: str, digest: str) -> str:
    """'free' or 'spent' of a token that ``read_token`` has read."""
    return "spent" if db.get(SpentTokenRow, (target, digest)) else "free"
