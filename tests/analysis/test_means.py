"""Unit means and their design-based errors against textbooks and by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis.means import clustered_df, unequal_classes, unit_means
from analysis.weights import class_weights
from frames import frame
from instruments.methods import Means
from project_root import ROOT

CHOICE = Means(variance="linearised", finite_population=False, prior_df=0.0)


def tables(values: dict[str, list[float]]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Totals and products of one leaf from people's values per class."""
    totals = [(c, "L", len(v), sum(v)) for c, v in values.items()]
    products = [
        (c, "L", "L", len(v), sum(v), sum(v), sum(x * x for x in v)) for c, v in values.items()
    ]
    return (
        pd.DataFrame(totals, columns=["class_code", "leaf", "n", "total"]),
        pd.DataFrame(
            products,
            columns=["class_code", "leaf_a", "leaf_b", "n", "total_a", "total_b", "product"],
        ),
    )


def means(values, *, unit=None, weight=None, choice=CHOICE, groups=None, silent=()):
    unit, weight = unit or {}, weight or {}
    totals, products = tables(values)
    rows = [(c, unit.get(c, "U"), "L", weight.get(c, 1.0)) for c in values]
    weights = pd.DataFrame(rows, columns=["class_code", "project", "leaf", "weight"])
    units = sorted(set(weights["project"]))
    return unit_means(
        totals,
        products=products,
        weights=weights,
        units=units,
        groups=groups or ["g"] * len(units),
        lending=[unit not in silent for unit in units],
        leaves=["L"],
        choice=choice,
    )


SUITES = {
    "1": [3.08, 2.60, 3.44, 3.04],
    "2": [2.36, 3.04, 3.28, 2.68],
    "3": [2.00, 2.56, 2.52, 1.88],
    "4": [3.00, 2.88, 3.44, 3.64],
    "5": [2.68, 1.92, 3.28, 3.20],
}


def test_suites_of_students_equal_lohr() -> None:
    """Lohr 2010, Sampling: Design and Analysis, example 5.2: mean 2.826, SE .164 with 5 of 100."""
    found = means(SUITES)
    assert found.value.item() == pytest.approx(2.826)
    with_correction = np.sqrt(found.own.item() * (1 - 5 / 100))
    assert with_correction == pytest.approx(0.164, abs=5e-4)
    assert found.classes.item() == 5


def test_one_class_uses_the_people_within_it() -> None:
    """s / sqrt(n), as for a simple random sample."""
    values = SUITES["1"]
    found = means({"1": values})
    assert found.own.item() == pytest.approx(np.var(values, ddof=1) / 4)
    assert found.moderated.item() == pytest.approx(found.own.item())


def test_finite_population_is_stratified_non_response() -> None:
    """Cochran 1977, 5.6: sum of W_h^2 (1 - f_h) s_h^2 / n_h."""
    values = {"1": SUITES["1"], "2": SUITES["2"]}
    choice = replace(CHOICE, finite_population=True)
    found = means(values, weight={"1": 2.0, "2": 4.0}, choice=choice)
    shares, f = np.array([8, 16]) / 24, np.array([1 / 2, 1 / 4])
    spread = np.array([np.var(v, ddof=1) / 4 for v in values.values()])
    assert found.own.item() == pytest.approx(float((shares**2 * (1 - f) * spread).sum()))


def test_each_form_of_a_finite_population_has_its_own_rate() -> None:
    """Half of the class filled one form, a quarter another: each leaf has its own 1 - f."""
    filled, seldom = SUITES["1"], SUITES["2"]
    parts = [tables({"1": values}) for values in (filled, seldom)]
    totals, products = (pd.concat(part, ignore_index=True) for part in zip(*parts, strict=True))
    totals["leaf"] = ["L", "M"]
    products["leaf_a"] = products["leaf_b"] = ["L", "M"]
    weights = pd.DataFrame(
        {"class_code": ["1", "1"], "project": ["U", "U"], "leaf": ["L", "M"], "weight": [2.0, 4.0]}
    )
    found = unit_means(
        totals,
        products=products,
        weights=weights,
        units=["U"],
        groups=["g"],
        lending=[True],
        leaves=["L", "M"],
        choice=replace(CHOICE, finite_population=True),
    )
    expected = [np.var(filled, ddof=1) / 4 * (1 - 1 / 2), np.var(seldom, ddof=1) / 4 * (1 - 1 / 4)]
    assert np.diag(found.own[0]).tolist() == pytest.approx(expected)


def test_moderation_pools_over_the_group() -> None:
    """(d0 S + d S_u) / (d0 + d): with a heavy prior both units have the same class variance."""
    values = {"1": [2.0, 2], "2": [4.0, 4], "3": [3.0, 3], "4": [3.0, 3]}
    unit = {"1": "A", "2": "A", "3": "B", "4": "B"}
    own = means(values, unit=unit)
    assert own.own[:, 0, 0].tolist() == pytest.approx([1.0, 0.0])
    heavy = means(values, unit=unit, choice=replace(CHOICE, prior_df=1e9))
    assert heavy.moderated[:, 0, 0].tolist() == pytest.approx([0.5, 0.5])
    some = means(values, unit=unit, choice=replace(CHOICE, prior_df=1.0))
    assert some.moderated[:, 0, 0].tolist() == pytest.approx([0.75, 0.25])
    assert some.df.tolist() == [2.0, 2.0]


def test_post_stratification_counts_classes_by_enrolment() -> None:
    """Holt & Smith 1979: weight = enrolled / answered; unknown enrolment counts heads."""
    rows = frame("| class_code | n |\n| a | 10 |\n| b | 10 |\n| c | 5 |")
    classes = frame(
        "| class_code | project | enrolled |\n| a | P | 40 |\n| b | P | 20 |\n| c | P |  |\n"
        "| d | P | 9 |"
    )
    found = class_weights(rows, classes=classes, method="poststratify")
    assert found["weight"].tolist() == [4.0, 2.0, 1.0]
    assert class_weights(rows, classes=classes, method="none")["weight"].tolist() == [1, 1, 1]
    with pytest.raises(KeyError):
        class_weights(rows, classes=classes, method="guess")
    weighted = means({"a": [80.0] * 10, "b": [50.0] * 10}, weight={"a": 4.0, "b": 2.0})
    assert weighted.value.item() == pytest.approx(70.0)


def test_nothing_answered_is_missing() -> None:
    found = means({"1": [3.0, 4.0]}, unit={"1": "A"})
    assert not np.isnan(found.value).any()
    none = means({"1": []}, unit={"1": "A"})
    assert np.isnan(none.value).all()
    assert (none.own == 0).all()


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.lists(st.floats(0, 100), min_size=2, max_size=6), min_size=2, max_size=5),
    st.floats(-20, 20),
    st.floats(0.5, 3),
)
def test_shift_and_scale_pass_through(values, shift: float, scale: float) -> None:
    classes = {str(i): v for i, v in enumerate(values)}
    moved = {c: [shift + scale * x for x in v] for c, v in classes.items()}
    base, other = means(classes), means(moved)
    assert other.value.item() == pytest.approx(shift + scale * base.value.item(), abs=1e-6)
    assert other.own.item() == pytest.approx(scale**2 * base.own.item(), rel=1e-6, abs=1e-6)


REDUCED = replace(CHOICE, variance="bias_reduced")
BY_MEANS = replace(CHOICE, variance="class_means")


def test_class_means_by_hand() -> None:
    """Donald & Lang 2007: sum(a²) times the variance of the class means, C - 1."""
    found = means({"1": [70.0, 74], "2": [80.0], "3": [90.0, 90, 90]}, choice=BY_MEANS)
    expected = (4 + 1 + 9) / 36 * np.var([72, 80, 90], ddof=1)
    assert found.own.item() == pytest.approx(expected)
    assert found.df.item() == 2.0
    equal = means(SUITES, choice=BY_MEANS)
    assert equal.own.item() == pytest.approx(means(SUITES).own.item())


def test_degrees_of_freedom_equal_r_survey() -> None:
    """R survey 4.5, tests/testthat/_snaps/bell_mccaffrey.md: api00 ~ api99 + stype by district."""
    table = pd.read_csv(ROOT / "tests" / "reference" / "api_cluster.csv")
    columns = [np.ones(len(table)), table["api99"], table["stype"] == "H", table["stype"] == "M"]
    found = clustered_df(
        np.column_stack(columns).astype(float),
        weight=np.full(len(table), 6194 / 183),
        cluster=table["dnum"].to_numpy(),
    )
    assert found.tolist() == pytest.approx([6.308131, 7.061340, 5.304156, 8.979698], abs=1e-6)
    with pytest.raises(ValueError, match="rank"):
        clustered_df(np.ones((4, 2)), weight=np.ones(4), cluster=np.arange(4))
    with pytest.raises(ValueError, match="finite"):
        clustered_df(np.ones((2, 1)), weight=np.array([1, np.inf]), cluster=np.arange(2))


@settings(max_examples=25)
@given(st.lists(st.floats(0.05, 50), min_size=2, max_size=9), st.floats(1e-3, 1e3))
def test_unequal_classes_by_brute_force(mass: list[float], factor: float) -> None:
    """B = (I - 1a')' diag(a² f) (I - 1a'): tr B = sum(a²), the truth; df = tr(B)² / tr(B B)."""
    found, df = unequal_classes(
        factor * np.array(mass)[:, None], unit=np.zeros(len(mass), dtype=int), size=1
    )
    share = np.array(mass) / np.sum(mass)
    leave = np.eye(len(mass)) - np.outer(np.ones(len(mass)), share)
    form = leave.T @ np.diag(share**2 * found[:, 0]) @ leave
    assert np.trace(form) == pytest.approx((share**2).sum(), rel=1e-8)
    assert df.item() == pytest.approx(np.trace(form) ** 2 / np.trace(form @ form), rel=1e-6)
    assert 1.0 <= df.item() <= len(mass) - 1


def test_equal_classes_are_the_usual_ones() -> None:
    mass = np.array([[2.0], [2.0], [2.0], [2.0], [5.0], [0.0], [7.0], [1e9], [1.0]])
    unit = np.array([0, 0, 0, 0, 1, 1, 2, 3, 3])
    factor, df = unequal_classes(mass, unit=unit, size=5)
    assert factor[:4].ravel().tolist() == pytest.approx([4 / 3] * 4)
    assert factor[4:7].ravel().tolist() == [0.0, 0.0, 0.0]
    assert np.isfinite(factor).all()
    assert df.ravel().tolist() == pytest.approx([3.0, 0.0, 0.0, 1.0, 0.0])
    usual, reduced = means(SUITES), means(SUITES, choice=REDUCED)
    assert reduced.own.item() == pytest.approx(usual.own.item())
    assert reduced.df.item() == pytest.approx(usual.df.item()) == pytest.approx(4.0)


def simulated(units: int, *, sizes: list[int], choice: Means) -> tuple[float, float]:
    """Share of 95 % intervals that hold the units' quality 80, and mean variance over the true.

    Every unit has classes of ``sizes`` people, with standard deviations 3 between and 8 within.
    """
    generator = np.random.default_rng(11)
    share = np.array(sizes) / np.sum(sizes)
    truth = 9.0 * (share**2).sum() + 64.0 / np.sum(sizes)
    values, unit = {}, {}
    for u in range(units):
        for c, size in enumerate(sizes):
            level = 80 + generator.normal(0, 3.0)
            values[f"{u:05} {c}"] = generator.normal(level, 8.0, size).tolist()
            unit[f"{u:05} {c}"] = f"{u:05}"
    found = means(values, unit=unit, choice=choice)
    variance = found.moderated[:, 0, 0]
    half = stats.t.ppf(0.975, found.df) * np.sqrt(variance)
    return float((np.abs(found.value[:, 0] - 80) <= half).mean()), float(variance.mean() / truth)


@pytest.mark.prove
def test_intervals_of_unequal_classes_cover(full_count, proven) -> None:
    """One class with half of the people: the linearised variance is too small, the others not."""
    units, sizes = (10_000 if full_count else 1000), [120, 40, 30, 30, 20]
    told = []
    for prior in (0.0, 10.0):
        found = {
            choice.variance: simulated(units, sizes=sizes, choice=replace(choice, prior_df=prior))
            for choice in (CHOICE, REDUCED, BY_MEANS)
        }
        assert found["linearised"][0] < 0.93
        assert found["linearised"][1] < 0.8
        assert 0.935 < found["class_means"][0] < 0.99
        assert found["bias_reduced"][0] > 0.97
        for name in ("class_means", "bias_reduced"):
            assert 0.95 < found[name][1] < 1.25
        told += [
            f"{name}, prior_df {prior:g}: {100 * cover:g} %, variance {ratio:g} of the true"
            for name, (cover, ratio) in found.items()
        ]
    proven(f"{units} units of five classes of 20-120 people; {'; '.join(told)}")
