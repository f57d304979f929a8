"""Schools rate months later, one form for their trainees of one class: no code, no person."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select
from test_records import send

from instruments.builtin import instrument_sources, load_instruments
from instruments.extract import read_extract
from site_for_tests import Site
from survey_app import db
from survey_app.models import ResponseRow, SendingRow, TicketRow
from survey_app.services.extract import seal_cycle

pytest_plugins = ("site_fixtures",)


@pytest.fixture
def followed(whole: Site) -> Site:
    """The follow-up is open, and school X1 has sent trainees to two classes."""
    with db.transaction(whole.engine) as session:
        session.add(SendingRow(cycle="2021", code="N3", school="X1", class_code="C2", count=4))
    whole.state("跟踪开放")
    return whole


def test_a_school_answers_once_for_each_class_it_has_sent_trainees_to(followed: Site) -> None:
    head = followed.staff("X1")
    mine = head.get("/records/").text
    assert "示例一班（本校3人参训）" in mine and "示例二班（本校4人参训）" in mine
    assert "示例三班" not in mine
    for sending, answer in (("N1", "4"), ("N3", "1")):
        page = head.get(f"/records/school_rater/{sending}").text
        assert "答题码" not in page and "self_code" not in page
        sent = send(head, f"/records/school_rater/{sending}", "submit", g1=answer)
        assert sent.location.endswith("/view")
    assert followed.staff("X2").get("/records/school_rater/N1").status_code == 404
    with db.look(followed.engine) as session:
        counts = [select(func.count()).select_from(table) for table in (TicketRow, ResponseRow)]
        assert [session.scalar(one) for one in counts] == [0, 0]


def test_the_extract_has_a_row_for_each_class_of_a_school(followed: Site) -> None:
    head = followed.staff("X1")
    for sending, answer in (("N1", "4"), ("N3", "1")):
        send(head, f"/records/school_rater/{sending}", "submit", g1=answer)
    followed.state("跟踪关闭")
    sealed = seal_cycle(followed.engine, followed.settings, by="boss")
    rows = read_extract(sealed.path).table("responses_school_rater_v1_0")
    told = rows[["target", "class_code", "unit", "g1"]].sort_values("target")
    assert told.to_numpy().tolist() == [["N1", "C1", "P1", "4"], ["N3", "C2", "P2", "1"]]
    assert {"pair", "medium", "rater"} & {*rows.columns[rows.notna().any()]} == set()


def test_the_form_of_the_library_asks_of_no_person() -> None:
    [form] = [one for one in load_instruments(instrument_sources()) if one.code == "school_rater"]
    assert form.subject == ("school", "sending", "followup") and not form.self_code
    assert "不评个人" in form.notice and "不写姓名" in form.notice
