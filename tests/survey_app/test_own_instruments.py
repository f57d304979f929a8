"""Own instruments on the site: checked, seen, compared, published for good, carried by answers."""

from __future__ import annotations

import html
import io
import re

import pytest
from forms_of_others import changed, written, xlsx
from small_forms import FORMS, TRAINEE
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError

from instruments.catalogue_writer import write_catalogue
from instruments.difference import same_content
from instruments.extract import read_extract
from instruments.form_files import MAX_FORM_BYTES, read_form
from instruments.form_writer import write_form
from instruments.workbook import read_workbook
from site_for_tests import Site, Staff, build, full, hidden, own_fields, whole_programme
from survey_app import db
from survey_app.models import AuditRow, InstrumentVersionRow, ResponseRow
from survey_app.services.extract import extract_folder
from survey_app.services.programme import current_cycle, programme_of, read_sources

PAGE = "/province/instruments/"
CORE = f"{PAGE}trainee_core/"
WORDS = ("总体满意。", "这次总体满意。")


def reworded(row: dict[str, object]) -> None:
    if row["name"] == "q01":
        assert row["label"] == WORDS[0]
        row["label"] = WORDS[1]


def small_form() -> bytes:
    """The questionnaire in use, as the site writes it."""
    return write_form([read_workbook(TRAINEE, "trainee_core.md")])


def own_form() -> bytes:
    """The same as a clerk has changed it in a spreadsheet: one item's words."""
    return changed(small_form(), "survey", reworded)


@pytest.fixture
def preparing(tmp_path):
    """A cycle in preparation with small forms of every kind."""
    made = build(tmp_path / "home", state="准备", whole=True)
    yield made
    made.engine.dispose()


@pytest.fixture(scope="module")
def quiet(tmp_path_factory):
    """The same, for what changes nothing."""
    made = build(tmp_path_factory.mktemp("quiet") / "home", state="准备", whole=True)
    yield made
    made.engine.dispose()


def upload(boss: Staff, data: bytes, name: str = "我们的问卷.xlsx", about: str = ""):
    return boss.post(PAGE, form=(io.BytesIO(data), name), about=about)


def publish(boss: Staff, data: bytes, reason: str = "省里的说法"):
    page = upload(boss, data)
    assert page.status_code == 200, page.text
    return boss.post(f"{PAGE}publish", staged=hidden(page.text, "staged"), reason=reason)


def in_use(site: Site, code: str = "trainee_core") -> str:
    with db.look(site.engine) as session:
        forms = programme_of(session, current_cycle(session)).instruments
        return next(one.version for one in forms if one.code == code)


def noted(site: Site) -> list[tuple[str, str]]:
    with db.look(site.engine) as session:
        rows = session.scalars(select(AuditRow).order_by(AuditRow.at))
        return [(row.action, row.object) for row in rows if row.action.startswith("instrument")]


def words_of(page: str) -> str:
    return html.unescape(re.sub(r"<[^>]+>", "", page))


def test_a_form_is_checked_seen_compared_and_published(preparing: Site) -> None:
    boss = preparing.staff("boss")
    before = read_all(preparing)
    page = upload(boss, own_form())
    told = words_of(page.text)
    assert page.status_code == 200 and read_all(preparing) == before
    assert "需先证明等值 1题；不可合并 0题" in told and "措辞变了" in told and "A1.1" in told
    assert "<ins>这次</ins>" in page.text
    staged = hidden(page.text, "staged")
    assert f'src="{PAGE}staged/{staged}"' in page.text
    assert "frame-src 'self'" in page.headers["Content-Security-Policy"]
    seen = boss.get(f"{PAGE}staged/{staged}")
    assert WORDS[1] in seen.text and 'name="q01"' in seen.text
    assert "frame-ancestors 'self'" in seen.headers["Content-Security-Policy"]
    reply = boss.post(f"{PAGE}publish", staged=staged, reason="省里的说法")
    assert (reply.status_code, reply.location) == (303, CORE)
    assert in_use(preparing) == "1.1"
    listed = words_of(boss.get(CORE).text)
    assert "第1.1版 · 自行发布 · 本年度使用" in listed and "第1.0版 · 换版前使用" in listed
    assert "理由：省里的说法" in listed and "需先证明等值" in listed
    assert noted(preparing) == [("instrument_publish", "2021 trainee_core 1.1")]
    assert not list((preparing.home / "imports").glob("form-*"))
    with db.look(preparing.engine) as session:
        row = session.get_one(InstrumentVersionRow, ("trainee_core", "1.1"))
    stored = read_form(row.content, "form.xlsx").instrument
    assert same_content(stored, read_form(own_form(), "form.xlsx").instrument)
    assert (row.base, row.verdict, row.by, row.cycle) == ("1.0", "prove", "boss", "2021")


def test_what_publishing_would_take_away_is_said_first(quiet: Site) -> None:
    survey = [["type", "name", "label"], ["integer", "days", "培训了几天？"]]
    page = words_of(upload(quiet.staff("boss"), xlsx({"survey": survey})).text)
    told = page.index("发布就是整份替换")
    assert told < page.index("与现用一版的差别")
    assert re.search(r"题数由\d+变为1，其中计分的题由\d+变为0。没有对应到指标的题不计分", page)
    assert "现用的《" in page and "上传的《" in page and "发布后为第" in page
    assert re.search(r"后一版没有的题：\d+题", page) and "新版没有了" not in page
    cause = page.index("请把文件 settings 表的 form_id 改为“trainee_core”")
    assert page.index("现在不能发布：与指标体系、分析方案不配合") < cause < told


def read_all(site: Site) -> dict[str, bytes]:
    with db.look(site.engine) as session:
        return dict(read_sources(session, current_cycle(session).code).instruments)


def test_only_its_own_files_are_replaced(tmp_path) -> None:
    """The built-in questionnaire and its modules by one file, and nothing else."""
    site = build(tmp_path / "home", state="准备")
    before = read_all(site)
    boss = site.staff("boss")
    assert publish(boss, changed(written("trainee_core"), "survey", shorter)).status_code == 303
    after = read_all(site)
    site.engine.dispose()
    gone = {n for n in before if n == "trainee_core.md" or n.startswith("module_")}
    assert set(after) == (set(before) - gone) | {"trainee_core.xlsx"}


def shorter(row: dict[str, object]) -> None:
    if row["name"] == "q01":
        row["label"] = "培训回应了我的问题。"


def test_the_faults_of_a_form_are_all_told_and_nothing_is_kept(quiet: Site) -> None:
    survey = [["type", "name", "label"], ["geopoint", "地点", "哪里"], ["text", "q", "=1+1"]]
    before = set((quiet.home / "imports").iterdir())
    page = upload(quiet.staff("boss"), xlsx({"survey": survey}))
    told = words_of(page.text)
    assert page.status_code == 422
    for part in ("工作表“survey” 第2行", "不支持题型“geopoint”", "“地点”不能作名称", "是公式"):
        assert part in told, part
    assert set((quiet.home / "imports").iterdir()) == before


def test_a_form_that_fits_no_framework_is_shown_and_not_published(quiet: Site) -> None:
    boss = quiet.staff("boss")
    survey = [["type", "name", "label"], ["select_one yes_no", "useful", "有用吗？"]]
    choices = [["list_name", "name", "label"], ["yes_no", "yes", "是"], ["yes_no", "no", "否"]]
    page = upload(boss, xlsx({"survey": survey, "choices": choices}), about="trainee/class/end")
    assert page.status_code == 200 and 'name="reason"' not in page.text
    told = words_of(page.text)
    assert "现在不能发布" in told and "新版才有" in told and "没有 _context 表" in told
    staged = re.search(r"staged/(form-[0-9a-f]{64}\.xlsx)", page.text)
    assert staged
    reply = boss.post(f"{PAGE}publish", staged=staged[1], reason="试一试")
    assert (reply.status_code, in_use(quiet)) == (422, "1.0")


def test_a_published_version_never_changes(preparing: Site) -> None:
    boss = preparing.staff("boss")
    publish(boss, own_form())
    first = boss.get(f"{CORE}1.1/form.xlsx").data
    third = changed(first, "survey", lambda r: r.update(label=f"{r['label']}") or twice(r))
    assert publish(boss, third, "再改").status_code == 303
    assert in_use(preparing) == "1.2"
    assert boss.get(f"{CORE}1.1/form.xlsx").data == first
    for change in (
        "UPDATE instrument_versions SET reason = 'x'",
        "DELETE FROM instrument_versions",
    ):
        with (
            pytest.raises(DatabaseError, match="only added to"),
            db.transaction(preparing.engine) as session,
        ):
            session.execute(text(change.format("instrument_versions")))


def twice(row: dict[str, object]) -> None:
    if row["name"] == "q01":
        row["label"] = "我对培训满意。"


def test_the_same_form_is_not_published_again_and_a_reason_is_needed(quiet: Site) -> None:
    boss = quiet.staff("boss")
    page = upload(boss, small_form())
    assert "各题和指标都可以与旧版合并比较" in page.text
    staged = hidden(page.text, "staged")
    reply = boss.post(f"{PAGE}publish", staged=staged, reason="没有改")
    assert reply.status_code == 409 and "完全相同" in reply.text
    reply = boss.post(f"{PAGE}publish", staged=staged, reason="   ")
    assert reply.status_code == 422 and "没有写发布的理由" in reply.text
    assert boss.post(f"{PAGE}publish", staged="../config.toml", reason="x").status_code == 404
    assert noted(quiet) == [] and in_use(quiet) == "1.0"


def test_another_version_can_be_used_until_the_cycle_opens(preparing: Site) -> None:
    boss = preparing.staff("boss")
    publish(boss, own_form())
    compared = words_of(boss.get(f"{CORE}1.0/").text)
    assert "第1.0版与现用的《" in compared and "第1.1版的作答" in compared
    assert boss.post(f"{CORE}use", version="1.0").status_code == 303
    assert in_use(preparing) == "1.0"
    assert boss.post(f"{CORE}use", version="1.1").status_code == 303
    assert boss.post("/province/open").status_code == 303
    assert boss.post(f"{CORE}use", version="1.0").status_code == 409
    page = upload(boss, small_form())
    assert page.status_code == 200 and "下一年度准备时再上传发布" in page.text
    assert noted(preparing)[1:] == [
        ("instrument_use", "2021 trainee_core 1.0"),
        ("instrument_use", "2021 trainee_core 1.1"),
    ]


def test_versions_outlive_a_catalogue_that_is_imported_anew(preparing: Site) -> None:
    boss = preparing.staff("boss")
    publish(boss, own_form())
    workbook = io.BytesIO(write_catalogue(whole_programme()))
    page = boss.post("/province/import", workbook=(workbook, "目录.xlsx")).text
    boss.post("/province/import/apply", staged=hidden(page, "staged"))
    assert in_use(preparing) == "1.1"
    assert "第1.1版 · 自行发布 · 本年度使用" in words_of(boss.get(CORE).text)


def test_answers_carry_the_published_version_into_the_extract(preparing: Site) -> None:
    boss = preparing.staff("boss")
    publish(boss, own_form())
    boss.post("/province/open")
    for ticket in preparing.tickets():
        client = preparing.visitor()
        page = client.get("/c/C1/form").text
        assert WORDS[1] in page
        answers = {**own_fields(page), **full(preparing), "confirmed": "1", "ticket": ticket}
        assert client.post("/c/C1/form", data=answers).status_code == 303
    with db.look(preparing.engine) as session:
        rows = session.scalars(select(ResponseRow)).all()
        assert {(row.instrument, row.version) for row in rows} == {("trainee_core", "1.1")}
    for step in ("close", "extract"):
        assert boss.post(f"/province/{step}").status_code == 303
    with db.look(preparing.engine) as session:
        cycle = current_cycle(session)
    sealed = read_extract(extract_folder(preparing.settings, cycle))
    [core] = [one for one in sealed.instruments if one.code == "trainee_core"]
    assert (core.version, core.item("q01").label) == ("1.1", WORDS[1])
    assert len(sealed.table(core.table)) == 6


def test_a_number_of_a_published_version_cannot_be_taken_by_another_form(preparing: Site) -> None:
    boss = preparing.staff("boss")
    publish(boss, own_form())
    other = changed(boss.get(f"{CORE}1.1/form.xlsx").data, "survey", twice)
    rest = [(io.BytesIO(d), n) for n, d in FORMS.items() if n != "trainee_core.md"]
    reply = boss.post("/province/programme", instruments=[*rest, (io.BytesIO(other), "core.xlsx")])
    assert reply.status_code == 409 and "已有第1.1版" in reply.text
    assert in_use(preparing) == "1.1"


def test_every_form_of_the_cycle_can_be_seen_and_downloaded(quiet: Site) -> None:
    boss = quiet.staff("boss")
    page = boss.get(PAGE).text
    links = set(re.findall(rf'href="({PAGE}[a-z_]+/[\d.]+/form\.xlsx)"', page))
    assert len(links) == len(FORMS)
    for link in links:
        read_form(boss.get(link).data, "form.xlsx")
        seen = boss.get(link.replace("form.xlsx", "preview"))
        assert seen.status_code == 200 and "这是预览" in seen.text
    assert "本年度用的就是这一版" in boss.get(f"{CORE}1.0/").text


def test_a_preview_shows_what_the_chosen_project_asks(quiet: Site) -> None:
    boss = quiet.staff("boss")
    record = f"{PAGE}institution_record/1.0/preview"
    plain = boss.get(f"{record}?project_module=nonsense").text
    it2 = boss.get(f"{record}?project_module=it2").text
    assert "四、整校推进" not in plain and "四、整校推进" in it2
    assert 'value="it2" selected' in it2


def test_markup_is_printed_as_text(preparing: Site) -> None:
    boss = preparing.staff("boss")
    evil = '<script>alert(1)</script><img src=x onerror="alert(2)">'

    def bend(row: dict[str, object]) -> None:
        if row["name"] == "q01":
            row["label"] = evil

    page = upload(boss, changed(small_form(), "survey", bend))
    staged = hidden(page.text, "staged")
    for shown in (page.text, boss.get(f"{PAGE}staged/{staged}").text):
        assert "<script>alert" not in shown and "<img" not in shown
    seen = boss.get(f"{PAGE}staged/{staged}").text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in seen
    publish(boss, changed(small_form(), "survey", bend))
    boss.post("/province/open")
    trainee = preparing.visitor().get("/c/C1/form").text
    assert "<script>alert" not in trainee and "&lt;script&gt;alert" in trainee


def test_a_file_that_is_too_large_is_refused(quiet: Site) -> None:
    boss = quiet.staff("boss")
    body, kind = b"\0" * (MAX_FORM_BYTES + 2_000_000), "multipart/form-data; boundary=x"
    assert boss.client.post(PAGE, data=body, content_type=kind).status_code == 413


def test_a_wrong_address_is_told(quiet: Site) -> None:
    boss = quiet.staff("boss")
    for path in ("nothere/", "trainee_core/9.9/", "trainee_core/9.9/form.xlsx"):
        reply = boss.get(f"{PAGE}{path}")
        assert reply.status_code == 404 and "没有" in reply.text
