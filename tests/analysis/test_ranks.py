"""Rank sets against csranks, competition ranks, and letters by their definition."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.ranks import competition_ranks, letters, printed_score, rank_sets
from project_root import ROOT

PISA = pd.read_csv(ROOT / "tests" / "reference" / "pisa2018_math.csv")


def sets(score, se, *, level=0.95, draws=20000, df=np.inf, seed=1):
    return rank_sets(
        np.asarray(score, dtype=float),
        covariance=np.diag(np.asarray(se, dtype=float) ** 2),
        level=level,
        draws=draws,
        df=df,
        generator=np.random.default_rng(seed),
    )


def test_pisa_2018_equals_csranks() -> None:
    """Bounds within one place; the 12 countries that may be among the top five are exact."""
    found = sets(PISA["score"], PISA["se"], draws=200_000)
    assert np.abs(found.low - PISA["low"]).max() <= 1
    assert np.abs(found.high - PISA["high"]).max() <= 1
    top = set(PISA["jurisdiction"][found.low <= 5])
    assert top == {
        *("Belgium", "Canada", "Denmark", "Estonia", "Finland", "Japan", "Korea"),
        *("Netherlands", "Poland", "Slovenia", "Sweden", "Switzerland"),
    }


def test_pisa_2018_top_five_at_90_percent() -> None:
    assert (sets(PISA["score"], PISA["se"], level=0.90).low <= 5).sum() == 11


@pytest.mark.prove
def test_coverage_of_all_ranks_at_once(full_count: bool, proven) -> None:
    """Simultaneous sets hold every true rank in at least 95 % of replications (t, 12 df)."""
    generator = np.random.default_rng(7)
    truth, hits = np.linspace(78, 84, 10), 0
    ranks = competition_ranks(truth)
    times = 1000 if full_count else 150
    for _ in range(times):
        scale = np.sqrt(generator.chisquare(12, 10) / 12)
        score = truth + generator.normal(0, 1, 10)
        found = sets(score, scale, draws=400, df=12, seed=int(generator.integers(1 << 30)))
        hits += bool(((found.low <= ranks) & (ranks <= found.high)).all())
    assert hits / times >= 0.93
    proven(f"{times} replications of 10 units: all ranks covered in {hits / times:.3f}")


def test_shared_error_does_not_blur_a_difference() -> None:
    """Units that share experts share errors: the covariance decides, not the two variances."""
    common = np.full((2, 2), 25.0) + np.eye(2) * 0.01
    arguments = {"level": 0.95, "draws": 2000, "df": np.inf}
    found = rank_sets(
        np.array([80.0, 82.0]),
        covariance=common,
        generator=np.random.default_rng(1),
        **arguments,
    )
    assert found.separable[0, 1]
    assert not sets([80, 82], [5, 5]).separable.any()


@pytest.mark.parametrize("score", [[80.0], [80.0, 80.0, 80.0]])
def test_one_unit_and_all_equal_are_defined(score: list[float]) -> None:
    found = sets(score, [0.0] * len(score), draws=200)
    assert found.low.tolist() == [1] * len(score)
    assert found.high.tolist() == [len(score)] * len(score)
    assert letters(np.array(score), separable=found.separable) == ["a"] * len(score)


def test_exact_scores_separate() -> None:
    found = sets([70.0, 80.0], [0.0, 0.0], draws=200)
    assert (found.low.tolist(), found.high.tolist()) == ([2, 1], [2, 1])


def test_printed_score_rounds_half_up_from_nine_decimals() -> None:
    assert printed_score(80.25, decimals=1) == 80.3
    assert printed_score(80.15, decimals=1) == 80.2
    assert printed_score(80.15 - 1e-12, decimals=1) == 80.2
    assert printed_score(80.149, decimals=1) == 80.1


def test_competition_ranks() -> None:
    """Domain section 00: only equal printed scores share a rank (1, 2, 2, 4)."""
    assert competition_ranks(np.array([81.0, 82.5, 81.0, 80.9])).tolist() == [2, 1, 2, 4]


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 9), st.data())
def test_letters_say_exactly_what_is_separable(size: int, data) -> None:
    pairs = data.draw(st.lists(st.booleans(), min_size=size * size, max_size=size * size))
    upper = np.triu(np.array(pairs).reshape(size, size), 1)
    separable = upper | upper.T
    score = np.array(data.draw(st.lists(st.floats(0, 100), min_size=size, max_size=size)))
    given_ = letters(score, separable=separable)
    assert all(given_)
    for i in range(size):
        for j in range(size):
            assert bool(set(given_[i]) & set(given_[j])) == (i == j or not separable[i, j])


@settings(max_examples=20, deadline=None)
@given(st.permutations(range(5)))
def test_order_of_units_does_not_matter(order: list[int]) -> None:
    score, se = np.array([90.0, 85, 84, 60, 59.9]), np.array([1.0, 1, 1, 1, 1])
    base, moved = sets(score, se), sets(score[order], se[order])
    assert moved.low.tolist() == base.low[order].tolist()
    assert moved.high.tolist() == base.high[order].tolist()
