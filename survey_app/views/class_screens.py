"""The province's page of classes to look at again."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template

from survey_app import db
from survey_app.protection import only, settings
from survey_app.services.class_screens import find_screening
from survey_app.services.programme import current_cycle

pages = Blueprint("class_screens", __name__, url_prefix="/province/class-screens")


@pages.get("/")
@only("province")
def listing() -> Any:
    """Which classes the screens raise, what each found, what it means and what to do."""
    cycle = current_cycle(db.current())
    found = find_screening(db.current(), settings(), cycle)
    return render_template("class_screens.html", cycle=cycle, screening=found)
