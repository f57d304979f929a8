"""ODK Collect as a client: lists, downloads and sends; what it sends is the record of the pages."""

from __future__ import annotations

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from collecting import AUDIT, FULL, connected, observed, server_for
from openrosa_client import Collect, Form, Instance, fill, through_flask, through_requests
from sqlalchemy import select, text

from site_for_tests import Site, Staff
from survey_app import db
from survey_app.demo.server import free_port, running_site
from survey_app.models import (
    ArrivalRow,
    AuditRow,
    ObservationRow,
    SubmissionFileRow,
    SubmissionRow,
)
from survey_app.services.evidence import path_of

pytest_plugins = ("site_fixtures",)


@pytest.fixture
def expert(site: Site) -> Staff:
    staff = site.staff("E1")
    staff.post("/expert/visits/V1/declaration", declaration="none")
    return staff


@pytest.fixture
def phone(site: Site, expert: Staff) -> Collect:
    return connected(site, expert)


@pytest.fixture
def form(phone: Collect) -> Form:
    return phone.download()


def rows(site: Site, table: Any) -> list[Any]:
    with db.look(site.engine) as session:
        return list(session.scalars(select(table)))


def change(site: Site, statement: str) -> None:
    with db.transaction(site.engine) as session:
        session.execute(text(statement))


def noted(site: Site) -> list[str]:
    """What the audit says of records, oldest first."""
    with db.look(site.engine) as session:
        found = session.execute(select(AuditRow.action).order_by(AuditRow.at)).scalars()
        return [action for action in found if action.startswith("record")]


def test_the_list_names_the_rubric_and_can_be_asked_for_one(phone: Collect) -> None:
    [listed] = phone.listed()
    told = {name: listed[name] for name in ("formID", "name", "version")}
    assert told == {"formID": "expert_rubric", "name": "专家实地观察表", "version": "1.0"}
    assert "descriptionText" not in listed
    assert "独立填写" in phone.listed("?verbose=true")[0]["descriptionText"]
    assert phone.listed("?formID=expert_rubric") == [listed]
    assert phone.listed("?formID=another") == []


def test_the_form_offers_the_expert_s_own_sessions(site: Site, phone: Collect) -> None:
    label = "2021-07-02 示例二班：示例场次（主讲甲）"
    assert phone.download().choices("sessions.csv") == [{"name": "V1.S1", "label": label}]
    change(site, "UPDATE visits SET declaration = ''")
    [told] = phone.download().choices("sessions.csv")
    assert told["label"] == f"{label}〔还没有声明回避〕"
    change(site, "UPDATE visits SET declaration = 'none', signed = true")
    [told] = phone.download().choices("sessions.csv")
    assert told["label"] == f"{label}〔已签署〕"
    change(site, "UPDATE visits SET declaration = 'conflict'")
    assert phone.download().choices("sessions.csv") == []


def test_what_collect_sends_is_the_record(site: Site, phone: Collect, form: Form) -> None:
    sent = observed(form, audit=AUDIT)
    [reply] = phone.submit(sent)
    assert reply.status == 201 and "存为站上的第1稿" in reply.message
    [observation], [arrival] = rows(site, ObservationRow), rows(site, ArrivalRow)
    expected = {**FULL, "due": 40, "present": 39}
    del expected["e4_evidence"]  # is not asked of what was not seen
    assert json.loads(observation.answers) == expected
    assert arrival.content == sent.xml and arrival.sha256 == hashlib.sha256(sent.xml).hexdigest()
    assert (arrival.standing, arrival.record) == ("taken", observation.id)
    assert noted(site) == ["record"]


def test_the_audit_file_is_kept_byte_for_byte(site: Site, phone: Collect, form: Form) -> None:
    sent = observed(form, audit=AUDIT)
    phone.submit(sent)
    [kept] = rows(site, SubmissionFileRow)
    assert path_of(site.settings, kept.id).read_bytes() == AUDIT
    assert (kept.name, kept.size) == ("audit.csv", len(AUDIT))
    assert kept.sha256 == hashlib.sha256(AUDIT).hexdigest()
    assert kept.submission == hashlib.sha256(sent.xml).hexdigest()
    boss = site.staff("boss")
    page = boss.get("/province/visits/V1/sessions/S1").text
    for path, content in (
        (f"/province/arrivals/E1/{kept.submission}", sent.xml),
        (f"/province/arrivals/files/{kept.id}", AUDIT),
    ):
        assert path in page
        with boss.get(path) as reply:
            assert reply.data == content and "sandbox" in reply.headers["Content-Security-Policy"]
            assert reply.headers["Content-Disposition"].startswith("attachment")
        assert boss.get(path.replace(path[-3:], "000")).status_code == 404
        assert site.staff("E1").get(path).status_code == 403
    assert (
        "/province/arrivals/" not in site.staff("E1").get("/expert/visits/V1/sessions/S1/file").text
    )


def test_the_same_again_is_told_the_same_and_changes_nothing(
    site: Site, phone: Collect, form: Form
) -> None:
    sent = observed(form, audit=AUDIT)
    [first], [again] = phone.submit(sent), phone.submit(sent)
    assert (first.status, first.body) == (again.status, again.body) == (201, first.body)
    for table in (ArrivalRow, ObservationRow, SubmissionRow, SubmissionFileRow):
        assert len(rows(site, table)) == 1


def test_files_may_come_by_several_posts_and_after_the_record(
    site: Site, phone: Collect, form: Form
) -> None:
    sent = observed(form, audit=AUDIT)
    where = f"{phone.server}/submission"
    first = phone.post(where, sent.xml, {}, more=True)
    assert first.status == 202 and "还在等附件：audit.csv" in first.message
    assert len(rows(site, ObservationRow)) == 1 and rows(site, SubmissionFileRow) == []
    assert phone.post(where, sent.xml, {}).status == 202
    last = phone.post(where, sent.xml, {"audit.csv": AUDIT})
    assert last.status == 201 and "还在等" not in last.message
    assert len(rows(site, ArrivalRow)) == len(rows(site, SubmissionFileRow)) == 1
    split = observed(form, audit=AUDIT, replaces=sent.name, due="41")
    split.files["draft.csv"] = b"x" * 300  # lies in the folder, but the record does not name it
    phone.most = len(split.xml) + len(AUDIT) + 1
    assert [reply.status for reply in phone.submit(split)] == [202, 201]
    assert {row.name for row in rows(site, SubmissionFileRow)} == {"audit.csv"}


def test_an_edit_that_names_what_it_replaces_is_the_next_revision(
    site: Site, phone: Collect, form: Form
) -> None:
    first = observed(form)
    second = observed(form, replaces=first.name, due="41")
    third = observed(form, replaces=second.name, due="42")
    told = [phone.submit(one)[0] for one in (first, second, third, second)]
    assert [reply.status for reply in told] == [201] * 4
    assert "第3稿" in told[2].message and "第2稿" in told[3].message
    [observation] = rows(site, ObservationRow)
    assert json.loads(observation.answers)["due"] == 42 and observation.revision == 3
    stale = observed(form, replaces=first.name, due="12")
    assert "已有别的记录" in phone.submit(stale)[0].message
    kept = {row.status: json.loads(row.answers)["due"] for row in rows(site, ObservationRow)}
    assert kept == {"unsigned": 42, "conflict": 12}


def test_another_record_of_the_same_session_is_kept_aside(
    site: Site, phone: Collect, form: Form
) -> None:
    phone.submit(observed(form))
    reply = phone.submit(observed(form, due="12"))[0]
    assert reply.status == 201 and "已有别的记录" in reply.message
    assert sorted(row.status for row in rows(site, ObservationRow)) == ["conflict", "unsigned"]
    assert noted(site) == ["record", "record_conflict"]


def test_the_same_name_with_other_content_is_a_conflict_and_both_are_kept(
    site: Site, phone: Collect, form: Form
) -> None:
    first = observed(form)
    other = first.xml.replace(b"<due>40</due>", b"<due>12</due>")
    where = f"{phone.server}/submission"
    assert phone.post(where, first.xml, {}).status == 201
    told = [phone.post(where, other, {}), phone.post(where, other, {})]
    assert [reply.status for reply in told] == [409, 409] and "两份都已留存" in told[0].message
    assert phone.post(where, first.xml, {}).status == 201
    assert {row.content for row in rows(site, ArrivalRow)} == {first.xml, other}
    assert json.loads(rows(site, ObservationRow)[0].answers)["due"] == 40


def test_other_content_does_not_slip_in_where_the_first_was_kept_aside(
    site: Site, phone: Collect, form: Form
) -> None:
    change(site, "UPDATE visits SET declaration = ''")
    first = observed(form)
    assert "还没有作利益回避声明" in phone.submit(first)[0].message
    change(site, "UPDATE visits SET declaration = 'none'")
    other = first.xml.replace(b"<due>40</due>", b"<due>12</due>")
    assert phone.post(f"{phone.server}/submission", other, {}).status == 409
    assert rows(site, ObservationRow) == []
    assert "第1稿" in phone.submit(observed(form, replaces=first.name))[0].message


@pytest.mark.parametrize(
    ("statement", "standing", "words"),
    [
        ("UPDATE cycles SET state = '准备'", "early", "还没有开放"),
        ("UPDATE cycles SET state = '已封存'", "late", "已经关闭"),
        ("UPDATE visits SET declaration = ''", "undeclared", "还没有作利益回避声明"),
        ("UPDATE visits SET declaration = 'conflict'", "recused", "已申请回避"),
        ("UPDATE visits SET signed = true", "signed", "已经签署"),
    ],
)
def test_a_locked_record_keeps_what_comes_and_stays_what_it_was(
    site: Site, phone: Collect, form: Form, statement: str, standing: str, words: str
) -> None:
    sent = observed(form, audit=AUDIT)
    change(site, statement)
    for _ in range(2):
        [reply] = phone.submit(sent)
        assert reply.status == 201 and words in reply.message and "没有计入" in reply.message
    [arrival] = rows(site, ArrivalRow)
    assert arrival.standing == standing and arrival.content == sent.xml
    assert rows(site, ObservationRow) == [] and len(rows(site, SubmissionFileRow)) == 1
    assert noted(site) == ["record_aside"]


def test_another_version_of_the_form_is_kept_aside(site: Site, phone: Collect, form: Form) -> None:
    old = observed(form).xml.replace(b'version="1.0"', b'version="0.9"')
    reply = phone.post(f"{phone.server}/submission", old, {})
    assert reply.status == 201 and "另一版表单" in reply.message
    assert [row.standing for row in rows(site, ArrivalRow)] == ["version"]
    assert rows(site, ObservationRow) == []


def test_a_faulty_answer_is_told_and_the_others_are_saved(
    site: Site, phone: Collect, form: Form
) -> None:
    reply = phone.submit(observed(form, due="许多", e1="9"))[0]
    assert reply.status == 201 and "有2项没有收下" in reply.message
    answers = json.loads(rows(site, ObservationRow)[0].answers)
    assert answers["present"] == 39 and not {"due", "e1"} & set(answers)


def test_page_and_collect_go_on_with_each_other(
    site: Site, expert: Staff, phone: Collect, form: Form
) -> None:
    first = observed(form)
    phone.submit(first)
    pack = expert.get("/expert/field/pack").get_json()
    [session] = pack["visits"][0]["sessions"]
    assert session["revision"] == 1 and session["answers"]["e1"] == ["3"]
    own = {"response": session["record"], "revision": "1"}
    assert expert.post("/expert/visits/V1/sessions/S1", own, due="38").status_code == 303
    assert json.loads(rows(site, ObservationRow)[0].answers) == {"due": 38}
    late = phone.submit(observed(form, replaces=first.name, due="41"))[0]
    assert "已有别的记录" in late.message
    assert json.loads(rows(site, ObservationRow)[0].answers)["due"] in (38, 41)
    kept = {row.status: json.loads(row.answers)["due"] for row in rows(site, ObservationRow)}
    assert kept == {"unsigned": 38, "conflict": 41}


def test_a_record_from_collect_is_signed_on_the_site(
    site: Site, expert: Staff, phone: Collect, form: Form
) -> None:
    phone.submit(observed(form))
    assert expert.post("/expert/visits/V1/sign").status_code == 303
    assert rows(site, ObservationRow)[0].status == "accepted"
    assert "没有计入" in phone.submit(observed(form, due="1"))[0].message


def test_nobody_sends_about_another_s_session(site: Site, phone: Collect, form: Form) -> None:
    for about in ("V2.S1", "V1.S9", "V9.S1", "V1", "", ".", "V1.S1.S1", "V1 S1", "x" * 500):
        [reply] = phone.submit(observed(form, about))
        assert reply.status == 404 and "没有这" in reply.message
        assert "submit_success" not in reply.body.decode()
    assert rows(site, ArrivalRow) == [] and rows(site, SubmissionRow) == []


def test_a_name_of_somebody_else_s_record_moves_nothing(
    site: Site, phone: Collect, form: Form
) -> None:
    other = site.staff("E2")
    other.post("/expert/visits/V2/declaration", declaration="none")
    theirs = connected(site, other)
    mine = observed(form)
    phone.submit(mine)
    same = mine.xml.replace(b"V1.S1", b"V2.S1").replace(b"<due>40</due>", b"<due>12</due>")
    assert theirs.post(f"{theirs.server}/submission", same, {}).status == 201
    further = observed(form, replaces=mine.name, due="41")
    phone.submit(further)
    edit = observed(form, "V2.S1", replaces=further.name, due="13")
    assert "已有别的记录" in theirs.submit(edit)[0].message
    found = rows(site, ObservationRow)
    kept = {(row.visit, row.status): json.loads(row.answers)["due"] for row in found}
    assert kept == {("V1", "unsigned"): 41, ("V2", "unsigned"): 12, ("V2", "conflict"): 13}


def test_an_edit_that_goes_over_to_another_session_leaves_the_first_alone(
    site: Site, phone: Collect, form: Form
) -> None:
    with db.transaction(site.engine) as session:
        session.execute(
            text("INSERT INTO sessions VALUES ('S2', 'C2', '2021-07-03', '第二场', '主讲乙')")
        )
        session.execute(text("UPDATE visits SET sessions = 'S1 S2' WHERE code = 'V1'"))
    wrong = observed(form)
    phone.submit(wrong)
    assert "第二场" in phone.submit(observed(form, "V1.S2", replaces=wrong.name))[0].message
    assert {row.session for row in rows(site, ObservationRow)} == {"S1", "S2"}
    assert {row.status for row in rows(site, ObservationRow)} == {"unsigned"}


def test_a_form_that_is_not_the_rubric_is_not_found(phone: Collect, form: Form) -> None:
    for place in ("another.xml", "another/manifest", "another/sessions.csv", "expert_rubric"):
        assert phone.get(f"{phone.server}/forms/{place}").status == 404
    other = fill(form, {"About": "V1.S1"}).xml.replace(b'id="expert_rubric"', b'id="another"')
    reply = phone.post(f"{phone.server}/submission", other, {})
    assert reply.status == 404 and "没有这份表单" in reply.message


def test_every_reply_says_what_server_this_is(phone: Collect) -> None:
    for path in ("formList", "forms/expert_rubric.xml", "forms/expert_rubric/manifest"):
        reply = phone.get(f"{phone.server}/{path}")
        assert reply.headers["X-OpenRosa-Version"] == "1.0"
        assert reply.headers["Content-Type"].startswith("text/xml")
        assert reply.headers["X-OpenRosa-Accept-Content-Length"] == str(10 * 1024 * 1024)
    assert phone.get(f"{phone.server}/submission").status == 204


@pytest.mark.parametrize("base", ["https://pingjia.example.cn", "http://pingjia.example.cn:8443"])
def test_addresses_lead_back_to_the_host_that_was_asked(site: Site, phone: Collect, base) -> None:
    settings = site.settings
    object.__setattr__(settings, "base_url", base)
    object.__setattr__(settings, "trusted_hosts", ("localhost",))
    [listed] = phone.listed()
    scheme = base.partition(":")[0]
    assert listed["downloadUrl"].startswith(f"{scheme}://localhost/collect/key/")


def test_as_it_runs_it_answers_like_any_such_server(site: Site, expert: Staff) -> None:
    """Through gunicorn, whose own header is the date that the protocol asks for: one, not two."""
    path = urlsplit(server_for(expert)).path
    with running_site(site.home, free_port(0)) as address:
        phone = Collect(f"{address}{path}", through_requests)
        sent = observed(phone.download(), audit=AUDIT)
        replies = phone.submit(sent)
        listed = requests.get(f"{phone.server}/formList", timeout=30)
    assert [reply.status for reply in replies] == [201]
    assert parsedate_to_datetime(listed.headers["Date"])  # two would be joined, and no date
    assert rows(site, ArrivalRow)[0].content == sent.xml
    log = (site.home / "serve.log").read_text("utf-8")
    assert path.rpartition("/")[2] not in log


def test_posts_of_one_moment_make_one_record(site: Site, phone: Collect, form: Form) -> None:
    """A phone that sends the same twice at once, and a second phone with a record of its own."""
    same, other = observed(form, audit=AUDIT), observed(form, due="12", audit=AUDIT)
    where = f"{phone.server}/submission"

    def send(sent: Instance) -> int:
        own = Collect(phone.server, through_flask(site.visitor()))
        return own.post(where, sent.xml, sent.files).status

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(send, [same, other] * 6))
    assert statuses == [201] * 12
    assert {row.content for row in rows(site, ArrivalRow)} == {same.xml, other.xml}
    assert sorted(row.standing for row in rows(site, ArrivalRow)) == ["copy", "taken"]
    assert sorted(row.status for row in rows(site, ObservationRow)) == ["conflict", "unsigned"]
    assert len(rows(site, SubmissionFileRow)) == 2


def test_a_device_goes_on_where_collect_was_and_the_visit_s_file_shows_it(
    site: Site, expert: Staff, phone: Collect, form: Form
) -> None:
    phone.submit(observed(form, audit=AUDIT))
    boss = site.staff("boss")
    seen = boss.get("/province/visits/V1/sessions/S1")
    assert seen.status_code == 200 and "学员都动手" in seen.text
    pack = expert.get("/expert/field/pack").get_json()
    [session] = pack["visits"][0]["sessions"]
    told = {"record": session["record"], "visit": "V1", "session": "S1", "base": 1, "earlier": []}
    told |= {"instrument": pack["form"]["code"], "version": pack["form"]["version"]}
    told |= {"answers": {"due": ["38"]}}
    token = {"X-CSRFToken": expert.token}
    sent = expert.client.post("/expert/field/records", data=json.dumps(told), headers=token)
    assert (sent.get_json()["standing"], sent.get_json()["revision"]) == ("taken", 2)
    phone.submit(observed(form, due="12"))
    seen = boss.get("/province/visits/V1/sessions/S1")
    assert seen.status_code == 200 and "与站上的记录不一致，另存" in seen.text
