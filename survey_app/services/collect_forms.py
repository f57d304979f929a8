"""What ODK Collect downloads: the rubric as an XForm, and the expert's own sessions beside it."""

from __future__ import annotations

import csv
import hashlib
import io
from dataclasses import dataclass

from sqlalchemy.orm import Session

from instruments.builtin import form_parts
from instruments.model import Instrument
from instruments.xform import About, write_xform
from survey_app import policies
from survey_app.models import ClassRow, CycleRow, SessionRow, VisitRow
from survey_app.phrases import phrase
from survey_app.services.observe import visits_of
from survey_app.services.programme import Sources, read_sources

SESSIONS = "sessions.csv"


@dataclass(frozen=True)
class Download:
    """A text that Collect fetches and checks by its hash, which the protocol wants as MD5."""

    text: str

    @property
    def hash(self) -> str:
        """As lists and manifests write it."""
        return f"md5:{hashlib.md5(self.text.encode(), usedforsecurity=False).hexdigest()}"


def xform_of(db: Session, cycle: CycleRow, instrument: Instrument) -> Download:
    """A form of the cycle for Collect."""
    known = _XFORMS.get((cycle.sources_sha, instrument.code))
    if known is None:
        known = _written(read_sources(db, cycle.code), instrument.code)
        _XFORMS.clear()
        _XFORMS[cycle.sources_sha, instrument.code] = known
    return Download(known)


def sessions_of(db: Session, cycle: CycleRow, *, expert: str) -> Download:
    """The expert's sessions as the CSV file from which the form's first question chooses; without
    those of visits from which the expert has withdrawn."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("name", "label"))
    for visit, about in visits_of(db, cycle=cycle.code, expert=expert):
        if visit.declaration != policies.CONFLICT:
            rows = [db.get_one(SessionRow, code) for code in visit.sessions.split()]
            writer.writerows(
                (f"{visit.code}.{row.code}", _label(visit, about, row)) for row in rows
            )
    return Download(text.getvalue())


def _label(visit: VisitRow, about: ClassRow, session: SessionRow) -> str:
    mark = "signed" if visit.signed else "" if visit.declaration else "undeclared"
    told = {"date": session.date, "class_name": about.name, "title": session.title}
    label = phrase("collect.session", lecturer=session.lecturer, **told)
    return f"{label}{phrase(f'collect.mark_{mark}')}" if mark else label


def _written(sources: Sources, code: str) -> str:
    about = About(SESSIONS, phrase("collect.about"), phrase("collect.about_hint"))
    return write_xform(list(form_parts(dict(sources.instruments), code).values()), about)


_XFORMS: dict[tuple[str, str], str] = {}
"""The form in use, by what it was made of: pyxform takes longer than all else."""
