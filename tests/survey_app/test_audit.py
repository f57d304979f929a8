"""The audit: every change by staff leaves its line, no trainee does, and no line changes."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from blind_phone import UNTIL, closed, fetch, listed, members
from flask import request
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError

from instruments.catalogue_writer import write_catalogue
from site_for_tests import PASSWORD, Site, Staff, catalogue, full, hidden, own_fields
from survey_app import clock, db
from survey_app.models import AccountRow, AuditRow
from survey_app.phrases import phrase
from survey_app.services import audit, jobs
from survey_app.services.programme import builtin_sources, current_cycle

pytest_plugins = ("site_fixtures",)

CHANGE_NOTHING = {"auth.sign_out", "programme.check_import", "instruments.check"}
CHANGE_NOTHING |= {"planning.change", "planning.sheet"}
OF_RECORDS = {"records.send", "duties.remind", "duties.send_back", "duties.check"}
OF_RECORDS |= {"expert.declare_review"}
OF_WEIGHTS = {"weights.send", "weights.decide"}
OF_ROSTERS = {"rosters.send"}
OF_PRINTING = {"printing.send", "documents.request_print"}
DIMENSIONS = ("e1", "e2", "e3", "e4", "e5", "e6", "e7", "e8a", "e8b")
RECORD = "/expert/visits/V1/sessions/S1"
FILING = "/records/institution_record/P1"
NEW = "another-new-password"
OF_PAPER = {"paper.send"}
"""Shown by test_paper_entry.py."""
OF_INSTRUMENTS = {"instruments.publish", "instruments.use"}
"""Shown by test_own_instruments.py."""
OF_BOARDS = {"boards.links", "boards.end_link", "boards.remind"}
"""Shown by test_boards.py."""
OF_FIELD = {"field.record", "field.signature", "visits.amend"}
"""Shown by test_arrivals.py and test_signing.py."""
OF_PHOTOS = {"field.photo_part"}
"""A photo belongs to a record whose arrival is noted; shown by test_photos.py."""
OF_TRAINING = {"training.rate"}
"""Shown by test_training_pages.py."""
OF_PLANNING = {"planning.propose", "planning.accept"}
"""Shown by test_visit_planning.py."""
OF_COLLECT = {"collect.change", "collect.end", "openrosa.submit"}
"""Shown by test_collect.py and test_openrosa.py."""
Line = tuple[str, str, str]


def lines(site: Site) -> list[Line]:
    """What the audit holds, oldest first, without what the fixture itself has done."""
    with db.look(site.engine) as session:
        rows = session.scalars(select(AuditRow).order_by(AuditRow.at))
        return [(row.by, row.action, row.object) for row in rows if row.by != audit.COMMAND]


def watch(site: Site) -> set[str]:
    """Endpoints that will be posted to."""
    called: set[str] = set()

    def note(reply):
        if request.method == "POST":
            called.add(request.endpoint)
        return reply

    site.app.after_request(note)
    return called


def changing(site: Site) -> set[str]:
    """Endpoints by which staff change something."""
    views = site.app.view_functions
    posts = {r.endpoint for r in site.app.url_map.iter_rules() if "POST" in (r.methods or ())}
    return {name for name in posts if views[name].access != "public"} - CHANGE_NOTHING


def import_catalogue(boss: Staff) -> None:
    workbook = io.BytesIO(write_catalogue(catalogue(enrolled=9)))
    page = boss.post("/province/import", workbook=(workbook, "目录.xlsx")).text
    boss.post("/province/import/apply", staged=hidden(page, "staged"))


def observe(expert: Staff) -> None:
    """Declare, record, contradict the record, sign."""
    expert.post("/expert/visits/V1/declaration", declaration="none")
    own = {"response": hidden(expert.get(RECORD).text, "response"), "revision": "0"}
    answers = dict.fromkeys(DIMENSIONS, "unseen") | {"due": "40", "present": "39"}
    expert.post(RECORD, **own, **answers, lecturer_as_planned="yes")
    expert.post(RECORD, **own, e1="1")
    expert.post("/expert/visits/V1/sign")


def issue(site: Site, boss: Staff) -> None:
    """Tickets for a class and for all; an account for an expert who has lost the own one."""
    boss.post("/province/tickets", scope="class", code="C1", count="2")
    boss.post("/province/tickets", scope="classes", lost="anew", format="csv")
    site.staff("E2").post("/password", old=PASSWORD, new="a-new-password", again="a-new-password")
    with db.transaction(site.engine) as session:
        session.execute(text("DELETE FROM sign_ins WHERE login = 'E2'"))
        session.delete(session.get_one(AccountRow, "E2"))
    sent = boss.post("/province/invitations", role="expert", unit="E2", format="csv").text
    link = next(csv.DictReader(io.StringIO(sent)))["链接"]
    guest, path = site.visitor(), urlsplit(link).path
    token = hidden(guest.get(path).text, "csrf_token")
    guest.post(path, data={"new": NEW, "again": NEW, "csrf_token": token})


def report(site: Site, boss: Staff) -> None:
    """A record saved, submitted, checked, returned; a contradicting copy; a reminder."""
    clerk = site.staff("I1")
    for do in ("save", "submit"):
        own = hidden(clerk.get(FILING).text, "revision")
        basics = {"planned": "50", "charged": "no", "stages": "primary"}
        clerk.post(FILING, do=do, revision=own, confirmed="1", **basics)
    boss.post(f"/province{FILING}/checks", planned="confirmed")
    boss.post(f"/province{FILING}/return", reason="缺附件")
    clerk.post(FILING, do="save", revision="0", planned="40")
    boss.post("/province/duties/remind", instrument="institution_record", target="P2")
    site.staff("E1").post("/expert/reviews/W1/declaration", declaration="none", reason="")


def finish(site: Site, boss: Staff) -> None:
    """From closing to a second scoring."""
    for step in ("close", "extract", "score"):
        boss.post(f"/province/{step}")
    with db.look(site.engine) as session:
        job = jobs.latest_job(session, "2021")
    assert job is not None
    boss.post(f"/province/jobs/{job.id}/again")


def test_every_change_by_staff_leaves_one_line(preparing: Site, monkeypatch) -> None:
    monkeypatch.setattr(jobs, "start_job", lambda settings, job: None)
    site, called = preparing, watch(preparing)
    boss = site.staff("boss")
    import_catalogue(boss)
    boss.post("/province/programme", builtin="1")
    boss.post("/province/open")
    issue(site, boss)
    observe(site.staff("E1"))
    finish(site, boss)
    noted = lines(site)
    sealed = next(object for _, action, object in noted if action == "extract")
    assert sealed.startswith("2021-")
    assert noted == [
        ("boss", "import", "2021"),
        ("boss", "sources", f"2021 {builtin_sources().sha[:16]}"),
        ("boss", "open", "2021"),
        ("boss", "tickets", "C1 × 2"),
        ("boss", "tickets_anew", "C1 C2 × 18"),
        ("E2", "password", "E2"),
        ("boss", "invite", "E2"),
        ("E2", "account", "E2"),
        ("E1", "declare_none", "V1"),
        ("E1", "record", "V1 S1"),
        ("E1", "record_conflict", "V1 S1"),
        ("E1", "sign", "V1"),
        ("boss", "close", "2021"),
        ("boss", "extract", sealed),
        ("boss", "score", "2021"),
        ("boss", "score", "2021"),
    ]
    ours = OF_RECORDS | OF_WEIGHTS | OF_PRINTING | OF_ROSTERS | OF_PAPER | OF_INSTRUMENTS
    ours |= OF_BOARDS | OF_FIELD | OF_PHOTOS
    ours |= OF_TRAINING | OF_PLANNING | OF_COLLECT
    assert changing(site) - ours <= called


def test_every_change_of_a_record_leaves_one_line(whole: Site) -> None:
    called = watch(whole)
    report(whole, whole.staff("boss"))
    assert lines(whole) == [
        ("I1", "filing", "institution_record P1"),
        ("I1", "filing_submit", "institution_record P1"),
        ("boss", "filing_check", "institution_record P1"),
        ("boss", "filing_return", "institution_record P1"),
        ("I1", "filing_aside", "institution_record P1"),
        ("boss", "remind", "institution_record P2"),
        ("E1", "declare_none", "W1"),
    ]
    assert changing(whole) >= OF_RECORDS and called >= OF_RECORDS


def test_every_change_of_a_roster_leaves_one_line_without_a_name(site: Site) -> None:
    called, boss = watch(site), site.staff("boss")
    listed(boss, members())
    fetch(site, members()[0])
    closed(boss)
    assert lines(site) == [
        ("boss", "roster", f"C1 × 5 → {UNTIL}"),
        ("boss", "tokens_close", "C1 × 1"),
    ]
    assert changing(site) >= OF_ROSTERS and called >= OF_ROSTERS


def test_every_change_of_the_points_leaves_one_line(whole: Site) -> None:
    called, boss = watch(whole), whole.staff("boss")
    points = {"p-A1.1": "50", "p-A1.2": "50", "proposer": "工作组", "reason": "同等重要"}
    boss.post("/province/weights/A", points, do="use")
    boss.post("/province/weights/A", points, do="save")  # the same once more
    version = "/province/weights/A/versions/1.0-1"
    boss.post(version, do="adopt", organ="省教育厅", document="9号", date="2021-12-01")
    boss.post(version, do="withdraw", reason="文号有误")
    assert lines(whole) == [
        ("boss", "weights", "2021 A 1.0-1"),
        ("boss", "weights_use", "2021 A 1.0-1"),
        ("boss", "weights_adopt", "2021 A 1.0-1 9号"),
        ("boss", "weights_withdraw", "2021 A 1.0-1"),
    ]
    assert changing(whole) >= OF_WEIGHTS and called >= OF_WEIGHTS


def test_every_change_of_the_print_leaves_one_line(whole: Site, monkeypatch) -> None:
    monkeypatch.setattr(jobs, "start_job", lambda settings, job: None)
    whole.state("已评分")
    with db.transaction(whole.engine) as session:
        current_cycle(session).evaluation = "E"
    called, boss = watch(whole), whole.staff("boss")
    page = "/province/printing/"
    boss.post(page, seen="", status="征求意见稿", overview="一", do="print")
    seen = hidden(boss.get(page).text, "seen")
    boss.post(page, seen=seen, status="征求意见稿", overview="一", do="save")  # the same once more
    boss.post("/province/documents/meeting")
    assert lines(whole) == [
        ("boss", "printing", "2021 end 征求意见稿"),
        ("boss", "print", "2021 E"),
        ("boss", "meeting", "2021 E"),
    ]
    assert changing(whole) >= OF_PRINTING and called >= OF_PRINTING


def test_no_trainee_is_in_it(site: Site) -> None:
    [ticket] = site.tickets(count=1)
    before = lines(site)
    client = site.visitor()
    page = client.get("/c/C1/form").text
    own = own_fields(page) | {"confirmed": "1"}
    stored = client.post("/c/C1/form", data={**own, **full(site), "ticket": ticket})
    refused = client.post("/c/C1/form", data={**own, **full(site, value="5"), "ticket": ticket})
    assert (stored.status_code, refused.status_code) == (303, 409)
    assert lines(site) == before != []


def test_what_is_refused_or_fails_leaves_no_line(site: Site, monkeypatch) -> None:
    boss = site.staff("boss")
    assert boss.post("/province/open").status_code == 409

    def fail(_session) -> None:
        raise RuntimeError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr("sqlalchemy.orm.Session.commit", fail)
        patch.setitem(site.app.config, "PROPAGATE_EXCEPTIONS", False)
        assert boss.post("/province/close").status_code == 500
    assert lines(site) == []
    assert boss.post("/province/close").status_code == 303
    assert lines(site) == [("boss", "close", "2021")]


@pytest.mark.parametrize("change", ["UPDATE audit SET by = 'x'", "DELETE FROM audit"])
def test_lines_are_never_changed(site: Site, change: str) -> None:
    site.staff("boss").post("/province/close")
    with (
        pytest.raises(DatabaseError, match="only added to"),
        db.transaction(site.engine) as session,
    ):
        session.execute(text(change))
    assert lines(site) == [("boss", "close", "2021")]


def test_the_province_reads_it_newest_first(site: Site, monkeypatch) -> None:
    boss = site.staff("boss")
    start = clock.now().replace(year=2031, month=7, day=1, hour=9, minute=0, second=0)
    with db.transaction(site.engine) as session:
        for number in range(audit.PAGE + 5):
            moment = start + timedelta(seconds=number)
            monkeypatch.setattr(clock, "now", lambda at=moment: at)
            audit.note(session, by="E1", action="sign", object=f"V-{number:03d}")
    monkeypatch.undo()
    first, second = (boss.get(f"/province/audit?page={n}").text for n in (1, 2))
    assert first.index("V-054") < first.index("V-053") < first.index("V-005")
    assert "2031-07-01 09:00:54" in first and "签署调研" in first
    assert "V-004" not in first and "较早的记录" in first and "较新的记录" not in first
    assert second.index("V-004") < second.index("V-000") < second.index("（服务器命令）")
    assert "较早的记录" not in second and "较新的记录" in second
    for strange in ("x", "-1", "0"):
        page = boss.get(f"/province/audit?page={strange}").text
        assert page.partition("<main")[2] == first.partition("<main")[2]
    beyond = boss.get(f"/province/audit?page={'9' * 30}")
    assert beyond.status_code == 200 and "没有记录" in beyond.text


@pytest.mark.parametrize("action", audit.ACTIONS)
def test_every_action_has_words(action: str) -> None:
    assert phrase(f"audit.{action}")


def test_an_action_without_words_is_refused(site: Site) -> None:
    with pytest.raises(ValueError, match="frobbed"), db.transaction(site.engine) as session:
        audit.note(session, by="boss", action="frobbed", object="")
