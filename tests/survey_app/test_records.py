"""Records by their pages: drafts, rows, files, submission, return, checks, two browsers."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest
from sqlalchemy import select

from site_for_tests import Site, Staff, hidden
from survey_app import clock, db
from survey_app.models import FileRow, RecordCheckRow, RecordRow

pytest_plugins = ("site_fixtures",)

RECORD = "/records/institution_record/P1"
PDF = b"%PDF-1.4 sample"
PNG = b"\x89PNG\r\n\x1a\n sample"
BASICS = {"planned": "50", "charged": "no", "stages": ["primary", "junior"]}
LESSON = {
    "timetable-0-lesson_title": "师德案例",
    "timetable-0-hours": "4",
    "timetable-0-kind": "ethics",
}


def send(staff: Staff, path: str, do: str = "save", revision: str | None = None, **fields: Any):
    own = revision or hidden(staff.get(path).text, "revision")
    return staff.post(path, {"do": do, "revision": own, "confirmed": "1", **fields})


def rows(site: Site) -> list[RecordRow]:
    with db.look(site.engine) as session:
        query = select(RecordRow).order_by(RecordRow.revision, RecordRow.state)
        return list(session.scalars(query))


def answers(site: Site) -> dict[str, Any]:
    return json.loads(rows(site)[-1].answers)


def test_a_record_is_filled_over_several_evenings_and_submitted_once(whole: Site) -> None:
    clerk = whole.staff("I1")
    owed = clerk.get("/records/").text
    assert "示例项目一" in owed and "示例项目二" in owed and "示例项目三" not in owed
    first = send(clerk, RECORD, planned="50")
    assert first.status_code == 303 and "已保存" in clerk.get(first.location).text
    second = send(clerk, RECORD, **BASICS, **LESSON)
    assert second.status_code == 303
    page = clerk.get(RECORD).text
    assert 'value="师德案例"' in page and "继续填写" in clerk.get("/records/").text
    done = send(clerk, RECORD, "submit", **BASICS, **LESSON)
    assert done.location.endswith("/view") and "已提交" in clerk.get(done.location).text
    assert [(r.revision, r.state) for r in rows(whole)] == [
        (1, "草稿"),
        (2, "草稿"),
        (3, "已提交"),
    ]
    assert answers(whole) == {
        "charged": "no",
        "planned": 50,
        "stages": "primary junior",
        "timetable": [{"hours": 4.0, "kind": "ethics", "lesson_title": "师德案例"}],
    }
    assert clerk.get(RECORD).location.endswith("/view")  # locked
    assert {r.author for r in rows(whole)} == {"I1"} and rows(whole)[0].unit == "P1"


def test_blank_fields_are_told_to_count_as_withheld_before_they_are_taken(whole: Site) -> None:
    clerk = whole.staff("I1")
    asked = send(clerk, RECORD, "submit", confirmed="", **BASICS)
    assert "按该项最低分计" in asked.text and rows(whole) == []
    assert "二、课程表（一行也没有）" in asked.text and "还有2处未填" in asked.text
    assert 'name="confirmed" value="1"' in asked.text
    assert send(clerk, RECORD, "submit", **BASICS).location.endswith("/view")
    head, path = whole.staff("X1"), "/records/school_form/X1"
    assert "应报未报" not in send(head, path, "submit", confirmed="", c1="5").text


def test_retries_succeed_and_make_no_second_revision(whole: Site) -> None:
    clerk = whole.staff("I1")
    for _ in range(2):
        assert send(clerk, RECORD, revision="0", planned="50").status_code == 303
    for _ in range(2):
        again = send(clerk, RECORD, "submit", revision="1", **BASICS)
        assert again.location.endswith("/view")
    late = send(clerk, RECORD, revision="0", **BASICS)  # a draft that was lost on the way
    assert late.status_code == 303
    assert [(r.revision, r.state) for r in rows(whole)] == [(1, "草稿"), (2, "已提交")]


def test_two_browsers_both_keep_what_they_saved(whole: Site) -> None:
    clerk, elsewhere = whole.staff("I1"), whole.staff("I1")
    send(clerk, RECORD, revision="0", planned="50")
    for _ in range(2):  # the retry is not kept twice
        clash = send(elsewhere, RECORD, revision="0", planned="60", **LESSON)
        assert clash.status_code == 409 and "没有覆盖" in clash.text
    assert "<td>50</td><td>60</td>" in clash.text.replace("\n", "")
    assert "课程表第1行" in clash.text.replace("二、", "")
    assert [(r.revision, r.state) for r in rows(whole)] == [(1, "冲突"), (1, "草稿")]
    page = clerk.get(RECORD).text
    assert 'value="50"' in page and "有1份在别处保存的副本" in page
    assert "<td>60</td>" in clerk.get(f"{RECORD}/copies").text


def test_a_draft_that_comes_after_submission_is_kept_aside(whole: Site) -> None:
    clerk = whole.staff("I1")
    send(clerk, RECORD, revision="0", planned="50")
    send(clerk, RECORD, "submit", revision="1", **BASICS)
    assert send(clerk, RECORD, revision="1", planned="99").status_code == 409
    assert [r.state for r in rows(whole)] == ["草稿", "冲突", "已提交"]
    assert send(clerk, RECORD, revision="2", planned="99").status_code == 409
    assert len(rows(whole)) == 3


def test_what_is_right_is_saved_though_something_is_wrong(whole: Site) -> None:
    clerk = whole.staff("I1")
    page = send(clerk, RECORD, planned="五十", charged="no")
    assert page.status_code == 422 and "请填整数" in page.text and "其余都已保存" in page.text
    assert 'value="五十"' in page.text and answers(whole) == {"charged": "no"}
    lacking = send(clerk, RECORD, "submit", charged="yes")
    assert lacking.status_code == 422 and lacking.text.count("此题需要作答") == 4
    assert rows(whole)[-1].state == "草稿"


def test_rows_are_added_removed_and_pasted_without_a_script(whole: Site) -> None:
    clerk = whole.staff("I1")
    added = send(clerk, RECORD, "add:timetable:5", **LESSON)
    assert added.status_code == 200 and 'name="timetable-5-hours"' in added.text
    table = "题目\t学时（学时）\t课程类别\n语文\t2\t学科\n"
    pasted = send(clerk, RECORD, "append:timetable", **LESSON, **{"timetable-paste": table})
    assert 'value="语文"' in pasted.text and len(answers(whole)["timetable"]) == 2
    removed = send(
        clerk,
        RECORD,
        "remove:timetable:0",
        **LESSON,
        **{"timetable-1-lesson_title": "语文", "timetable-1-hours": "2"},
    )
    assert removed.status_code == 200
    assert [row["lesson_title"] for row in answers(whole)["timetable"]] == ["语文"]
    wrong = send(clerk, RECORD, "replace:timetable", **{"timetable-paste": "题目\t课时\n甲\t1\n"})
    assert wrong.status_code == 422 and "没有这一列" in wrong.text and "甲\t1" in wrong.text


def upload(staff: Staff, name: str, content: bytes, field: str = "plan_file", **fields: Any):
    file = (io.BytesIO(content), name)
    return send(staff, RECORD, **{f"{field}-file": file}, **fields)


def office(part: str, *more: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name in ("[Content_Types].xml", part, *more):
            archive.writestr(name, "x")
    return stream.getvalue()


def test_an_attachment_is_kept_once_and_handed_out_as_a_file(whole: Site) -> None:
    clerk = whole.staff("I1")
    for _ in range(2):  # the retry carries the file again
        done = send(
            clerk, RECORD, revision="0", **{"plan_file-file": (io.BytesIO(PDF), "方案<1>.docx")}
        )
        assert done.status_code == 303
    with db.look(whole.engine) as session:
        [row] = session.scalars(select(FileRow))
    assert (row.kind, row.name, row.size) == ("pdf", "方案1.pdf", len(PDF))
    assert (whole.home / "evidence" / row.id).read_bytes() == PDF
    assert (whole.home / "evidence" / row.id).stat().st_mode & 0o077 == 0
    page = clerk.get(RECORD).text
    assert f'href="/files/{row.id}"' in page and "方案1.pdf" in page
    with clerk.get(f"/files/{row.id}") as reply:
        assert reply.data == PDF and reply.headers["Content-Type"] == "application/pdf"
        assert reply.headers["Content-Disposition"].startswith("attachment;")
        assert "sandbox" in reply.headers["Content-Security-Policy"]
        assert reply.headers["X-Content-Type-Options"] == "nosniff"
    dropped = send(clerk, RECORD, plan_file=row.id, **{"plan_file-drop": "1"})
    assert dropped.status_code == 303 and answers(whole) == {}


def test_only_who_may_sees_a_file(whole: Site) -> None:
    clerk = whole.staff("I1")
    upload(clerk, "方案.pdf", PDF)
    with db.look(whole.engine) as session:
        [id] = session.scalars(select(FileRow.id))
    with whole.staff("boss").get(f"/files/{id}") as reply:
        assert reply.status_code == 200
    for login in ("I2", "X1", "140105", "J1", "E1", "E2"):
        assert whole.staff(login).get(f"/files/{id}").status_code == 404, login
    assert whole.visitor().get(f"/files/{id}").location.endswith("/login")
    foreign = send(whole.staff("I2"), "/records/institution_record/P3", plan_file=id)
    assert foreign.status_code == 422 and "找不到这个附件" in foreign.text


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"<svg onload=alert(1)>", "不能收这种文件"),
        (b"", "文件是空的"),
        (office("xl/workbook.xml", "xl/vbaProject.bin"), "不能收这种文件"),
        (b"PK\x03\x04 broken", "不能收这种文件"),
    ],
)
def test_files_are_told_apart_by_their_content(whole: Site, content: bytes, words: str) -> None:
    page = upload(whole.staff("I1"), "方案.pdf", content, planned="50")
    assert page.status_code == 422 and words in page.text
    assert answers(whole) == {"planned": 50}
    assert list((whole.home / "evidence").iterdir()) == []


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (PDF, "pdf"),
        (PNG, "png"),
        (b"\xff\xd8\xff\xe0 x", "jpg"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "webp"),
        (office("xl/workbook.xml"), "xlsx"),
        (office("word/document.xml"), "docx"),
    ],
)
def test_every_kind_on_the_list_is_taken(whole: Site, content: bytes, kind: str) -> None:
    field = "timetable-3-lesson_file"
    assert upload(whole.staff("I1"), "..\\教案.exe", content, field).status_code == 303
    with db.look(whole.engine) as session:
        [row] = session.scalars(select(FileRow))
    assert (row.kind, row.name) == (kind, f"教案.{kind}")
    assert answers(whole) == {"timetable": [{"lesson_file": row.id}]}


def test_a_file_that_is_too_large_costs_nothing_else(whole: Site) -> None:
    clerk = whole.staff("I1")
    parts = {"csrf_token": clerk.token, "do": "save", "revision": "0", "planned": "50"}
    body = b"".join(
        f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in parts.items()
    )
    body += (
        b'--b\r\nContent-Disposition: form-data; name="plan_file-file"; filename="a.pdf"\r\n\r\n'
    )
    body += b"%PDF-" + b"x" * (10 * 1024 * 1024) + b"\r\n--b--\r\n"
    kind = "multipart/form-data; boundary=b"
    page = clerk.client.post(RECORD, data=body, content_type=kind)
    assert page.status_code == 422 and "文件超过10MB" in page.text
    assert answers(whole) == {"planned": 50}


def test_a_record_carries_so_many_files_and_no_more(whole: Site) -> None:
    config = whole.home / "config.toml"
    config.write_text(config.read_text().replace("record_files = 100", "record_files = 1"))
    from survey_app import create_app

    whole.engine.dispose()
    whole.app = create_app(whole.home)
    clerk = whole.staff("I1")
    assert upload(clerk, "一.pdf", PDF).status_code == 303
    page = upload(clerk, "二.png", PNG)
    assert page.status_code == 422 and "附件已有1个" in page.text


def test_nobody_opens_another_s_record(whole: Site) -> None:
    for login, path in (
        ("I2", RECORD),
        ("X1", "/records/school_form/X2"),
        ("140105", "/records/locality_form/1401"),
        ("J1", "/records/focus_group/G2"),
        ("I1", "/records/school_form/X1"),
        ("I1", "/records/trainee_core/C1"),
        ("I1", "/records/institution_record/none"),
    ):
        staff = whole.staff(login)
        for where in (path, f"{path}/view", f"{path}/copies"):
            assert staff.get(where).status_code == 404, where
        assert staff.post(path, do="save", revision="0", planned="1").status_code == 404
    assert rows(whole) == []


def test_context_decides_what_is_asked(whole: Site) -> None:
    assert "整校推进" not in whole.staff("I1").get(RECORD).text
    assert "整校推进" in whole.staff("I2").get("/records/institution_record/P3").text
    assert "选派名额" in whole.staff("140105").get("/records/locality_form/140105").text
    assert "选派名额" not in whole.staff("1401").get("/records/locality_form/1401").text


def test_the_province_returns_with_a_reason_and_checks_fields(whole: Site) -> None:
    clerk, boss = whole.staff("I1"), whole.staff("boss")
    place = "/province/records/institution_record/P1"
    assert boss.post(f"{place}/return", reason="数不对").status_code == 409
    assert boss.post(f"{place}/checks", planned="sampled").status_code == 409
    send(clerk, RECORD, "submit", **BASICS, **LESSON)
    checks = {"planned": "sampled", "charged": "confirmed", "timetable": "sampled", "x": "sampled"}
    assert boss.post(f"{place}/checks", checks).status_code == 303
    assert boss.post(f"{place}/checks", charged="").status_code == 303
    with db.look(whole.engine) as session:
        kept = {row.item: row.state for row in session.scalars(select(RecordCheckRow))}
    assert kept == {"planned": "sampled", "timetable": "sampled"}
    assert "抽核" in clerk.get(f"{RECORD}/view").text
    assert boss.post(f"{place}/return", reason=" ").status_code == 422
    assert boss.post(f"{place}/return", reason="学时与课程表不符").status_code == 303
    assert "学时与课程表不符" in clerk.get(RECORD).text
    assert "已退回" in clerk.get("/records/").text
    changed = BASICS | {"planned": "48"}
    assert send(clerk, RECORD, "submit", **changed, **LESSON).location.endswith("/view")
    last = rows(whole)[-1]
    assert [(r.revision, r.state) for r in rows(whole)] == [
        (1, "已提交"),
        (2, "已退回"),
        (3, "已提交"),
    ]
    with db.look(whole.engine) as session:
        mine = select(RecordCheckRow).where(RecordCheckRow.record == last.id)
        assert [row.item for row in session.scalars(mine)] == ["timetable"]  # planned was changed
    assert json.loads(rows(whole)[0].answers)["planned"] == 50  # a submitted revision stays


def test_a_submission_sent_again_after_its_return_does_not_undo_the_return(whole: Site) -> None:
    clerk, boss = whole.staff("I1"), whole.staff("boss")
    send(clerk, RECORD, "submit", revision="0", **BASICS)
    boss.post("/province/records/institution_record/P1/return", reason="缺附件")
    send(clerk, RECORD, "submit", revision="0", **BASICS)
    assert [r.state for r in rows(whole)] == ["已提交", "已退回"]
    send(clerk, RECORD, "submit", revision="2", **BASICS)
    assert [r.state for r in rows(whole)] == ["已提交", "已退回", "已提交"]


def test_records_close_with_the_cycle(whole: Site) -> None:
    clerk = whole.staff("I1")
    send(clerk, RECORD, planned="50")
    whole.state("关闭")
    assert send(clerk, RECORD, revision="1", planned="51").status_code == 410
    assert clerk.get(RECORD).location.endswith("/view")
    assert "没有提交" in clerk.get(f"{RECORD}/view").text
    whole.state("准备")
    assert send(clerk, RECORD, revision="1", planned="51").status_code == 403


def test_a_school_fills_its_form_and_a_locality_sees_the_state_only(whole: Site) -> None:
    head = whole.staff("X1")
    path = "/records/school_form/X1"
    assert "学校评价表" in head.get("/records/").text
    assert send(head, path, "submit", c1="5", comment="顶岗有困难").location.endswith("/view")
    for login, schools in (("140105", {"示例一小"}), ("1401", {"示例一小", "示例二中"})):
        page = whole.staff(login).get("/records/").text
        assert {name for name in ("示例一小", "示例二中") if name in page} == schools
        assert "已提交" in page and "顶岗有困难" not in page
    assert whole.staff("140105").get(path).status_code == 404


def test_strange_revisions_and_buttons_are_refused(whole: Site) -> None:
    clerk = whole.staff("I1")
    for fields in ({"revision": "x"}, {"revision": "-1"}, {"do": "drop"}, {"do": "add:x:1"}):
        assert clerk.post(RECORD, {"do": "save", "revision": "0", **fields}).status_code == 400


def test_a_thousand_rows_arrive(whole: Site) -> None:
    """A large county's table of schools is one page: more fields than servers take by default."""
    fields = {}
    for number in range(1000):
        fields[f"schools-{number}-account"] = f"第{number}核算单位"
        fields[f"schools-{number}-budget"] = "1,234,567.5"
    clerk = whole.staff("140105")
    done = send(clerk, "/records/locality_form/140105", revision="0", **fields)
    assert done.status_code == 303
    assert len(answers(whole)["schools"]) == 1000
    assert answers(whole)["schools"][999]["budget"] == 1234567.5


def test_the_day_is_kept_and_no_time(whole: Site) -> None:
    send(whole.staff("I1"), RECORD, planned="50")
    assert rows(whole)[0].day == clock.today()
