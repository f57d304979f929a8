"""One response and what lets it in, in one transaction: a retry never makes a second answer."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from instruments.tables import ONLINE
from survey_app import clock, policies
from survey_app.db import add_new
from survey_app.errors import Refused
from survey_app.forms import Questionnaire
from survey_app.models import ClassRow, CycleRow, ResponseRow
from survey_app.services.admission import Admission, is_spent, spend
from survey_app.services.free_text import known_names, masked_again, masked_answers
from survey_app.services.pairing import pairing_of
from survey_app.services.places import Place

_ID = re.compile(r"[0-9a-f]{32}")
_USUAL = {"medium": ONLINE, "pairing": ""}
"""What an answer may have besides: hashed only where it has it, so that the leaves of answers
from before these columns stay what they were."""


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
    nonce: str
    wave: str = "end"
    medium: str = ONLINE
    pairing: str = ""
    """Digest of the self-made code; no part of what a retry repeats, for its key is renewed when
    it is needed no more."""
    known: frozenset[str] = frozenset()
    """Names that were masked wherever they were written."""

    @property
    def target(self) -> str:
        """What its ticket or token must open (``Place.target``)."""
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


def submission_about(
    db: Session,
    place: Place,
    sheet: Questionnaire,
    sent: Mapping[str, str],
    *,
    key: bytes,
    **own: str,
) -> Submission:
    """What a filled page about ``place`` gives to be stored: what was written freely is masked.

    ``sent``: what the page sent, for the self-made code, whose ``key`` it takes; ``own``: id,
    nonce, duration and medium, which each kind of page decides itself.
    """
    code = place.training_class.code
    known = known_names(db, place, sheet.instrument, sheet.answers)
    return Submission(
        instrument=sheet.instrument.code,
        version=sheet.instrument.version,
        class_code=code,
        session=place.session.code if place.session else "",
        answers=masked_answers(sheet.instrument, sheet.answers, known),
        known=known,
        day=clock.today(),
        wave=place.wave,
        pairing=pairing_of(sent, sheet.instrument, key=key, class_code=code),
        **own,
    )


def new_id() -> str:
    """A random response id for a page that is answered without a script."""
    return secrets.token_hex(16)


def check_id(response: str) -> None:
    """A response id, and a nonce, is 128 random bits in hexadecimal."""
    if not _ID.fullmatch(response):
        raise Refused("page_damaged", 400)


def stored_bytes(row: ResponseRow) -> bytes:
    """A stored answer as it is hashed: all that is kept of it but its nonce."""
    names = ("id", "instrument", "version", "class_code", "session", "day", "duration", "answers")
    kept = {name: getattr(row, name) for name in names}
    kept |= {name: getattr(row, name) for name, u in _USUAL.items() if getattr(row, name) != u}
    return canonical(kept).encode()


def canonical(answers: Mapping[str, object]) -> str:
    """Answers as one JSON text that is the same for the same answers."""
    return json.dumps(answers, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def submit_response(db: Session, submission: Submission, admission: Admission) -> ResponseRow:
    """Store a response and spend what lets it in; returns what is stored.

    The same content under the same id with the same spent ticket or token is a success.
    """
    outcome, kind = spend(db, admission, target=submission.target), admission.kind
    if outcome == "spent now":
        _check_open(db, submission)
        return _store(db, submission)
    kept = db.get(ResponseRow, submission.id) if outcome == "spent before" else None
    if kept is not None and _is_same(kept, submission):
        return kept
    _check_open(db, submission)
    if kept is not None:
        raise Refused("response_differs", 409)
    status = 422 if outcome == "unknown" else 409
    raise Refused(f"{kind}_{outcome.removesuffix(' before')}", status, field=kind)


def is_retry(db: Session, submission: Submission, admission: Admission) -> bool:
    """Whether this very content is stored under this id, and what let it in is spent: an answer
    that was acknowledged stays so, whatever has happened to page and cycle since."""
    kept = db.get(ResponseRow, submission.id)
    same = kept is not None and _is_same(kept, submission)
    return same and is_spent(db, admission, target=submission.target)


_STATE = (
    select(CycleRow.state)
    .join(ClassRow, ClassRow.cycle == CycleRow.code)
    .where(ClassRow.code == bindparam("code"))
)


def _check_open(db: Session, submission: Submission) -> None:
    """Refuse what comes in the moment in which the cycle closes: its list of receipts is frozen."""
    state = db.connection().execute(_STATE, {"code": submission.class_code}).scalar_one()
    policies.check_can_answer(state, submission.wave)


def _store(db: Session, submission: Submission) -> ResponseRow:
    """Add the response; an id that is taken came by a page that two people shared, and the second
    answer gets an id of its own."""
    names = ("day", "duration", "nonce", "medium", "pairing")
    values = {name: getattr(submission, name) for name in names} | submission.content
    for id in (submission.id, new_id()):
        if add_new(db, ResponseRow, id=id, **values):
            break
    return ResponseRow(id=id, **values)


def _is_same(kept: ResponseRow, submission: Submission) -> bool:
    """Whether this content is stored; a name that became known since is masked on both sides."""
    sent, known = submission.content, submission.known
    differing = {name for name, value in sent.items() if getattr(kept, name) != value}
    return not differing or (
        differing == {"answers"}
        and masked_again(kept.answers, known) == masked_again(sent["answers"], known)
    )
