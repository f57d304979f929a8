"""Numbers as printed: halves up on values decided at 1e-9, dashes for what is missing."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports import tables


@pytest.mark.parametrize(
    ("value", "printed"),
    [
        (89.0, "89.0"),
        (82.25, "82.3"),
        (82.35, "82.4"),
        (82.3499999999999, "82.4"),  # a last bit must not move a printed digit
        (82.349999, "82.3"),
        (-0.04, "0.0"),
        (-1.25, "-1.3"),
        (100, "100.0"),
        (None, "—"),
        (float("nan"), "—"),
        (pd.NA, "—"),
    ],
)
def test_score(value: object, printed: str) -> None:
    assert tables.score(value) == printed


@pytest.mark.parametrize(
    ("value", "printed"), [(0.8125, "81.3%"), (1.0, "100.0%"), (0, "0.0%"), (pd.NA, "—")]
)
def test_rate(value: object, printed: str) -> None:
    assert tables.rate(value) == printed


def test_interval_points_numeral_full() -> None:
    assert tables.interval(2, 5, 0) == "2–5"
    assert tables.interval(3, 3, 0) == "3"
    assert tables.interval(pd.NA, 3, 0) == "—"
    assert tables.points(40.5) == "40.5"
    assert tables.points(100.0) == "100"
    assert [tables.numeral(n) for n in (1, 10, 11, 20, 42)] == [
        "一",
        "十",
        "十一",
        "二十",
        "四十二",
    ]
    assert tables.full(1 / 3) == "0.3333333333"
    assert tables.full(None) == ""
    assert tables.full(-0.0) == "0"


@given(st.floats(-1000, 1000))
def test_printed_is_near(value: float) -> None:
    assert abs(float(tables.half_up(value, 1)) - value) <= 0.05 + 1e-8


@given(st.floats(0, 100), st.floats(0, 100))
def test_rounding_keeps_order(a: float, b: float) -> None:
    low, high = sorted((a, b))
    assert float(tables.score(low)) <= float(tables.score(high))
