"""The follow-up wave: its own tickets, door and forms; the first edition stays as it was."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from test_records import BASICS, RECORD, send

from instruments.extract import read_extract
from site_for_tests import Site, own_fields
from survey_app import db
from survey_app.models import ResponseRow, TicketRow
from survey_app.services.extract import seal_cycle
from survey_app.services.programme import current_cycle

pytest_plugins = ("site_fixtures",)


def answer(client, door: str, ticket: str, **answers: str):
    page = client.get(f"{door}/form").text
    own = own_fields(page)
    return client.post(f"{door}/form", data={**own, "confirmed": "1", "ticket": ticket, **answers})


def test_only_follow_up_forms_are_answered(whole: Site) -> None:
    [end] = whole.tickets(count=1)
    assert whole.visitor().get("/f/C1").status_code == 403
    whole.state("跟踪开放")
    [followup] = whole.tickets("followup", count=1)
    client = whole.visitor()
    assert client.get("/c/C1").status_code == 410
    assert "跟踪问卷" in client.get("/f/C1").text
    wrong = answer(client, "/f/C1", end, f1="1")
    assert wrong.status_code == 422 and "不属于" in wrong.text
    assert answer(client, "/f/C1", followup, f1="1").status_code == 303
    with db.look(whole.engine) as session:
        [row] = session.scalars(select(ResponseRow))
        targets = set(session.scalars(select(TicketRow.target)))
    assert (row.instrument, row.class_code) == ("followup", "C1")
    assert targets == {"class:C1", "followup:C1"}
    head, clerk = whole.staff("X1"), whole.staff("I1")
    assert send(clerk, RECORD, revision="0", planned="1").status_code == 410
    done = send(head, "/records/school_rater/N1", "submit", g1="4")
    assert done.location.endswith("/view")


def test_the_board_and_the_tickets_of_the_follow_up(whole: Site) -> None:
    whole.state("跟踪开放")
    boss = whole.staff("boss")
    listed = boss.post("/province/tickets", scope="followups", format="csv").data.decode()
    assert listed.count("/f/C1#") == 6 and listed.count("/f/C3#") == 6
    early = boss.post("/province/tickets", scope="class", code="C1", lost="anew")
    assert early.status_code == 409
    page = boss.get("/province/").text.replace("\n", "")
    assert "关闭跟踪…" in page and '<table id="followed"' in page
    assert 'data-label="答题码">6</td>' in page.split('<table id="followed"')[1]
    assert "跟踪问卷" in boss.get("/province/classes/C1").text


@pytest.mark.parametrize("state", ["准备", "开放", "关闭", "已封存", "跟踪开放"])
def test_the_follow_up_opens_after_the_first_scoring_only(whole: Site, state: str) -> None:
    whole.state(state)
    reply = whole.staff("boss").post("/province/open")
    assert reply.status_code == (303 if state == "准备" else 409)


def test_a_cycle_without_follow_up_forms_opens_once(site: Site, monkeypatch) -> None:
    from survey_app.services.programme import Programme

    site.state("已评分")
    monkeypatch.setattr(Programme, "has_followup", False)
    reply = site.staff("boss").post("/province/open")
    assert reply.status_code == 409 and "没有跟踪问卷" in reply.text


def test_two_editions_from_one_cycle(whole: Site) -> None:
    send(whole.staff("I1"), RECORD, "submit", **BASICS)
    boss = whole.staff("boss")
    boss.post("/province/close")
    first = seal_cycle(whole.engine, whole.settings, by="boss")
    with db.transaction(whole.engine) as session:
        cycle = current_cycle(session)
        cycle.state, cycle.evaluation = "已评分", "first"
    assert boss.post("/province/open").status_code == 303
    for ticket in whole.tickets("followup", count=5):
        assert answer(whole.visitor(), "/f/C1", ticket, f1="1").status_code == 303
    assert boss.post("/province/close").status_code == 303
    assert boss.post("/province/extract").status_code == 303
    with db.look(whole.engine) as session:
        cycle = current_cycle(session)
    assert (cycle.state, cycle.first_evaluation, cycle.evaluation) == ("跟踪已封存", "first", "")
    extracts = {
        name: read_extract(whole.home / "extracts" / name)
        for name in (cycle.first_extract, cycle.extract)
    }
    editions = {e.cycle.edition: e for e in extracts.values()}
    assert editions["end"].sha256 == first.sha256  # untouched
    assert len(editions["end"].table("responses_followup_v1_0")) == 0
    assert len(editions["followup"].table("responses_followup_v1_0")) == 5
    assert len(editions["followup"].table("responses_institution_record_v1_0")) == 1
    for edition in ("", "?edition=end"):
        with boss.get(f"/province/extract.zip{edition}") as reply:
            assert reply.status_code == 200
