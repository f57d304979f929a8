"""The page of the visit plan: proposed, changed, accepted; by whom, when, and never in conflict."""

from __future__ import annotations

import html
import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml
from sqlalchemy import select

from instruments.catalogue import check_catalogue
from instruments.catalogue_writer import write_catalogue
from instruments.programme import Catalogue, Expert
from instruments.workbook import read_workbook, read_workbook_path
from project_root import ROOT
from site_for_tests import Site, Staff, hidden
from survey_app import db
from survey_app.demo.programme import sample_catalogue
from survey_app.models import AuditRow, JobRow, ObservationRow, VisitRow
from survey_app.services import assignments, jobs
from survey_app.services.audit import COMMAND
from survey_app.services.catalogue import store_catalogue
from survey_app.services.programme import current_cycle
from survey_app.services.visit_plans import RULES

pytest_plugins = ("site_fixtures",)
PAGE = "/province/visits/plan/"
SAMPLE = sample_catalogue(np.random.default_rng(7), trainees=360, classes=12)
SMALL = replace(SAMPLE, experts=SAMPLE.experts[:13], reviews=())
"""Twelve classes to visit, each of another project, and those who do."""
BUILTIN = yaml.safe_load((ROOT / "instruments/library" / RULES).read_text(encoding="utf-8"))


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Jobs are run by the test, in its own process; the browser's journey has them run as usual."""
    monkeypatch.setattr(jobs, "start_job", lambda settings, job: None)


def rule(site: Site, **changes: object) -> None:
    """The province's own rules: the built-in ones with ``changes``."""
    text = yaml.safe_dump({**BUILTIN, **changes}, allow_unicode=True)
    (site.settings.home / RULES).write_text(text, encoding="utf-8")


def stocked(site: Site, catalogue: Catalogue = SMALL) -> Staff:
    """The site with this catalogue, in preparation, and time enough on any machine; its clerk."""
    rule(site, seconds=300)
    with db.transaction(site.engine) as session:
        store_catalogue(session, catalogue, by=COMMAND)
    return site.staff("boss")


def proposed(site: Site, boss: Staff, **sent: str) -> str:
    """The page of a proposal for the stops of the page that is open."""
    form = {"plan": hidden(boss.get(PAGE).text, "plan"), "seats": "2"} | sent
    reply = boss.post(f"{PAGE}propose", form)
    assert reply.status_code == 303, reply.text
    job = reply.location.rpartition("/")[2]
    jobs.run_job(site.engine, site.settings, job)
    assert "查看建议" in boss.get(f"/province/jobs/{job}").text
    return boss.get(f"{PAGE}?job={job}").text


def accepted(boss: Staff, page: str, **sent: str):
    own = {name: html.unescape(hidden(page, name)) for name in ("plan", "seen")}
    return boss.post(f"{PAGE}accept", own | sent)


def visits(site: Site) -> list[VisitRow]:
    with db.look(site.engine) as session:
        return list(session.scalars(select(VisitRow).order_by(VisitRow.code)))


def stored_plan(site: Site) -> str:
    with db.look(site.engine) as session:
        return assignments.plan_text(
            assignments.read_stored(session, current_cycle(session).code).plan
        )


def noted(site: Site, action: str) -> list[str]:
    with db.look(site.engine) as session:
        rows = session.scalars(select(AuditRow).where(AuditRow.action == action))
        return [row.object for row in rows]


def verdict(page: str) -> str:
    found = re.search(r'data-verdict="(\w+)"', page)
    assert found
    return found[1]


def open_plan(page: str) -> dict[str, tuple[str, ...]]:
    parts = [part.partition(":") for part in hidden(page, "plan").split(";")]
    return {stop: tuple(filter(None, names.split(","))) for stop, _, names in parts}


def sheets(catalogue: Catalogue, folder: Path) -> Path:
    """The catalogue as a folder of CSVs, as a clerk would save each sheet."""
    folder.mkdir()
    for sheet in read_workbook(write_catalogue(catalogue), "目录.xlsx").sheets:
        lines = [",".join(sheet.header)]
        lines += [",".join(row.cells.get(c, "") for c in sheet.header) for row in sheet.rows]
        (folder / f"{sheet.name}.csv").write_text("\n".join(lines), encoding="utf-8")
    return folder


def test_the_present_assignment_is_seen(preparing: Site) -> None:
    page = stocked(preparing).get(PAGE).text
    assert page.count('name="choose"') == 12 * 3  # two seats a stop, and one more
    assert "专家与项目" in page and "两个项目之差的标准误" in page
    assert not re.search(r"采用这份计划", page)  # nothing differs yet


def test_a_proposal_is_solved_accepted_and_imported_again(preparing: Site, tmp_path: Path) -> None:
    boss = stocked(preparing)
    before = {row.code for row in visits(preparing)}
    page = proposed(preparing, boss)
    assert verdict(page) == "optimal" and 'id="sound"' in page
    plan = open_plan(page)
    assert {len(there) for there in plan.values()} == {2} and len(plan) == 12
    reply = accepted(boss, page)
    assert reply.status_code == 303
    assert {row.code for row in visits(preparing)} == before  # seats keep their codes
    assert stored_plan(preparing) == hidden(page, "plan")
    after = boss.get(reply.location).text
    assert "已采用" in after and 'id="sound"' in after
    changed = re.search(r"改动了(\d+)个席位", after)
    assert changed and noted(preparing, "visits_assign") == [f"2025-sample × {changed[1]}"]
    assert noted(preparing, "visits_propose") == ["2025-sample × 12"]
    sheet = boss.post(f"{PAGE}sheet", plan=hidden(after, "plan"))
    assert "utf-8" in sheet.headers["Content-Type"]
    folder = sheets(SMALL, tmp_path / "sheets")
    (folder / "实地调研.csv").write_bytes(sheet.data)
    read = check_catalogue(read_workbook_path(folder)).catalogue
    assert {(v.code, v.expert) for v in read.visits} == {
        (row.code, row.expert) for row in visits(preparing)
    }


def test_a_catalogue_without_visits_is_planned_from_its_sessions(preparing: Site) -> None:
    boss = stocked(preparing, replace(SMALL, visits=()))
    first = boss.get(PAGE).text
    assert set(open_plan(first).values()) == {()} and "缺2人" in first
    page = proposed(preparing, boss)
    assert verdict(page) == "optimal"
    assert accepted(boss, page).status_code == 303
    made = visits(preparing)
    assert [row.code for row in made[:2]] == ["V2025-001", "V2025-002"]
    assert len(made) == 24
    dates = {session.code: session.date for session in SMALL.sessions}
    for row in made:
        assert {dates[code] for code in row.sessions.split()} == {row.date}


def test_stops_are_chosen(preparing: Site) -> None:
    boss = stocked(preparing)
    whole = open_plan(boss.get(PAGE).text)
    two = sorted(whole)[:2]
    page = boss.post(PAGE, plan=hidden(boss.get(PAGE).text, "plan"), stops="1", stop=two).text
    assert open_plan(page) == {stop: whole[stop] for stop in two}
    assert accepted(boss, page).status_code == 303
    assert len(visits(preparing)) == 4


def test_a_seat_is_changed_and_the_effect_is_seen_before(preparing: Site) -> None:
    boss = stocked(preparing)
    before = stored_plan(preparing)
    stop, (gone, other) = next(iter(open_plan(boss.get(PAGE).text).items()))
    plan = hidden(boss.get(PAGE).text, "plan")
    page = boss.post(PAGE, plan=plan, choose=f"{stop}:{gone}").text
    offered = re.findall(rf'name="give" value="{stop}:{gone}&gt;(E\d+)"', page)
    assert len(offered) == 11 and not {gone, other} & {*offered}
    page = boss.post(PAGE, plan=plan, give=f"{stop}:{gone}>{offered[0]}").text
    assert {*open_plan(page)[stop]} == {offered[0], other}
    assert "这份计划（未存）" in page and "新派" in page
    assert stored_plan(preparing) == before  # nothing is stored by looking
    assert accepted(boss, page).status_code == 303
    assert stored_plan(preparing) == hidden(page, "plan") != before
    emptied = boss.post(PAGE, plan=hidden(page, "plan"), give=f"{stop}:{other}>").text
    assert open_plan(emptied)[stop] == (offered[0],) and "缺1人" in emptied


def carried(expert: Expert) -> Catalogue:
    """The sample with one more expert, whom somebody employs."""
    return replace(SMALL, experts=(*SMALL.experts, expert))


@pytest.mark.parametrize(
    ("employer", "code"),
    [("别的单位", "I01"), ("示例师范院校甲", "I01"), ("示例优质学校", ""), (" 示例优质学校 ", "")],
)
def test_nobody_is_sent_to_an_employer_or_the_provider_of_a_stage(
    preparing: Site, employer: str, code: str
) -> None:
    """R19; the provider may be no rated institution and be known by its name alone."""
    boss = stocked(preparing, carried(Expert("E99", "示例专家99", employer, code, "", "")))
    mine = {p.code for p in SMALL.projects if p.institution == code}
    mine |= {s.project for s in SMALL.stages if s.provider == employer.strip()}
    plan = open_plan(boss.get(PAGE).text)
    project = {c.code: c.project for c in SMALL.classes}
    text = hidden(boss.get(PAGE).text, "plan")
    seen = {project[stop.partition("@")[0]] for stop in plan}
    assert mine & seen and seen - mine
    for stop, (gone, _) in plan.items():
        page = boss.post(PAGE, plan=text, choose=f"{stop}:{gone}").text
        barred = project[stop.partition("@")[0]] in mine
        assert (f"{stop}:{gone}&gt;E99" in page) is not barred
        if barred:
            page = boss.post(PAGE, plan=text, give=f"{stop}:{gone}>E99").text
            assert "须回避" in page
            reply = accepted(boss, page)
            assert reply.status_code == 409 and "E99 示例专家99与" in reply.text
    assert stored_plan(preparing) == text


def test_a_carrier_with_all_the_experts_is_named(preparing: Site) -> None:
    few = [replace(e, employer_institution="I01") for e in SMALL.experts]
    few[5:] = [replace(e, employer_institution="") for e in few[5:6]]
    boss = stocked(preparing, replace(SMALL, experts=tuple(few), visits=()))
    page = proposed(preparing, boss)
    assert verdict(page) == "infeasible" and "已证明排不出" in page
    assert "没有利益关系的只有1名（须回避：E01 示例专家01、" in page
    assert hidden(page, "plan") == ""  # what was there before: nothing


def test_open_a_visit_that_has_begun_stays(site: Site) -> None:
    boss, expert = site.staff("boss"), site.staff("E1")
    expert.post("/expert/visits/V1/declaration", declaration="none")
    page = boss.get(PAGE).text
    assert "已开始" in page and 'value="C2@2021-07-02:E1"' not in page
    gone = boss.post(PAGE, plan=hidden(page, "plan"), give="C2@2021-07-02:E1>").text
    reply = accepted(boss, gone)
    assert reply.status_code == 409 and "已经开始" in reply.text
    other = boss.post(PAGE, plan=hidden(page, "plan"), give="C2@2021-07-02:E2>").text
    assert accepted(boss, other).status_code == 303
    assert [(row.code, row.expert) for row in visits(site)] == [("V1", "E1")]
    chosen = boss.post(PAGE, plan=hidden(page, "plan"), stops="1").text
    assert "C2@2021-07-02" in hidden(chosen, "plan")  # nor can its stop be left out


def test_a_record_alone_is_a_beginning_too(site: Site) -> None:
    with db.transaction(site.engine) as session:
        row = {"instrument": "x", "version": "1", "day": "2021-07-02", "revision": 1}
        session.add(
            ObservationRow(id="a", visit="V2", session="S1", status="unsigned", answers="{}", **row)
        )
    boss = site.staff("boss")
    page = boss.get(PAGE).text
    gone = boss.post(PAGE, plan=hidden(page, "plan"), give="C2@2021-07-02:E2>").text
    assert accepted(boss, gone).status_code == 409


def test_whoever_has_declared_a_conflict_leaves_the_seat(site: Site) -> None:
    site.staff("E1").post("/expert/visits/V1/declaration", declaration="conflict", reason="同事")
    boss = site.staff("boss")
    page = boss.get(PAGE).text
    assert "已申请回避" in page and "缺1人" in page
    back = boss.post(PAGE, plan=hidden(page, "plan"), give="C2@2021-07-02:>E1").text
    assert "须回避" in back and accepted(boss, back).status_code == 409
    assert verdict(proposed(site, boss, keep="1")) == "infeasible"  # two experts, one of them out
    assert accepted(boss, page).status_code == 303
    assert [row.expert for row in visits(site)] == ["E1", "E2"]  # the declaration stays


@pytest.mark.parametrize("state", ["关闭", "已封存", "已评分", "跟踪开放"])
def test_later_nothing_is_assigned(site: Site, state: str) -> None:
    boss = site.staff("boss")
    page = boss.get(PAGE).text
    site.state(state)
    assert accepted(boss, page).status_code == 409
    assert boss.post(f"{PAGE}propose", plan=hidden(page, "plan"), seats="2").status_code == 409
    closed = boss.get(PAGE).text
    assert "分派不能再改" in closed and 'name="choose"' not in closed


def test_what_somebody_else_has_accepted_meanwhile_is_not_lost(preparing: Site) -> None:
    boss, other = stocked(preparing), preparing.staff("boss")
    page = proposed(preparing, boss)
    stop, (gone, _) = next(iter(open_plan(other.get(PAGE).text).items()))
    mine = other.get(PAGE).text
    changed = other.post(
        PAGE, plan=hidden(mine, "plan"), seen=hidden(mine, "seen"), give=f"{stop}:{gone}>"
    )
    assert accepted(other, changed.text).status_code == 303
    reply = accepted(boss, page)
    assert reply.status_code == 409 and "已被别人改过" in reply.text


@pytest.mark.parametrize(
    "plan",
    [
        "C9@2021-07-02:E1",
        "C2@2021-07-03:E1",
        "C2:E1",
        "C2@2021-07-02:E9",
        "C2@2021-07-02:E1,E1",
        "C2@2021-07-02:E1;C2@2021-07-02:E2",
        "\x00",
        "C2@2021-07-02" * 999,
        "<script>",
    ],
)
@pytest.mark.parametrize("where", ["", "propose", "accept", "sheet"])
def test_a_bent_plan_is_refused(site: Site, plan: str, where: str) -> None:
    reply = site.staff("boss").post(f"{PAGE}{where}", plan=plan, seats="2", seen="x")
    assert reply.status_code == 400 and "没有改动" in reply.text
    assert len(visits(site)) == 2


@pytest.mark.parametrize(
    "sent",
    [
        {"choose": "C9@2021-07-02:E1"},
        {"choose": "C2@2021-07-02:E9"},
        {"give": "C2@2021-07-02:E1>E9"},
        {"give": "C2@2021-07-02:E1>E2"},
        {"give": ""},
        {"stops": "1", "stop": "C9"},
    ],
)
def test_a_bent_change_is_refused(site: Site, sent: dict[str, str]) -> None:
    boss = site.staff("boss")
    reply = boss.post(PAGE, plan=hidden(boss.get(PAGE).text, "plan"), **sent)
    assert reply.status_code == 400
    own = {"plan": hidden(boss.get(PAGE).text, "plan")}
    for seats in ("", "1", "99", "x"):
        assert boss.post(f"{PAGE}propose", own, seats=seats).status_code == 400


def test_there_may_be_no_stop_at_all(preparing: Site) -> None:
    bare = replace(SMALL, visits=(), sessions=())
    boss = stocked(preparing, bare)
    page = boss.get(PAGE).text
    assert "已选0处，共0处可选" in page
    assert verdict(proposed(preparing, boss)) == "infeasible"


def test_a_job_of_another_kind_is_no_proposal(site: Site) -> None:
    with db.transaction(site.engine) as session:
        row = {"state": "完成", "step": "", "done": 0, "total": 0, "message": "", "requested": 0}
        session.add(JobRow(id="a", cycle="2021", kind="score", **row))
    boss = site.staff("boss")
    assert boss.get(f"{PAGE}?job=a").status_code == 404
    assert boss.get(f"{PAGE}?job=none").status_code == 404


def test_a_province_may_have_rules_of_its_own(preparing: Site) -> None:
    boss = stocked(preparing)
    rule(preparing, seconds=300, visits_most=3)
    page = proposed(preparing, boss)
    assert verdict(page) == "optimal" and "共至多3处" in page
    rule(preparing, visits_most=0)
    for reply in (boss.get(PAGE), accepted(boss, page)):
        assert reply.status_code == 422 and "visits_most" in reply.text


def test_the_work_of_a_job_is_done_again(preparing: Site) -> None:
    boss = stocked(preparing)
    proposed(preparing, boss)
    with db.look(preparing.engine) as session:
        [job] = session.scalars(select(JobRow))
    assert json.loads(job.draft)["seats"] == 2
    again = boss.post(f"/province/jobs/{job.id}/again").location.rpartition("/")[2]
    jobs.run_job(preparing.engine, preparing.settings, again)
    with db.look(preparing.engine) as session:
        assert session.get_one(JobRow, again).outcome == job.outcome


def test_kept_seats_stay_in_a_proposal(preparing: Site) -> None:
    lonely = tuple(v for v in SMALL.visits if not v.code.endswith("B"))
    boss = stocked(preparing, replace(SMALL, visits=lonely))
    before = open_plan(boss.get(PAGE).text)
    after = open_plan(proposed(preparing, boss, keep="1"))
    assert all(set(there) < set(after[stop]) for stop, there in before.items())


def test_another_catalogue_may_come_after_a_proposal(preparing: Site) -> None:
    """What was proposed for the former one goes with it."""
    boss = stocked(preparing)
    page = proposed(preparing, boss)
    assert accepted(boss, page).status_code == 303
    stocked(preparing, replace(SMALL, visits=()))
    assert visits(preparing) == []
    with db.look(preparing.engine) as session:
        assert list(session.scalars(select(JobRow))) == []
