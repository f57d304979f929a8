"""The province's view of all duties: exceptions first, reminders, returns, checks of fields."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for

from survey_app import clock, db, policies
from survey_app.models import CycleRow
from survey_app.protection import only, who
from survey_app.services import progress, records
from survey_app.services.duties import Duty, find_duty
from survey_app.services.programme import current_cycle, programme_of
from survey_app.views.records import seen_record

pages = Blueprint("duties", __name__, url_prefix="/province")


@pages.get("/duties")
@only("province")
def listing() -> Any:
    """Every duty of the cycle, exceptions first, narrowed down by stage, form and words."""
    cycle, lines = _lines()
    wanted = {name: request.args.get(name, "") for name in ("stage", "instrument", "words")}
    return render_template(
        "duties.html",
        cycle=cycle,
        counts=progress.counts(lines),
        forms={line.duty.instrument.code: line.duty.instrument.title for line in lines},
        lines=progress.narrowed(lines, **wanted),
        wanted=wanted,
        told=request.args.get("told", ""),
    )


@pages.post("/duties/remind")
@only("province")
def remind() -> Any:
    """Log a reminder of one duty, or of all that are overdue."""
    cycle, lines = _lines()
    one = request.form.get("instrument", ""), request.form.get("target", "")
    chosen = progress.to_remind(lines, *one)
    day = clock.today()
    told = progress.remind(db.current(), cycle, chosen, author=who(), day=day)
    return redirect(url_for("duties.listing", told=told), 303)


@pages.get("/records/<instrument>/<target>")
@only("province")
def record(instrument: str, target: str) -> Any:
    """One record with its checks, to be checked or sent back."""
    cycle, duty = _duty(instrument, target)
    return render_template("record_check.html", **seen_record(cycle, duty))


@pages.post("/records/<instrument>/<target>/return")
@only("province")
def send_back(instrument: str, target: str) -> Any:
    """Return a submitted record with the reason."""
    cycle, duty = _duty(instrument, target)
    found, reason = records.find_record(db.current(), cycle.code, duty), request.form["reason"]
    policies.check_can_return(
        cycle.state, duty.instrument.wave, found.state, duty.role, reason=reason
    )
    day = clock.today()
    records.return_record(db.current(), cycle.code, duty, reason=reason, author=who(), day=day)
    return redirect(url_for("duties.record", instrument=instrument, target=target), 303)


@pages.post("/records/<instrument>/<target>/checks")
@only("province")
def check(instrument: str, target: str) -> Any:
    """Note which fields were checked by sample or confirmed."""
    cycle, duty = _duty(instrument, target)
    found = records.find_record(db.current(), cycle.code, duty)
    policies.check_can_check(cycle.state, duty.instrument.wave, found.state)
    checks = records.read_checks(duty.instrument, request.form)
    records.check_fields(db.current(), duty, found.id, checks, author=who(), day=clock.today())
    return redirect(url_for("duties.record", instrument=instrument, target=target), 303)


def _lines() -> tuple[CycleRow, list[progress.DutyLine]]:
    cycle = current_cycle(db.current())
    programme = programme_of(db.current(), cycle)
    return cycle, progress.duty_lines(db.current(), cycle, programme, today=clock.today())


def _duty(instrument: str, target: str) -> tuple[CycleRow, Duty]:
    cycle = current_cycle(db.current())
    programme = programme_of(db.current(), cycle)
    place = {"instrument": instrument, "target": target}
    return cycle, find_duty(db.current(), cycle, programme, **place)
