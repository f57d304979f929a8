"""Desk reviews: declaration first, nothing of the institution to be seen, submitted for good."""

from __future__ import annotations

import io
import json

import pytest
from sqlalchemy import select
from test_records import PDF, PNG, RECORD, send

from site_for_tests import Site, Staff
from survey_app import db
from survey_app.models import FileRow, RecordRow, ReviewRow

pytest_plugins = ("site_fixtures",)

PLAN = "/records/plan_review/W1"
HOMEWORK = "/records/homework_review/W3"


def declare(expert: Staff, review: str, given: str = "none"):
    return expert.post(f"/expert/reviews/{review}/declaration", declaration=given, reason="")


@pytest.fixture
def material(whole: Site) -> dict[str, str]:
    """Scheme of P1 and homework of two classes of P2, uploaded by the institution; name → id."""
    clerk = whole.staff("I1")
    send(clerk, RECORD, **{"plan_file-file": (io.BytesIO(PDF), "示例院校甲方案.pdf")})
    pieces = {
        "homework-0-homework_class": "C2",
        "homework-0-homework_number": "7",
        "homework-0-homework_file-file": (io.BytesIO(PNG), "示例院校甲张三.png"),
        "homework-1-homework_class": "C1",
        "homework-1-homework_number": "9",
        "homework-1-homework_file-file": (io.BytesIO(b"\xff\xd8\xff other"), "别班.jpg"),
    }
    send(clerk, "/records/institution_record/P2", **pieces)
    with db.look(whole.engine) as session:
        return {row.kind: row.id for row in session.scalars(select(FileRow))}


def test_reviews_stand_beside_the_visits(whole: Site) -> None:
    page = whole.staff("E1").get("/expert/").text
    assert "示例项目一" in page and "作业抽评 W3" in page and "待声明" in page
    assert "W2" not in page  # the second expert's


def test_a_declaration_comes_first_and_is_final(whole: Site) -> None:
    expert = whole.staff("E1")
    assert expert.get(PLAN).status_code == 403
    assert expert.post(PLAN, do="save", revision="0", p1="1").status_code == 403
    assert declare(expert, "W1", "").status_code == 422
    assert declare(expert, "W1", "conflict").status_code == 303
    assert declare(expert, "W1").status_code == 409
    assert expert.get(PLAN).status_code == 403 and "已申请回避" in (
        expert.get("/expert/reviews/W1").text
    )
    assert declare(whole.staff("E2"), "W1").status_code == 404
    for path in ("/expert/reviews/none", "/expert/reviews/W2"):
        assert expert.get(path).status_code == 404


def test_a_review_is_submitted_for_good(whole: Site) -> None:
    expert = whole.staff("E1")
    declare(expert, "W1")
    lacking = send(expert, PLAN, "submit", p1="4")
    assert lacking.status_code == 422 and "一句依据" in lacking.text
    done = send(expert, PLAN, "submit", p1="4", p1_evidence="第3页有问卷数据")
    assert done.location.endswith("/view")
    assert "已提交，评阅已锁定" in expert.get("/expert/reviews/W1").text
    with db.look(whole.engine) as session:
        signed = {row.code: row.signed for row in session.scalars(select(ReviewRow))}
        last = session.scalars(select(RecordRow).order_by(RecordRow.revision.desc())).first()
    assert signed == {"W1": True, "W2": False, "W3": False}
    assert (last.target, last.unit, json.loads(last.answers)["p1"]) == ("W1", "P1", "4")
    boss = whole.staff("boss")
    back = boss.post("/province/records/plan_review/W1/return", reason="太严")
    assert back.status_code == 409 and "不能退回" in back.text
    assert declare(expert, "W1").status_code == 409


def test_the_scheme_is_at_hand(whole: Site, material) -> None:
    expert = whole.staff("E1")
    assert material["pdf"] not in expert.get("/expert/reviews/W1").text
    assert expert.get(f"/files/{material['pdf']}").status_code == 404  # not declared yet
    declare(expert, "W1")
    for page in ("/expert/reviews/W1", PLAN):
        assert f"/files/{material['pdf']}" in expert.get(page).text
    with expert.get(f"/files/{material['pdf']}") as reply:
        assert reply.data == PDF
    declare(whole.staff("E2"), "W2", "conflict")
    assert whole.staff("E2").get(f"/files/{material['pdf']}").status_code == 404


def test_homework_is_judged_without_knowing_whose_it_is(whole: Site, material) -> None:
    expert = whole.staff("E1")
    declare(expert, "W3")
    pages = expert.get("/expert/reviews/W3").text + expert.get(HOMEWORK).text
    for word in ("示例院校甲", "示例项目二", "示例二班", "C2", "P2", "张三"):
        assert word not in pages, word
    assert "作业 7" in pages and material["png"] in pages
    assert material["jpg"] not in pages  # another class's
    assert expert.get(f"/files/{material['jpg']}").status_code == 404
    with expert.get(f"/files/{material['png']}") as reply:
        name = reply.headers["Content-Disposition"]
    assert "%E4%BD%9C%E4%B8%9A%207.png" in name and "%E5%BC%A0" not in name


def test_no_material_yet(whole: Site) -> None:
    expert = whole.staff("E1")
    declare(expert, "W3")
    assert "还没有上传" in expert.get(HOMEWORK).text


def test_a_homework_review_is_a_list_of_pieces(whole: Site) -> None:
    expert = whole.staff("E1")
    declare(expert, "W3")
    pieces = {"pieces-0-piece": "7", "pieces-0-fit": "4", "pieces-1-piece": "9"}
    lacking = send(expert, HOMEWORK, "submit", **pieces)
    assert lacking.status_code == 422 and "抽中的作业第2行" in lacking.text
    assert send(expert, HOMEWORK, "submit", **pieces, **{"pieces-1-fit": "1"}).status_code == 303
