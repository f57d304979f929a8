"""What an expert's device packs: the catalogue's facts, and what earlier visits found."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from test_arrivals import canonical, document, send
from test_arrivals import packed as fetched
from test_signing import FULL, declared

from instruments.programme import Session, Visit
from site_for_tests import Site, Staff, build, catalogue


@pytest.fixture
def twice(tmp_path: Path):
    """Class C2 is visited on two days by both experts."""
    small = catalogue()
    later = Session("S2", "C2", "2021-07-08", "示例场次二", "主讲乙")
    second = (Visit("V3", "C2", "2021-07-08", "E1", ("S2",)),)
    second += (Visit("V4", "C2", "2021-07-08", "E2", ("S2",)),)
    content = replace(small, sessions=(*small.sessions, later), visits=(*small.visits, *second))
    made = build(tmp_path / "home", content=content)
    yield made
    made.engine.dispose()


def visits(expert: Staff) -> dict[str, dict]:
    return {visit["code"]: visit for visit in fetched(expert)["visits"]}


def record_and_sign(expert: Staff, visit: str, problem: str) -> None:
    answers = FULL | {"problem": [problem]}
    told = document(fetched(expert), visit=visit, record=visit[1] * 32, answers=answers)
    assert send(expert, canonical(told)).get_json()["standing"] == "taken"
    assert expert.post(f"/expert/visits/{visit}/sign").status_code == 303


def test_the_catalogue_s_facts_are_packed(twice: Site) -> None:
    facts = visits(twice.staff("E1"))["V1"]["facts"]
    assert facts == [
        "承训机构：示例院校甲",
        "所在县区：太原市小店区",
        "开班：2021-07-01",
        "结业：2021-07-10",
        "参训：6人",
    ]


def test_earlier_findings_are_packed_once_all_observers_have_signed(twice: Site) -> None:
    one, other = declared(twice, "E1", "V1"), declared(twice, "E2", "V2")
    record_and_sign(one, "V1", "签到表缺一天，电话13812345678")
    assert visits(one)["V3"]["earlier"] == [] == visits(other)["V4"]["earlier"]
    record_and_sign(other, "V2", "任务单没有发")
    for expert, visit in ((one, "V3"), (other, "V4")):
        found = visits(expert)[visit]["earlier"]
        assert [(one["date"], one["label"]) for one in found] == [("2021-07-02", "问题证据")] * 2
        assert {one["words"] for one in found} == {
            "签到表缺一天，电话13812345678",
            "任务单没有发",
        }
    assert visits(one)["V1"]["earlier"] == []  # not of the same day, nor of a later one
    assert "E2" not in str(visits(one)["V3"]["earlier"])
