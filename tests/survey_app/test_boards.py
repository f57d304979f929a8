"""Response boards: counts in steps and nothing else, links that can be taken back, reminders of a
whole class."""

from __future__ import annotations

import dataclasses
import io
import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pypdfium2
import pytest
import zxingcpp
from sqlalchemy import select, text

from site_for_tests import Site, answer, answer_all
from survey_app import clock, create_app, db
from survey_app.models import AuditRow, BoardLinkRow, ClassRow, ReminderRow
from survey_app.services import programme
from survey_app.views import boards as views

pytest_plugins = ("site_fixtures",)

MORNING = datetime(2021, 7, 10, 8, tzinfo=ZoneInfo("Asia/Shanghai"))
"""The day after that of ``answer``."""


@pytest.fixture
def day(monkeypatch):
    """Sets the clock to days after the first morning."""

    def sets(days: int, hours: int = 0) -> None:
        moment = MORNING + timedelta(days=days, hours=hours)
        monkeypatch.setattr(clock, "now", lambda: moment)

    sets(0)
    return sets


def enrol(site: Site, count: int) -> None:
    with db.transaction(site.engine) as session:
        session.execute(text(f"UPDATE classes SET enrolled = {count}"))


def link(site: Site, code: str = "C1", **fields: str) -> str:
    """Path of the board, read off the printed sheet as a camera does."""
    reply = site.staff("boss").post("/province/board-links", code=code, **fields)
    assert (reply.status_code, reply.mimetype) == (200, "application/pdf")
    [page] = pypdfium2.PdfDocument(io.BytesIO(reply.data))
    [found] = zxingcpp.read_barcodes(page.render(scale=200 / 72).to_pil())
    printed = re.sub(r"[\s\ufffe]", "", page.get_textpage().get_text_range())
    assert found.text in printed and "不用账号" in printed
    return found.text.removeprefix("http://localhost")


def boards(site: Site) -> dict[str, str]:
    """The three boards: of the class's link, the institution, and the province."""
    clerk, boss = site.staff("I1"), site.staff("boss")
    return {
        "link": site.visitor().get(link(site)).text,
        "mine": clerk.get("/classes/").text,
        "one": clerk.get("/classes/C1").text,
        "board": boss.get("/province/").text,
        "class": boss.get("/province/classes/C1").text,
    }


def test_three_boards_tell_the_same_in_steps(whole: Site, day) -> None:
    enrol(whole, 40)
    answer(whole, "C1", 12)
    for name, page in boards(whole).items():
        assert re.search(r"(<b>12</b> / 40人 · 30%)|(>12</td>.*>30%</td>)", page), name
        assert "±0.5" in page, name
    day(-1, hours=12)  # the day of the answers, at any hour
    for name, page in boards(whole).items():
        assert "少于5份" in page and ">12<" not in page, name


def test_what_a_closed_wave_had_is_told_at_once(whole: Site, day) -> None:
    """No answer of its will come tomorrow, so that today hides nothing; beside it the follow-up,
    of which nothing is told before it is open."""
    enrol(whole, 40)
    answer(whole, "C1", 12)
    day(-1, hours=12)
    for name, page in boards(whole).items():
        assert "今天交来的明天才列出" in page and ">12<" not in page, name
    whole.state("关闭")
    for name, page in boards(whole).items():
        assert re.search(r">12<", page) and "作答已截止" in page, name
        assert "明天才列出" not in page and "跟踪问卷" not in page.split("<main")[1], name
    whole.state("跟踪开放")
    for name, page in boards(whole).items():
        assert "作答已截止" in page and "今天交来的明天才列出" in page and ">12<" in page, name


def test_before_opening_a_board_says_so(whole: Site, day) -> None:
    whole.state("准备")
    for name, page in boards(whole).items():
        assert "未开放" in page and "还没有开放作答" in page and "少于5份<" not in page, name


def test_a_few_slips_are_no_nought_and_many_are_at_least(site: Site, day) -> None:
    enrol(site, 40)
    boss = site.staff("boss")
    assert boss.get("/province/").text.count('data-label="场次评价">少于5份<') == 1
    answer(site, "C2", 7)
    with db.transaction(site.engine) as session:
        known = programme.programme_of(session, programme.current_cycle(session))
        form = known.instrument(role="trainee", per="session").code
        moved = text("UPDATE responses SET session = 'S1', instrument = :form")
        session.execute(moved, {"form": form})
    page = boss.get("/province/").text
    assert re.findall('data-label="场次评价">([^<]*)<', page) == ["—", "7以上"]


def test_a_reminder_of_today_is_noted_once_and_said(whole: Site, day) -> None:
    clerk = whole.staff("I1")
    assert "记下：今天已提醒全班" in clerk.get("/classes/C1").text
    clerk.post("/classes/C1/reminders")
    page = clerk.get("/classes/C1").text
    assert "今天已记下。" in page and "记下：今天已提醒全班" not in page


def test_classes_stand_by_their_numbers(whole: Site) -> None:
    with db.transaction(whole.engine) as session:
        row = session.get_one(ClassRow, "C1")
        copied = {one.name: getattr(row, one.name) for one in ClassRow.__table__.columns}
        session.add(ClassRow(**copied | {"code": "C10"}))
    page = whole.staff("boss").get("/province/").text
    assert re.findall(r'/province/classes/(\w+)"', page) == ["C1", "C2", "C3", "C10"]


def test_an_answer_changes_no_board_on_its_day(site: Site, monkeypatch) -> None:
    """Whoever looks before and after each answer sees the same bytes."""
    enrol(site, 6)
    paths, boss = (link(site), "/province/", "/province/classes/C1"), site.staff("boss")
    site.tickets()  # given out before
    before = [bare(boss.get(path).text) for path in paths]
    with db.transaction(site.engine) as session:
        session.execute(text("DELETE FROM tickets"))
    answer_all(site)
    assert [bare(boss.get(path).text) for path in paths] == before
    tomorrow = clock.now() + timedelta(days=1)
    monkeypatch.setattr(clock, "now", lambda: tomorrow)
    boss = site.staff("boss")
    assert all("5以上" in boss.get(path).text for path in paths)


def test_no_board_holds_content_before_closing(whole: Site, day) -> None:
    """Two cycles that differ in every answer, and in nothing else, show the same."""
    pages = []
    enrol(whole, 40)
    for value in ("1", "5"):
        with db.transaction(whole.engine) as session:
            session.execute(text("DELETE FROM responses"))
        answer(whole, "C1", 12, q01=value, q02=value, stage="primary", comment=f"甲{value}乙")
        pages.append({name: bare(page) for name, page in boards(whole).items()})
    assert pages[0] == pages[1]
    assert not any("甲" in page and "乙" in page for page in pages[0].values())


def bare(page: str) -> str:
    return re.sub(r'name="csrf_token" value="[^"]*"', "", page)


def test_a_class_of_four_shows_nothing_whoever_answers(whole: Site, day) -> None:
    enrol(whole, 4)
    answer(whole, "C1", 4)
    for name, page in boards(whole).items():
        assert "不足5人，不列" in page and "±" not in page.replace("均值加减", ""), name


def test_a_sum_is_made_of_what_is_told(whole: Site, day) -> None:
    """Three of C2 are in no sum: the rest of a sum would be theirs."""
    enrol(whole, 40)
    answer(whole, "C1", 12)
    answer(whole, "C2", 3)
    page = whole.staff("I1").get("/classes/").text
    assert "已答至少12人" in page and "15" not in re.sub(r"<svg.*?</svg>|2021-\S+", "", page)
    assert "已答至少12人" in whole.staff("boss").get("/province/").text


def test_a_link_opens_its_own_class_alone_until_taken_back(site: Site) -> None:
    first = link(site)
    assert re.fullmatch(r"/b/C1/[1-9A-Z]{16}", first)
    assert link(site) == first  # printed again
    with site.visitor().get(first) as reply:
        assert reply.status_code == 200 and "示例一班" in reply.text
        assert "Set-Cookie" not in reply.headers and "<script" not in reply.text
    other = first.replace("/b/C1/", "/b/C2/")
    for path in (other, "/b/C1/", first[:-1], first[:-1] + "0", "/b/C1/" + "甲" * 16, "/b/Z/x"):
        assert site.visitor().get(path).status_code == 404, path
    assert site.visitor().get(first.lower().replace("/b/c1/", "/b/C1/")).status_code == 200
    second = link(site, renew="1")
    assert second != first and site.visitor().get(first).status_code == 404
    site.staff("boss").post("/province/board-links/C1/end")
    refused = site.visitor().get(second)
    assert refused.status_code == 404 and "没有这个班的看板，或网址已经作废" in refused.text
    with db.look(site.engine) as session:
        assert session.scalars(select(BoardLinkRow)).all() == []
        query = select(AuditRow.action, AuditRow.object).order_by(AuditRow.at)
        noted = session.execute(query.where(AuditRow.action.startswith("board"))).all()
    found = list(map(tuple, noted))
    assert found == [("board_link", "C1"), ("board_renew", "C1"), ("board_revoke", "C1")]


def test_links_of_all_classes_are_pages_of_one_print(site: Site) -> None:
    reply = site.staff("boss").post("/province/board-links")
    pages = list(pypdfium2.PdfDocument(io.BytesIO(reply.data)))
    assert len(pages) == 2
    texts = ["".join(page.get_textpage().get_text_range().split()) for page in pages]
    assert "示例一班" in texts[0] and "示例二班" in texts[1]


def test_the_key_of_another_site_opens_nothing(site: Site, tmp_path) -> None:
    path = link(site)
    (site.home / "secrets" / "board").write_text("ab" * 32)
    other = create_app(site.home)
    assert other.test_client().get(path).status_code == 404
    other.extensions["engine"].dispose()


def test_a_whole_class_is_reminded_once_a_day_and_counted(whole: Site, day) -> None:
    clerk = whole.staff("I1")
    page = clerk.get("/classes/C1").text
    assert "还没有提醒过" in page and "http://localhost/c/C1" in page and "<svg" in page
    assert "已经答过的，请忽略本条" in page
    for _ in range(2):
        assert clerk.post("/classes/C1/reminders").status_code == 303
    day(1)
    clerk = whole.staff("I1")
    clerk.post("/classes/C1/reminders")
    told = "已提醒全班2次（2021-07-10、2021-07-11）"
    assert told in clerk.get("/classes/C1").text and told in whole.visitor().get(link(whole)).text
    with db.look(whole.engine) as session:
        rows = session.execute(select(ReminderRow.target, ReminderRow.day, ReminderRow.author))
        assert sorted(map(tuple, rows)) == [
            ("C1", "2021-07-10", "I1"),
            ("C1", "2021-07-11", "I1"),
        ]
        noted = session.scalars(select(AuditRow.object).where(AuditRow.action == "remind_class"))
        assert list(noted) == ["trainee_core C1"] * 2


def test_a_reminder_is_the_same_whoever_has_answered(whole: Site, day) -> None:
    """It goes to everybody, for nobody knows who has answered."""
    clerk = whole.staff("I1")

    def asked() -> str:
        page = clerk.get("/classes/C1").text
        return re.search(r'id="reminder-text">(.*?)</p>', page, re.DOTALL).group(1)

    before = asked()
    answer(whole, "C1", 6)
    assert asked() == before


def test_nobody_reminds_another_s_class_or_a_closed_one(whole: Site) -> None:
    clerk = whole.staff("I1")
    assert clerk.get("/classes/C3").status_code == 404
    assert clerk.post("/classes/C3/reminders").status_code == 404
    whole.state("关闭")
    assert "现在没有开放的问卷" in clerk.get("/classes/C1").text
    refused = clerk.post("/classes/C1/reminders")
    assert refused.status_code == 410 and "作答已经截止" in refused.text
    whole.state("准备")
    assert clerk.post("/classes/C1/reminders").status_code == 403


def test_the_follow_up_is_reminded_of_by_its_own_form(whole: Site, day) -> None:
    whole.state("跟踪开放")
    whole.tickets("followup", count=2)
    clerk = whole.staff("I1")
    assert "http://localhost/f/C1" in clerk.get("/classes/C1").text
    clerk.post("/classes/C1/reminders")
    page = clerk.get("/classes/C1").text
    assert page.count("已提醒全班1次") == 1 and page.count("还没有提醒过") == 1


def test_a_paper_form_and_an_answer_online_are_stepped_apart(site: Site, day) -> None:
    enrol(site, 40)
    answer(site, "C1", 4)
    answer(site, "C1", 4)
    with db.transaction(site.engine) as session:
        ids = session.execute(text("SELECT id FROM responses ORDER BY id")).scalars().all()[:4]
        for one in ids:
            session.execute(
                text("UPDATE responses SET medium = 'paper' WHERE id = :id"), {"id": one}
            )
    assert "<b>少于5份</b>" in site.visitor().get(link(site)).text


def test_hostile_names_stay_words(site: Site) -> None:
    with db.transaction(site.engine) as session:
        session.execute(text("UPDATE classes SET name = '<b>班</b>'"))
    page = site.visitor().get(link(site)).text
    assert "<h1>&lt;b&gt;班" in page


def test_a_programme_without_the_form_has_a_board_all_the_same(whole: Site, monkeypatch) -> None:
    """A follow-up that only schools answer, or no form for classes at all."""
    clerk, boss = whole.staff("I1"), whole.staff("boss")
    whole.state("跟踪开放")

    def poor(session, cycle) -> programme.Programme:
        rich = programme.programme_of(session, cycle)
        others = tuple(one for one in rich.instruments if one.role != "trainee")
        return dataclasses.replace(rich, instruments=others)

    monkeypatch.setattr(views, "programme_of", poor)
    assert "现在没有开放的问卷" in clerk.get("/classes/C1").text
    assert clerk.post("/classes/C1/reminders").status_code == 410
    for page in (clerk.get("/classes/"), boss.get("/province/classes/C1")):
        assert page.status_code == 200 and "少于5份" in page.text
