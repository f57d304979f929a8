"""Between-unit variance and shrinkage against metafor and its limits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.posterior import joint_posterior
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


BCG = np.array(
    [[4, 119, 11, 128], [6, 300, 29, 274], [3, 228, 11, 209], [62, 13536, 248, 12619],
     [33, 5036, 47, 5761], [180, 1361, 372, 1079], [8, 2537, 10, 619], [505, 87886, 499, 87892],
     [29, 7470, 45, 7232], [17, 1699, 65, 1600], [186, 50448, 141, 27197], [5, 2493, 3, 2338],
     [27, 16886, 29, 17825]], dtype=float)  # fmt: skip
"""dat.bcg of metafor (Colditz et al. 1994): cases and others, vaccinated and control, 13 trials."""


@pytest.mark.parametrize(
    ("estimator", "tau2", "se"),
    [("reml", 0.3132, 0.1664), ("dl", 0.3088, 0.2299), ("pm", 0.3181, None)],
)
def test_bcg_equals_metafor(estimator: str, tau2: float, se: float | None) -> None:
    """Viechtbauer 2010, J. Stat. Softw. 36(3): log relative risk, REML -0.7145 (SE 0.1798)."""
    people = BCG[:, [0, 2]] + BCG[:, [1, 3]]
    risk = np.log(BCG[:, [0, 2]] / people)
    variance = (1.0 / BCG[:, [0, 2]] - 1.0 / people).sum(axis=1)
    found = shrink(risk[:, 0] - risk[:, 1], variance=variance, estimator=estimator)
    assert found.tau2 == pytest.approx(tau2, abs=5e-5)
    if se is not None:
        assert found.tau2_se == pytest.approx(se, abs=5e-5)
    if estimator == "reml":
        assert found.mean == pytest.approx(-0.7145, abs=5e-5)
        assert found.mean_se == pytest.approx(0.1798, abs=5e-5)


def test_error_of_tau2_is_its_spread() -> None:
    """Thirty units, 1,500 draws: the standard error stated is the standard deviation found."""
    rng = np.random.default_rng(8)
    variance = rng.uniform(0.5, 2.0, 30)
    draws = rng.normal(80.0, np.sqrt(4.0 + variance), (1500, 30))
    for estimator in ("reml", "dl", "pm"):
        found = [shrink(y, variance=variance, estimator=estimator) for y in draws]
        spread = np.std([one.tau2 for one in found])
        assert np.mean([one.tau2_se for one in found]) == pytest.approx(spread, rel=0.06)


def test_posterior_covers_and_equals_the_simple_case() -> None:
    """Independent errors: what ``shrink`` gives; and intervals of true values hold 95 %."""
    rng = np.random.default_rng(3)
    variance, inside = rng.uniform(0.5, 4.0, 25), []
    for _ in range(120):
        truth = rng.normal(80.0, 2.0, 25)
        y = truth + rng.normal(0.0, np.sqrt(variance))
        found = shrink(y, variance=variance, estimator="reml")
        half = 1.96 * np.sqrt(np.diag(found.covariance))
        inside += list(np.abs(found.value - truth) <= half)
    assert 0.93 <= np.mean(inside) <= 0.965
    joint = joint_posterior(y, covariance=np.diag(variance), between=found.tau2)
    np.testing.assert_allclose(joint.mean, found.value, atol=1e-8)
    np.testing.assert_allclose(joint.covariance, found.covariance, atol=1e-8)


def test_what_tells_nothing_moves_nothing() -> None:
    base = shrink(np.array([70.0, 80, 90]), variance=np.ones(3), estimator="pm")
    more = shrink(
        np.array([70.0, 80, 90, 5]), variance=np.array([1.0, 1, 1, np.inf]), estimator="pm"
    )
    assert (more.tau2, more.mean) == (base.tau2, base.mean)
    assert more.reliability[3] == 0
    assert more.value[3] == more.mean
    for bad in (np.nan, -1.0):
        with pytest.raises(ValueError, match="variance"):
            shrink(np.array([70.0, 80]), variance=np.array([1.0, bad]), estimator="dl")


@pytest.mark.parametrize(("estimator", "tau2"), [("reml", 0.0188), ("dl", 0.0259), ("pm", 0.0518)])
def test_raudenbush_equals_metafor(estimator: str, tau2: float) -> None:
    found = shrink(RAUDENBUSH_Y, variance=RAUDENBUSH_V, estimator=estimator)
    assert found.tau2 == pytest.approx(tau2, abs=5e-5)
    expected = found.tau2 / (found.tau2 + RAUDENBUSH_V)
    np.testing.assert_allclose(found.reliability, expected)


def test_raudenbush_mean_equals_metafor() -> None:
    """metafor: rma(yi, vi, method='REML'), estimate 0.0837."""
    found = shrink(RAUDENBUSH_Y, variance=RAUDENBUSH_V, estimator="reml")
    assert found.mean == pytest.approx(0.0837, abs=5e-5)


@pytest.mark.parametrize("estimator", ["reml", "dl", "pm"])
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
