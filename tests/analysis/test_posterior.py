"""Posterior ranks against integrals, the joint precision, and their limits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

from analysis.posterior import (
    Posterior,
    above_cut,
    above_each,
    expected_ranks,
    joint_posterior,
    leading,
)
from analysis.shrink import shrink

SCHOOLS = np.array([28.0, 8, -3, 7, -1, 1, 18, 12])
ERRORS = np.array([15.0, 10, 16, 11, 9, 11, 10, 18])
"""Rubin 1981, J. Educ. Stat. 6:377: coaching effects in eight schools and their errors."""


def lead(posterior: Posterior, *, k: int, draws: int = 20_000, seed: int = 1):
    return leading(posterior, k=k, draws=draws, generator=np.random.default_rng(seed))


def test_posterior_equals_the_precision_of_scores_and_mean_together() -> None:
    """The joint precision of (truth, mu), inverted whole: the same mean and covariance."""
    generator = np.random.default_rng(5)
    loading = generator.normal(0, 3, (8, 2))
    errors, between = loading @ loading.T + np.diag(ERRORS**2), 60.0
    precision = np.zeros((9, 9))
    precision[:8, :8] = np.linalg.inv(errors) + np.eye(8) / between
    precision[:8, 8] = precision[8, :8] = -1.0 / between
    precision[8, 8] = 8 / between
    covariance = np.linalg.inv(precision)
    mean = covariance @ np.r_[np.linalg.solve(errors, SCHOOLS), 0.0]
    found = joint_posterior(SCHOOLS, covariance=errors, between=between)
    np.testing.assert_allclose(found.mean, mean[:8], rtol=1e-5)
    np.testing.assert_allclose(found.covariance, covariance[:8, :8], rtol=1e-5, atol=1e-5)


def test_posterior_mean_is_the_shrunken_value() -> None:
    """Independent errors: what ``shrink`` gives with the same between-unit variance."""
    value = SCHOOLS * 3
    known = shrink(value, variance=ERRORS**2, estimator="reml")
    found = joint_posterior(value, covariance=np.diag(ERRORS**2), between=known.tau2)
    assert known.tau2 > 100
    np.testing.assert_allclose(found.mean, known.value, rtol=1e-6)


def test_best_and_expected_rank_equal_integrals() -> None:
    """Independent posteriors: P(best) is one integral; an expected rank sums P(i above j)."""
    posterior = Posterior(SCHOOLS, np.diag(ERRORS**2))

    def best(unit: int) -> float:
        others = np.arange(8) != unit

        def density(x: float) -> float:
            below = stats.norm.cdf(x, SCHOOLS[others], ERRORS[others]).prod()
            return stats.norm.pdf(x, SCHOOLS[unit], ERRORS[unit]) * below

        return integrate.quad(density, -150, 150, limit=200)[0]

    exact = np.array([best(unit) for unit in range(8)])
    assert exact.sum() == pytest.approx(1.0, abs=1e-6)
    found = lead(posterior, k=3)
    assert np.abs(found["p_best"] - exact).max() < 4 * np.sqrt(0.25 / 20_000)
    expected = [
        1
        + sum(
            stats.norm.cdf((SCHOOLS[i] - SCHOOLS[j]) / np.hypot(ERRORS[i], ERRORS[j]))
            for i in range(8)
            if i != j
        )
        for j in range(8)
    ]
    ranks = expected_ranks(posterior)
    np.testing.assert_allclose(ranks["expected_rank"], expected, rtol=1e-12)
    assert ranks["rank"].tolist() == stats.rankdata(expected, method="min").tolist()


@settings(max_examples=30)
@given(st.integers(0, 10_000), st.integers(2, 9))
def test_ranks_and_chances_add_up(seed: int, size: int) -> None:
    generator = np.random.default_rng(seed)
    loading = generator.normal(0, 1, (size, 2))
    posterior = Posterior(generator.normal(80, 2, size), loading @ loading.T)
    each = above_each(posterior)
    np.testing.assert_allclose(each + each.T, 1.0)
    expected = expected_ranks(posterior)["expected_rank"]
    assert expected.sum() == pytest.approx(size * (size + 1) / 2)
    assert ((expected >= 1) & (expected <= size)).all()
    for k in (1, size):
        found = lead(posterior, k=k, draws=500)
        assert found["p_best"].sum() == pytest.approx(1.0)
        assert found["p_top"].sum() == pytest.approx(k)
        assert (found["p_top"] >= found["p_best"]).all()


@settings(max_examples=20)
@given(st.permutations(range(8)), st.floats(-40, 40))
def test_order_and_shift_change_nothing(order: list[int], shift: float) -> None:
    covariance = np.diag(ERRORS**2) + 20.0
    base = joint_posterior(SCHOOLS, covariance=covariance, between=50.0)
    moved = joint_posterior(
        SCHOOLS[order] + shift, covariance=covariance[np.ix_(order, order)], between=50.0
    )
    np.testing.assert_allclose(moved.mean, base.mean[order] + shift, atol=1e-7)
    np.testing.assert_allclose(
        expected_ranks(moved)["expected_rank"],
        expected_ranks(base)["expected_rank"].to_numpy()[order],
        atol=1e-7,
    )


def test_no_variance_between_units_makes_them_one() -> None:
    """Everybody has the middle rank and the same chance to lead: nothing is to be told apart."""
    posterior = joint_posterior(SCHOOLS, covariance=np.diag(ERRORS**2), between=0.0)
    weight = 1 / ERRORS**2
    np.testing.assert_allclose(posterior.mean, SCHOOLS @ weight / weight.sum(), rtol=1e-6)
    ranks = expected_ranks(posterior)
    np.testing.assert_allclose(ranks["expected_rank"], 4.5, atol=0.01)
    found = lead(posterior, k=2)
    assert np.abs(found["p_top"] - 0.25).max() < 0.02


def test_without_error_the_ranks_are_those_of_the_scores() -> None:
    score = np.array([80.0, 90.0, 80.0])
    posterior = joint_posterior(score, covariance=np.zeros((3, 3)), between=4.0)
    assert expected_ranks(posterior)["expected_rank"].tolist() == [2.5, 1.0, 2.5]
    assert expected_ranks(posterior)["rank"].tolist() == [2, 1, 2]
    assert lead(posterior, k=1)["p_best"].tolist() == [0.0, 1.0, 0.0]
    assert above_cut(posterior, cut=80.0).tolist() == [1.0, 1.0, 1.0]
    assert above_cut(posterior, cut=80.1).tolist() == [0.0, 1.0, 0.0]


def test_error_in_common_does_not_blur_a_rank() -> None:
    posterior = Posterior(np.array([80.0, 81.0]), np.full((2, 2), 100.0) + 0.01 * np.eye(2))
    assert expected_ranks(posterior)["expected_rank"].tolist() == pytest.approx([2, 1])
    assert above_cut(posterior, cut=80.0).tolist() == pytest.approx([0.5, 0.5398], abs=1e-4)


def test_one_unit_and_none() -> None:
    one = joint_posterior(np.array([80.0]), covariance=np.eye(1), between=3.0)
    assert one.mean.tolist() == pytest.approx([80.0])
    assert expected_ranks(one)["expected_rank"].tolist() == [1.0]
    assert lead(one, k=1)["p_best"].tolist() == [1.0]
    none = joint_posterior(np.zeros(0), covariance=np.zeros((0, 0)), between=3.0)
    assert not len(expected_ranks(none))


def test_what_is_no_estimate_is_refused() -> None:
    good = {"covariance": np.eye(2), "between": 1.0}
    for score, changed, told in (
        ([np.nan, 1.0], {}, "finite"),
        ([1.0, 2.0], {"between": -1.0}, "variance"),
        ([1.0, 2.0], {"between": np.inf}, "variance"),
        ([1.0, 2.0], {"covariance": np.eye(3)}, "units x units"),
        ([1.0, 2.0], {"covariance": np.array([[1.0, 9.0], [9.0, 1.0]])}, "semi-definite"),
    ):
        with pytest.raises(ValueError, match=told):
            joint_posterior(np.array(score), **good | changed)
    with pytest.raises(ValueError, match="k must be"):
        lead(Posterior(np.zeros(2), np.eye(2)), k=3)
