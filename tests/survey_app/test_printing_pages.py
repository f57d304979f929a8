"""Particulars and texts given on the site: only added to, printed by, refused in plain words."""

from __future__ import annotations

import io
import json
import struct
import zlib
from contextlib import suppress
from pathlib import Path

import pytest
from scored_site import score_whole
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError

from instruments.faults import FaultsFound, Place, fault
from reports.rules import SLOTS as KNOWN
from site_for_tests import Site, Staff, hidden
from survey_app import db, policies
from survey_app.errors import Refused
from survey_app.models import AuditRow, CycleRow, FrameworkStateRow, JobRow, PrintingRow
from survey_app.printing_form import SLOTS, Printing, read_printing, slot_texts
from survey_app.services import evaluation, jobs, printings
from survey_app.services.programme import current_cycle

pytest_plugins = ("site_fixtures",)
PAGE = "/province/printing/"
TYPED = {"status": "征求意见稿", "header": "示例省教育厅文件", "number": "示教函〔2021〕60号"}
SIGNED = {"status": "印发", "organ": "示例省教育厅", "date": "2021-12-06"}
OWN = "本期共{{ 项目数 }}个项目，以下从略。"


def picture(width: int = 40, height: int = 40) -> bytes:
    """A whole PNG of one colour."""

    def part(name: bytes, content: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(name + content))
        return struct.pack(">I", len(content)) + name + content + check

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    lines = zlib.compress((b"\0" + b"\x80" * width) * height)
    parts = part(b"IHDR", head) + part(b"IDAT", lines) + part(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


WHOLE = picture()
DAMAGED = WHOLE[:50] + bytes([WHOLE[50] ^ 1]) + WHOLE[51:]


@pytest.fixture
def at_once(whole: Site, monkeypatch: pytest.MonkeyPatch) -> Site:
    """Jobs run at once, in this process; a failure is shown on the job's page only."""

    def run(settings, job: str) -> None:
        with suppress(FaultsFound):
            jobs.run_job(whole.engine, settings, job)

    monkeypatch.setattr(jobs, "start_job", run)
    return whole


@pytest.fixture
def scored(at_once: Site) -> Site:
    """A scored cycle."""
    score_whole(at_once)
    return at_once


def send(boss: Staff, do: str = "save", seal: bytes = b"", **fields: str):
    """Post the page as it stands, with some fields changed."""
    sent: dict[str, object] = {"seen": hidden(boss.get(PAGE).text, "seen"), **TYPED, **fields}
    if seal:
        sent["seal"] = (io.BytesIO(seal), "章.png")
    return boss.post(PAGE, sent, do=do)


def stored(site: Site) -> list[PrintingRow]:
    with db.look(site.engine) as session:
        return list(session.scalars(select(PrintingRow).order_by(PrintingRow.at)))


def cycle_of(site: Site) -> CycleRow:
    with db.look(site.engine) as session:
        return current_cycle(session)


def folder_of(site: Site, kind: str = "bulletins") -> Path:
    return site.home / kind / cycle_of(site).evaluation


def printed(folder: Path) -> dict[str, bytes]:
    names = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in names}


def test_slots_are_those_of_the_bulletin() -> None:
    assert SLOTS == KNOWN


def test_a_text_and_a_seal_are_printed_without_scoring_anew(scored: Site) -> None:
    boss, before = scored.staff("boss"), cycle_of(scored)
    results = printed(scored.home / "results" / before.evaluation)
    typed = {"next_steps": "另有12个项目延期。"}
    reply = send(boss, "print", seal=picture(), overview=OWN, **typed)
    assert "完成" in boss.get(reply.location).text
    page = (folder_of(scored) / "bulletin.html").read_text(encoding="utf-8")
    assert "本期共3个项目，以下从略。" in page and "示教函〔2021〕60号" in page
    assert "要求第1行：12</li>" in boss.get("/province/documents").text
    assert printed(scored.home / "results" / before.evaluation) == results
    assert cycle_of(scored).evaluation == before.evaluation
    assert "已换成自己的文字" in boss.get(PAGE).text and "规则的文字" in boss.get(PAGE).text
    with boss.get(f"{PAGE}seal.png") as seal:
        assert seal.data == picture()
    boss.post("/province/score")  # a new scoring is printed by the same
    page = (folder_of(scored) / "bulletin.html").read_text(encoding="utf-8")
    assert "本期共3个项目，以下从略。" in page


def test_text_left_as_it_is_or_emptied_lets_the_rules_speak(scored: Site) -> None:
    boss, folder = scored.staff("boss"), folder_of(scored)
    rules = (folder / "texts/overview.md").read_text(encoding="utf-8")
    send(boss, overview=rules.replace("\n", "\r\n"), basis="  \r\n")
    [row] = stored(scored)
    assert json.loads(row.texts) == {}
    before = (folder / "bulletin.html").read_bytes()
    send(boss, "print", header="", number="")
    assert (folder / "bulletin.html").read_bytes() == before


def test_a_wrong_name_is_told_with_file_line_and_near_names(scored: Site) -> None:
    boss, before = scored.staff("boss"), printed(folder_of(scored))
    wrong = "好。\n\n本期{{ 项目书 }}个，{{ 没有这个 }}。"
    reply = send(boss, "print", overview=wrong, number="2021-60")
    shown = boss.get(reply.location).text
    assert "失败" in shown and "FaultsFound" not in shown
    assert "印发信息：发文字号“2021-60”写法不对" in shown
    mended = send(boss, "print", overview=wrong)
    shown = boss.get(mended.location).text
    assert "overview.md 第3行：没有名为“项目书”的数。是否要写：项目数" in shown
    assert shown.count("<li>") == 2 and "原来的通报没有改动" in shown
    assert printed(folder_of(scored)) == before
    again = shown.split('action="')[-1].split('"')[0]
    assert boss.post(again).status_code == 303
    with db.look(scored.engine) as session:
        assert {job.kind for job in session.scalars(select(JobRow))} == {"score", "print"}


def test_a_meeting_edition_stands_apart_and_is_never_issued(scored: Site) -> None:
    boss, before = scored.staff("boss"), printed(folder_of(scored))
    name = cycle_of(scored).evaluation
    reply = send(boss, "meeting", overview=OWN)
    assert "查看送审稿" in boss.get(reply.location).text
    assert printed(folder_of(scored)) == before and cycle_of(scored).evaluation == name
    made = json.loads((folder_of(scored, "meetings") / "bulletin.json").read_bytes())
    assert made["mark"] == "sample_meeting"
    with boss.get("/province/bulletin/meeting/bulletin.html") as page:
        assert "送审稿" in page.text and "本期共3个项目" in page.text
    assert 'id="meeting"' in boss.get("/province/documents").text
    with pytest.raises(Refused, match="送审稿不能同时是印发稿"):
        policies.check_can_meet(policies.ISSUED)


def test_issuing_is_refused_early(scored: Site) -> None:
    boss = scored.staff("boss")
    assert "样例，不能印发" in send(boss, **SIGNED).text
    with db.transaction(scored.engine) as session:
        current_cycle(session).sample = False
    reply = send(boss, **SIGNED, overview=OWN)
    assert reply.status_code == 409 and "评分表A计分所用的分值还不是“已采用”" in reply.text
    assert OWN in reply.text  # what was typed is not lost
    assert stored(scored) == []


def test_issuing_needs_organ_and_date() -> None:
    with pytest.raises(Refused, match="署名机关或成文日期"):
        policies.check_can_say("印发", sample=False, proposed=[], signed=False)
    policies.check_can_say("印发", sample=False, proposed=[], signed=True)


def test_an_issued_print_forbids_a_meeting_edition(at_once: Site) -> None:
    at_once.state("已评分")
    boss = at_once.staff("boss")
    adopt(at_once)
    with db.transaction(at_once.engine) as session:
        cycle = current_cycle(session)
        cycle.sample, cycle.evaluation = False, "none"
    assert send(boss, **SIGNED).status_code == 303
    reply = boss.post("/province/documents/meeting")
    assert reply.status_code == 409 and "送审稿不能同时是印发稿" in reply.text
    assert "送审稿不能同时是印发稿" in send(boss, "meeting", **SIGNED, copies="各市").text
    assert len(stored(at_once)) == 1  # refused whole: nothing of it was saved


def test_what_is_issued_is_not_printed_by_points_no_longer_adopted(at_once: Site) -> None:
    at_once.state("已评分")
    boss = at_once.staff("boss")
    adopt(at_once)
    with db.transaction(at_once.engine) as session:
        cycle = current_cycle(session)
        cycle.sample, cycle.evaluation = False, "none"
    assert send(boss, **SIGNED).status_code == 303
    boss.post("/province/weights/A/versions/1.0-1", do="withdraw", reason="会上没有通过")
    for path in ("score", "documents/print"):
        reply = boss.post(f"/province/{path}")
        assert reply.status_code == 409 and "还不是“已采用”，不能印发" in reply.text, path
    with db.look(at_once.engine) as session:
        assert session.scalars(select(JobRow)).all() == []


def adopt(site: Site) -> None:
    """Adopt another version of the points and use it."""
    boss = site.staff("boss")
    points = {"p-A1.1": "50", "p-A1.2": "50", "proposer": "工作组", "reason": "同等重要"}
    boss.post("/province/weights/A", points, do="save")
    version = "/province/weights/A/versions/1.0-1"
    boss.post(version, do="adopt", organ="省教育厅", document="9号", date="2021-12-01")
    with db.transaction(site.engine) as session:
        row = session.scalars(select(FrameworkStateRow)).one()
        told = {
            "cycle": row.cycle,
            "scorecard": "A",
            "version": "1.0-1",
            "organ": "",
            "document": "",
        }
        told |= {"date": "", "reason": "", "at": f"9{row.at[1:]}", "day": row.day, "by": row.by}
        session.add(FrameworkStateRow(id="1" * 32, state=policies.USED, **told))


def test_versions_are_only_added(at_once: Site) -> None:
    at_once.state("已封存")
    boss = at_once.staff("boss")
    send(boss, overview="一")
    send(boss, overview="一")  # the same once more adds nothing
    send(boss, overview="二")
    assert [json.loads(row.texts) for row in stored(at_once)] == [
        {"overview": "一"}, {"overview": "二"}
    ]  # fmt: skip
    first = stored(at_once)[0].id
    assert ">一</textarea>" in boss.get(f"{PAGE}?version={first}").text
    assert boss.get(f"{PAGE}?version=none").status_code == 404
    for change in ("DELETE FROM printings", "UPDATE printings SET texts = ''"):
        with (
            pytest.raises(DatabaseError, match="only added to"),
            db.transaction(at_once.engine) as s,
        ):
            s.execute(text(change))
    with db.look(at_once.engine) as session:
        rows = session.scalars(select(AuditRow).where(AuditRow.action == "printing"))
        assert [(row.by, row.object) for row in rows] == [("boss", "2021 end 征求意见稿")] * 2


def test_who_saves_over_another_is_told(at_once: Site) -> None:
    at_once.state("已封存")
    boss = at_once.staff("boss")
    seen = hidden(boss.get(PAGE).text, "seen")
    send(boss, overview="别人的")
    reply = boss.post(PAGE, {**TYPED, "seen": seen, "overview": "我的"}, do="save")
    assert reply.status_code == 409 and "别人已存了新的一版" in reply.text
    assert ">我的</textarea>" in reply.text and len(stored(at_once)) == 1


def test_one_edition_s_words_are_not_the_other_s(at_once: Site) -> None:
    at_once.state("已封存")
    boss = at_once.staff("boss")
    send(boss, overview="期末的话")
    with db.transaction(at_once.engine) as session:
        cycle = current_cycle(session)
        cycle.first_extract, cycle.state = "former", "跟踪已封存"
    assert "期末的话" not in boss.get(PAGE).text
    assert printings.latest_printing(db.Session(at_once.engine), cycle_of(at_once)).id == ""


@pytest.mark.parametrize(
    "seal",
    [b"no picture", WHOLE[:-20], DAMAGED, picture(3001, 1), b"\xff\xd8\xff" + WHOLE],
    ids=["text", "cut", "damaged", "wide", "jpeg"],
)
def test_what_is_no_seal_is_refused(at_once: Site, seal: bytes) -> None:
    at_once.state("已封存")
    reply = send(at_once.staff("boss"), seal=seal)
    assert reply.status_code == 422 and "印章不是完好的PNG图片" in reply.text
    assert stored(at_once) == []


def test_a_seal_stays_until_it_is_taken_away(at_once: Site) -> None:
    at_once.state("已封存")
    boss = at_once.staff("boss")
    send(boss, seal=picture())
    send(boss, copies="各市教育局")
    send(boss, no_seal="1")
    assert [len(row.seal) > 0 for row in stored(at_once)] == [True, True, False]
    assert boss.get(f"{PAGE}seal.png").status_code == 404


@pytest.mark.parametrize("state", ["准备", "开放", "关闭"])
def test_before_the_extract_is_sealed_there_is_nothing_to_print(at_once: Site, state: str) -> None:
    at_once.state(state)
    boss = at_once.staff("boss")
    assert "关闭、封存并计分之后" in boss.get(PAGE).text
    assert boss.post(PAGE, {**TYPED, "seen": ""}, do="save").status_code == 409
    for kind in ("print", "meeting"):
        assert boss.post(f"/province/documents/{kind}").status_code == 409
    assert boss.post("/province/documents/other").status_code == 400


def test_hostile_words_are_kept_as_words() -> None:
    sent = {"organ": "甲\n乙: {#set text}", "overview": "a\r\nb\0", "status": "印发"}
    made, faults = read_printing(sent, b"", rules={}, former=Printing())
    assert made.particulars["organ"] == "甲 乙: {#set text}" and faults == []
    long, faults = read_printing({"organ": "长" * 201}, b"", rules={}, former=Printing())
    assert "200" in str(faults[0])


def test_particulars_reach_the_file_as_they_were_typed(at_once: Site) -> None:
    import yaml

    told = {"organ": "yes", "number": "123", "copies": "a: b # c", "addressees": "'\"[]{}"}
    with evaluation._choices(at_once.settings, Printing(particulars=told), meeting=False) as made:
        assert yaml.safe_load(made.particulars.read_text("utf-8")) == {
            "status": "征求意见稿",
            **told,
        }
    with evaluation._choices(at_once.settings, Printing(), meeting=True) as made:
        assert (made.particulars, made.texts, made.fonts) == (None, None, None)


def test_other_failures_are_told_as_they_are() -> None:
    assert jobs._told(ValueError("x")) == "ValueError: x"
    found = FaultsFound([fault("site.no_bulletin"), fault("site.no_bulletin", Place(file="甲"))])
    assert jobs._told(found) == "还没有通报。请先运行计分。\n甲：还没有通报。请先运行计分。"


def test_rules_that_spoke_otherwise_when_the_page_was_opened_still_speak() -> None:
    shown = slot_texts(Printing(), {"overview": "共{{ 项目数 }}个项目。\n"})[1]
    assert shown.slot == "overview"
    sent = {"overview": shown.text, "rules-overview": shown.shown}
    later = {"overview": "项目共{{ 项目数 }}个。"}
    made, faults = read_printing(sent, b"", rules=later, former=Printing())
    assert (made.texts, faults) == ({}, [])
    changed = sent | {"overview": shown.text + "好。"}
    made, _ = read_printing(changed, b"", rules=later, former=Printing())
    assert made.texts == {"overview": "共{{ 项目数 }}个项目。好。"}


@pytest.mark.parametrize("kind", [policies.PRINT, policies.MEETING, policies.PREVIEW])
def test_only_a_scoring_is_published(kind: str) -> None:
    cycle = CycleRow(code="2021", state=policies.SEALED, evaluation="")
    with pytest.raises(Refused, match="不能用作通报"):
        jobs.publish(cycle, kind, "made")
    assert (cycle.state, cycle.evaluation) == (policies.SEALED, "")
    jobs.publish(cycle, policies.SCORE, "made")
    assert (cycle.state, cycle.evaluation) == (policies.SCORED, "made")
