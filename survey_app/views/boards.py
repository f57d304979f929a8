"""Response boards 看板: of one class for who has its link, of an institution's classes for it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for

from survey_app import clock, db, policies
from survey_app.protection import only, person, public, settings, who
from survey_app.replies import csv_reply, file_name, pdf_reply
from survey_app.services import board_links, class_reminders, monitor, slip_sheets
from survey_app.services.issue import places_of
from survey_app.services.places import Place, find_class
from survey_app.services.programme import current_cycle, programme_of
from survey_app.sheets import board_links_csv, qr_code

pages = Blueprint("boards", __name__)


@pages.get("/b/<code>/<key>")
@public
def class_board(code: str, key: str) -> Any:
    """Counts of one class, for whoever has its link."""
    secret = settings().secret(board_links.KEY)
    board_links.check_link(db.current(), key=secret, code=code, typed=key)
    return render_template("class_board.html", **shown_class(find_class(db.current(), code)))


@pages.get("/classes/")
@only("institution")
def mine() -> Any:
    """Counts of all classes of my institution."""
    cycle, me = current_cycle(db.current()), person()
    assert me is not None
    programme, today = programme_of(db.current(), cycle), clock.today()
    lines = monitor.board(db.current(), cycle, programme, today=today, institution=me.unit)
    return render_template(
        "boards.html",
        cycle=cycle,
        lines=lines,
        until=until(cycle.state),
        days=monitor.days_of(lines),
        followup=policies.begun(cycle.state, "followup"),
        least=programme.plan.thresholds.min_cell,
        range=monitor.scale_words(programme),
    )


@pages.get("/classes/<code>")
@only("institution")
def one(code: str) -> Any:
    """Counts of one class of mine by day, and the text that reminds all of it."""
    place = _own(code)
    programme = programme_of(db.current(), place.cycle)
    base = settings().base_url
    reminder = class_reminders.reminder_of(db.current(), programme, place, base)
    page = shown_class(place)
    counts = {"end": page["line"].answered, "followup": page["line"].followed}
    page["reminded_today"] = bool(
        reminder and clock.today() in counts[reminder.place.wave].reminded
    )
    return render_template("class_reminder.html", **page, reminder=reminder, qr_code=qr_code)


@pages.post("/classes/<code>/reminders")
@only("institution")
def remind(code: str) -> Any:
    """Log that the whole class was reminded, today."""
    place, day = _own(code), clock.today()
    programme = programme_of(db.current(), place.cycle)
    class_reminders.remind_class(db.current(), programme, place, by=who(), day=day)
    return redirect(url_for("boards.one", code=code, _anchor="reminder"), 303)


@pages.post("/province/board-links")
@only("province")
def links() -> Any:
    """Links for class teachers, to be printed with the slips; of one class another one."""
    cycle, code = current_cycle(db.current()), request.form.get("code", "")
    scope, renew = ("class" if code else "classes"), bool(code and request.form.get("renew"))
    places = places_of(db.current(), cycle=cycle.code, scope=scope, code=code)
    site, me, session = settings(), who(), db.current()
    key = site.secret(board_links.KEY)
    made = board_links.give_links(
        session, key=key, base_url=site.base_url, places=places, renew=renew, by=me
    )
    about = [place.code for place in places]
    if request.form.get("format") == "csv":
        return csv_reply(board_links_csv(made), file_name("boards", "csv", about=about))
    content = slip_sheets.board_links_pdf(made, sample=cycle.sample)
    return pdf_reply(content, file_name("boards", "pdf", about=about))


@pages.post("/province/board-links/<code>/end")
@only("province")
def end_link(code: str) -> Any:
    """From now on no link opens the board of the class."""
    board_links.revoke_link(db.current(), code=find_class(db.current(), code).code, by=who())
    return redirect(url_for("province.training_class", code=code), 303)


def shown_class(place: Place) -> dict[str, Any]:
    """What every board of one class shows."""
    programme, today, row = (
        programme_of(db.current(), place.cycle),
        clock.today(),
        place.training_class,
    )
    own = {"today": today, "code": row.code}
    [line] = monitor.board(db.current(), place.cycle, programme, **own)
    page = {
        "place": place,
        "line": line,
        "until": until(place.cycle.state),
        "followup": policies.begun(place.cycle.state, "followup"),
    }
    page["sessions"] = monitor.session_lines(db.current(), place.cycle, programme, row, today=today)
    return page | {"days": monitor.days_of([line]), "least": programme.plan.thresholds.min_cell}


def until(state: str) -> dict[str, str]:
    """Wave → until when its answers are counted, in words."""
    return {wave: monitor.until_words(state, wave, clock.today()) for wave in policies.OPEN_IN}


def _own(code: str) -> Place:
    me = person()
    assert me is not None
    return class_reminders.own_class(db.current(), code, me.unit)
