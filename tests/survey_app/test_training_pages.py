"""Described sessions: rated before the reference is seen, the first attempt kept for good."""

from __future__ import annotations

import json

import pytest
from shared_visits import DIMENSIONS
from sqlalchemy import select, text
from training_ratings import PAGE, SET, rate, rate_all

from site_for_tests import Site, without_token
from survey_app import db
from survey_app.models import AuditRow, TrainingRatingRow

pytest_plugins = ("site_fixtures",)
TWOS = dict.fromkeys(DIMENSIONS, "2")
T01 = SET.session("T01")
ENTRY = f"{PAGE}T01"


def attempts(site: Site) -> list[tuple[str, str, int, dict[str, str]]]:
    with db.look(site.engine) as session:
        rows = session.scalars(
            select(TrainingRatingRow).order_by(
                TrainingRatingRow.expert, TrainingRatingRow.session, TrainingRatingRow.attempt
            )
        )
        return [(row.expert, row.session, row.attempt, json.loads(row.levels)) for row in rows]


def test_the_reference_is_seen_after_rating_and_not_before(site: Site) -> None:
    expert, reasons = site.staff("E1"), [one.reason for one in T01.references]
    listed = expert.get(PAGE).text
    assert all(one.title in listed for one in SET.sessions)
    shown = expert.get(ENTRY).text
    assert T01.text in shown and "说不清目标" in shown and "样例，培训用" in shown
    assert not any(reason in page for reason in reasons for page in (listed, shown))
    early = expert.get(f"{ENTRY}/reference")
    assert early.status_code == 403 and "还没有评过这一场" in early.text
    reply = rate(expert, "T01", TWOS)
    assert (reply.status_code, reply.location) == (303, f"{ENTRY}/reference")
    told = expert.get(reply.location).text
    assert all(reason in told for reason in reasons)
    assert "2级 有目标，与内容部分脱节，相同" in told and "2级 有专题，与学科无关</dd>" in told
    assert expert.get(f"{PAGE}T02/reference").status_code == 403


def test_the_first_attempt_stays_and_others_are_practice(site: Site) -> None:
    expert = site.staff("E1")
    rate(expert, "T01", TWOS)
    rate(expert, "T01", TWOS)  # sent again: no further attempt
    later = dict(T01.levels)
    rate(expert, "T01", later, attempt=2)
    rate(expert, "T01", later, attempt=2)
    rate(expert, "T01", TWOS | {"e1": "4"})  # from a page that was left open: kept as the next
    assert attempts(site) == [
        ("E1", "T01", 1, TWOS),
        ("E1", "T01", 2, later),
        ("E1", "T01", 3, TWOS | {"e1": "4"}),
    ]
    with db.look(site.engine) as session:
        noted = session.scalars(
            select(AuditRow.object).where(AuditRow.action == "training").order_by(AuditRow.at)
        )
        assert list(noted) == [f"observation 1.0 T01 × {n}" for n in (1, 2, 3)]
    told = expert.get(f"{ENTRY}/reference").text
    assert "第一次" in told and "最近一次" in told and "共评3次" in told
    assert "已评3次" in expert.get(PAGE).text


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({}, 422),
        ({n: v for n, v in TWOS.items() if n != "e8b"}, 422),
        (TWOS | {"e1": "5"}, 422),
        (TWOS | {"attempt": "x"}, 400),
        (TWOS | {"attempt": ""}, 400),
    ],
)
def test_what_cannot_be_rated_is_told_and_not_kept(site: Site, sent, status: int) -> None:
    expert = site.staff("E1")
    reply = expert.post(ENTRY, {"attempt": "1"} | sent)
    assert reply.status_code == status
    assert status == 400 or "目标与内容" in reply.text
    assert attempts(site) == []
    assert expert.get(f"{ENTRY}/reference").status_code == 403


@pytest.mark.parametrize("code", ["T99", "observation", "..%2F"])
def test_an_unknown_session_is_not_found(site: Site, code: str) -> None:
    expert = site.staff("E1")
    assert expert.get(f"{PAGE}{code}").status_code == 404
    assert rate(expert, code, TWOS).status_code == 404


def test_attempts_are_only_added_to(site: Site) -> None:
    rate(site.staff("E1"), "T01", TWOS)
    for change in ("UPDATE training_ratings SET levels = '{}'", "DELETE FROM training_ratings"):
        with pytest.raises(Exception, match="only added to"), db.transaction(site.engine) as made:
            made.execute(text(change))


def test_agreement_is_that_of_the_first_attempts(site: Site) -> None:
    expert = site.staff("E1")
    for session in SET.sessions[:4]:
        rate(expert, session.code, dict(session.levels))
    page = expert.get(PAGE).text
    assert "太少，评满5场后显示" in page and "评过4场，36个评分" in page and "kappa" not in page
    rate_all(expert)
    page = expert.get(PAGE).text
    assert "评过9场，81个评分" in page and "<strong>100%</strong>" in page
    assert "<strong>不偏</strong>" in page and "<strong>1.00</strong>" in page
    for session in SET.sessions:
        rate(expert, session.code, TWOS, attempt=2)
    assert "<strong>100%</strong>" in expert.get(PAGE).text


def test_nobody_is_shown_another_s_training_but_the_province(site: Site) -> None:
    one, other, boss = site.staff("E1"), site.staff("E2"), site.staff("boss")
    before = without_token(other.get(PAGE).text)
    rate_all(one, lower=1)
    assert without_token(other.get(PAGE).text) == before
    assert other.get(f"{ENTRY}/reference").status_code == 403
    page = boss.get("/province/raters/").text
    assert "E1 专家E1" in page and "评过9场，81个评分" in page
    assert "培训场次里比参考级别偏严0.8级。" in page
    assert boss.get(PAGE).status_code == 403 and one.get("/province/raters/").status_code == 403


def test_what_was_not_observed_is_no_rating(site: Site) -> None:
    expert = site.staff("E1")
    for session in SET.sessions[:5]:
        rate(expert, session.code, dict(session.levels) | {"e7": "unseen"})
    assert "评过5场，40个评分" in expert.get(PAGE).text
    assert "未观察到" in expert.get(f"{ENTRY}/reference").text
