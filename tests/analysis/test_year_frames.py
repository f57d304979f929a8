"""Two cycles' tables of units side by side: by hand, lone groups, missing years, row order."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis import shrink
from analysis.pipeline.beside.years import year_frames
from analysis.results import Earlier
from instruments.diagnostics import YearOnYear
from instruments.result_tables import UNIT_RESULTS
from instruments.tables import conform
from province import default_plan

PLAN = default_plan(years=YearOnYear(0.0, 0.95, "none"))


def units_of(scores: dict[str, float | None], *, group: str = "g", se: float = 1.0) -> pd.DataFrame:
    rows = pd.DataFrame({"unit": list(scores), "score": list(scores.values())}, dtype=object)
    known = rows["score"].notna()
    rows = rows.assign(scorecard="A", group=group, name="院校" + rows["unit"], ranked=False)
    rows = rows.assign(score_se=np.where(known, se, np.nan), score_df=np.where(known, 40.0, np.nan))
    return conform(rows.reindex(columns=UNIT_RESULTS.names), table=UNIT_RESULTS)


def earlier(units: pd.DataFrame) -> Earlier:
    return Earlier("t0", "上年", "2025-12-01", "1" * 64, (), units)


def found(before: pd.DataFrame, after: pd.DataFrame, plan=PLAN) -> pd.DataFrame:
    table = year_frames(after, plan, before=earlier(before))["years"]
    return table.set_index(["group", "unit"])


FIRST = {"a": 70.0, "b": 80.0, "c": 90.0, "d": 80.0}


def test_by_hand() -> None:
    table = found(units_of(FIRST), units_of(FIRST | {"a": 90.0})).loc["g"]
    first = shrink.shrink(np.array([70.0, 80, 90, 80]), variance=np.ones(4), estimator="reml")
    share = first.tau2 / (first.tau2 + 1.0)
    row = table.loc["a"]
    assert (row["before"], row["after"], row["change"]) == (70.0, 90.0, 20.0)
    assert row["se"] == pytest.approx(np.sqrt(2.0))
    assert row["expected"] == pytest.approx((share - 1.0) * (70.0 - first.mean))
    assert row["adjusted"] == pytest.approx(20.0 - row["expected"])
    assert (row["verdict"], row["name"]) == ("progress", "院校a")
    assert set(table.loc[["b", "c", "d"], "verdict"]) == {"not_confirmed"}


def test_luck_alone_is_no_progress() -> None:
    """A unit that was far below with a large error comes half the way back."""
    table = found(units_of(FIRST, se=8.0), units_of({"a": 78.0}, se=1.0)).loc["g"]
    assert table.loc["a", "expected"] > 3.0
    assert table.loc["a", "verdict"] == "not_confirmed"


def test_one_year_only() -> None:
    table = found(units_of(FIRST), units_of({"a": 71.0, "e": 88.0, "b": None})).loc["g"]
    assert table["verdict"].to_dict() == {
        "a": "not_confirmed", "b": "one_year", "c": "one_year", "d": "one_year", "e": "one_year"
    }  # fmt: skip
    assert np.isnan(table.loc["e", "before"]) and table.loc["e", "after"] == 88.0


def test_a_unit_that_changed_its_group_is_not_matched() -> None:
    table = found(units_of(FIRST), units_of({"a": 75.0}, group="h"))
    assert set(table.loc[("g", "a")][["verdict"]]) == {"one_year"}
    assert table.loc[("h", "a"), "verdict"] == "one_year"


def test_a_lone_unit_has_no_mean_to_come_back_to() -> None:
    row = found(units_of({"a": 70.0}), units_of({"a": 95.0, "b": 80.0})).loc[("g", "a")]
    assert (row["change"], row["verdict"]) == (25.0, "not_confirmed")
    assert np.isnan(row["p"]) and "无从估计回归均值" in row["note"]


def test_units_all_alike_without_error_change_nothing() -> None:
    same = units_of(dict.fromkeys("abc", 80.0), se=0.0)
    table = found(same, same)
    assert set(table["change"]) == {0.0} and set(table["verdict"]) == {"not_confirmed"}


def test_row_order_changes_nothing() -> None:
    rng = np.random.default_rng(6)
    one = units_of({f"u{k}": v for k, v in enumerate(rng.uniform(60, 95, 9))})
    two = units_of({f"u{k}": v for k, v in enumerate(rng.uniform(60, 95, 8))})
    first, again = found(one, two), found(one.iloc[::-1], two.iloc[::-1])
    pd.testing.assert_frame_equal(first, again, rtol=1e-12)


def test_without_an_earlier_cycle_or_the_part_there_is_nothing() -> None:
    units = units_of(FIRST)
    assert year_frames(units, PLAN, before=None)["years"].empty
    assert year_frames(units, default_plan(years=None), before=earlier(units))["years"].empty
