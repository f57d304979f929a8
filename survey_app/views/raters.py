"""The province's page of experts' agreement and drift."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template

from instruments.rater_care import rater_care
from survey_app import db
from survey_app.protection import only
from survey_app.services.programme import current_cycle, programme_of
from survey_app.services.rater_care import panel_of
from survey_app.services.training import course_of

pages = Blueprint("raters", __name__, url_prefix="/province/raters")


@pages.get("/")
@only("province")
def listing() -> Any:
    """Every expert: training, co-observed sessions, drift, and what deserves a conversation."""
    cycle = current_cycle(db.current())
    programme = programme_of(db.current(), cycle)
    course = course_of(cycle, programme)
    panel = panel_of(db.current(), cycle, programme, course)
    told = {"panel": panel, "course": course, "care": rater_care()}
    return render_template("raters.html", cycle=cycle, **told)
