"""Funnel limits against plain arithmetic after Spiegelhalter 2005, and by properties."""

from __future__ import annotations

from statistics import NormalDist, fmean

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_shrink import RAUDENBUSH_V, RAUDENBUSH_Y

from analysis.funnel import DISPERSION, beyond, funnel, limits
from analysis.intervals import normal_interval

VALUE = np.array([70.0, 80.0, 82.0, 84.0, 90.0])
N = np.array([25.0, 100.0, 64.0, 36.0, 16.0])
SE = np.array([2.0, 1.0, 1.25, 5.0 / 3.0, 2.5])  # every answer varies by 10 points


def made(**changes: object) -> tuple[object, np.ndarray, np.ndarray]:
    given = {"n": N, "se": SE, "winsorise": 0.0, "dispersion": "none", **changes}
    found = funnel(VALUE, **given)  # type: ignore[arg-type]
    low, high = limits(found, n=N, levels=(0.95, 0.998))
    return found, low, high


def test_limits_without_over_dispersion_are_z_standard_errors_around_the_weighted_mean() -> None:
    found, low, high = made()
    target = (25 * 70 + 100 * 80 + 64 * 82 + 36 * 84 + 16 * 90) / 241
    assert found.target == pytest.approx(target)
    assert found.sigma == pytest.approx(10.0)
    for place, n in enumerate(N):
        for level, z in ((0, 1.959964), (1, 3.090232)):
            assert high[place, level] == pytest.approx(min(target + z * 10 / n**0.5, 100), abs=1e-5)
            assert low[place, level] == pytest.approx(target - z * 10 / n**0.5, abs=1e-5)


def test_additive_over_dispersion_is_the_moment_estimate_of_variance_between_units() -> None:
    """tau2 = (k phi - (k - 1)) / (sum w - sum w2 / sum w), w = 1 / s2."""
    found, _, high = made(dispersion="additive")
    s2 = [100 / n for n in N]
    z = [(v - found.target) / s**0.5 for v, s in zip(VALUE, s2, strict=True)]
    phi = fmean(one * one for one in z)
    w = [1 / s for s in s2]
    tau2 = (5 * phi - 4) / (sum(w) - sum(one * one for one in w) / sum(w))
    assert tau2 > 0
    assert (found.phi, found.tau2) == (pytest.approx(phi), pytest.approx(tau2))
    half = NormalDist().inv_cdf(0.975) * (s2[1] + tau2) ** 0.5
    assert high[1, 0] == pytest.approx(found.target + half)


def test_variance_between_units_equals_metafor() -> None:
    """Without Winsorising it is DerSimonian and Laird's: 0.0259 for dat.raudenbush1985."""
    found = funnel(
        RAUDENBUSH_Y,
        n=1 / RAUDENBUSH_V,
        se=np.sqrt(RAUDENBUSH_V),
        winsorise=0.0,
        dispersion="additive",
    )
    assert found.sigma == pytest.approx(1.0)
    assert found.tau2 == pytest.approx(0.0259, abs=5e-5)


def test_multiplicative_over_dispersion_stretches_limits_by_the_root_of_phi() -> None:
    plain, low, _ = made()
    wide, wider, _ = made(dispersion="multiplicative")
    assert wide.phi > 1
    assert (plain.target - wider) == pytest.approx((plain.target - low) * wide.phi**0.5)


def test_one_far_unit_barely_moves_winsorised_limits() -> None:
    value, n, se = np.full(21, 80.0), np.full(21, 100.0), np.full(21, 1.0)
    value[::2] += 0.5
    value[0] = 20.0
    plain, spared = (
        funnel(value, n=n, se=se, winsorise=share, dispersion="additive") for share in (0.0, 0.1)
    )
    assert plain.phi > 100
    assert spared.phi < 15
    assert spared.tau2 < plain.tau2 / 10


def test_beyond_counts_limits_with_the_side() -> None:
    low, high = np.array([[70.0, 60.0]] * 5), np.array([[90.0, 95.0]] * 5)
    value = np.array([80.0, 91.0, 99.0, 65.0, 60.0 - 1e-6])
    assert beyond(value, low=low, high=high).tolist() == [0, 1, 2, -1, -2]


def test_answers_that_do_not_vary_have_no_funnel() -> None:
    found = funnel(VALUE, n=N, se=np.zeros(5), winsorise=0.1, dispersion="additive")
    assert (found.sigma, found.tau2) == (0.0, 0.0)


units = st.lists(
    st.tuples(st.floats(20, 100), st.integers(5, 400), st.floats(0.2, 6)), min_size=3, max_size=30
)


@given(units, st.sampled_from(sorted(DISPERSION)), st.sampled_from([0.0, 0.1, 0.25]))
def test_limits_narrow_with_n_nest_by_level_and_stay_in_range(
    drawn: list[tuple[float, int, float]], dispersion: str, winsorise: float
) -> None:
    value, n, se = np.array(drawn, dtype=float).T
    found = funnel(value, n=n, se=se, winsorise=winsorise, dispersion=dispersion)
    low, high = limits(found, n=np.array([5.0, 50.0, 500.0]), levels=(0.95, 0.998))
    assert value.min() - 1e-9 <= found.target <= value.max() + 1e-9
    assert (np.diff(high, axis=0) <= 1e-9).all()
    assert (np.diff(low, axis=0) >= -1e-9).all()
    assert (high[:, 1] >= high[:, 0]).all()
    assert (low[:, 1] <= low[:, 0]).all()
    assert low.min() >= 0
    assert high.max() <= 100


@given(units)
def test_over_dispersion_only_ever_widens(drawn: list[tuple[float, int, float]]) -> None:
    value, n, se = np.array(drawn, dtype=float).T
    plain, *others = (
        limits(funnel(value, n=n, se=se, winsorise=0.1, dispersion=name), n=n, levels=(0.95,))[1]
        for name in ("none", "additive", "multiplicative")
    )
    for other in others:
        assert (other >= plain - 1e-9).all()


def test_normal_interval_is_symmetric_and_stays_in_range() -> None:
    low, high = normal_interval(
        np.array([50.0, 99.0, 60.0]), se=np.array([2.0, 2.0, np.nan]), level=0.95
    )  # noqa: E501
    assert low[0] == pytest.approx(50 - 2 * 1.959964)
    assert high[:2].tolist() == [pytest.approx(50 + 2 * 1.959964), 100.0]
    assert np.isnan([low[2], high[2]]).all()
