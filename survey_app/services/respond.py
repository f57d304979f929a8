"""One response and one spent ticket in one transaction: a retry never makes a second answer."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.orm import Session

from survey_app.errors import Refused
from survey_app.models import ResponseRow
from survey_app.services.tickets import spend_ticket

_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class Submission:
    """What a phone sends, already checked against the instrument."""

    id: str
    instrument: str
    version: str
    class_code: str
    session: str
    answers: Mapping[str, object]
    duration: str
    day: str

    @property
    def target(self) -> str:
        """What its ticket must open."""
        return f"session:{self.session}" if self.session else f"class:{self.class_code}"


def new_id() -> str:
    """A random response id for a page that is answered without a script."""
    return secrets.token_hex(16)


def check_id(response: str) -> None:
    """A response id is 128 random bits in hexadecimal."""
    if not _ID.fullmatch(response):
        raise Refused("page_damaged", 400)


def canonical(answers: Mapping[str, object]) -> str:
    """Answers as one JSON text that is the same for the same answers."""
    return json.dumps(answers, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def submit_response(db: Session, submission: Submission, *, ticket: str, key: bytes) -> str:
    """Store a response and spend its ticket; returns the id it is stored under.

    The same content under the same id with its spent ticket is a success. With an unspent ticket
    it is somebody else's answer on a page that two people shared, and gets an id of its own.
    """
    values = {
        "id": submission.id,
        "instrument": submission.instrument,
        "version": submission.version,
        "class_code": submission.class_code,
        "session": submission.session,
        "day": submission.day,
        "duration": submission.duration,
        "answers": canonical(submission.answers),
    }
    added = insert(ResponseRow).values(**values).on_conflict_do_nothing()
    new = bool(db.connection().execute(added).rowcount)
    outcome = spend_ticket(db, key=key, target=submission.target, code=ticket)
    if not new and outcome == "spent now":
        values["id"] = new_id()
        db.execute(insert(ResponseRow).values(**values))
    elif not new:
        _check_same(db, values)
    elif outcome == "unknown":
        raise Refused("ticket_unknown", 422, field="ticket")
    elif outcome == "spent before":
        raise Refused("ticket_spent", 409, field="ticket")
    return values["id"]


def receipt(key: bytes, response: str) -> str:
    """The receipt number 回执: 20 digits (66 bits) that do not lead back to the response."""
    number = int.from_bytes(hmac.new(key, response.encode("ascii"), hashlib.sha256).digest(), "big")
    return f"{number % 10**20:020d}"


def _check_same(db: Session, values: dict[str, str]) -> None:
    kept = db.get_one(ResponseRow, values["id"])
    same = ("instrument", "version", "class_code", "session", "answers")
    if any(getattr(kept, name) != values[name] for name in same):
        raise Refused("response_differs", 409)
