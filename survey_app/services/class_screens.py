"""Classes to look at again, as the last scoring has written them beside its results."""

from __future__ import annotations

import json
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey_app.config import Settings
from survey_app.errors import Refused
from survey_app.models import ClassRow, CycleRow, ProjectRow

FILE, RESULTS = "class_screens.json", "results"
COUNTED = "overfull"
"""The screen that counts, and leaves nothing to chance."""


@dataclass(frozen=True)
class Screen:
    """One screen of one form, in words, with how many classes it judged and raised."""

    screen: str
    name: str
    meaning: str
    do: str
    judged: str
    raised: str
    chance: str


@dataclass(frozen=True)
class Found:
    """What one screen found in one class."""

    screen: Screen
    statistic: str
    expected: str
    chance: str

    @property
    def counted(self) -> bool:
        """Whether it is a mere count, not a matter of chance."""
        return self.screen.screen == COUNTED


@dataclass(frozen=True)
class Raised:
    """One class to look at again."""

    code: str
    name: str
    project: str
    n: str
    found: tuple[Found, ...]


@dataclass(frozen=True)
class Form:
    """The screens of one form, and the classes that they raise."""

    title: str
    screens: tuple[Screen, ...]
    classes: tuple[Raised, ...]


@dataclass(frozen=True)
class Screening:
    """All of one scoring. ``rate``: chance at most that an honest class is raised; ``moved``: what
    the ranking would be without the raised classes."""

    rate: str
    cell: str
    moved: str
    forms: tuple[Form, ...]
    """Those with classes to look at first."""

    @property
    def raised(self) -> int:
        """How many classes any screen of any form raises."""
        return len({one.code for form in self.forms for one in form.classes})


def find_screening(db: Session, settings: Settings, cycle: CycleRow) -> Screening | None:
    """The screening of the latest scoring; None where that was done without one. Raises Refused
    before the first scoring."""
    name = cycle.evaluation or cycle.first_evaluation
    if not name:
        raise Refused("no_screening", 404)
    path = settings.home / RESULTS / name / FILE
    if not path.is_file():
        return None
    told = json.loads(path.read_text(encoding="utf-8"))
    if not told["forms"]:
        return None
    classes = {row.code: row.name for row in db.scalars(select(ClassRow))}
    rows = db.scalars(select(ProjectRow).where(ProjectRow.cycle == cycle.code))
    names = classes, {row.code: row.name for row in rows}
    forms = sorted((_form(one, *names) for one in told["forms"]), key=lambda one: not one.classes)
    return Screening(told["rate"], told["cell"], told["moved"], tuple(forms))


def _form(told: dict, classes: dict[str, str], projects: dict[str, str]) -> Form:
    screens = {one["screen"]: Screen(**one) for one in told["screens"]}
    return Form(
        told["title"],
        tuple(screens.values()),
        tuple(
            Raised(
                one["class_code"],
                classes.get(one["class_code"], ""),
                projects.get(one["project"], one["project"]),
                one["n"],
                tuple(
                    Found(**found | {"screen": screens[found["screen"]]}) for found in one["found"]
                ),
            )
            for one in told["classes"]
        ),
    )
