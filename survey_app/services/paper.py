"""Paper forms typed in by the staff: typed twice, by two people, before anything counts.

What keeps a paper form anonymous is the shuffled pile of sheets, each with a ticket that names
nobody; the audit says who typed for which class, and never what, nor off which sheet.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from instruments.tables import PAPER
from survey_app.db import add_new
from survey_app.errors import Refused
from survey_app.models import PaperEntryRow, ResponseRow
from survey_app.services import audit
from survey_app.services.admission import Admission, standing
from survey_app.services.places import Place
from survey_app.services.programme import Programme
from survey_app.services.respond import Submission, canonical, submit_response

FIRST, AGAIN, MATCHED, SETTLED, DIFFERS = "first", "again", "matched", "settled", "differs"
"""What became of a typed sheet: kept apart; kept anew by the same person; counted since both
typed the same; counted as the second one has decided; not counted, for the two differ."""
DONE = (FIRST, AGAIN, MATCHED, SETTLED)
"""Those after which the next sheet is typed."""
SELF_CODE = "self_code"
"""Stands among differing items for the self-made code, of which only a digest is kept."""


@dataclass(frozen=True)
class Outcome:
    """What became of a typed sheet, and the items in which the two typings differ."""

    told: str
    differing: tuple[str, ...] = ()


def enter_paper(
    db: Session,
    submission: Submission,
    *,
    admission: Admission,
    by: str,
    decided: Collection[str] = (),
) -> Outcome:
    """Take a sheet that ``by`` has typed. The second typing by somebody else stores the response
    and spends the ticket, when it says the same, or when ``decided`` names all items in which it
    differs: then whoever typed second has looked at the sheet again."""
    _check_ticket(db, submission, admission)
    code = admission.digest
    kept = db.get(PaperEntryRow, code)
    if kept is None or kept.author == by:
        return _keep(db, submission, code, kept, by)
    differing = _differing(kept, submission)
    if differing and set(decided) != set(differing):
        return Outcome(DIFFERS, differing)
    db.delete(kept)
    submit_response(db, (submission, admission))
    db.flush()
    told = SETTLED if differing else MATCHED
    _note(db, submission, by=by, action=f"paper_{told}", count=_counted(db, submission))
    return Outcome(told)


def entries(db: Session) -> dict[str, int]:
    """Sheets that were typed once only, by what their tickets open."""
    rows = db.execute(select(PaperEntryRow.target, func.count()).group_by(PaperEntryRow.target))
    return {target: count for target, count in rows}


@dataclass(frozen=True)
class PaperCount:
    """Paper forms of one class or session: how many count, in words, and how many wait for their
    second typing."""

    counted: str
    waiting: int


def paper_counts(
    db: Session, places: Sequence[Place], programme: Programme
) -> dict[str, PaperCount]:
    """By what their tickets open. Below the minimum cell the number is not told: one paper form
    among many would be somebody's. Those that are not on paper a board counts by themselves, so
    that this number can be taken off none."""
    least, waiting = programme.plan.thresholds.min_cell, entries(db)
    forms = {one.subject: one.code for one in programme.instruments}
    told = {}
    for place in places:
        session = place.session.code if place.session else ""
        form = forms.get(("trainee", place.per, place.wave), "")
        n = _on_paper(db, form, place.training_class.code, session)
        few = 0 < n < least or (n > 0 and place.training_class.enrolled < least)
        counted = f"不足{least}份不列" if few else str(n)
        told[place.target] = PaperCount(counted, waiting.get(place.target, 0))
    return told


def _on_paper(db: Session, instrument: str, class_code: str, session: str) -> int:
    row = ResponseRow
    about = (row.instrument == instrument, row.class_code == class_code, row.session == session)
    query = select(func.count()).select_from(row).where(*about, row.medium == PAPER)
    return db.scalars(query).one()


def destroy_entries(db: Session, *, by: str, target: str = "") -> None:
    """What nobody has typed a second time is gone, and the audit says how many: at closing all of
    it, before that what the void tickets of ``target`` stood on."""
    chosen = delete(PaperEntryRow)
    if target:
        chosen = chosen.where(PaperEntryRow.target == target)
    dropped = db.connection().execute(chosen).rowcount
    if dropped:
        audit.note(db, by=by, action="paper_dropped", object=f"{target} × {dropped}".strip())


def _check_ticket(db: Session, submission: Submission, admission: Admission) -> None:
    found = standing(db, admission, target=submission.target)
    if found == "unknown":
        raise Refused("ticket_unknown", 422, field="ticket")
    if found == "spent":
        raise Refused("paper_spent", 409, field="ticket")


def _keep(
    db: Session, submission: Submission, code: str, kept: PaperEntryRow | None, by: str
) -> Outcome:
    """Keep a first typing apart; the same person's later one stands in its place."""
    values = {
        "instrument": submission.instrument,
        "version": submission.version,
        "answers": canonical(submission.answers),
        "pairing": submission.pairing,
    }
    if kept is not None:
        for name, value in values.items():
            setattr(kept, name, value)
    elif not add_new(db, PaperEntryRow, ticket=code, target=submission.target, author=by, **values):
        raise Refused("paper_meanwhile", 409, field="ticket")
    db.flush()
    count = entries(db)[submission.target]
    _note(db, submission, by=by, action="paper_first", count=count)
    return Outcome(FIRST if kept is None else AGAIN)


def _differing(kept: PaperEntryRow, submission: Submission) -> tuple[str, ...]:
    first, second = json.loads(kept.answers), submission.answers
    names = [name for name in {**first, **second} if first.get(name) != second.get(name)]
    return (*names, *([SELF_CODE] if kept.pairing != submission.pairing else []))


def _counted(db: Session, submission: Submission) -> int:
    """Paper forms of the same class or session that count by now."""
    about = submission.instrument, submission.class_code, submission.session
    return _on_paper(db, *about)


def _note(db: Session, submission: Submission, *, by: str, action: str, count: int) -> None:
    audit.note(db, by=by, action=action, object=f"{submission.target} × {count}")
