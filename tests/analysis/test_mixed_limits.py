"""Mixed models at their limits: invariance, degenerate data, what is refused."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.mixed import NO_EFFECTS, components, fit_crossed


def small(seed: int) -> pd.DataFrame:
    generator = np.random.default_rng(seed)
    rows = pd.DataFrame({"a": np.repeat(range(6), 8), "b": np.tile(range(4), 12)})
    noise = generator.normal(0, 1, len(rows))
    rows["x"] = generator.normal(0, 1, len(rows))
    return rows.assign(y=generator.normal(0, 2, 6)[rows["a"]] + noise)


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 99), st.floats(-50, 50), st.floats(0.1, 20))
def test_shift_and_scale_pass_through(seed: int, shift: float, scale: float) -> None:
    rows = small(seed)
    base = fit_crossed(rows, value="y", factors=["a", "b"])
    moved = fit_crossed(rows.assign(y=shift + scale * rows["y"]), value="y", factors=["a", "b"])
    for name, sd in base.sd.items():
        assert moved.sd[name] == pytest.approx(scale * sd, rel=1e-8, abs=1e-8 * scale)
    expected = shift + scale * base.fixed["estimate"].item()
    assert moved.fixed["estimate"].item() == pytest.approx(expected, abs=1e-9 * (1 + scale))


def test_order_of_rows_leaves_no_trace() -> None:
    rows = small(3)
    base = fit_crossed(rows, value="y", factors=["a", "b"], covariates=["x"])
    other = rows.sample(frac=1, random_state=1)
    other = fit_crossed(other, value="y", factors=["a", "b"], covariates=["x"])
    assert other.sd == base.sd  # bit for bit
    pd.testing.assert_frame_equal(other.effects["a"], base.effects["a"], check_exact=True)
    turned = fit_crossed(rows, value="y", factors=["b", "a"], covariates=["x"])
    assert turned.sd == pytest.approx(base.sd, rel=1e-9, abs=1e-9)


def test_other_names_of_levels_change_nothing_and_the_rows_stay() -> None:
    rows = small(3)
    before = rows.copy(deep=True)
    base = fit_crossed(rows, value="y", factors=["a", "b"])
    pd.testing.assert_frame_equal(rows, before)
    named = rows.assign(a=rows["a"].map({level: f"z{9 - level}" for level in range(6)}))
    fit = fit_crossed(named, value="y", factors=["a", "b"])
    assert fit.sd == pytest.approx(base.sd, rel=1e-9, abs=1e-12)
    found = fit.effects["a"]["effect"].to_numpy()[::-1]
    np.testing.assert_allclose(found, base.effects["a"]["effect"], rtol=1e-7)


def test_a_covariate_in_other_units_changes_only_its_slope() -> None:
    rows = small(6).assign(year=lambda rows: 2000.0 + 10.0 * rows["x"])
    a = fit_crossed(rows, value="y", factors=["a"], covariates=["x"], method="ml")
    b = fit_crossed(rows, value="y", factors=["a"], covariates=["year"], method="ml")
    assert a.sd == pytest.approx(b.sd, rel=1e-8)
    assert a.loglik == pytest.approx(b.loglik, abs=1e-8)
    assert a.slopes["estimate"].item() == pytest.approx(10 * b.slopes["estimate"].item(), rel=1e-8)


def test_all_equal_values_are_defined() -> None:
    fit = fit_crossed(small(1).assign(y=4.0), value="y", factors=["a", "b"])
    assert dict(fit.sd) == {"a": 0.0, "b": 0.0, "residual": 0.0}
    assert fit.fixed["estimate"].tolist() == [4.0]
    assert fit.fixed["se"].tolist() == [0.0]
    assert fit.loglik == np.inf
    assert len(components(fit, model="m", slope=1.0)) == 3


def test_a_fixed_part_that_fits_exactly_leaves_nothing() -> None:
    rows = small(2)
    rows["y"] = 2.0 * rows["a"] + 0.1 * rows["x"]
    fit = fit_crossed(rows, value="y", factors=["b"], fixed=["a"], covariates=["x"])
    assert dict(fit.sd) == {"b": 0.0, "residual": 0.0}
    assert fit.slopes["estimate"].tolist() == pytest.approx([0.1], rel=1e-9)


def test_effects_that_fit_exactly_leave_next_to_nothing() -> None:
    rows = small(2)
    rows["y"] = np.array([1.0, 5.0, 2.0, 8.0, 3.0, 9.0])[rows["a"]]
    fit = fit_crossed(rows, value="y", factors=["a"])
    assert fit.sd["a"] == pytest.approx(np.std(rows["y"].unique(), ddof=1), rel=1e-4)
    assert fit.sd["residual"] == pytest.approx(rows["y"].std(ddof=0) / 1000, rel=1e-6)


def test_without_factors_it_is_the_means_of_the_cells() -> None:
    rows = small(4)
    for method, lost in (("reml", 6), ("ml", 0)):
        fit = fit_crossed(rows, value="y", factors=[], fixed=["a"], method=method)
        groups = rows.groupby("a")["y"]
        assert fit.fixed["estimate"].to_numpy() == pytest.approx(groups.mean().to_numpy())
        within = rows["y"] - groups.transform("mean")
        sd = float(np.sqrt((within**2).sum() / (len(rows) - lost)))
        assert fit.sd == pytest.approx({"residual": sd})
        assert fit.fixed["se"].to_numpy() == pytest.approx((sd / np.sqrt(groups.size())).to_numpy())
        found = components(fit, model="m", slope=20.0, joined=["a", "b"])
        assert found["component"].tolist() == ["a_b_residual"]
        assert found["points"].tolist() == pytest.approx([20 * sd])


def test_without_factors_covariates_are_least_squares() -> None:
    rows = small(4)
    fit = fit_crossed(rows, value="y", factors=[], covariates=["x"])
    slope, start = np.polyfit(rows["x"], rows["y"], 1)
    assert fit.slopes["estimate"].item() == pytest.approx(slope)
    assert fit.fixed["estimate"].item() == pytest.approx(start)


def test_an_effects_table_that_was_not_fitted_has_the_same_columns() -> None:
    fit = fit_crossed(small(1), value="y", factors=["a"])
    assert list(fit.effects["a"].columns) == list(NO_EFFECTS.columns)


REFUSED: dict[str, tuple[str, Callable[[pd.DataFrame], pd.DataFrame], dict]] = {
    "as many cells as rows": (
        "degrees of freedom",
        lambda rows: rows.head(2),
        {"factors": ["a"], "fixed": ["a", "b"]},
    ),
    "no rows": ("degrees of freedom", lambda rows: rows.head(0), {"factors": ["a"]}),
    "one row": ("degrees of freedom", lambda rows: rows.head(1), {"factors": ["a"]}),
    "method": ("bayes", lambda rows: rows, {"factors": ["a"], "method": "bayes"}),
    "one level": ("a: one level", lambda rows: rows.assign(a=1), {"factors": ["a", "b"]}),
    "a factor of the fixed part": (
        "a: one level",
        lambda rows: rows,
        {"factors": ["a"], "fixed": ["a"]},
    ),
    "one row per level": (
        "a: one row per level",
        lambda rows: rows.assign(a=range(len(rows))),
        {"factors": ["a"]},
    ),
    "the same factor twice": (
        "a, other: they split the rows in the same way",
        lambda rows: rows.assign(other=-rows["a"]),
        {"factors": ["a", "other"]},
    ),
    "a missing value": (
        "y: missing",
        lambda rows: rows.assign(y=rows["y"].where(rows["a"] > 0)),
        {"factors": ["a"]},
    ),
    "an infinite value": (
        "y: missing",
        lambda rows: rows.assign(y=rows["y"].where(rows["a"] > 0, np.inf)),
        {"factors": ["a"]},
    ),
    "a missing level": (
        "a: missing",
        lambda rows: rows.assign(a=rows["a"].where(rows["a"] > 0)),
        {"factors": ["a"]},
    ),
    "a constant covariate": (
        "covariates x",
        lambda rows: rows.assign(x=3.0),
        {"factors": ["a"], "covariates": ["x"]},
    ),
    "a covariate of the cells": (
        "covariates b",
        lambda rows: rows,
        {"factors": ["a"], "fixed": ["b"], "covariates": ["x", "b"]},
    ),
    "dependent covariates": (
        "covariates twice",
        lambda rows: rows.assign(twice=2 * rows["x"] + 7),
        {"factors": ["a"], "covariates": ["x", "twice"]},
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_impossible_models_are_refused(case: str) -> None:
    message, change, arguments = REFUSED[case]
    with pytest.raises(ValueError, match=message):
        fit_crossed(change(small(1)), value="y", **arguments)
