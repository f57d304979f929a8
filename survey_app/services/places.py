"""What a page is about: a class or one of its sessions, with its project and cycle."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from sqlalchemy import and_, bindparam, select
from sqlalchemy.orm import Session

from instruments.model import Instrument
from instruments.types import module_for
from survey_app import policies
from survey_app.errors import Refused
from survey_app.forms import Questionnaire
from survey_app.models import ClassRow, CycleRow, ProjectRow, SessionRow
from survey_app.services.programme import programme_of


@dataclass(frozen=True)
class Place:
    """A class at the end of its training or at the follow-up, or a session of it."""

    cycle: CycleRow
    project: ProjectRow
    training_class: ClassRow
    session: SessionRow | None
    wave: str = "end"

    @property
    def kind(self) -> str:
        """Key of ``FIND`` under which this place is found."""
        return "followup" if self.wave == "followup" else self.per

    @property
    def door(self) -> str:
        """First part of the address of its page."""
        return next(door for door, kind in DOORS.items() if kind == self.kind)

    @property
    def per(self) -> str:
        """What one response is about, in the instrument's word."""
        return "session" if self.session else "class"

    @property
    def code(self) -> str:
        """Code in the address of its page."""
        return self.session.code if self.session else self.training_class.code

    @property
    def heading(self) -> str:
        """What is answered about, in the words of the catalogue."""
        return self.session.title if self.session else self.training_class.name

    @property
    def target(self) -> str:
        """What a ticket for this place opens."""
        return f"{self.kind}:{self.code}"

    def context(self, instrument: Instrument) -> dict[str, str]:
        """Values of the context names that the instrument may use."""
        return {name: CONTEXT[name](self.project) for name in instrument.context}


CONTEXT: Mapping[str, Callable[[ProjectRow], str]] = {
    "project_mode": lambda project: project.mode,
    "project_type": lambda project: project.type,
    "project_module": lambda project: module_for(project.type, project.mode),
}
"""Context name → value from the project."""


_CLASS = (
    select(CycleRow, ProjectRow, ClassRow)
    .join(CycleRow, CycleRow.code == ClassRow.cycle)
    .join(ProjectRow, and_(ProjectRow.cycle == ClassRow.cycle, ProjectRow.code == ClassRow.project))
    .where(ClassRow.code == bindparam("code"))
)


def find_class(db: Session, code: str) -> Place:
    """The class with this code, or a refusal."""
    found = db.execute(_CLASS, {"code": code}).one_or_none()
    if found is None:
        raise Refused("no_such_class", 404)
    return Place(*found, None)


def find_session(db: Session, code: str) -> Place:
    """The session with this code, or a refusal."""
    row = db.get(SessionRow, code)
    if row is None:
        raise Refused("no_such_session", 404)
    place = find_class(db, row.class_code)
    return Place(place.cycle, place.project, place.training_class, row)


def find_followup(db: Session, code: str) -> Place:
    """The class with this code at the follow-up, or a refusal."""
    return replace(find_class(db, code), wave="followup")


FIND: Mapping[str, Callable[[Session, str], Place]] = {
    "class": find_class,
    "session": find_session,
    "followup": find_followup,
}
"""What a ticket or page is about → how it is found."""
DOORS: Mapping[str, str] = {"c": "class", "s": "session", "f": "followup"}
"""First part of the address of a trainee's page → key of ``FIND``."""


class KnownPlaces:
    """Places of one site whose wave is open, with their instruments, found once.

    By then catalogue and sources are frozen, so that nothing but the cycle's state can change;
    whoever stores an answer asks the store for that (``submit_response``).
    """

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], tuple[Place, Instrument]] = {}

    def find(self, look: Callable[[], Session], kind: str, code: str) -> tuple[Place, Instrument]:
        """As ``FIND[kind]`` and ``instrument_of``; the state may have changed since, and no row is
        tied to a session. ``look`` gives one, should it be needed."""
        known = self._known.get((kind, code))
        if known is not None:
            return known
        db = look()
        place = FIND[kind](db, code)
        found = place, instrument_of(db, place)
        if policies.OPEN_IN[place.wave] == place.cycle.state:
            for row in (place.cycle, place.project, place.training_class, place.session):
                if row is not None:
                    db.expunge(row)
            if len(self._known) >= MOST_KNOWN:
                self._known.clear()
            self._known[kind, code] = found
        return found


MOST_KNOWN = 20_000


def instrument_of(db: Session, place: Place) -> Instrument:
    """The instrument that trainees fill about ``place``, or a refusal."""
    programme = programme_of(db, place.cycle)
    return programme.instrument(role="trainee", per=place.per, wave=place.wave)


def least_shown(db: Session, place: Place) -> int:
    """The fewest people whose answers together are shown to anybody."""
    return programme_of(db, place.cycle).plan.thresholds.min_cell


def questionnaire_of(db: Session, place: Place) -> Questionnaire:
    """The empty form that trainees fill about ``place``, or a refusal."""
    instrument = instrument_of(db, place)
    return Questionnaire(instrument, place.context(instrument))
