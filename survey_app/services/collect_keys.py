"""Keys 密钥 by which an expert's ODK Collect is let in: 256 random bits, known by a digest only.

A digest is enough: nobody guesses such a key, so that attempts need no counting, and it is looked
up in one step. It ends when its expert or the province says so, or another is made, or the next
cycle begins, or the account ends.
"""

from __future__ import annotations

import base64
import json
import secrets
import zlib

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from survey_app.errors import Refused
from survey_app.models import AccountRow, CollectKeyRow
from survey_app.services import audit
from survey_app.services.accounts import Person, digest_of


def make_key(db: Session, person: Person, *, cycle: str, day: str) -> str:
    """A fresh key of an expert for this cycle, told once; the former one ends."""
    db.execute(delete(CollectKeyRow).where(CollectKeyRow.login == person.login))
    key = secrets.token_urlsafe(32)
    db.add(
        CollectKeyRow(
            login=person.login, digest=digest_of(key), expert=person.unit, cycle=cycle, day=day
        )
    )
    audit.note(db, by=person.login, action="collect_key", object=person.unit)
    return key


def mark_of(db: Session, login: str) -> str:
    """What tells the account's present key from others on a page, and opens nothing; '' of none."""
    row = db.get(CollectKeyRow, login)
    return row.digest[:16] if row else ""


def end_key(db: Session, *, expert: str, by: str) -> None:
    """From now on no key of this expert lets anything in."""
    ended = delete(CollectKeyRow).where(CollectKeyRow.expert == expert)
    if db.connection().execute(ended).rowcount:
        audit.note(db, by=by, action="collect_end", object=expert)


def keys_of(db: Session, *, cycle: str) -> dict[str, str]:
    """Expert → the day on which the key was made that is good now."""
    rows = db.scalars(select(CollectKeyRow).where(CollectKeyRow.cycle == cycle))
    return {row.expert: row.day for row in rows if _holder(db, row)}


def holder(db: Session, *, key: str, cycle: str) -> Person:
    """Whose key it is; refused unless it is good now. Reads only."""
    row = db.scalars(select(CollectKeyRow).where(CollectKeyRow.digest == digest_of(key))).first()
    found = _holder(db, row) if row is not None and row.cycle == cycle else None
    if found is None:
        raise Refused("no_such_key", 403)
    return found


def managed_code(server: str, *, name: str) -> str:
    """What Collect reads from a QR code: its settings as JSON, compressed, in base 64. It asks
    ``server`` for its forms, keeps to them, and sends what is finished once there is a network."""
    general = {
        "server_url": server,
        "form_update_mode": "match_exactly",
        "autosend": "wifi_and_cellular",
    }
    told = {"general": general, "admin": {}, "project": {"name": name}}
    text = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
    return base64.b64encode(zlib.compress(text.encode(), 9)).decode()


def _holder(db: Session, row: CollectKeyRow) -> Person | None:
    """The account, as long as it still is this expert's."""
    account = db.get(AccountRow, row.login)
    if account is None or (account.role, account.unit) != ("expert", row.expert):
        return None
    return Person(account.login, account.name, account.role, account.unit)
