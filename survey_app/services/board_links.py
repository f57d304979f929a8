"""Links to the boards of classes: keyed by the site, for a class teacher who has no account.

Whoever has the link sees what the board of that class tells, and nothing else; a new link makes
the former one void.
"""

from __future__ import annotations

import hmac
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from survey_app.db import add_new
from survey_app.errors import Refused
from survey_app.models import BoardLinkRow
from survey_app.services import audit
from survey_app.services.places import Place
from survey_app.services.tickets import ALPHABET

KEY = "board"
"""Name of the secret."""
LENGTH = 16
"""Signs of a key: 79 bits."""


@dataclass(frozen=True)
class BoardLink:
    """The link of one class, to be handed to its teacher."""

    place: Place
    address: str


def give_links(
    db: Session, *, key: bytes, base_url: str, places: Sequence[Place], renew: bool, by: str
) -> list[BoardLink]:
    """The link of each class, made where there is none yet; with ``renew`` another one, which
    makes the former void."""
    return [BoardLink(place, _given(db, key, base_url, place, renew, by)) for place in places]


def revoke_link(db: Session, *, code: str, by: str) -> None:
    """From now on no link opens the board of the class."""
    row = db.get(BoardLinkRow, code)
    if row is not None:
        db.delete(row)
        audit.note(db, by=by, action="board_revoke", object=code)


def has_link(db: Session, code: str) -> bool:
    """Whether some link opens the board of the class."""
    return db.get(BoardLinkRow, code) is not None


def check_link(db: Session, *, key: bytes, code: str, typed: str) -> None:
    """Refused unless ``typed`` is the key of the class's link that is good now."""
    row = db.get(BoardLinkRow, code)
    wanted = _signs(key, row) if row else ""
    own = typed.upper().replace("-", "").encode()
    if not wanted or not hmac.compare_digest(own, wanted.encode()):
        raise Refused("no_such_board", 404)


def _given(db: Session, key: bytes, base_url: str, place: Place, renew: bool, by: str) -> str:
    code = place.training_class.code
    fresh = secrets.token_hex(16)
    added = add_new(db, BoardLinkRow, class_code=code, nonce=fresh)
    row = db.get_one(BoardLinkRow, code)
    if renew and not added:
        row.nonce = fresh
    if added or renew:
        audit.note(db, by=by, action="board_link" if added else "board_renew", object=code)
    return f"{base_url.rstrip('/')}/b/{code}/{_signs(key, row)}"


def _signs(key: bytes, row: BoardLinkRow) -> str:
    text = json.dumps([row.class_code, row.nonce])
    number = int.from_bytes(hmac.digest(key, text.encode(), "sha256"), "big")
    signs = []
    for _ in range(LENGTH):
        number, sign = divmod(number, len(ALPHABET))
        signs.append(ALPHABET[sign])
    return "".join(signs)
