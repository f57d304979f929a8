"""Who owes what, by role; reminders, stages, and the province's list with exceptions first."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import select
from test_records import BASICS, RECORD, send

from site_for_tests import Site
from survey_app import clock, db, policies
from survey_app.models import CycleRow, ReminderRow
from survey_app.services import duties, progress
from survey_app.services.programme import current_cycle, programme_of

pytest_plugins = ("site_fixtures",)


def owed(site: Site) -> list[tuple[str, str, str, str, str]]:
    with db.look(site.engine) as session:
        cycle = current_cycle(session)
        found = duties.duties_of(session, cycle, programme_of(session, cycle))
    return [(d.role, d.owner, d.instrument.code, d.target, d.unit) for d in found]


def lines(site: Site, today: str = "2021-08-01", **who: str) -> list[progress.DutyLine]:
    with db.look(site.engine) as session:
        cycle = current_cycle(session)
        programme = programme_of(session, cycle)
        return progress.duty_lines(session, cycle, programme, today=today, **who)


def stage(site: Site, target: str = "P1", today: str = "2021-08-01") -> str:
    return next(line.stage for line in lines(site, today) if line.duty.target == target)


def test_duties_follow_from_catalogue_and_forms(whole: Site) -> None:
    """Decision record 13: nothing of this is stored."""
    assert sorted(owed(whole)) == sorted(
        [
            ("institution", "I1", "institution_record", "P1", "P1"),
            ("institution", "I1", "institution_record", "P2", "P2"),
            ("institution", "I2", "institution_record", "P3", "P3"),
            ("locality", "1401", "locality_form", "1401", "1401"),
            ("locality", "140105", "locality_form", "140105", "140105"),
            ("locality", "140106", "locality_form", "140106", "140106"),
            ("school", "X1", "school_form", "X1", "140105"),
            ("school", "X2", "school_form", "X2", "140106"),
            ("school", "X1", "school_rater", "N1", "P1"),
            ("school", "X2", "school_rater", "N2", "P3"),
            ("recorder", "J1", "focus_group", "G1", "P1"),
            ("recorder", "J2", "focus_group", "G2", "P2"),
            ("expert", "E1", "plan_review", "W1", "P1"),
            ("expert", "E2", "plan_review", "W2", "P1"),
            ("expert", "E1", "homework_review", "W3", "P2"),
        ]
    )


def test_a_cycle_without_these_forms_owes_nothing(site: Site) -> None:
    with db.look(site.engine) as session:
        cycle = current_cycle(session)
        forms = [i for i in programme_of(session, cycle).instruments if i.per in ("class", "visit")]
        programme = programme_of(session, cycle)
        bare = type(programme)(tuple(forms), programme.frameworks, programme.plan)
        assert duties.duties_of(session, cycle, bare, role="institution") == []


def test_names_of_what_is_hidden_are_hidden(whole: Site) -> None:
    [homework] = [line.duty for line in lines(whole) if line.duty.target == "W3"]
    assert homework.name == "作业抽评 W3"
    assert homework.class_code == "C2" and homework.subject == "C2"


def test_stages_of_a_duty(whole: Site) -> None:
    """A class of P1 ended on 2021-07-10; what is asked months later is not due yet."""
    assert stage(whole, today="2021-07-10") == policies.UNBEGUN
    assert stage(whole, today="2021-07-11") == progress.OVERDUE
    assert stage(whole, "N1") == progress.NOT_DUE
    clerk, boss = whole.staff("I1"), whole.staff("boss")
    send(clerk, RECORD, planned="50")
    assert stage(whole, today="2021-07-10") == policies.DRAFT
    send(clerk, RECORD, "submit", **BASICS)
    assert stage(whole) == policies.SUBMITTED
    boss.post("/province/records/institution_record/P1/return", reason="数不对")
    assert stage(whole) == policies.RETURNED
    whole.state("跟踪开放")
    assert stage(whole, "N1") == progress.OVERDUE


def remind(site: Site, monkeypatch: pytest.MonkeyPatch, days: int, **fields: str) -> str:
    """A reminder so many days from now; what the page then says."""
    with monkeypatch.context() as patch:
        later = clock.now() + timedelta(days=days)
        patch.setattr(clock, "today", lambda: later.date().isoformat())
        boss = site.staff("boss")
        reply = boss.post("/province/duties/remind", fields)
        assert reply.status_code == 303, reply.text
        return boss.get(reply.location).text


ONE = {"instrument": "institution_record", "target": "P1"}


def test_two_logged_reminders_make_a_withheld_record(whole: Site, monkeypatch) -> None:
    """Domain, section 00: 应报未报 only after two logged reminders, on two days."""
    assert "已记录1条催报" in remind(whole, monkeypatch, 0, **ONE)
    assert "已记录0条催报" in remind(whole, monkeypatch, 0, **ONE)  # once a day
    assert stage(whole) == progress.OVERDUE
    assert "已记录1条催报" in remind(whole, monkeypatch, 1, **ONE)
    assert stage(whole) == progress.WITHHELD
    with db.look(whole.engine) as session:
        assert {row.author for row in session.scalars(select(ReminderRow))} == {"boss"}
    page = whole.staff("I1").get("/records/").text
    assert "应报未报" in page and "催报2次" in page
    send(whole.staff("I1"), RECORD, "submit", **BASICS)
    assert stage(whole) == policies.SUBMITTED


def test_experts_withhold_nothing(whole: Site, monkeypatch) -> None:
    """What the evaluator did not collect is never laid at the unit's door."""
    for day in range(3):
        remind(whole, monkeypatch, day, instrument="plan_review", target="W1")
    assert stage(whole, "W1") == progress.OVERDUE


def test_all_overdue_are_reminded_at_once(whole: Site, monkeypatch) -> None:
    send(whole.staff("I1"), RECORD, "submit", **BASICS)
    due = [line for line in lines(whole) if line.stage == progress.OVERDUE]
    assert f"已记录{len(due)}条催报" in remind(whole, monkeypatch, 0)
    with db.look(whole.engine) as session:
        kept = {(row.instrument, row.target) for row in session.scalars(select(ReminderRow))}
    assert ("institution_record", "P1") not in kept  # handed in
    assert ("school_rater", "N1") not in kept  # not due
    assert len(kept) == len(due) == 12


def test_no_reminder_of_what_cannot_be_handed_in(whole: Site) -> None:
    boss = whole.staff("boss")
    send(whole.staff("I1"), RECORD, "submit", **BASICS)
    assert boss.post("/province/duties/remind", ONE).status_code == 409
    later = {"instrument": "school_rater", "target": "N1"}
    assert boss.post("/province/duties/remind", later).status_code == 403
    whole.state("关闭")
    other = {"instrument": "institution_record", "target": "P2"}
    assert boss.post("/province/duties/remind", other).status_code == 410


def test_the_list_shows_exceptions_first_and_narrows(whole: Site, monkeypatch) -> None:
    send(whole.staff("I1"), RECORD, "submit", **BASICS)
    other = {"instrument": "institution_record", "target": "P2"}
    for day in (0, 1):
        remind(whole, monkeypatch, day, **other)
    boss = whole.staff("boss")
    page = boss.get("/province/duties").text
    found = re.findall(r'<strong class="stage">(\S+)</strong>', page)
    assert found[0] == "应报未报" and found[-1] == "已提交"
    assert found == sorted(found, key=progress.STAGES.index)
    narrowed = boss.get("/province/duties?stage=应报未报").text
    assert narrowed.count('class="stage"') == 1 and "示例项目二" in narrowed
    assert boss.get("/province/duties?words=示例一小").text.count('class="stage"') == 2
    assert boss.get("/province/duties?instrument=locality_form").text.count('class="stage"') == 3
    assert "应报未报" in boss.get("/province/").text  # the board links to it


def test_the_province_sees_a_record_before_and_after(whole: Site) -> None:
    boss = whole.staff("boss")
    place = "/province/records/institution_record/P1"
    assert "未开始" in boss.get(place).text
    send(whole.staff("I1"), RECORD, planned="51", **{"timetable-0-lesson_title": "师德"})
    page = boss.get(place).text
    assert "草稿" in page and "51" in page and "师德" in page and "退回…" not in page
    assert boss.get("/province/records/institution_record/none").status_code == 404


def test_duties_of_another_cycle_are_another_s(whole: Site) -> None:
    with db.transaction(whole.engine) as session:
        session.get_one(CycleRow, "2021").year = 2020
        session.add(
            CycleRow(
                code="2022",
                title="2022",
                year=2022,
                sample=True,
                state="准备",
                **dict.fromkeys(("sources_sha", "extract", "extract_sha", "evaluation"), ""),
            )
        )
    with db.look(whole.engine) as session:
        programme = programme_of(session, session.get_one(CycleRow, "2021"))
        assert duties.duties_of(session, current_cycle(session), programme) == []
