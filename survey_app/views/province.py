"""The province's board: cycle, responses, tickets, experts, extract, scoring, bulletin."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

from flask import Blueprint, redirect, render_template, request, send_file, url_for

from survey_app import clock, db, policies
from survey_app.errors import Refused
from survey_app.phrases import phrase
from survey_app.protection import only, settings, who
from survey_app.replies import csv_reply, file_name, pdf_reply
from survey_app.services import (
    audit,
    board_links,
    invite,
    issue,
    jobs,
    monitor,
    paper,
    slip_sheets,
    windows,
)
from survey_app.services.collect_keys import keys_of
from survey_app.services.cycle import close_cycle, destroy_code_key, open_cycle
from survey_app.services.documents import PAGE, find_edition
from survey_app.services.extract import seal_cycle
from survey_app.services.places import FIND, Place, find_class, find_followup, questionnaire_of
from survey_app.services.programme import current_cycle, find_cycle, programme_of
from survey_app.services.progress import counts, duty_lines
from survey_app.sheets import invitations_csv, qr_code, slips_csv
from survey_app.views.boards import shown_class, until

LAST_PAGE = 100_000
PAPER = "paper"
"""What is handed out as a whole questionnaire, hence for one class or session at a time."""
FORMATS = ("pdf", "csv", PAPER)
pages = Blueprint("province", __name__, url_prefix="/province")


@pages.get("/")
@only("province")
def board() -> Any:
    """Where the cycle stands and who has answered."""
    cycle = find_cycle(db.current())
    if cycle is None:
        return render_template("board.html", cycle=None)
    programme = programme_of(db.current(), cycle)
    duties = duty_lines(db.current(), cycle, programme, today=clock.today())
    lines = monitor.board(db.current(), cycle, programme, today=clock.today())
    return render_template(
        "board.html",
        cycle=cycle,
        lines=lines,
        days=monitor.days_of(lines),
        until=until(cycle.state),
        least=programme.plan.thresholds.min_cell,
        range=monitor.scale_words(programme),
        job=jobs.latest_job(db.current(), cycle.code),
        states=policies.STATES,
        followup=programme.has_followup,
        begun=policies.begun(cycle.state, "followup"),
        counts=counts(duties),
        typed_once=sum(paper.entries(db.current()).values()),
    )


@pages.post("/open")
@only("province")
def open_answers() -> Any:
    """Open the cycle, when what is asked and how it counts is frozen; later its follow-up."""
    cycle = current_cycle(db.current())
    open_cycle(db.current(), cycle, programme_of(db.current(), cycle), by=who())
    return redirect(url_for("province.board"), 303)


@pages.post("/close")
@only("province")
def close_answers() -> Any:
    """Close the cycle."""
    cycle = current_cycle(db.current())
    close_cycle(db.current(), cycle, by=who())
    db.afterwards(partial(destroy_code_key, settings(), cycle))
    db.afterwards(partial(db.forget_layout, db.engine()))
    return redirect(url_for("province.board"), 303)


@pages.post("/extract")
@only("province")
def seal() -> Any:
    """Write the sealed extract."""
    seal_cycle(db.engine(), settings(), by=who())
    return redirect(url_for("province.board"), 303)


@pages.get("/extract.zip")
@only("province")
def download() -> Any:
    """The sealed extract as one file: of the latest edition, or of the first."""
    cycle = current_cycle(db.current())
    name = cycle.first_extract if request.args.get("edition") == "end" else cycle.extract
    path = settings().home / "extracts" / f"{name}.zip"
    if not name or not path.exists():
        raise Refused("no_extract", 404)
    return send_file(path, as_attachment=True)


@pages.get("/classes/<code>")
@only("province")
def training_class(code: str) -> Any:
    """One class: responses, tickets, sessions."""
    place = find_class(db.current(), code)
    page = shown_class(place)
    remote = {kind: windows.find_window(db.current(), f"{kind}:{code}") for kind in windows.KINDS}
    asked = [place, find_followup(db.current(), code)]
    asked += [FIND["session"](db.current(), one.code) for one in page["sessions"]]
    programme = programme_of(db.current(), place.cycle)
    page["papers"] = paper.paper_counts(db.current(), asked, programme)
    page["linked"] = board_links.has_link(db.current(), code)
    spares = policies.spares(place.training_class.enrolled)
    return render_template("class.html", **page, spares=spares, remote=remote)


@pages.post("/tickets")
@only("province")
def tickets() -> Any:
    """Issue tickets: slips or forms to print, or a CSV, given this once."""
    sent = request.form
    cycle = current_cycle(db.current())
    scope, code = sent.get("scope", "class"), sent.get("code", "")
    places = issue.places_of(db.current(), cycle=cycle.code, scope=scope, code=code)
    form = sent.get("format", "pdf")
    if form not in FORMATS or not places or (form == PAPER and len(places) != 1):
        raise Refused("page_damaged", 400)
    slips = issue.issue_slips(
        db.current(),
        key=settings().secret("ticket"),
        base_url=settings().base_url,
        places=places,
        count=_count(sent.get("count", "")),
        anew=sent.get("lost") == "anew",
        spare=sent.get("lost") == "spare",
        by=who(),
    )
    return _handed_out(slips, places, form, sample=cycle.sample)


def _handed_out(slips: list[issue.Slip], places: list[Place], form: str, *, sample: bool) -> Any:
    kind, about = places[0].kind, [place.code for place in places]
    if form == "csv":
        return csv_reply(slips_csv(slips), file_name("codes", "csv", about=about, kind=kind))
    if form == PAPER:
        sheet = questionnaire_of(db.current(), places[0])
        content = slip_sheets.paper_pdf(slips, places[0], sheet)
        return pdf_reply(content, file_name("paper", "pdf", about=about, kind=kind))
    content = slip_sheets.slips_pdf(slips, sample=sample)
    return pdf_reply(content, file_name("slips", "pdf", about=about, kind=kind))


@pages.get("/poster/<any(class, session, followup):scope>/<code>.pdf")
@only("province")
def poster(scope: str, code: str) -> Any:
    """The poster of a class or session, for the wall of its room: no code that lets anybody in."""
    place = FIND[scope](db.current(), code)
    made = slip_sheets.poster_pdf(place, base_url=settings().base_url)
    return pdf_reply(made, file_name("poster", "pdf", about=[place.code], kind=place.kind))


@pages.get("/experts")
@only("province")
def experts() -> Any:
    """Experts and their visits."""
    cycle = current_cycle(db.current())
    lines = monitor.expert_lines(db.current(), cycle.code)
    keys = keys_of(db.current(), cycle=cycle.code)
    return render_template("experts.html", cycle=cycle, lines=lines, collect=keys)


@pages.get("/invitations")
@only("province")
def invitations() -> Any:
    """Who can sign in, who was invited, who was not."""
    cycle, now = current_cycle(db.current()), clock.seconds()
    people = {
        role: invite.invitees(db.current(), cycle=cycle.code, role=role, now=now)
        for role in invite.INVITED
    }
    shown = request.args.get("role", invite.INVITED[0])
    if shown not in people:
        raise Refused("page_damaged", 400)
    return render_template("invitations.html", cycle=cycle, people=people, shown=shown)


@pages.post("/invitations")
@only("province")
def send_invitations() -> Any:
    """Make one-time links, of one person or of all of a role without account; shown this once."""
    sent, now = request.form, clock.seconds()
    cycle, role = current_cycle(db.current()), sent.get("role", "")
    people = invite.invitees(db.current(), cycle=cycle.code, role=role, now=now)
    days, base = settings().invitation_days, settings().base_url
    chosen = invite.chosen(people, sent.get("unit", ""))
    made = invite.invite(db.current(), chosen, base_url=base, days=days, now=now, by=who())
    if sent.get("format") == "csv":
        name = file_name("invitations", "csv", whose=phrase(f"role.{role}"))
        return csv_reply(invitations_csv(made), name)
    return render_template("invitation_sheet.html", made=made, days=days, qr_code=qr_code)


@pages.post("/score")
@only("province")
def score() -> Any:
    """Queue scoring and bulletin, and show their progress."""
    cycle = current_cycle(db.current())
    now = clock.seconds()
    return started_job(jobs.request_score(db.current(), settings(), cycle=cycle, now=now, by=who()))


@pages.post("/jobs/<job>/again")
@only("province")
def score_again(job: str) -> Any:
    """Do the work of a job anew."""
    now = clock.seconds()
    return started_job(jobs.request_again(db.current(), settings(), job=job, now=now, by=who()))


@pages.get("/jobs/<job>")
@only("province")
def progress(job: str) -> Any:
    """How far a job is."""
    row = jobs.find_job(db.current(), job)
    state = jobs.shown_state(settings(), row, now=clock.seconds())
    return render_template("job.html", job=row, state=state)


@pages.get("/bulletin")
@only("province")
def bulletin() -> Any:
    """The page of the latest bulletin, or of the first edition's."""
    edition = "end" if request.args.get("edition") == "end" else "now"
    find_edition(settings(), current_cycle(db.current()), edition)
    return redirect(url_for("documents.document", edition=edition, name=PAGE), 303)


@pages.get("/audit")
@only("province")
def audit_page() -> Any:
    """Who of the staff changed what, newest first."""
    number = max(1, min(request.args.get("page", 1, type=int), LAST_PAGE))
    return render_template("audit.html", page=audit.read_page(db.current(), number))


def started_job(job: str) -> Any:
    """Start a queued job once it is committed, and show its progress."""
    chosen = settings()
    db.afterwards(lambda: jobs.start_job(chosen, job))
    return redirect(url_for("province.progress", job=job), 303)


def _count(typed: str) -> int | None:
    if typed and not re.fullmatch(r"[0-9]{1,6}", typed):
        raise Refused("count_wrong", 422)
    return int(typed) if typed else None
