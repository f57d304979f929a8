"""Worst-case bounds of non-response and tipping values, by hand and by their definition."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.bounds import nonresponse_bounds, tipping, worst_case
from frames import frame

CUTS = (90.0, 80.0, 60.0, 0.0)


def bounds(table: str) -> pd.DataFrame:
    units = frame(table)
    return nonresponse_bounds(units, cuts=CUTS, half_step=0.05)


def test_bounds_and_tipping_values_by_hand() -> None:
    """Of 100 points, 80 answered with 85: silent ones below 59.75 make it print below 80."""
    found = bounds(
        """
        | unit | score | mean | rate | share |
        | A    | 85.0  | 85.0 | 0.8  | 1     |
        | B    | 95.0  | 95.0 | 0.8  | 1     |
        | C    | 50.0  | 50.0 | 0.9  | 1     |
        | D    | 85.0  | 70.0 | 0.8  | 0.25  |
        """
    ).set_index("unit")
    assert found.loc["A", ["low", "high"]].tolist() == pytest.approx([68.0, 88.0])
    assert found.loc["A", ["fall_cut", "rise_cut"]].tolist() == [80.0, 90.0]
    assert found.loc["A", "fall_at"] == pytest.approx((79.95 - 0.8 * 85) / 0.2)
    assert found.loc["A", "rise_at"] == pytest.approx((89.95 - 0.8 * 85) / 0.2)
    assert found.loc["A", ["fall_possible", "rise_possible"]].tolist() == [True, False]
    assert found.loc["B", "rise_cut"] is pd.NA or np.isnan(found.loc["B", "rise_cut"])
    assert np.isnan(found.loc["C", "fall_at"])
    assert found.loc["C", "fall_possible"] is pd.NA
    assert found.loc["D", "low"] == pytest.approx(85 - 0.25 * 0.2 * 70)
    assert found.loc["D", "fall_at"] == pytest.approx(70 + (79.95 - 85) / (0.25 * 0.2))
    assert not found.loc["D", "fall_possible"]


def test_a_score_prints_as_the_cut_from_half_a_step_below() -> None:
    """79.96 prints as 80.0 and is 良: what it can lose is counted from there."""
    found = bounds("| unit | score | mean | rate | share |\n| A | 79.96 | 79.96 | 0.5 | 1 |")
    assert found["fall_cut"][0] == 80.0
    assert found["fall_at"][0] == pytest.approx(79.94)


def test_full_response_can_change_nothing() -> None:
    found = bounds("| unit | score | mean | rate | share |\n| A | 85.0 | 85.0 | 1.2 | 1 |")
    assert found.loc[0, ["low", "high"]].tolist() == [85.0, 85.0]
    assert (found["fall_at"][0], found["rise_at"][0]) == (-np.inf, np.inf)
    assert found.loc[0, ["fall_possible", "rise_possible"]].tolist() == [False, False]


def test_nobody_answered_leaves_the_whole_scale() -> None:
    low, high = worst_case(np.array([np.nan, 50.0]), rate=np.zeros(2), low=0.0, high=100.0)
    assert (low.tolist(), high.tolist()) == ([0.0, 0.0], [100.0, 100.0])


def test_missing_stays_missing() -> None:
    found = bounds(
        """
        | unit | score | mean | rate | share |
        | A    |       | 85.0 | 0.5  | 1     |
        | B    | 85.0  | 85.0 |      | 1     |
        """
    )
    assert found.drop(columns="unit").isna().all(axis=None)
    none = nonresponse_bounds(
        frame("| unit | score | mean | rate | share |\n| A | 1 | 1 | 1 | 1 |").iloc[:0],
        cuts=CUTS,
        half_step=0.05,
    )
    assert len(none) == 0


@pytest.mark.parametrize(
    ("mean", "rate", "low", "high"), [(101, 0.5, 0, 100), (50, -0.1, 0, 100), (50, 0.5, 9, 9)]
)
def test_what_lies_beyond_the_scale_is_refused(mean, rate, low, high) -> None:
    with pytest.raises(ValueError, match="scale|negative"):
        worst_case(np.array([mean]), rate=np.array([rate]), low=low, high=high)


@given(
    st.floats(0, 100),
    st.floats(0.01, 1),
    st.floats(0, 1),
    st.floats(0, 100),
    st.floats(1e-3, 1),
)
def test_the_interval_contains_the_estimate_and_every_answer(
    mean: float, rate: float, silent: float, cut: float, share: float
) -> None:
    """Whatever the silent ones would have said lies within; at the tipping value the cut is met."""
    low, high = worst_case(np.array([mean]), rate=np.array([rate]), low=0.0, high=100.0)
    whole = rate * mean + (1 - rate) * 100 * silent
    assert low[0] - 1e-9 <= min(mean, whole) <= max(mean, whole) <= high[0] + 1e-9
    (at,) = tipping(
        np.array([mean]),
        mean=np.array([mean]),
        rate=np.array([rate]),
        share=np.array([share]),
        cut=np.array([cut]),
        half_step=0.0,
    )
    if np.isfinite(at) and abs(at) < 1e6:
        reached = mean + share * (1 - rate) * (at - mean)
        assert reached == pytest.approx(cut, abs=1e-6)
