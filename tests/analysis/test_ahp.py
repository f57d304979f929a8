"""Pairwise comparisons against Saaty's published drinks, and by their properties."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.ahp import aggregate, judgements, most_inconsistent, priorities
from instruments.comparisons import comparison_rules
from project_root import ROOT

RULES = comparison_rules()
TABLE = pd.read_csv(ROOT / "tests/reference/saaty_drinks.csv", index_col=0)
DRINKS = list(TABLE.columns)


def drinks() -> np.ndarray:
    size = len(DRINKS)
    upper = {(i, j): float(TABLE.iloc[i, j]) for i in range(size) for j in range(i + 1, size)}
    return judgements(size, pairs=upper, among=RULES.scale)


def test_published_drinks() -> None:
    found = priorities(drinks(), random_index=RULES.random_index)
    published = {"water": 0.327, "soda": 0.190, "coffee": 0.177, "milk": 0.129}
    published |= {"beer": 0.116, "tea": 0.042, "wine": 0.019}
    for drink, weight in published.items():
        assert found.weight[DRINKS.index(drink)] == pytest.approx(weight, abs=5e-4)
    assert found.eigenvalue == pytest.approx(7.17662904, abs=1e-7)
    assert found.index == pytest.approx(0.02943817, abs=1e-7)
    assert found.ratio == pytest.approx(0.0223016, abs=1e-6)


weights = st.lists(st.floats(0.05, 20.0), min_size=3, max_size=9)


@given(weights)
def test_consistent_judgements_give_back_their_weights(given_: list[float]) -> None:
    w = np.array(given_)
    found = priorities(w[:, None] / w[None, :], random_index=RULES.random_index)
    assert found.weight == pytest.approx(w / w.sum(), rel=1e-6)
    assert found.index == pytest.approx(0.0, abs=1e-9)


@given(st.permutations(range(7)))
def test_order_of_elements_does_not_matter(order: list[int]) -> None:
    matrix = drinks()
    found = priorities(matrix[np.ix_(order, order)], random_index=RULES.random_index)
    straight = priorities(matrix, random_index=RULES.random_index)
    assert found.weight == pytest.approx(straight.weight[order], rel=1e-9)
    assert found.ratio == pytest.approx(straight.ratio, abs=1e-9)


def test_two_elements_are_always_consistent() -> None:
    matrix = judgements(2, pairs={(0, 1): 1 / 3}, among=RULES.scale)
    found = priorities(matrix, random_index=RULES.random_index)
    assert found.weight == pytest.approx([0.25, 0.75])
    assert found.ratio == 0.0


def test_a_group_of_opposites_is_indifferent() -> None:
    matrix = drinks()
    both = aggregate([matrix, matrix.T])
    assert both == pytest.approx(np.ones_like(matrix))


@pytest.mark.parametrize("pairs", [{(0, 1): 3.0}, {(0, 1): 3.0, (0, 2): 3.5, (1, 2): 1.0}])
def test_judgements_off_the_scale_or_missing_are_refused(pairs: dict) -> None:
    with pytest.raises(ValueError, match="comparison of 0 and 2"):
        judgements(3, pairs=pairs, among=RULES.scale)


@given(st.lists(st.floats(0.5, 2.0), min_size=4, max_size=7), st.data())
def test_the_one_judgement_that_was_bent_is_named(given_: list[float], data: st.DataObject) -> None:
    """A consistent matrix with one judgement bent by a factor of 9: that one is farthest off."""
    w = np.array(given_)
    i, j = sorted(data.draw(st.permutations(range(len(w))))[:2])
    matrix = w[:, None] / w[None, :]
    matrix[i, j] *= 9
    matrix[j, i] = 1 / matrix[i, j]
    found = priorities(matrix, random_index=RULES.random_index)
    assert most_inconsistent(matrix, weight=found.weight) == (i, j)


def test_drinks_in_full() -> None:
    """Eigenvector by power iteration; ratio with Saaty's 1.32 and with the later 1.35 for n = 7."""
    matrix = drinks()
    vector = np.ones(len(matrix))
    for _ in range(200):
        vector = matrix @ vector
        vector /= vector.sum()
    found = priorities(matrix, random_index={7: 1.35})
    np.testing.assert_allclose(found.weight, vector, atol=1e-10)
    assert found.ratio == pytest.approx(0.0218061, abs=1e-6)
    assert np.isnan(priorities(matrix, random_index={}).ratio)


def test_group_judgement_of_the_apple_and_the_orange() -> None:
    """Saaty's example of three people (2, 3 and 4 times larger): the cube root of 24, and its
    reciprocal from their reciprocals, which the arithmetic mean (13/36) does not give."""
    people = [np.array([[1.0, x], [1.0 / x, 1.0]]) for x in (2.0, 3.0, 4.0)]
    group = aggregate(people)
    assert group[0, 1] == pytest.approx(24 ** (1 / 3))
    assert group[1, 0] == pytest.approx(24 ** (-1 / 3))
    share = 24 ** (1 / 3) / (1 + 24 ** (1 / 3))
    found = priorities(group, random_index=RULES.random_index)
    assert found.weight == pytest.approx([share, 1 - share])


@st.composite
def members(draw: st.DrawFn) -> list[np.ndarray]:
    """Two to four people's judgements of the same four or five things, on Saaty's scale."""
    size = draw(st.integers(4, 5))
    one = st.sampled_from([*RULES.scale, *(1 / value for value in RULES.scale)])
    pairs = [(i, j) for i in range(size) for j in range(i + 1, size)]
    return [
        judgements(size, pairs={pair: draw(one) for pair in pairs}, among=RULES.scale)
        for _ in range(draw(st.integers(2, 4)))
    ]


@given(members())
def test_a_group_is_no_less_consistent_than_its_members(group: list[np.ndarray]) -> None:
    """Elsner, Johnson & Dias da Silva 1988: the eigenvalue of the entrywise geometric mean is at
    most the geometric mean of the eigenvalues; so the ratio is at most the largest member's."""
    each = [priorities(matrix, random_index=RULES.random_index) for matrix in group]
    joint = priorities(aggregate(group), random_index=RULES.random_index)
    middle = np.exp(np.mean([np.log(one.eigenvalue) for one in each]))
    assert joint.eigenvalue <= middle + 1e-9
    assert joint.ratio <= max(one.ratio for one in each) + 1e-9


@given(members(), st.randoms(use_true_random=False))
def test_order_of_members_and_of_judgements_does_not_matter(group: list, random) -> None:
    size = len(group[0])
    pairs = {(i, j): group[0][i, j] for i in range(size) for j in range(i + 1, size)}
    mixed = list(pairs.items())
    random.shuffle(mixed)
    assert np.array_equal(judgements(size, pairs=dict(mixed), among=RULES.scale), group[0])
    turned = aggregate(group[::-1])
    np.testing.assert_allclose(turned, aggregate(group), rtol=1e-12)
