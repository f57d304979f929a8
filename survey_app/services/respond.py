"""One response and what lets it in, in one transaction: a retry never makes a second answer."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from operator import itemgetter
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, insert, select
from sqlalchemy.orm import Session

from instruments.tables import ONLINE
from survey_app import clock, policies
from survey_app.db import add_new
from survey_app.errors import Refused
from survey_app.forms import Questionnaire
from survey_app.models import ClassRow, CycleRow, ResponseRow
from survey_app.services.admission import Admission, is_spent, spend, standing
from survey_app.services.free_text import known_names, masked_again, masked_answers
from survey_app.services.pairing import pairing_of
from survey_app.services.places import Place
from survey_app.services.tickets import spend_tickets

_ID = re.compile(r"[0-9a-f]{32}")
_HASHED = ("id", "instrument", "version", "class_code", "session", "day", "duration", "answers")
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
    look: Callable[[], Session],
    place: Place,
    sheet: Questionnaire,
    sent: Mapping[str, str],
    *,
    key: Callable[[], bytes],
    **own: str,
) -> Submission:
    """What a filled page about ``place`` gives to be stored: what was written freely is masked.

    ``sent``: what the page sent, for the self-made code, whose ``key`` is fetched where there is
    one; ``own``: id, nonce, duration and medium, which each kind of page decides itself; ``look``
    gives a session.
    """
    code = place.training_class.code
    form = sheet.instrument
    masked, known = masked_answers(form, sheet.answers, partial(known_names, look, place))
    return Submission(
        instrument=form.code,
        version=form.version,
        class_code=code,
        session=place.session.code if place.session else "",
        answers=masked,
        known=known,
        day=clock.today(),
        wave=place.wave,
        pairing=pairing_of(sent, form, key=key, class_code=code),
        **own,
    )


def new_id() -> str:
    """A random response id for a page that is answered without a script."""
    return secrets.token_hex(16)


def check_id(response: str) -> None:
    """A response id, and a nonce, is 128 random bits in hexadecimal."""
    if not _ID.fullmatch(response):
        raise Refused("page_damaged", 400)


class Stored(NamedTuple):
    """An answer as it stands in the store: the columns of ``ResponseRow``."""

    id: str
    instrument: str
    version: str
    class_code: str
    session: str
    day: str
    duration: str
    answers: str
    nonce: str
    medium: str
    pairing: str


def stored_bytes(row: Stored | ResponseRow) -> bytes:
    """A stored answer as it is hashed: all that is kept of it but its nonce."""
    kept = {name: getattr(row, name) for name in _HASHED}
    kept |= {
        name: found for name, usual in _USUAL.items() if (found := getattr(row, name)) != usual
    }
    return canonical(kept).encode()


def canonical(answers: Mapping[str, object]) -> str:
    """Answers as one JSON text that is the same for the same answers."""
    return _JSON.encode(answers)


_JSON = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))


Brought = tuple[Submission, Admission]
"""What one phone brings: its answer, and what is to let it in."""


def submit_response(db: Session, brought: Brought) -> Stored:
    """Store a response and spend what lets it in; returns what is stored.

    The same content under the same id with the same spent ticket or token is a success.
    """
    submission, admission = brought
    outcome, kind = spend(db, admission, target=submission.target), admission.kind
    if outcome == "spent now":
        _check_open(db.connection(), submission)
        return _store(db, submission)
    kept = db.get(ResponseRow, submission.id) if outcome == "spent before" else None
    if kept is not None and _is_same(kept, submission):
        return Stored(**{name: getattr(kept, name) for name in Stored._fields})
    _check_open(db.connection(), submission)
    if kept is not None:
        raise Refused("response_differs", 409)
    raise _not_let_in(kind, outcome.removesuffix(" before"))


def check_let_in(db: Session, submission: Submission, admission: Admission) -> None:
    """Refuse what would let nothing in, before anything else is asked; spends nothing."""
    found = standing(db, admission, target=submission.target)
    if found != "free" and not is_retry(db, submission, admission):
        raise _not_let_in(admission.kind, found)


def _not_let_in(kind: str, found: str) -> Refused:
    return Refused(f"{kind}_{found}", 422 if found == "unknown" else 409, field=kind)


def submit_new(connection: Connection, brought: Sequence[Brought]) -> list[Stored] | None:
    """The same for new answers alone, all of them by three statements: None, or IntegrityError,
    unless each comes with a ticket of its own that was not spent and with an id that is free.

    In the order of the ids, which nobody chose: two processes never wait for each other in a
    circle, and the order of writing is not that of coming.
    """
    if any(admission.kind != "ticket" for _, admission in brought):
        return None
    spent = sorted((admission.digest, submission.target) for submission, admission in brought)
    if not spend_tickets(connection, spent):
        return None
    for submission in {(one.class_code, one.wave): one for one, _ in brought}.values():
        _check_open(connection, submission)
    stored = [_stored(submission) for submission, _ in brought]
    connection.execute(_ADD, sorted((one._asdict() for one in stored), key=itemgetter("id")))
    return stored


_ADD = insert(ResponseRow)


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


def _check_open(connection: Connection, submission: Submission) -> None:
    """Refuse what comes in the moment in which the cycle closes: its list of receipts is frozen."""
    state = connection.execute(_STATE, {"code": submission.class_code}).scalar_one()
    policies.check_can_answer(state, submission.wave)


def _store(db: Session, submission: Submission) -> Stored:
    """Add the response; an id that is taken came by a page that two people shared, and the second
    answer gets an id of its own."""
    stored = _stored(submission)
    if not add_new(db, ResponseRow, **stored._asdict()):
        stored = stored._replace(id=new_id())
        add_new(db, ResponseRow, **stored._asdict())
    return stored


def _stored(submission: Submission) -> Stored:
    return Stored(
        id=submission.id,
        day=submission.day,
        duration=submission.duration,
        nonce=submission.nonce,
        medium=submission.medium,
        pairing=submission.pairing,
        **submission.content,
    )


def _is_same(kept: ResponseRow, submission: Submission) -> bool:
    """Whether this content is stored; a name that became known since is masked on both sides."""
    sent, known = submission.content, submission.known
    differing = {name for name, value in sent.items() if getattr(kept, name) != value}
    return not differing or (
        differing == {"answers"}
        and masked_again(kept.answers, known) == masked_again(sent["answers"], known)
    )
