"""Agreement of whole panels against Krippendorff, Gwet's irrCAC, SciPy, and by properties."""

from __future__ import annotations

import krippendorff
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis.agreement import (
    METRICS,
    agreement_weights,
    coincidences,
    gwet_ac,
    kendall_w,
    krippendorff_alpha,
    ordinal_alpha,
    panel_agreement,
    rating_table,
)
from frames import frame
from project_root import ROOT

REFERENCE = ROOT / "tests" / "reference"
LEVELS = (1, 2, 3, 4, 5)
CHOICE = {"levels": LEVELS, "level": 0.95}
NAN = np.nan
TABLES = st.integers(2, 5).flatmap(
    lambda raters: st.lists(
        st.lists(st.sampled_from([1.0, 2, 3, 4, 5, NAN]), min_size=raters, max_size=raters),
        min_size=2,
        max_size=8,
    )
)
FLEISS = """
| a | b | c | d | e |
| 0 | 0 | 0 | 6 | 0 |
| 0 | 3 | 0 | 0 | 3 |
| 0 | 1 | 4 | 0 | 1 |
| 0 | 0 | 0 | 0 | 6 |
| 0 | 3 | 0 | 3 | 0 |
| 2 | 0 | 4 | 0 | 0 |
| 0 | 0 | 4 | 0 | 2 |
| 2 | 0 | 3 | 1 | 0 |
| 2 | 0 | 0 | 4 | 0 |
| 0 | 0 | 0 | 0 | 6 |
| 1 | 0 | 0 | 5 | 0 |
| 1 | 1 | 0 | 4 | 0 |
| 0 | 3 | 3 | 0 | 0 |
| 1 | 0 | 0 | 5 | 0 |
| 0 | 2 | 0 | 3 | 1 |
"""
"""Fifteen patients, six psychiatrists, counts by diagnosis (irrCAC's distrib.6raters)."""


def krippendorffs() -> np.ndarray:
    return pd.read_csv(REFERENCE / "krippendorff.csv").drop(columns="unit").to_numpy(float)


def spread(counts: np.ndarray) -> np.ndarray:
    """Units x raters from counts by level: which rater said what plays no part."""
    return np.array([np.repeat(LEVELS, row) for row in counts], dtype=float)


@pytest.mark.parametrize(
    ("metric", "expected"),
    [("nominal", 0.743421), ("ordinal", 0.815388), ("interval", 0.849107), ("ratio", 0.797403)],
)
def test_alpha_is_krippendorffs_published_one(metric: str, expected: float) -> None:
    """Krippendorff 2011, example C/D (.743 .815 .849 .797), to full precision by krippendorff."""
    found = krippendorff_alpha(krippendorffs(), metric=metric)
    assert found.value == pytest.approx(expected, abs=1e-6)
    assert (found.units, found.ratings) == (11, 40)


@settings(deadline=None, derandomize=True)
@given(TABLES, st.sampled_from(sorted(METRICS)))
def test_alpha_is_that_of_krippendorff_whatever_is_missing(rows, metric: str) -> None:
    table = np.array(rows)
    found = krippendorff_alpha(table, metric=metric)
    pairable = table[(~np.isnan(table)).sum(axis=1) > 1]
    values = set(pairable[~np.isnan(pairable)])
    if len(values) < 2:
        assert np.isnan(found.value)
    else:
        expected = krippendorff.alpha(pairable.T, level_of_measurement=metric)
        assert found.value == pytest.approx(expected, abs=1e-9)


@settings(deadline=None, derandomize=True)
@given(TABLES, st.sampled_from(sorted(METRICS)), st.randoms(use_true_random=False))
def test_the_order_of_units_and_raters_changes_no_bit(rows, metric: str, order) -> None:
    table = np.array(rows)
    rng = np.random.default_rng(order.randrange(2**32))
    turned = rng.permutation(rng.permutation(table, axis=0), axis=1)
    one, other = (krippendorff_alpha(t, metric=metric) for t in (table, turned))
    np.testing.assert_array_equal([one.value], [other.value])
    one, other = (gwet_ac(t, weights="ordinal", **CHOICE) for t in (table, turned))
    np.testing.assert_array_equal([one.value, one.se], [other.value, other.se])


@settings(deadline=None, derandomize=True)
@given(TABLES, st.integers(-50, 50), st.integers(1, 9))
def test_what_a_metric_does_not_see(rows, shift: int, scale: int) -> None:
    """Interval: shift and scale; ratio: scale; ordinal: any rising relabelling."""
    table = np.array(rows)

    def alpha(changed: np.ndarray, metric: str) -> float:
        return krippendorff_alpha(changed, metric=metric).value

    moved = pytest.approx(alpha(table, "interval"), abs=1e-9, nan_ok=True)
    assert alpha(table * scale + shift, "interval") == moved
    assert alpha(table * scale, "ratio") == pytest.approx(alpha(table, "ratio"), nan_ok=True)
    same = pytest.approx(alpha(table, "ordinal"), abs=1e-9, nan_ok=True)
    assert alpha(np.exp(table), "ordinal") == same


def test_alpha_equals_that_of_the_site_and_takes_a_told_order() -> None:
    """``ordinal_alpha`` from coincidences, which rater care uses, is the same number."""
    table = krippendorffs()
    long = pd.DataFrame(table).reset_index(names="unit").melt("unit", value_name="level").dropna()
    same = ordinal_alpha(coincidences(long, levels=LEVELS))
    assert krippendorff_alpha(table, metric="ordinal").value == pytest.approx(same, abs=1e-12)
    swapped = np.select([table == 1, table == 5], [5.0, 1.0], table)
    found = krippendorff_alpha(swapped, metric="ordinal", order=(5, 2, 3, 4, 1))
    assert found.value == pytest.approx(same, abs=1e-12)


@pytest.mark.parametrize(
    ("weights", "value", "se", "share", "chance"),
    [
        ("identity", 0.77544, 0.14295, 0.8181818, 0.1903212),
        ("quadratic", 0.91400, 0.10396, 0.9753788, 0.7137044),
    ],
)
def test_ac_with_missing_ratings_is_gwets(weights, value, se, share, chance) -> None:
    """irrCAC 1.0 vignettes 'overview' and 'weighting', cac.raw4raters (Gwet 2014)."""
    found = gwet_ac(krippendorffs(), weights=weights, **CHOICE)
    assert found.value == pytest.approx(value, abs=5e-6)
    assert found.se == pytest.approx(se, abs=5e-6)
    assert found.agreement == pytest.approx(share, abs=5e-8)
    assert found.chance == pytest.approx(chance, abs=5e-8)
    assert found.agreement_se == pytest.approx({"i": 0.12561, "q": 0.09062}[weights[0]], abs=5e-6)
    assert (found.units, found.paired, found.clusters) == (12, 11, 12)


@pytest.mark.parametrize(
    ("weights", "value", "se"),
    [("identity", 0.4448007, 0.08418757), ("quadratic", 0.4837438, 0.1058227)],
)
def test_ac_of_six_raters_is_gwets(weights: str, value: float, se: float) -> None:
    """irrCAC 1.0 vignettes: gwet.ac1.dist(distrib.6raters)."""
    found = gwet_ac(spread(frame(FLEISS).to_numpy(int)), weights=weights, **CHOICE)
    assert found.value == pytest.approx(value, abs=5e-8)
    assert found.se == pytest.approx(se, abs=5e-8)


def test_ac_of_two_raters_is_gwets() -> None:
    """irrCAC 1.0: cont3x3abstractors, AC1 .8493305, AC2 with quadratic weights .9402369."""
    cells = np.array([[13, 0, 0], [0, 20, 7], [0, 4, 56]])
    table = np.repeat(np.argwhere(cells >= 0) + 1.0, cells.ravel(), axis=0)
    for weights, value in (("identity", 0.8493305), ("quadratic", 0.9402369)):
        found = gwet_ac(table, levels=(1, 2, 3), weights=weights, level=0.95)
        assert found.value == pytest.approx(value, abs=5e-8)


def test_weights_are_gwets() -> None:
    """irrCAC 1.0 vignette 'weighting': three levels."""
    assert agreement_weights((1, 2, 3), weights="ordinal")[0] == pytest.approx([1, 2 / 3, 0])
    assert agreement_weights((1, 2, 3), weights="quadratic")[0] == pytest.approx([1, 0.75, 0])
    assert agreement_weights((1, 2, 3), weights="linear")[0] == pytest.approx([1, 0.5, 0])


def test_alpha_collapses_where_nearly_all_say_five_and_ac1_does_not() -> None:
    """Skewed margins: 59 of 60 ratings are 5. Agreement is 97 %, chance by alpha is as high."""
    table = np.full((30, 2), 5.0)
    table[0, 1] = 4.0
    assert krippendorff_alpha(table, metric="nominal").value == pytest.approx(0.0, abs=0.02)
    assert gwet_ac(table, weights="identity", **CHOICE).value > 0.95


def test_ratings_all_alike_agree_by_ac1_and_have_no_alpha() -> None:
    table = np.full((4, 3), 5.0)
    assert np.isnan(krippendorff_alpha(table, metric="ordinal").value)
    found = gwet_ac(table, weights="identity", **CHOICE)
    assert (found.value, found.se) == (1.0, 0.0)


def test_nothing_pairable_or_no_room_for_chance_is_undefined() -> None:
    lone = np.array([[1.0, NAN], [NAN, 2.0]])
    assert np.isnan(krippendorff_alpha(lone, metric="nominal").value)
    assert np.isnan(gwet_ac(lone, weights="identity", **CHOICE).value)
    assert np.isnan(krippendorff_alpha(np.empty((0, 3)), metric="interval").value)
    both = np.array([[1.0, 1], [2, 2]])
    assert np.isnan(gwet_ac(both, levels=(1, 2), weights="adjacent", level=0.9).value)


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown metric"):
        krippendorff_alpha(np.ones((2, 2)), metric="circular")
    with pytest.raises(ValueError, match="not negative"):
        krippendorff_alpha(np.array([[-1.0, 1]]), metric="ratio")
    with pytest.raises(ValueError, match="not one of the levels"):
        gwet_ac(np.array([[6.0, 1]]), weights="identity", **CHOICE)
    with pytest.raises(ValueError, match="every rating"):
        kendall_w(np.array([[1.0, NAN], [2, 3]]))


def test_w_corrected_for_ties() -> None:
    """Shrout & Fleiss' table: .8870370 with the correction (R, SciPy), .8553571 without."""
    table = pd.read_csv(REFERENCE / "shrout_fleiss.csv").drop(columns="target").to_numpy(float)
    found = kendall_w(table)
    assert found.value == pytest.approx(0.8870370, abs=5e-8)
    friedman = stats.friedmanchisquare(*table)
    assert (found.chi2, found.p) == pytest.approx((friedman.statistic, friedman.pvalue))
    assert np.isnan(kendall_w(np.ones((3, 2))).value)
    assert kendall_w(np.array([[1.0, 20], [2, 21], [3, 30]])).value == pytest.approx(1.0)


RATINGS = """
| cluster | unit | rater | level |
| V1      | S1a  | E1    | 3     |
| V1      | S1a  | E2    | 3     |
| V1      | S1b  | E1    | 2     |
| V1      | S1b  | E2    | 3     |
| V2      | S2a  | E2    | 4     |
| V2      | S2a  | E3    | 4     |
| V2      | S2b  | E2    | 1     |
| V2      | S2b  | E3    | 2     |
| V3      | S3a  | E1    | 2     |
| V3      | S3a  | E3    | 4     |
| V3      | S3b  | E1    | 4     |
| V3      | S3b  | E3    | 4     |
| V4      | S4a  | E1    | 4     |
"""
PANEL = {"levels": (1, 2, 3, 4), "metric": "ordinal", "weights": "quadratic", "level": 0.95}


def test_panel_lists_every_coefficient_with_its_interval() -> None:
    found = panel_agreement(frame(RATINGS), **PANEL).set_index("measure")
    assert list(found.index) == ["exact", "ac1", "adjacent", "ac2", "alpha", "w"]
    assert found["value"]["exact"] == pytest.approx(0.5)
    assert found["value"]["adjacent"] == pytest.approx(5 / 6)
    assert set(found["units"]) == {6} and set(found["clusters"]) == {3}
    told = found.drop(index="w")
    assert ((told["low"] <= told["value"]) & (told["value"] <= told["high"])).all()
    assert np.isnan(found["value"]["w"])


def test_clusters_of_one_unit_give_gwets_own_error() -> None:
    ratings = frame(RATINGS)
    apart = ratings.assign(cluster=ratings["unit"])[ratings["unit"] != "S4a"]
    found = panel_agreement(apart, **PANEL).set_index("measure")
    table = rating_table(apart).to_numpy()
    alone = gwet_ac(table, levels=(1, 2, 3, 4), weights="identity", level=0.95)
    assert found["se"]["ac1"] == pytest.approx(alone.se)


def test_panel_of_nobody_and_of_one_cluster() -> None:
    nobody = panel_agreement(frame(RATINGS).tail(1), **PANEL)
    assert nobody["value"].isna().all() and set(nobody["units"]) == {0}
    one = panel_agreement(frame(RATINGS).head(4), **PANEL)
    assert one["low"].isna().all()
    with pytest.raises(ValueError, match="twice"):
        rating_table(pd.concat([frame(RATINGS), frame(RATINGS).head(1)]))


@settings(deadline=None, derandomize=True, max_examples=10)
@given(st.randoms(use_true_random=False))
def test_rows_of_a_panel_in_any_order(order) -> None:
    ratings = frame(RATINGS)
    kept = ratings.copy()
    shuffled = ratings.sample(frac=1, random_state=order.randrange(2**32))
    one, other = panel_agreement(ratings, **PANEL), panel_agreement(shuffled, **PANEL)
    pd.testing.assert_frame_equal(one, other)
    pd.testing.assert_frame_equal(ratings, kept)
