"""One sent page of a record: its uploads kept, its rows changed, its answers saved or submitted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from survey_app import policies
from survey_app.config import Settings
from survey_app.edits import SUBMIT, Edit, fill
from survey_app.errors import Refused
from survey_app.forms import Questionnaire
from survey_app.models import CycleRow
from survey_app.services.duties import Duty
from survey_app.services.evidence import Upload, attachments_of, keep_upload
from survey_app.services.records import save_record


@dataclass(frozen=True)
class SentPage:
    """A page as it was sent: its fields and files, the button pressed, the revision it showed,
    who sent it on which day."""

    sent: MultiDict[str, str]
    uploads: Sequence[Upload]
    edit: Edit
    revision: int
    login: str
    day: str


def blank_sheet(db: Session, cycle: CycleRow, duty: Duty) -> Questionnaire:
    """The form of a duty with the files that it may name, before anything is put in."""
    files = attachments_of(db, cycle.code, duty)
    return Questionnaire(duty.instrument, duty.context, attachments=files)


def take_page(
    db: Session,
    settings: Settings,
    cycle: CycleRow,
    duty: Duty,
    page: SentPage,
) -> Questionnaire:
    """Read a sent page; files that are refused are faults of their field."""
    named, faults = MultiDict(page.sent), {}
    for key in [key for key in named if key.endswith("-drop")]:
        named[key.removesuffix("-drop")] = ""
    whose = {"cycle": cycle.code, "author": page.login, "day": page.day}
    for upload in page.uploads:
        try:
            named[upload.field] = keep_upload(db, settings, upload, duty=duty, **whose)
        except Refused as refusal:
            faults[upload.field] = f"{refusal.fault.message}{refusal.fault.remedy}"
    sheet = blank_sheet(db, cycle, duty)
    fill(sheet, named, page.edit)
    sheet.errors |= {key: fault for key, fault in faults.items() if sheet.has(key)}
    return sheet


def save_page(
    db: Session, cycle: CycleRow, duty: Duty, sheet: Questionnaire, page: SentPage
) -> bool:
    """Save what a page held as draft, or submit it if it lacks nothing; False: kept aside."""
    submits = page.edit.verb == SUBMIT and not sheet.errors
    saved = save_record(
        db,
        cycle.code,
        duty,
        state=policies.SUBMITTED if submits else policies.DRAFT,
        answers=sheet.answers,
        revision=page.revision,
        author=page.login,
        day=page.day,
    )
    if saved and submits and duty.review is not None:
        duty.review.signed = True
    return saved
