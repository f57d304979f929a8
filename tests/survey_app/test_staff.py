"""Signing in, the expert's path and the province's path, over the pages alone."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from urllib.parse import unquote

import pytest
from sqlalchemy import select

from instruments.builtin import framework_source
from instruments.catalogue_writer import write_catalogue
from instruments.programme import Catalogue
from site_for_tests import PASSWORD, Site, Staff, catalogue, hidden
from survey_app import clock, db
from survey_app.errors import Refused
from survey_app.models import AccountRow, ClassRow, ObservationRow, VisitRow
from survey_app.services import jobs, programme
from survey_app.services.catalogue import check_storable, store_catalogue

pytest_plugins = ("site_fixtures",)

RECORD = "/expert/visits/V1/sessions/S1"


def rubric(site: Site, **others: str) -> dict[str, str]:
    with db.look(site.engine) as session:
        known = programme.programme_of(session, programme.current_cycle(session))
    instrument = known.instrument(role="expert", per="visit")
    answers = {mapping.item: "3" for mapping in instrument.mappings}
    answers |= {f"{item}_evidence": "看到学员分组试讲" for item in answers}
    return answers | {"due": "40", "present": "３９", "lecturer_as_planned": "yes"} | others


def save(expert: Staff, answers: dict[str, str], path: str = RECORD):
    page = expert.get(path).text
    own = {"response": hidden(page, "response"), "revision": hidden(page, "revision")}
    return expert.post(path, **own, **answers)


def test_sign_in_and_out(site: Site) -> None:
    boss = site.staff("boss")
    assert boss.get("/province/").status_code == 200
    cookie = boss.client.get_cookie("guopei")
    assert cookie.http_only and cookie.same_site == "Lax"
    stolen = site.visitor()
    stolen.set_cookie("guopei", cookie.value)
    assert stolen.get("/province/").status_code == 200
    assert boss.post("/logout").status_code == 303
    assert stolen.get("/province/").location.endswith("/login")  # ended on the server too


def test_the_board_counts_every_signed_visit(site: Site) -> None:
    with db.transaction(site.engine) as session:
        first = session.get_one(VisitRow, "V1")
        where = {"class_code": first.class_code, "date": first.date, "sessions": first.sessions}
        for code in ("V8", "V9"):
            session.add(
                VisitRow(
                    code=code, expert="E2", declaration="none", reason="", signed=True, **where
                )
            )
        first.signed = True
    page = site.staff("boss").get("/province/").text
    assert ">3/4</td>" in page


def test_sign_in_runs_out(site: Site, monkeypatch) -> None:
    boss = site.staff("boss")
    later = clock.now() + timedelta(hours=13)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert boss.get("/province/").location.endswith("/login")


def test_password_change_ends_every_sign_in(site: Site) -> None:
    boss, elsewhere = site.staff("boss"), site.staff("boss")
    short = boss.post("/password", old=PASSWORD, new="short", again="short")
    wrong = boss.post("/password", old="x", new="a-longer-password", again="a-longer-password")
    differs = boss.post("/password", old=PASSWORD, new="a-longer-password", again="another")
    assert [reply.status_code for reply in (short, wrong, differs)] == [422] * 3
    for reply, field, words in (
        (short, "new", "少于10位"),
        (wrong, "old", "现在的密码不对"),
        (differs, "again", "两次输入"),
    ):
        assert f'id="error-{field}"' in reply.text and words in reply.text
        assert reply.text.count("aria-invalid") == 1
    new = {"old": PASSWORD, "new": "a-longer-password", "again": "a-longer-password"}
    assert boss.post("/password", **new).status_code == 303
    assert elsewhere.get("/province/").location.endswith("/login")


def test_posts_without_token_do_nothing(site: Site) -> None:
    boss = site.staff("boss")
    reply = boss.client.post("/province/close", data={})
    assert reply.status_code == 400 and "没有执行" in reply.text
    assert 'aria-current="step" id="state">开放' in boss.get("/province/").text


def test_expert_declares_records_signs(site: Site) -> None:
    expert = site.staff("E1")
    assert "示例二班" in expert.get("/expert/").text
    assert expert.get(RECORD).status_code == 403  # declaration first
    declared = expert.post("/expert/visits/V1/declaration", declaration="none", reason="")
    assert declared.status_code == 303
    draft = save(expert, {"e1": "4", "e1_evidence": ""})
    assert draft.status_code == 303
    early = expert.post("/expert/visits/V1/sign")
    assert early.status_code == 409 and "示例场次" in early.text
    assert save(expert, rubric(site)).status_code == 303
    page = expert.get(RECORD).text
    assert "看到学员分组试讲" in page and "说不清目标" in page  # anchors in view
    assert expert.post("/expert/visits/V1/sign").status_code == 303
    assert expert.get(RECORD).status_code == 409  # locked
    with db.look(site.engine) as session:
        [row] = session.scalars(select(ObservationRow))
        assert (row.status, json.loads(row.answers)["present"]) == ("accepted", 39)
        assert session.get_one(VisitRow, "V1").signed


def test_evidence_is_compulsory_for_rated_dimensions(site: Site) -> None:
    expert = site.staff("E1")
    expert.post("/expert/visits/V1/declaration", declaration="none")
    save(expert, rubric(site, e1="3", e1_evidence=""))
    assert expert.post("/expert/visits/V1/sign").status_code == 409
    save(expert, rubric(site, e1="unseen", e1_evidence=""))
    assert expert.post("/expert/visits/V1/sign").status_code == 303


def test_recused_expert_is_blocked(site: Site) -> None:
    expert = site.staff("E1")
    expert.post("/expert/visits/V1/declaration", declaration="conflict", reason="曾在该校授课")
    assert expert.get(RECORD).status_code == 403
    again = expert.post("/expert/visits/V1/declaration", declaration="none")
    assert again.status_code == 409


def test_experts_are_blind_to_one_another(site: Site) -> None:
    expert = site.staff("E1")
    for path in ("/expert/visits/V2", "/expert/visits/V2/sessions/S1", "/expert/visits/none"):
        assert expert.get(path).status_code == 404
    assert expert.get("/province/").status_code == 403
    assert site.staff("boss").get("/expert/").status_code == 403


def test_contradicting_drafts_are_both_kept(site: Site) -> None:
    expert = site.staff("E1")
    expert.post("/expert/visits/V1/declaration", declaration="none")
    old = expert.get(RECORD).text
    save(expert, rubric(site))
    own = {"response": hidden(old, "response"), "revision": hidden(old, "revision")}
    retry = expert.post(RECORD, **own, **rubric(site))
    assert retry.status_code == 303  # the same content again is a success
    clash = expert.post(RECORD, **own, **rubric(site, e1="1"))
    assert clash.status_code == 409 and "没有覆盖" in clash.text
    with db.look(site.engine) as session:
        kept = sorted(row.status for row in session.scalars(select(ObservationRow)))
    assert kept == ["conflict", "unsigned"]


def test_a_signed_record_cannot_be_moved_to_another_visit(site: Site) -> None:
    first, other = site.staff("E1"), site.staff("E2")
    for expert, visit in ((first, "V1"), (other, "V2")):
        expert.post(f"/expert/visits/{visit}/declaration", declaration="none")
    save(first, rubric(site))
    first.post("/expert/visits/V1/sign")
    with db.look(site.engine) as session:
        signed = session.scalars(select(ObservationRow)).one().id
    moved = other.post(
        "/expert/visits/V2/sessions/S1", response=signed, revision="0", **rubric(site)
    )
    assert moved.status_code == 400
    with db.look(site.engine) as session:
        kept = session.get_one(ObservationRow, signed)
        assert (kept.visit, kept.status) == ("V1", "accepted")


@pytest.mark.parametrize("revision", ["abc", "-1", "9" * 30])
def test_a_strange_revision_is_refused(site: Site, revision: str) -> None:
    expert = site.staff("E1")
    expert.post("/expert/visits/V1/declaration", declaration="none")
    own = {"response": hidden(expert.get(RECORD).text, "response"), "revision": revision}
    assert expert.post(RECORD, **own, **rubric(site)).status_code == 400


def test_a_former_years_codes_and_accounts_are_not_taken_over(site: Site) -> None:
    site.state("已封存")
    later = catalogue("2022")
    later = replace(later, cycle=replace(later.cycle, year=2022))
    with db.look(site.engine) as session:
        with pytest.raises(Refused, match="code_used.*C1"):
            check_storable(session, later)
        with pytest.raises(Refused, match="year_not_later"):
            same_year = replace(later, cycle=replace(later.cycle, year=2021))
            check_storable(session, same_year)
        with pytest.raises(Refused, match="cycle_exists"):
            check_storable(session, catalogue())
    renamed = replace(
        later,
        classes=(),
        structure=(),
        sessions=(),
        visits=(),
        experts=(replace(later.experts[0], name="另一位"), later.experts[1]),
    )
    with db.transaction(site.engine) as session:
        store_catalogue(session, renamed, by="boss")
    with db.look(site.engine) as session:
        assert session.get(AccountRow, "E1") is None
        assert session.get(AccountRow, "E2") is not None


def test_out_of_range_count_is_named(site: Site) -> None:
    expert = site.staff("E1")
    expert.post("/expert/visits/V1/declaration", declaration="none")
    reply = save(expert, rubric(site, due="许多", present="99999"))
    assert reply.status_code == 422
    assert "请填整数" in reply.text and "0到2000" in reply.text


def test_board_tickets_and_accounts(site: Site) -> None:
    boss = site.staff("boss")
    assert "示例一班" in boss.get("/province/").text
    two = boss.post("/province/tickets", scope="class", code="C1", count="2", format="csv")
    assert two.data.decode().count("/c/C1#") == 2
    assert re.search(r"答题码-C1-[-\d]{10}\.csv$", unquote(two.headers["Content-Disposition"]))
    assert boss.post("/province/tickets", scope="class", code="C1", format="x").status_code == 400
    too_many = boss.post("/province/tickets", scope="class", code="C1", count="5")
    assert too_many.status_code == 409 and "全部作废，重新发放" in too_many.text
    listed = boss.post("/province/tickets", scope="classes", format="csv")
    rows = list(csv.DictReader(io.StringIO(listed.data.decode("utf-8-sig"))))
    assert [row["班级代码"] for row in rows] == ["C1"] * 4 + ["C2"] * 6
    assert rows[0]["网址"].startswith("http://localhost/c/C1#")
    anew = boss.post("/province/tickets", scope="class", code="C1", lost="anew", format="csv")
    assert anew.data.decode().count("/c/C1#") == 6
    sessions = boss.post("/province/tickets", scope="sessions", format="csv").data.decode()
    assert sessions.count("/s/S1#") == 6
    assert boss.get("/province/classes/C1").status_code == 200
    assert "专家E1" in boss.get("/province/experts").text


def test_close_keeps_answers_out(site: Site) -> None:
    boss = site.staff("boss")
    assert boss.post("/province/open").status_code == 409
    assert boss.post("/province/score").status_code == 409
    assert boss.post("/province/close").status_code == 303
    assert site.visitor().get("/c/C1").status_code == 410
    assert boss.get("/province/bulletin").status_code == 404
    assert boss.get("/province/extract.zip").status_code == 404


def upload(boss: Staff, wanted: Catalogue):
    workbook = io.BytesIO(write_catalogue(wanted))
    return boss.post("/province/import", workbook=(workbook, "目录.xlsx"))


def test_import_by_dry_run(preparing: Site) -> None:
    boss = preparing.staff("boss")
    page = upload(boss, catalogue(enrolled=9))
    assert page.status_code == 200 and "尚未导入" in page.text
    with db.look(preparing.engine) as session:
        assert session.get_one(ClassRow, "C1").enrolled == 6
    applied = boss.post("/province/import/apply", staged=hidden(page.text, "staged"))
    assert applied.status_code == 303
    with db.look(preparing.engine) as session:
        assert session.get_one(ClassRow, "C1").enrolled == 9
    gone = boss.post("/province/import/apply", staged="../../site.db")
    assert gone.status_code == 404
    again = boss.post("/province/import/apply", staged=hidden(page.text, "staged"))
    assert again.status_code == 404  # what was applied is in the store and nowhere else
    staged = hidden(upload(boss, catalogue(enrolled=9)).text, "staged")
    boss.post("/province/open")
    assert boss.post("/province/import/apply", staged=staged).status_code == 409


def test_import_shows_every_fault(preparing: Site) -> None:
    wrong = replace(catalogue(enrolled=9), structure=catalogue(enrolled=6).structure)
    page = upload(preparing.staff("boss"), wrong)
    assert page.status_code == 422 and "发现2处问题" in page.text
    assert "第2行" in page.text and "第3行" in page.text


def test_sources_are_checked_and_frozen_by_opening(preparing: Site) -> None:
    boss = preparing.staff("boss")
    assert "trainee_core" in boss.get("/province/programme").text
    broken = {"plan": (io.BytesIO(b"code: x"), "plan.yaml")}
    assert boss.post("/province/programme", **broken).status_code == 422
    assert boss.post("/province/programme", builtin="1").status_code == 303
    boss.post("/province/open")
    assert boss.post("/province/programme", builtin="1").status_code == 409


def test_a_framework_is_exchanged_for_its_scorecard_only(preparing: Site) -> None:
    boss = preparing.staff("boss")
    given = framework_source().replace(b"title: ", "title: 本省".encode(), 1)
    reply = boss.post("/province/programme", frameworks=(io.BytesIO(given), "本省.yaml"))
    assert reply.status_code == 303
    page = boss.get("/province/programme").text
    assert "<dd>本省" in page and "文件 本省.yaml" in page and "文件 A.yaml" not in page
    kept = programme.builtin_sources().frameworks
    other = given.replace(b"scorecard: A", b"scorecard: C")
    changed = programme.changed_sources(
        programme.builtin_sources(),
        instruments=[],
        frameworks=[("C.yaml", other)],
        plan=[],
        builtin=False,
    )
    assert dict(changed.frameworks) == dict(kept) | {"C.yaml": other}
    broken = boss.post("/province/programme", frameworks=(io.BytesIO(b"code: x"), "x.yaml"))
    assert broken.status_code == 422


def test_job_page(site: Site, monkeypatch) -> None:
    started: list[str] = []
    monkeypatch.setattr(jobs, "start_job", lambda settings, job: started.append(job))
    site.state("已封存")
    boss = site.staff("boss")
    reply = boss.post("/province/score")
    assert (
        reply.location.endswith(started[0]) and 'data-state="等待"' in boss.get(reply.location).text
    )
    jobs.note(site.engine, started[0], state="进行中", step="计分", done=1, total=3)
    assert 'data-state="失败"' in boss.get(reply.location).text  # its process is gone
    assert boss.post(f"/province/jobs/{started[0]}/again").status_code == 303
    with jobs._lock(site.home, wait=False):
        assert 'data-state="进行中"' in boss.get(reply.location).text
        assert boss.post("/province/score").status_code == 409
    assert boss.get("/province/jobs/none").status_code == 404


def test_nothing_is_kept_when_the_commit_fails(site: Site, monkeypatch) -> None:
    boss = site.staff("boss")

    def fail(self) -> None:
        raise RuntimeError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr("sqlalchemy.orm.Session.commit", fail)
        site.app.config["PROPAGATE_EXCEPTIONS"] = False
        assert boss.post("/province/close").status_code == 500
    assert 'id="state">开放' in boss.get("/province/").text


@pytest.mark.parametrize("code", ["=1+1", "@x", "+1", "-1"])
def test_csv_cells_are_no_formulas(code: str) -> None:
    from survey_app.sheets import slips_csv

    slip = SimpleNamespace(class_code=code, session="", code="A", address="http://x")
    assert slips_csv([slip]).splitlines()[1].startswith(f"'{code}")
