"""Response, weights' cost and blanks against textbooks; shares of codes against means and SciPy."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis.ordinal import SHARES, category_shares
from analysis.response import item_nonresponse, response_rates, weight_spread, wilson
from frames import frame


def test_wilson_equals_scipy() -> None:
    """SciPy binomtest(...).proportion_ci(method='wilson'), the ends included."""
    for count, n in ((0, 12), (1, 12), (7, 30), (30, 30), (81, 263)):
        low, high = wilson(np.array([count]), n=np.array([n]), level=0.95)
        expected = stats.binomtest(count, n).proportion_ci(method="wilson")
        assert (low[0], high[0]) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_published_interval() -> None:
    """Newcombe 1998, Stat. Med. 17:857, table I: 81 of 263: .2553 to .3662; 0 of 20: 0 to .1611."""
    low, high = wilson(np.array([81, 0]), n=np.array([263, 20]), level=0.95)
    assert low.tolist() == pytest.approx([0.2553, 0.0], abs=5e-5)
    assert high.tolist() == pytest.approx([0.3662, 0.1611], abs=5e-5)


def test_rates_of_units() -> None:
    found = response_rates(
        frame(
            """
            | unit | invited | answered |
            | A    | 40      | 30       |
            | B    |         | 12       |
            | C    | 0       | 0        |
            | D    | 10      | 11       |
            """
        ),
        level=0.95,
    )
    np.testing.assert_allclose(found["rate"], [0.75, np.nan, np.nan, 1.1])
    assert found["low"].isna().tolist() == [False, True, True, True]
    with pytest.raises(ValueError, match="negative"):
        response_rates(frame("| unit | invited | answered |\n| A | -1 | 0 |"), level=0.95)


def test_blanks_are_summed_over_classes() -> None:
    items = frame(
        """
        | class_code | unit | item | asked | missing |
        | a          | P    | q1   | 10    | 1       |
        | b          | P    | q1   | 10    | 2       |
        | a          | P    | q2   | 0     | 0       |
        | c          | Q    | q1   | 20    | 0       |
        """
    )
    by_unit = item_nonresponse(items, keys=["unit", "item"], level=0.95)
    np.testing.assert_allclose(by_unit["rate"], [0.15, np.nan, 0.0])
    overall = item_nonresponse(items, keys=["item"], level=0.95)
    np.testing.assert_allclose(overall["rate"], [3 / 40, np.nan])


def test_design_effect_of_weights_by_hand() -> None:
    """Kish: n sum(w²)/sum(w)²; 10 answers of weight 1 and 5 of weight 4."""
    rows = frame(
        """
        | unit | n  | weight |
        | P    | 10 | 1.0    |
        | P    | 5  | 4.0    |
        | Q    | 8  | 3.0    |
        | R    | 2  | 0.0    |
        """
    )
    found = weight_spread(rows, keys=["unit"]).set_index("unit")
    assert found.loc["P", "deff"] == pytest.approx(15 * (10 + 5 * 16) / 30**2)
    assert found.loc["P", "effective_n"] == pytest.approx(30**2 / 90)
    assert found.loc["P", "max_weight"] == pytest.approx(2.0)
    assert found.loc["Q"].tolist() == pytest.approx([8, 1.0, 8.0, 1.0])
    assert found.loc["R", ["deff", "effective_n", "max_weight"]].isna().all()
    for factor in (1e-200, 7.0, 1e200):
        scaled = weight_spread(rows.assign(weight=rows["weight"] * factor), keys=["unit"])
        pd.testing.assert_frame_equal(scaled.set_index("unit"), found)
    for bad in (np.inf, np.nan, -1.0):
        with pytest.raises(ValueError, match="finite"):
            weight_spread(rows.assign(weight=bad), keys=["unit"])


COUNTS = """
| class_code | project | item | code | n  |
| a          | P       | q    | 5    | 12 |
| a          | P       | q    | 4    | 6  |
| a          | P       | q    | 3    | 2  |
| b          | P       | q    | 5    | 5  |
| b          | P       | q    | 4    | 10 |
| c          | P       | q    | 5    | 9  |
| c          | P       | q    | 2    | 1  |
| d          | Q       | q    | 5    | 8  |
| d          | Q       | q    | 4    | 2  |
| e          | R       | q    | 5    | 7  |
| f          | R       | q    | 5    | 9  |
"""
CODES = {code: [code] for code in "12345"} | {"top": ["4", "5"], "best": ["5"]}


def shares(counts=None, *, weight=None, least_deff=1.0) -> pd.DataFrame:
    counts = frame(COUNTS) if counts is None else counts
    counts = counts.assign(code=counts["code"].astype(str))
    codes = sorted(set(counts["class_code"]))
    weights = pd.DataFrame({"class_code": codes, "weight": weight or [1.0] * len(codes)})
    return category_shares(
        counts, weights=weights, categories=CODES, level=0.95, least_deff=least_deff
    )


def one(found: pd.DataFrame, project: str, category: str) -> pd.Series:
    return found[(found["project"] == project) & (found["category"] == category)].iloc[0]


def test_a_share_is_a_clustered_mean_of_zeros_and_ones() -> None:
    """Cochran 1977, 3.2: z_c = w (t - p n) / sum(w n); the logit interval by its definition."""
    row = one(shares(weight=[2.0, 1.0, 1.0, 1.0, 1.0, 1.0]), "P", "best")
    t, n, w = np.array([12, 5, 9]), np.array([20, 15, 10]), np.array([2.0, 1, 1])
    p = (w @ t) / (w @ n)
    se = np.sqrt(1.5 * ((w * (t - p * n) / (w @ n)) ** 2).sum())
    assert row[["share", "se"]].tolist() == pytest.approx([p, se])
    assert row[["n", "classes", "df", "count"]].tolist() == [45, 3, 2, 26]
    ends = np.log(p / (1 - p)) + np.array([-1, 1]) * stats.t.ppf(0.975, 2) * se / (p * (1 - p))
    assert row[["low", "high"]].tolist() == pytest.approx((1 / (1 + np.exp(-ends))).tolist())


def test_distribution_sums_to_one_and_gives_the_mean() -> None:
    found = shares()
    assert list(found) == list(SHARES)
    whole = found[found["category"].isin(list("12345"))]
    assert whole.groupby("project")["share"].sum().tolist() == pytest.approx([1.0, 1.0, 1.0])
    points = whole.assign(points=whole["share"] * whole["category"].astype(int))
    expected = (5 * 26 + 4 * 16 + 3 * 2 + 2 * 1) / 45
    assert points.groupby("project")["points"].sum()["P"] == pytest.approx(expected)


def test_shares_of_all_or_none_have_an_exact_interval_never_a_zero_error_alone() -> None:
    """Korn & Graubard 1998: Clopper-Pearson with n over the pooled design effect."""
    found = shares()
    row = one(found, "R", "best")
    assert (row["share"], row["se"], row["high"]) == (1.0, 0.0, 1.0)
    n = 16 / row["deff"]
    assert row["deff"] >= 1.0
    assert row["low"] == pytest.approx(0.025 ** (1 / n))
    wide = one(shares(least_deff=4.0), "R", "best")
    assert wide["low"] == pytest.approx(0.025 ** (4.0 / 16))
    whole = stats.binomtest(8, 10).proportion_ci(method="exact")
    single = one(shares(frame(COUNTS).query("project == 'Q'")), "Q", "best")
    assert (single["low"], single["high"]) == pytest.approx((whole.low, whole.high))
    assert single["se"] == pytest.approx(np.sqrt(0.8 * 0.2 / 9))


def test_degenerate_shares() -> None:
    alone = shares(frame("| class_code | project | item | code | n |\n| a | P | q | 5 | 1 |"))
    row = one(alone, "P", "best")
    assert (row["share"], row["high"]) == (1.0, 1.0)
    assert np.isnan(row["se"])
    assert 0 < row["low"] < 1
    unweighted = shares(weight=[0.0] * 6)
    assert unweighted[["share", "low", "high"]].isna().all(axis=None)
    for bad in ([np.inf] * 6, [-1.0] * 6):
        with pytest.raises(ValueError, match="finite"):
            shares(weight=bad)
    with pytest.raises(ValueError, match="least_deff"):
        shares(least_deff=0.5)


@settings(max_examples=12)
@given(st.integers(0, 10**6), st.floats(0.01, 100))
def test_shares_lie_within_their_interval_whatever_the_order(seed: int, factor: float) -> None:
    generator = np.random.default_rng(seed)
    rows = [
        (f"c{c}", f"P{c // 3}", "q", str(code), int(n))
        for c in range(7)
        for code, n in enumerate(generator.poisson([0.3, 0.5, 2, 6, 8]), start=1)
    ]
    counts = pd.DataFrame(rows, columns=["class_code", "project", "item", "code", "n"])
    weight = generator.uniform(0.5, 3, 7).tolist()
    base = shares(counts, weight=weight)
    mixed = shares(
        counts.iloc[generator.permutation(len(counts))], weight=[w * factor for w in weight]
    )
    pd.testing.assert_frame_equal(mixed, base, rtol=1e-9)
    known = base.dropna(subset="share")
    assert (known["low"] <= known["share"] + 1e-12).all()
    assert (known["high"] >= known["share"] - 1e-12).all()
    assert known[["low", "high"]].stack().between(0, 1).all()
