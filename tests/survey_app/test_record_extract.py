"""Records in the sealed extract: latest revision and copies, rows of repeats, duties, no names."""

from __future__ import annotations

import re
from datetime import timedelta

import pandas as pd
import pytest
from test_records import BASICS, LESSON, RECORD, send

from instruments.extract import Extract, read_extract
from site_for_tests import Site
from survey_app import clock
from survey_app.services.extract import seal_cycle

pytest_plugins = ("site_fixtures",)


@pytest.fixture
def sealed(whole: Site, monkeypatch) -> Extract:
    """P1 handed in with a check and a stale copy, P2 a draft, P3 reminded twice in vain."""
    boss, clerk, other = whole.staff("boss"), whole.staff("I1"), whole.staff("I1")
    send(clerk, RECORD, revision="0", planned="40")
    send(other, RECORD, revision="0", planned="41")  # kept aside
    lesson = {"timetable-1-lesson_title": "学科", "timetable-1-kind": "subject"}
    send(clerk, RECORD, "submit", **BASICS, **LESSON, **lesson, **{"timetable-1-hours": "2.5"})
    boss.post("/province/records/institution_record/P1/checks", timetable="confirmed")
    send(clerk, "/records/institution_record/P2", planned="30")
    for days in (0, 1):
        later = clock.now() + timedelta(days=days)
        monkeypatch.setattr(clock, "today", lambda day=later: day.date().isoformat())
        boss.post("/province/duties/remind", instrument="institution_record", target="P3")
        boss.post("/province/duties/remind", instrument="plan_review", target="W1")
    points = {
        "participants": "8",
        "points-0-quote": "没人顶岗，打电话13812345678也没用",
        "points-0-tendency": "negative",
    }
    send(whole.staff("J1"), "/records/focus_group/G1", "submit", **points)
    send(whole.staff("X1"), "/records/school_form/X1", "submit", c1="5")
    for login, review, given_ in (("E1", "W1", "none"), ("E2", "W2", "conflict")):
        whole.staff(login).post(f"/expert/reviews/{review}/declaration", declaration=given_)
    expert = whole.staff("E1")
    send(expert, "/records/plan_review/W1", "submit", p1="4", p1_evidence="见第3页")
    expert.post("/expert/reviews/W3/declaration", declaration="none")
    send(expert, "/records/homework_review/W3", **{"pieces-0-piece": "7", "pieces-0-fit": "4"})
    whole.state("关闭")
    extract = seal_cycle(whole.engine, whole.settings, by="boss")
    return read_extract(whole.home / "extracts" / extract.path.name.removesuffix(".partial"))


def table(extract: Extract, code: str, section: str = "") -> pd.DataFrame:
    name = f"responses_{code}_v1_0"
    return extract.table(f"{name}__{section}" if section else name)


def test_the_latest_revision_and_copies_enter(sealed: Extract) -> None:
    rows = table(sealed, "institution_record").set_index("target").sort_values("planned")
    assert rows.loc[["P1", "P2"], ["status", "planned"]].to_numpy().tolist() == [
        ["conflict", 41],
        ["accepted", 50],
        ["unsigned", 30],
    ]
    [accepted] = rows.loc[rows["status"] == "accepted", "response"]
    lessons = table(sealed, "institution_record", "timetable")
    assert lessons["response"].tolist() == [accepted, accepted]
    assert lessons[["row", "hours", "kind"]].to_numpy().tolist() == [
        [1, 4.0, "ethics"],
        [2, 2.5, "subject"],
    ]
    checks = sealed.table("checks")
    assert checks.to_numpy().tolist() == [[accepted, "timetable", "confirmed"]]


def test_duties_say_what_kind_of_missing_it_is(sealed: Extract) -> None:
    duties = sealed.table("duties").set_index(["instrument", "target"])
    states = duties["state"].to_dict()
    assert states["institution_record", "P1"] == "submitted"
    assert states["institution_record", "P2"] == "not_collected"
    assert states["institution_record", "P3"] == "withheld"
    assert states["school_rater", "N1"] == "not_due"
    assert states["plan_review", "P1"] == "submitted"  # one of two; the other is recused
    assert states["homework_review", "C2"] == "not_collected"
    assert states["focus_group", "G2"] == "not_collected"
    assert duties.loc[("institution_record", "P3"), "reminders"] == 2
    assert duties.loc[("school_form", "X1"), "unit"] == "140105"
    assert len(duties) == 14


def test_what_a_record_is_about(sealed: Extract) -> None:
    [focus] = table(sealed, "focus_group").to_dict("records")
    assert (focus["target"], focus["unit"], focus["class_code"]) == ("G1", "P1", "C1")
    [plan] = table(sealed, "plan_review").to_dict("records")
    assert (plan["target"], plan["unit"], plan["status"]) == ("P1", "P1", "accepted")
    [homework] = table(sealed, "homework_review").to_dict("records")
    assert (homework["target"], homework["unit"], homework["status"]) == ("C2", "P2", "unsigned")
    assert plan["rater"] == homework["rater"]
    assert len(table(sealed, "homework_review", "pieces")) == 1
    [school] = table(sealed, "school_form").to_dict("records")
    assert (school["target"], school["unit"]) == ("X1", "140105")


def test_units_sendings_reviews_and_focus_groups(sealed: Extract) -> None:
    units = sealed.table("units").set_index("unit")
    assert units.loc["X1", ["kind", "parent"]].tolist() == ["school", "140105"]
    assert units.loc["140105", ["kind", "parent", "type"]].tolist() == ["county", "1401", "guopei"]
    assert units.loc["1401", "kind"] == "city" and units.loc["140106", "type"] == "it"
    assert units.loc["P3", ["parent", "module"]].tolist() == ["I2", "it2"]
    assert sealed.table("sendings")["count"].tolist() == [3, 2]
    reviews = sealed.table("reviews").set_index("review")
    assert reviews["project"].tolist() == ["P1", "P1", "P2"]
    assert reviews["signed"].tolist() == [True, False, False]
    assert reviews["conflict"].tolist() == [False, True, False]
    assert sealed.table("focus_groups")["project"].tolist() == ["P1", "P2"]
    assert set(reviews["rater"]) <= set(sealed.table("raters")["rater"])


def test_no_name_of_a_person_enters_and_numbers_are_masked(sealed: Extract) -> None:
    [quote] = table(sealed, "focus_group", "points")["quote"]
    assert quote == "没人顶岗，打电话〔电话〕也没用"
    frames = [pd.read_parquet(path) for path in sorted(sealed.path.glob("*.parquet"))]
    text = " ".join(frame.to_csv() for frame in frames)
    for word in ("记录员甲", "专家E1", "专家E2", "13812345678", "boss"):
        assert word not in text, word
    assert not re.search(r"(?<![\w])(E1|E2|J1|J2)(?![\w])", text)
