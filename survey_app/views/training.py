"""The expert's page of described sessions: rate, compare with the reference, see own figures."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for

from instruments.model import Instrument
from instruments.training import TrainingSet, rated_part
from survey_app import clock, db
from survey_app.errors import Refused
from survey_app.forms import Questionnaire
from survey_app.models import CycleRow
from survey_app.protection import only, person, who
from survey_app.services import training
from survey_app.services.programme import Programme, current_cycle, programme_of
from survey_app.services.rater_care import card_of

pages = Blueprint("training", __name__, url_prefix="/expert/training")


@dataclass(frozen=True)
class _Desk:
    """What every page here begins with."""

    cycle: CycleRow
    programme: Programme
    course: training.Course
    tasks: list[training.Task]
    rubric: Instrument
    expert: str

    @property
    def found(self) -> TrainingSet:
        """The training set; refused where the cycle's rubric has none."""
        if self.course.found is None:
            raise Refused("no_training", 404)
        return self.course.found


@pages.get("/")
@only("expert")
def listing() -> Any:
    """All described sessions, how far I am, and my own agreement and drift."""
    desk = _desk()
    card = card_of(db.current(), desk.cycle, desk.programme, desk.course, expert=desk.expert)
    return render_template("training.html", desk=desk, card=card)


@pages.get("/<code>")
@only("expert")
def session(code: str) -> Any:
    """One described session and the rubric's levels to choose from."""
    desk = _desk()
    task = training.find_task(desk.tasks, code)
    return _session_page(desk, task, Questionnaire(rated_part(desk.rubric), {}))


@pages.post("/<code>")
@only("expert")
def rate(code: str) -> Any:
    """Keep my levels, then show the reference."""
    desk = _desk()
    task = training.find_task(desk.tasks, code)
    form, attempt = Questionnaire(rated_part(desk.rubric), {}), request.form.get("attempt", "")
    form.read(request.form)
    if not re.fullmatch(r"[0-9]{1,6}", attempt):
        raise Refused("page_damaged", 400)
    if form.errors:
        return _session_page(desk, task, form), 422
    return _keep(desk, task, form, int(attempt))


@pages.get("/<code>/reference")
@only("expert")
def reference(code: str) -> Any:
    """My levels beside the reference and its reasons."""
    desk = _desk()
    task = training.find_task(desk.tasks, code)
    lines = training.compared(task, desk.rubric)
    return render_template("training_reference.html", desk=desk, task=task, lines=lines)


def _keep(desk: _Desk, task: training.Task, form: Questionnaire, attempt: int) -> Any:
    training.rate(
        db.current(),
        desk.cycle,
        desk.found,
        task,
        expert=desk.expert,
        levels={name: str(level) for name, level in form.answers.items()},
        attempt=attempt,
        day=clock.today(),
        by=who(),
    )
    return redirect(url_for("training.reference", code=task.session.code), 303)


def _session_page(desk: _Desk, task: training.Task, form: Questionnaire) -> str:
    attempt = request.form.get("attempt") or len(task.attempts) + 1
    return render_template(
        "training_session.html", desk=desk, task=task, sheet=form, attempt=attempt
    )


def _desk() -> _Desk:
    cycle, me = current_cycle(db.current()), person()
    assert me is not None
    programme = programme_of(db.current(), cycle)
    course = training.course_of(cycle, programme)
    tasks = []
    if course.found is not None:
        tasks = training.tasks_of(db.current(), cycle, course.found, expert=me.unit)
    rubric = programme.instrument(role="expert", per="visit")
    return _Desk(cycle, programme, course, tasks, rubric, me.unit)
