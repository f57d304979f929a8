"""Named intraclass correlations against Shrout & Fleiss, R psych, statsmodels; properties."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from statsmodels.formula.api import ols
from statsmodels.stats.anova import anova_lm

from analysis.intraclass import (
    intraclass,
    intraclass_of_components,
    mean_squares,
    raters_per_unit,
)
from project_root import ROOT

TABLES = hnp.arrays(
    float, st.tuples(st.integers(2, 6), st.integers(2, 5)), elements=st.integers(1, 9).map(float)
)
EXPECTED = {  # Shrout & Fleiss 1979 (.17 .29 .71 .44 .62 .91); digits and bounds: R psych 2.2.9
    "ICC(1,1)": (0.16574177, -0.1329, 0.7226),
    "ICC(2,1)": (0.28976378, 0.0188, 0.7611),
    "ICC(3,1)": (0.71484071, 0.3425, 0.9459),
    "ICC(1,4)": (0.44279713, -0.8844, 0.9124),
    "ICC(2,4)": (0.62005055, 0.0711, 0.9272),
    "ICC(3,4)": (0.90931554, 0.6757, 0.9859),
}


def judges() -> np.ndarray:
    path = ROOT / "tests" / "reference" / "shrout_fleiss.csv"
    return pd.read_csv(path).drop(columns="target").to_numpy(float)


def test_six_forms_are_shrout_and_fleiss() -> None:
    found = intraclass(judges(), level=0.95).set_index("form")
    assert list(found.index) == list(EXPECTED)
    for form, (value, low, high) in EXPECTED.items():
        assert found["value"][form] == pytest.approx(value, abs=1e-6)
        assert (found["low"][form], found["high"][form]) == pytest.approx((low, high), abs=5e-5)
    assert found["f"]["ICC(1,1)"] == pytest.approx(1.7946785, abs=5e-8)
    assert found["f"]["ICC(2,1)"] == pytest.approx(11.0272480, abs=5e-8)
    assert tuple(found.loc["ICC(3,4)", ["df1", "df2"]]) == (5, 15)
    assert found["df2"]["ICC(1,1)"] == 18
    names = ["ICC(1)", "ICC(A,1)", "ICC(C,1)", "ICC(k)", "ICC(A,k)", "ICC(C,k)"]
    assert list(found["mcgraw_wong"]) == names


def test_mean_squares_are_those_of_statsmodels() -> None:
    long = pd.DataFrame(judges()).reset_index(names="u").melt("u", var_name="j", value_name="y")
    found = anova_lm(ols("y ~ C(u) + C(j)", long).fit())["mean_sq"]
    squares = mean_squares(judges())
    expected = found["C(u)"], found["C(j)"], found["Residual"]
    assert (squares.between, squares.rater, squares.residual) == pytest.approx(expected)


@settings(deadline=None, derandomize=True, max_examples=40)
@given(TABLES, st.integers(-9, 9), st.integers(1, 9), st.randoms(use_true_random=False))
def test_order_changes_no_bit_and_shift_and_scale_nothing(table, shift, scale, order) -> None:
    rng = np.random.default_rng(order.randrange(2**32))
    turned = rng.permutation(rng.permutation(table, axis=0), axis=1)
    one = intraclass(table, level=0.9)
    pd.testing.assert_frame_equal(one, intraclass(turned, level=0.9))
    moved = intraclass(table * scale + shift, level=0.9)
    pd.testing.assert_frame_equal(one, moved, check_exact=False, atol=1e-7, rtol=1e-6)


@settings(deadline=None, derandomize=True, max_examples=40)
@given(TABLES, st.integers(1, 5))
def test_severity_counts_for_agreement_and_not_for_consistency(table, strict) -> None:
    shifted = table.copy()
    shifted[:, 0] += 10.0 * strict
    one, other = (intraclass(t, level=0.95).set_index("form")["value"] for t in (table, shifted))
    assert other["ICC(3,1)"] == pytest.approx(one["ICC(3,1)"], abs=1e-9, nan_ok=True)
    if one["ICC(3,1)"] > 0:
        assert other["ICC(2,1)"] < other["ICC(3,1)"]


@settings(deadline=None, derandomize=True, max_examples=40)
@given(TABLES)
def test_interval_contains_the_estimate(table: np.ndarray) -> None:
    found = intraclass(table, level=0.95).dropna(subset=["low", "high"])
    assert (found["low"] <= found["value"] + 1e-9).all()
    assert (found["value"] <= found["high"] + 1e-9).all()


def test_degenerate_tables_are_defined_or_refused() -> None:
    alike = intraclass(np.ones((3, 3)), level=0.95)
    assert alike["value"].isna().all() and alike["low"].isna().all()
    perfect = intraclass(np.array([[1.0, 1], [2, 2], [3, 3]]), level=0.95)
    assert (perfect["value"] == 1).all() and perfect["low"].isna().all()
    opposed = intraclass(np.array([[1.0, 2], [2, 1]]), level=0.95).set_index("form")["value"]
    assert opposed["ICC(1,1)"] == -1 and opposed["ICC(1,2)"] == -np.inf
    far = intraclass(judges() + 1e6, level=0.95)["value"]
    assert far.to_numpy() == pytest.approx(intraclass(judges(), level=0.95)["value"], abs=1e-6)
    for table in (np.ones((1, 3)), np.ones((3, 1)), np.array([[1.0, np.nan], [2, 3]])):
        with pytest.raises(ValueError, match="every rating"):
            intraclass(table, level=0.95)


def test_components_give_the_forms_of_a_complete_table() -> None:
    """Variances solved from the mean squares (McGraw & Wong 1996) give ICC(2,.) and ICC(3,.)."""
    squares = mean_squares(judges())
    unit = (squares.between - squares.residual) / squares.raters
    rater = (squares.rater - squares.residual) / squares.units
    made = intraclass_of_components(
        unit=unit, rater=rater, interaction=squares.residual, raters=4
    ).set_index("form")["value"]
    assert made["ICC(2,1)"] == pytest.approx(EXPECTED["ICC(2,1)"][0], abs=1e-6)
    assert made["ICC(3,1)"] == pytest.approx(EXPECTED["ICC(3,1)"][0], abs=1e-6)
    assert made["ICC(2,k)"] == pytest.approx(EXPECTED["ICC(2,4)"][0], abs=1e-6)
    assert made["ICC(3,k)"] == pytest.approx(EXPECTED["ICC(3,4)"][0], abs=1e-6)


def test_components_at_the_boundary_and_unequal_numbers() -> None:
    none = intraclass_of_components(unit=0, rater=1, interaction=1, raters=2)["value"]
    assert (none == 0).all()
    assert intraclass_of_components(unit=0, rater=0, interaction=0, raters=2)["value"].isna().all()
    with pytest.raises(ValueError, match="not negative"):
        intraclass_of_components(unit=-1, rater=0, interaction=1, raters=2)
    holes = np.array([[1.0, np.nan, np.nan], [1, 2, np.nan], [np.nan] * 3])
    assert raters_per_unit(holes) == pytest.approx(2 / (1 + 1 / 2))
    assert np.isnan(raters_per_unit(np.full((2, 2), np.nan)))
