"""One response and one spent ticket in one transaction: a retry never makes a second answer."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.orm import Session

from survey_app.errors import Refused
from survey_app.models import ResponseRow
from survey_app.services.tickets import is_spent, spend_ticket

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
    wave: str = "end"

    @property
    def target(self) -> str:
        """What its ticket must open (``Place.target``)."""
        if self.session:
            return f"session:{self.session}"
        return f"{'followup' if self.wave == 'followup' else 'class'}:{self.class_code}"

    @property
    def content(self) -> dict[str, str]:
        """What a retry repeats to the byte."""
        return {
            "instrument": self.instrument,
            "version": self.version,
            "class_code": self.class_code,
            "session": self.session,
            "answers": canonical(self.answers),
        }


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

    The same content under the same id with its spent ticket is a success.
    """
    outcome = spend_ticket(db, key=key, target=submission.target, code=ticket)
    if outcome == "spent now":
        return _store(db, submission)
    if outcome == "unknown":
        raise Refused("ticket_unknown", 422, field="ticket")
    kept = db.get(ResponseRow, submission.id)
    if kept is None:
        raise Refused("ticket_spent", 409, field="ticket")
    if not _is_same(kept, submission):
        raise Refused("response_differs", 409)
    return submission.id


def is_retry(db: Session, submission: Submission, *, ticket: str, key: bytes) -> bool:
    """Whether this very content is stored under this id, and its ticket is spent: an answer that
    was acknowledged stays so, whatever has happened to page and cycle since."""
    kept = db.get(ResponseRow, submission.id)
    same = kept is not None and _is_same(kept, submission)
    return same and is_spent(db, key=key, target=submission.target, code=ticket)


def _store(db: Session, submission: Submission) -> str:
    """Add the response; an id that is taken came by a page that two people shared, and the second
    answer gets an id of its own."""
    values = {"day": submission.day, "duration": submission.duration, **submission.content}
    for id in (submission.id, new_id()):
        added = insert(ResponseRow).values(id=id, **values).on_conflict_do_nothing()
        if db.connection().execute(added).rowcount:
            break
    return id


def _is_same(kept: ResponseRow, submission: Submission) -> bool:
    return all(getattr(kept, name) == value for name, value in submission.content.items())
