"""Agreement and drift of raters against published numbers, SciPy, properties, simulated truth."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis.agreement import agreement, coincidences, drift, ordinal_alpha, weighted_kappa
from frames import frame
from project_root import ROOT

LEVELS = (1, 2, 3, 4)
CHOICE = {"levels": LEVELS, "weights": "quadratic", "level": 0.95}
SHARED_FUN = np.array([[7, 7, 2, 3], [2, 8, 3, 7], [1, 5, 4, 9], [2, 8, 9, 14]], dtype=float)
"""Ratings of 91 couples, wife by husband (Hout, Duncan & Sobel 1987), as in R's vcd."""
RATED = st.lists(st.tuples(st.integers(1, 4), st.integers(1, 4)), min_size=1, max_size=6)
CLUSTERS = st.lists(RATED, min_size=2, max_size=6)


def rows(clusters: list[list[tuple[int, int]]], rater: str = "E1") -> pd.DataFrame:
    """Pairs of one rater, a cluster a visit of one session, one day after another."""
    found = [
        (rater, f"V{n}", f"S{n}", f"2021-07-{n + 1:02d}", "E9", own, other)
        for n, cluster in enumerate(clusters)
        for own, other in cluster
    ]
    names = ["rater", "cluster", "session", "date", "partner", "own", "other"]
    return pd.DataFrame(found, columns=names)


def of(found: pd.DataFrame, measure: str, rater: str = "E1") -> pd.Series:
    return found[(found["rater"] == rater) & (found["measure"] == measure)].iloc[0]


def test_ordinal_alpha_is_krippendorffs_published_one() -> None:
    """Krippendorff 2011, example C/D: 12 units, 4 observers, blanks, a lone rating; .815."""
    wide = pd.read_csv(ROOT / "tests" / "reference" / "krippendorff.csv")
    long = wide.melt("unit", value_name="level").dropna()
    table = coincidences(long.astype({"level": int}), levels=[1, 2, 3, 4, 5])
    assert table.sum() == 40  # pairable values
    assert ordinal_alpha(table) == pytest.approx(0.815388, abs=1e-6)


def test_weighted_kappa_is_that_of_vcd() -> None:
    """R vcd's Kappa(SexualFun): .2374 with equal spacing, .3320 with Fleiss-Cohen weights."""
    assert weighted_kappa(SHARED_FUN, weights="linear") == pytest.approx(0.2374, abs=5e-5)
    assert weighted_kappa(SHARED_FUN, weights="quadratic") == pytest.approx(0.3320, abs=5e-5)


@settings(deadline=None, derandomize=True)
@given(CLUSTERS)
def test_quadratic_kappa_is_the_concordance_of_both(clusters: list[list[tuple[int, int]]]) -> None:
    """Fleiss & Cohen 1973: as an intraclass correlation, 2 s12 / (s1 + s2 + (m1 - m2)^2)."""
    pairs = rows(clusters)
    own, other = pairs["own"].to_numpy(float), pairs["other"].to_numpy(float)
    below = own.var() + other.var() + (own.mean() - other.mean()) ** 2
    found = of(agreement(pairs, **CHOICE), "kappa")["value"]
    if below == 0:
        assert np.isnan(found)
    else:
        joint = 2 * ((own - own.mean()) * (other - other.mean())).mean()
        assert found == pytest.approx(joint / below)


def test_severity_and_its_interval_are_scipys_t_over_equal_clusters() -> None:
    """Where clusters have as many ratings, deleting one at a time is the t interval of means."""
    clusters = [[(1, 2), (3, 3)], [(2, 2), (4, 3)], [(1, 3), (2, 4)], [(3, 3), (3, 2)]]
    found = of(agreement(rows(clusters), **CHOICE), "severity")
    means = [np.mean([other - own for own, other in one]) for one in clusters]
    expected = stats.ttest_1samp(means, 0).confidence_interval(0.95)
    assert found["value"] == pytest.approx(np.mean(means))
    assert (found["low"], found["high"]) == pytest.approx(tuple(expected))
    assert (found["n"], found["sessions"], found["clusters"]) == (8, 4, 4)


def test_a_share_without_clustering_has_the_exact_interval() -> None:
    """Clopper & Pearson 1934 as SciPy's binomtest, one rating a cluster: no design effect."""
    pairs = rows([[(2, 2)]] * 18 + [[(2, 4)]] * 2)
    found = of(agreement(pairs, **CHOICE), "exact")
    expected = stats.binomtest(18, 20).proportion_ci(0.95)
    assert found["value"] == 0.9
    # deleting one of n clusters has n / (n - 1) times the simple variance: a little wider
    assert expected.low - 0.01 < found["low"] <= expected.low
    assert expected.high <= found["high"] < expected.high + 0.01


def test_ratings_that_are_alike_agree_and_claim_no_error() -> None:
    found = agreement(rows([[(1, 1), (4, 4)], [(2, 2), (3, 3)], [(4, 4), (1, 1)]]), **CHOICE)
    values = found.set_index("measure")["value"].to_dict()
    assert values == {"exact": 1, "adjacent": 1, "severity": 0, "kappa": 1, "alpha": 1}
    bounds = found.set_index("measure")[["low", "high"]]
    assert bounds.loc[["severity", "kappa", "alpha"]].isna().all(axis=None)
    assert 0 < bounds.loc["exact", "low"] < 1 and bounds.loc["exact", "high"] == 1


def test_ratings_all_on_one_level_have_no_coefficient() -> None:
    """Without variation chance agrees as well: kappa and alpha are undefined, shares are not."""
    found = agreement(rows([[(3, 3)], [(3, 3)]]), **CHOICE)
    assert of(found, "exact")["value"] == 1
    assert np.isnan(of(found, "kappa")["value"]) and np.isnan(of(found, "alpha")["value"])


def test_one_cluster_has_values_and_no_interval() -> None:
    found = agreement(rows([[(1, 2), (3, 3), (4, 2)]]), **CHOICE)
    assert found["value"].notna().all() and found[["low", "high"]].isna().all(axis=None)


@settings(deadline=None, derandomize=True)
@given(CLUSTERS)
def test_changing_places_changes_the_sign_of_severity_alone(clusters) -> None:
    there = agreement(rows(clusters), **CHOICE).set_index("measure")
    swapped = [[(other, own) for own, other in one] for one in clusters]
    back = agreement(rows(swapped), **CHOICE).set_index("measure")
    same = ["exact", "adjacent", "kappa", "alpha"]
    columns = ["value", "low", "high"]
    pd.testing.assert_frame_equal(there.loc[same, columns], back.loc[same, columns])
    mirrored = -back.loc["severity", ["value", "high", "low"]].to_numpy(dtype=float)
    np.testing.assert_allclose(
        there.loc["severity", columns].to_numpy(dtype=float), mirrored, atol=1e-12
    )


@settings(deadline=None, derandomize=True)
@given(CLUSTERS, CLUSTERS, st.randoms(use_true_random=False))
def test_others_and_the_order_of_rows_change_nothing(clusters, others, order) -> None:
    alone = agreement(rows(clusters), **CHOICE)
    both = pd.concat([rows(others, "E2"), rows(clusters)], ignore_index=True)
    kept = both.copy()
    shuffled = both.sample(frac=1, random_state=order.randrange(2**32))
    together = agreement(shuffled, **CHOICE)
    pd.testing.assert_frame_equal(both, kept)
    mine = together[together["rater"] == "E1"].reset_index(drop=True)
    pd.testing.assert_frame_equal(mine, alone)


def test_one_level_stricter_throughout_is_severity_of_one() -> None:
    pairs = rows([[(1, 2), (2, 3)], [(3, 4), (2, 3)], [(1, 2), (3, 4)]])
    found = agreement(pairs, **CHOICE)
    assert of(found, "severity")["value"] == 1 and of(found, "exact")["value"] == 0
    assert of(found, "adjacent")["value"] == 1


VISITS = """
| rater | cluster | date       | partner | own | other |
| E1    | V1      | 2021-07-01 | E2      | 3   | 3     |
| E1    | V1      | 2021-07-01 | E2      | 2   | 3     |
| E1    | V2      | 2021-07-02 | E3      | 3   | 3     |
| E1    | V3      | 2021-07-03 | E2      | 4   | 4     |
| E1    | V4      | 2021-07-10 | E4      | 2   | 4     |
| E1    | V5      | 2021-07-11 | E2      | 2   | 3     |
| E1    | V6      | 2021-07-12 | E2      | 3   | 3     |
"""


def test_drift_is_welchs_difference_of_the_halves() -> None:
    """Visits count once each; SciPy's ttest_ind with unequal variances gives the interval."""
    [found] = drift(frame(VISITS), level=0.95).itertuples()
    early, late = [0.5, 0, 0], [2, 1, 0]
    expected = stats.ttest_ind(late, early, equal_var=False).confidence_interval(0.95)
    assert found.value == pytest.approx(np.mean(late) - np.mean(early))
    assert (found.low, found.high) == pytest.approx(tuple(expected))
    assert (found.early, found.late, found.partners) == (3, 3, 3)


def test_drift_does_not_split_a_day() -> None:
    days = frame(VISITS).replace({"date": {"2021-07-03": "2021-07-10"}})
    [found] = drift(days, level=0.95).itertuples()
    assert (found.early, found.late) == (2, 4)
    [found] = drift(days.assign(date="2021-07-01"), level=0.95).itertuples()
    assert (found.early, found.late) == (0, 6) and np.isnan(found.value)


@settings(deadline=None, derandomize=True)
@given(CLUSTERS, st.integers(-3, 3))
def test_a_constant_severity_is_no_drift_and_time_reversed_its_negative(clusters, shift) -> None:
    pairs = rows(clusters)
    [found] = drift(pairs, level=0.95).itertuples()
    [shifted] = drift(pairs.assign(own=pairs["own"] + shift), level=0.95).itertuples()
    assert shifted.value == pytest.approx(found.value, nan_ok=True)
    assert shifted.low == pytest.approx(found.low, nan_ok=True)
    if len(clusters) % 2 == 0:
        [reversed_] = drift(rows(clusters[::-1]), level=0.95).itertuples()
        assert reversed_.value == pytest.approx(-found.value, nan_ok=True)
        assert reversed_.low == pytest.approx(-found.high, nan_ok=True)


def test_steady_pairs_do_not_drift_and_claim_no_error() -> None:
    [found] = drift(rows([[(2, 2)]] * 6), level=0.95).itertuples()
    assert found.value == 0 and np.isnan(found.low) and np.isnan(found.high)


def simulated(rng: np.random.Generator, *, visits: int, late: float = 0.0) -> pd.DataFrame:
    """A rater a quarter of a level strict, each visit with an own difference, ``late`` stricter in
    the later half; 18 ratings a visit."""
    truth = rng.integers(1, 5, (visits, 18)).astype(float)
    own = truth - 0.25 + rng.normal(0, 0.3, (visits, 1)) + rng.normal(0, 0.6, (visits, 18))
    own[visits // 2 :] -= late
    levels = np.clip(np.rint(own), 1, 4).astype(int)
    clusters = [
        list(zip(o, t, strict=True)) for o, t in zip(levels, truth.astype(int), strict=True)
    ]
    return rows(clusters).assign(date=lambda f: f["cluster"])


def covered(make: Callable[[], pd.DataFrame], truth: pd.Series, runs: int) -> pd.Series:
    hits = []
    for _ in range(runs):
        found = make().set_index("measure")
        inside = (found["low"] <= truth) & (truth <= found["high"])
        hits.append(inside[found["low"].notna()])
    return pd.concat(hits, axis=1).mean(axis=1)


def test_intervals_cover_the_truth() -> None:
    """Nine clusters of a training set: at least 0.95 less the error of the simulation."""
    rng = np.random.default_rng(11)
    truth = agreement(simulated(rng, visits=3000), **CHOICE).set_index("measure")["value"]
    runs = 250
    found = covered(lambda: agreement(simulated(rng, visits=9), **CHOICE), truth, runs)
    assert found.min() > 0.95 - 3 * np.sqrt(0.95 * 0.05 / runs) - 0.01, found.to_dict()


def test_a_real_drift_is_found_and_none_is_seldom_claimed() -> None:
    rng = np.random.default_rng(12)
    runs = 200
    claimed = {}
    for late in (0.0, 1.0):
        found = [drift(simulated(rng, visits=8, late=late), level=0.95) for _ in range(runs)]
        claimed[late] = float(np.mean([one["low"].iloc[0] > 0 for one in found]))
    assert claimed[0.0] < 0.06 and claimed[1.0] > 0.7, claimed
