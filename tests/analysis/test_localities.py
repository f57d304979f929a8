"""Cities and counties: records, schools and followed-up trainees put together by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis.pipeline import score
from analysis.results import Results
from instruments.tables import SENDINGS
from localities_sample import COUNTIES, LOCAL, local_extract
from province import default_plan, shaped

FULL = dict.fromkeys(COUNTIES, 4) | {"140100": 2, "140200": 4}
SAY = dict(zip(COUNTIES, "5432", strict=True))
PLAN = default_plan(composite__minimum_points=60.0)


def node(results: Results, scorecard: str, unit: str) -> pd.DataFrame:
    rows = results.indicators
    return rows[(rows["scorecard"] == scorecard) & (rows["unit"] == unit)].set_index("indicator")


def unit(results: Results, code: str) -> pd.Series:
    return results.units.set_index("unit").loc[code]


def test_a_county_is_its_record_and_its_schools(tmp_path) -> None:
    results = score(local_extract(tmp_path, meetings=FULL, school=SAY), PLAN)
    rows = node(results, "B-county", "140106")
    assert rows.loc["B1.1.1", "raw"] == 100.0  # 4 of 4 meetings
    assert rows.loc["B1.1.2", "raw"] == 50.0  # one school of two reaches the share
    assert rows.loc["B4.1.1", "raw"] == 100.0  # agree5: all say 5
    assert rows.loc["B4.1.1", "n"] == 6
    # (40 points of 75 + 30 of 100) over the 70 points that are due
    assert unit(results, "140106")["score"] == pytest.approx((40 * 75 + 30 * 100) / 70)
    assert unit(results, "140106")["measurable"] == pytest.approx(70.0)
    assert (unit(results, "140106")[["n", "enrolled"]] == 6).all()


def test_points_follow_the_type_of_the_county(tmp_path) -> None:
    results = score(local_extract(tmp_path, meetings=FULL, school=SAY), PLAN)
    other = node(results, "B-county", "140213")
    assert other.loc["B4.1.2", "status"] == "not_applicable"
    assert other.loc["B4.1.1", "points"] == 30.0
    assert other.loc["B4", "raw"] == pytest.approx(40.0)  # agree5: all say 2


def test_a_city_is_its_own_record_and_the_mean_of_its_counties(tmp_path) -> None:
    """Domain section 00: own B1-B3, and the enrolment-weighted mean of the counties' B4-B6."""
    results = score(local_extract(tmp_path, meetings=FULL, school=SAY), PLAN)
    city = node(results, "B-city", "140200")
    assert city.loc["B1.1.1", "raw"] == 100.0
    assert node(results, "B-city", "140100").loc["B1.1.1", "raw"] == 50.0  # the city's own 2 of 4
    counties = [node(results, "B-county", c).loc["B4", "raw"] for c in ("140212", "140213")]
    assert city.loc["B4", "raw"] == pytest.approx(np.average(counties, weights=[30, 40]))
    assert unit(results, "140200")["n"] == 12


@pytest.mark.parametrize(
    ("state", "status", "value"),
    [
        ("withheld", "withheld", 0.0),
        ("not_collected", "missing", None),
        ("not_due", "not_due", None),
    ],
)
def test_three_kinds_of_missing_records(tmp_path, state, status, value) -> None:
    """Domain section 00, missing data: only what was withheld costs its points."""
    meetings = {unit: number for unit, number in FULL.items() if unit != "140106"}
    duty = {"instrument": "locality_form", "target": "140106", "unit": "140106"}
    extract = local_extract(
        tmp_path, meetings=meetings, school=SAY, duties=[duty | {"state": state, "reminders": 2}]
    )
    plan = default_plan(composite__minimum_points=10.0)
    results = score(extract, plan)
    rows = node(results, "B-county", "140106")
    assert rows.loc["B1.1.1", "status"] == status
    assert rows.loc["B1.1.1", "raw"] == value or pd.isna(rows.loc["B1.1.1", "raw"])
    whole = score(local_extract(tmp_path, meetings=FULL, school=SAY), plan)
    if state == "withheld":
        assert unit(results, "140106")["score"] < unit(whole, "140106")["score"]
        assert unit(results, "140106")["measured"] == pytest.approx(70.0)
    else:
        assert unit(results, "140106")["score"] == pytest.approx(100.0)  # its schools' say alone
        assert unit(results, "140106")["measured"] == pytest.approx(20.0)


def test_the_follow_up_adds_its_leaves_and_shows_both_editions(tmp_path) -> None:
    extract = local_extract(tmp_path, meetings=FULL, school=SAY, edition="followup")
    results = score(extract, PLAN)
    first = score(local_extract(tmp_path, meetings=FULL, school=SAY), PLAN)
    assert node(first, "B-county", "140106").loc["B6.1.1", "status"] == "not_due"
    assert node(results, "B-county", "140106").loc["B6.1.1", "raw"] == 80.0
    both = results.editions.set_index(["scorecard", "unit"])
    earlier = first.units.set_index(["scorecard", "unit"])
    for key in both.index:
        pair = both.loc[key, "rank_end"], earlier.loc[key, "rank"]
        assert pd.isna(list(pair)).all() or pair[0] == pair[1]
    at = ("B-county", "140106")
    assert both.loc[at, "score_end"] == pytest.approx(earlier.loc[at, "score"])
    assert both.loc[at, "score"] == pytest.approx((40 * 75 + 30 * 100 + 30 * 80) / 100)
    assert first.editions.empty


def test_later_points_stand_beside_the_frozen_ones(tmp_path) -> None:
    extract = local_extract(tmp_path, meetings=FULL, school=SAY)
    nodes = {"B1": 20.0, "B1.1": 20.0, "B1.1.1": 10.0, "B1.1.2": 10.0}
    nodes |= {"B4": 50.0, "B4.1": 50.0, "B4.1.1": 40.0}
    changed = replace(
        LOCAL,
        version="1.1",
        indicators=tuple(replace(n, points=nodes.get(n.code, n.points)) for n in LOCAL.indicators),
        modifiers=(),
    )
    results = score(extract, PLAN, frameworks=(extract.framework("A"), changed))
    frozen = score(extract, PLAN)
    beside = results.reweighted.set_index(["scorecard", "unit"])
    at = ("B-county", "140212")
    assert beside.loc[at, "score_frozen"] == pytest.approx(unit(frozen, "140212")["score"])
    assert beside.loc[at, "score"] == pytest.approx(unit(results, "140212")["score"])
    assert beside.loc[at, "score"] != pytest.approx(beside.loc[at, "score_frozen"])
    assert frozen.reweighted.empty
    assert results.framework("B").version == "1.1"


def test_few_schools_are_listed_and_not_ranked(tmp_path) -> None:
    say = {county: code for county, code in SAY.items() if county != "140107"}
    results = score(local_extract(tmp_path, meetings=FULL, school=say), PLAN)
    row = unit(results, "140107")
    assert not row["ranked"] and "学校" in row["note"]
    assert pd.isna(row["rank"])


def test_fields_and_focus_groups_are_traced(tmp_path) -> None:
    results = score(local_extract(tmp_path, meetings=FULL, school=SAY), PLAN)
    fields = results.fields.set_index(["unit", "indicator", "item"])
    assert fields.loc[("140106", "B1.1.1", "meetings"), "value"] == "4"
    assert fields.loc[("140106", "B1.1.2", "schools"), "value"] == "2"
    assert (fields["state"] == "reported").all()
    focus = results.focus.iloc[0]
    assert focus[["unit", "indicator"]].tolist() == ["P0", "A3.1"]
    assert focus[["groups", "positive", "neutral", "negative", "dissent"]].tolist() == [
        1,
        2,
        0,
        1,
        1,
    ]


def test_a_plan_may_rank_counties_only(tmp_path) -> None:
    extract = local_extract(tmp_path, meetings=FULL, school=SAY)
    results = score(extract, default_plan(localities=("county",)))
    assert set(results.units["scorecard"]) & {"B-city", "B-county"} == {"B-county"}


def test_a_class_speaks_of_the_county_that_sent_it(tmp_path) -> None:
    """Held in one county, sent by another; a class of several counties speaks of none."""
    extract = local_extract(tmp_path, meetings=FULL, school=SAY, edition="followup")
    sent = [("140106", "C140107"), ("140106", "C140212"), ("140213", "C140212")]
    rows = [
        {"sending": f"D{k}", "school": f"S{county}0", "class_code": code, "count": 9}
        for k, (county, code) in enumerate(sent)
    ]
    results = score(extract.change("sendings", shaped(rows, SENDINGS)), PLAN)
    n = {county: node(results, "B-county", county).loc["B6.1.1", "n"] for county in COUNTIES}
    assert n["140106"] == 12 and n["140213"] == 6
    assert node(results, "B-county", "140107").loc["B6.1.1", "status"] == "missing"
    assert node(results, "B-county", "140212").loc["B6.1.1", "status"] == "missing"
