"""调研计划: who visits what is seen, proposed, changed seat by seat, and put into force."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for

from survey_app import clock, db, policies
from survey_app.errors import Refused
from survey_app.models import CycleRow
from survey_app.protection import only, settings, who
from survey_app.replies import csv_reply
from survey_app.services import assignments, jobs, plan_pages, proposals, visit_plans
from survey_app.services.assignments import Plan, Stored
from survey_app.services.programme import current_cycle, programme_of
from survey_app.sheets import visits_csv
from survey_app.views.province import started_job

pages = Blueprint("planning", __name__, url_prefix="/province/visits/plan")
SEATS = ("2", "3", "4")
"""Seats a stop that can be wished for."""
SHEET = "实地调研.csv"
"""What ``guopei import`` takes for the sheet of visits."""


@pages.get("/")
@only("province")
def page() -> Any:
    """The visits as they are, or as a job has proposed them."""
    cycle, stored = _stored()
    if "job" not in request.args:
        return _page(cycle, stored, stored.plan or assignments.suggested_stops(stored))
    answer = _answer(cycle, request.args["job"])
    plan = assignments.read_plan(answer.plan, stored) if answer.plan else stored.plan
    return _page(cycle, stored, plan, answer=answer)


@pages.post("/")
@only("province")
def change() -> Any:
    """The plan with other stops, with somebody else in a seat, or who else could sit there;
    nothing is stored, so that whoever answers in that moment need not wait."""
    db.only_read()
    cycle, stored = _stored()
    plan = _sent(stored)
    for name, do in _CHANGES.items():
        if name in request.form:
            return do(cycle, stored, plan, request.form[name])
    return _page(cycle, stored, plan)


@pages.post("/propose")
@only("province")
def propose() -> Any:
    """Queue the solving of a plan for the stops of the page."""
    cycle, stored = _stored()
    seats, keep = request.form.get("seats", ""), "keep" in request.form
    if seats not in SEATS:
        raise Refused("plan_damaged", 400)
    wish = visit_plans.Wish(_sent(stored), int(seats), keep)
    visit_plans.rules_of(settings())  # a file at fault is told here, not by a job that fails
    session, now = db.current(), clock.seconds()
    job = jobs.request_plan(session, settings(), cycle=cycle, wish=wish, now=now, by=who())
    return started_job(job)


@pages.post("/accept")
@only("province")
def accept() -> Any:
    """Make the page's plan the visits of the cycle."""
    cycle, stored = _stored()
    plan, seen = _sent(stored), request.form.get("seen", "")
    rules, session = visit_plans.rules_of(settings()), db.current()
    visit_plans.check_acceptable(session, cycle, rules, stored, plan)
    changed = assignments.accept_plan(session, cycle, plan, seen=seen, by=who())
    return redirect(url_for("planning.page", changed=changed), 303)


@pages.post("/sheet")
@only("province")
def sheet() -> Any:
    """The page's plan as the catalogue's sheet of visits."""
    db.only_read()
    cycle, stored = _stored()
    lines = assignments.visit_lines(db.current(), cycle, _sent(stored))
    return csv_reply(visits_csv(lines), SHEET)


def _stored() -> tuple[CycleRow, Stored]:
    cycle = current_cycle(db.current())
    return cycle, assignments.read_stored(db.current(), cycle.code)


def _sent(stored: Stored) -> Plan:
    return assignments.read_plan(request.form.get("plan", ""), stored)


def _answer(cycle: CycleRow, job: str) -> proposals.Answer:
    row = jobs.find_job(db.current(), job)
    if (row.kind, row.cycle, row.state) != (policies.PLAN, cycle.code, policies.DONE):
        raise Refused("no_proposal", 404)
    return proposals.read_answer(row.outcome)


def _stops(cycle: CycleRow, stored: Stored, plan: Plan, _do: str) -> Any:
    chosen = request.form.getlist("stop")
    return _page(cycle, stored, assignments.with_stops(plan, chosen, stored))


def _choose(cycle: CycleRow, stored: Stored, plan: Plan, sent: str) -> Any:
    stop, _, gone = sent.partition(":")
    assignments.with_seat(plan, stop, gone, "")
    return _page(cycle, stored, plan, stop=stop, gone=gone)


def _give(cycle: CycleRow, stored: Stored, plan: Plan, sent: str) -> Any:
    stop, _, seat = sent.partition(":")
    gone, _, come = seat.partition(">")
    if come and come not in stored.experts:
        raise Refused("plan_damaged", 400)
    return _page(cycle, stored, assignments.with_seat(plan, stop, gone, come))


_CHANGES: Mapping[str, Callable[[CycleRow, Stored, Plan, str], Any]] = {
    "stops": _stops,
    "choose": _choose,
    "give": _give,
}
"""Button → what it does; its value says to which stop and seat."""


def _page(
    cycle: CycleRow,
    stored: Stored,
    plan: Plan,
    *,
    answer: proposals.Answer | None = None,
    stop: str = "",
    gone: str = "",
) -> str:
    rules, programme = visit_plans.rules_of(settings()), programme_of(db.current(), cycle)
    problem = visit_plans.problem_of(db.current(), cycle, rules, stored, plan)
    former = visit_plans.problem_of(db.current(), cycle, rules, stored, stored.plan)
    before = plan_pages.plan_sheet(former, stored, stored.plan, programme)
    others = plan_pages.candidates(problem, plan, programme, stop=stop, gone=gone) if stop else ()
    return render_template(
        "planning.html",
        cycle=cycle,
        stored=stored,
        rules=rules,
        shown=plan_pages.plan_sheet(problem, stored, plan, programme),
        before=before.summary,
        differs=assignments.plan_text(plan) != assignments.plan_text(stored.plan),
        answer=answer,
        stop=stop,
        stop_label=stored.days[stop].label if stop else "",
        gone=gone,
        candidates=others,
        chosen=set(plan),
        seats=SEATS,
        seen=request.form.get("seen", stored.mark),
        may=policies.allowed(lambda: policies.check_can_assign(cycle.state)),
        changed=request.args.get("changed", ""),
    )
