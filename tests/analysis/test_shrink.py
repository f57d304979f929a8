"""Between-unit variance and shrinkage against metafor and its limits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.shrink import shrink

RAUDENBUSH_Y = np.array(
    [
        "0.03",
        "0.12",
        "-0.14",
        "1.18",
        "0.26",
        "-0.06",
        "-0.02",
        "-0.32",
        "0.27",
        "0.80",
        "0.54",
        "0.18",
        "-0.02",
        "0.23",
        "-0.18",
        "-0.06",
        "0.30",
        "0.07",
        "-0.07",
    ],
    dtype=float,
)
RAUDENBUSH_V = np.array(
    [
        "0.0156",
        "0.0216",
        "0.0279",
        "0.1391",
        "0.1362",
        "0.0106",
        "0.0106",
        "0.0484",
        "0.0269",
        "0.0630",
        "0.0912",
        "0.0497",
        "0.0835",
        "0.0841",
        "0.0253",
        "0.0279",
        "0.0193",
        "0.0088",
        "0.0303",
    ],
    dtype=float,
)
"""dat.raudenbush1985 of metafor: 19 studies of teacher expectancy, effect and its variance."""
SCHOOLS_Y = np.array([28, 8, -3, 7, -1, 1, 18, 12.0])
SCHOOLS_SE = np.array([15, 10, 16, 11, 9, 11, 10, 18.0])
"""Rubin 1981, J. Educ. Stat. 6:377: eight schools."""


@pytest.mark.parametrize(("estimator", "tau2"), [("reml", 0.0188), ("dl", 0.0259)])
def test_raudenbush_equals_metafor(estimator: str, tau2: float) -> None:
    found = shrink(RAUDENBUSH_Y, variance=RAUDENBUSH_V, estimator=estimator)
    assert found.tau2 == pytest.approx(tau2, abs=5e-5)
    expected = found.tau2 / (found.tau2 + RAUDENBUSH_V)
    np.testing.assert_allclose(found.reliability, expected)


def test_raudenbush_mean_equals_metafor() -> None:
    """metafor: rma(yi, vi, method='REML'), estimate 0.0837."""
    found = shrink(RAUDENBUSH_Y, variance=RAUDENBUSH_V, estimator="reml")
    assert found.mean == pytest.approx(0.0837, abs=5e-5)


@pytest.mark.parametrize("estimator", ["reml", "dl"])
def test_eight_schools_do_not_differ(estimator: str) -> None:
    """No between-unit variance: every school is shrunken to the mean 7.69 (Rubin 1981)."""
    found = shrink(SCHOOLS_Y, variance=SCHOOLS_SE**2, estimator=estimator)
    assert found.tau2 == 0
    np.testing.assert_allclose(found.value, 7.6856, atol=1e-3)
    assert (found.reliability == 0).all()


def test_missing_and_single_units_are_defined() -> None:
    found = shrink(np.array([80.0, np.nan]), variance=np.ones(2), estimator="reml")
    assert np.isnan(found.value).all()
    found = shrink(np.array([80, np.nan, 90.0]), variance=np.ones(3), estimator="reml")
    assert np.isnan(found.value).tolist() == [False, True, False]


def test_all_equal_and_exact_units_are_defined() -> None:
    same = shrink(np.full(4, 80.0), variance=np.zeros(4), estimator="reml")
    assert same.tau2 == 0
    np.testing.assert_allclose(same.value, 80)
    exact = shrink(np.array([70.0, 80, 90]), variance=np.zeros(3), estimator="reml")
    np.testing.assert_allclose(exact.value, [70, 80, 90])


@given(st.lists(st.floats(0, 100), min_size=3, max_size=8), st.floats(0.01, 50))
def test_shrunken_lies_between_mean_and_value(values: list[float], variance: float) -> None:
    y = np.array(values)
    found = shrink(y, variance=np.full(len(y), variance), estimator="reml")
    low, high = np.minimum(y, found.mean), np.maximum(y, found.mean)
    assert ((found.value >= low - 1e-9) & (found.value <= high + 1e-9)).all()
