"""Fuzzy comprehensive evaluation: the textbook's clothes, and its identity with the mean."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from analysis.fuzzy import OPERATORS, WHOLE, evaluate, membership, score, table

CLOTHES = np.array([[0.7, 0.2, 0.1, 0.0], [0.2, 0.3, 0.4, 0.1], [0.3, 0.4, 0.2, 0.1]])
"""Pattern, wear and price of a dress, judged very welcome to unwelcome (服装评判)."""
CUSTOMER = np.array([0.5, 0.3, 0.2])
POINTS = np.array([100.0, 80.0, 60.0, 40.0])
counts = arrays.arrays(float, (4, 5), elements=st.integers(0, 40).map(float))
weights = arrays.arrays(float, 4, elements=st.floats(0.01, 10.0))


@pytest.mark.parametrize(
    ("operator", "published"),
    [
        ("weighted_mean", [0.47, 0.27, 0.21, 0.05]),
        ("max_min", [0.5 / 1.2, 0.3 / 1.2, 0.3 / 1.2, 0.1 / 1.2]),
    ],
)
def test_the_clothes(operator: str, published: list[float]) -> None:
    """Textbook of fuzzy sets: A o R = (.5 .3 .3 .1) by max-min, then divided by its sum 1.2."""
    found = evaluate(CLOTHES, weights=CUSTOMER, operator=operator)
    assert found.tolist() == pytest.approx(published)


@settings(max_examples=100)
@given(counts, weights)
def test_its_score_is_the_weighted_mean_of_the_mean_grades(n: np.ndarray, w: np.ndarray) -> None:
    """(W R) v = W (R v): with M(·,+) nothing is scored that the plain mean does not score."""
    values = np.array([100.0, 80.0, 60.0, 40.0, 20.0])
    answered = n.sum(axis=1) > 0
    found = score(evaluate(membership(n), weights=w, operator="weighted_mean"), values=values)
    if not answered.any():
        assert np.isnan(found)
        return
    means = (n[answered] @ values) / n[answered].sum(axis=1)
    plain = (w[answered] * means).sum() / w[answered].sum()
    assert found == pytest.approx(plain, rel=1e-12)


def test_max_min_does_not_see_what_the_mean_sees() -> None:
    """Two items of weight .5: shares above .5 and below the other's are all the same to it."""
    one = np.array([[0.9, 0.1, 0.0], [0.2, 0.3, 0.5]])
    two = np.array([[0.6, 0.1, 0.3], [0.0, 0.3, 0.7]])
    half = np.array([0.5, 0.5])
    first, last = (evaluate(r, weights=half, operator="max_min") for r in (one, two))
    assert np.array_equal(first, last)
    first, last = (evaluate(r, weights=half, operator="weighted_mean") for r in (one, two))
    assert not np.allclose(first, last)


@settings(max_examples=50)
@given(counts, weights, st.floats(0.1, 10.0), st.permutations(range(4)))
def test_shares_sum_to_one_and_order_and_scale_of_weights_do_not_matter(
    n: np.ndarray, w: np.ndarray, factor: float, order: list[int]
) -> None:
    for operator in OPERATORS:
        found = evaluate(membership(n), weights=w, operator=operator)
        moved = evaluate(membership(n)[order], weights=w[order] * factor, operator=operator)
        np.testing.assert_allclose(moved, found, atol=1e-12)
        assert np.isnan(found).all() or found.sum() == pytest.approx(1.0)


def test_the_table_to_print() -> None:
    n = np.array([[7, 2, 1, 0], [0, 0, 0, 0], [3, 4, 2, 1]])
    found = table(
        membership(n),
        weights=np.array([0.6, 0.2, 0.2]),
        values=POINTS,
        items=["q1", "q2", "q3"],
        grades=["优", "良", "中", "差"],
        operator="weighted_mean",
    ).set_index("item")
    assert found["weight"].tolist() == pytest.approx([0.75, 0.0, 0.25, 1.0])
    assert found["grade"].tolist() == ["优", None, "良", "优"]
    assert found.loc[WHOLE, "score"] == pytest.approx(0.75 * 92 + 0.25 * 78)
    assert np.isnan(found.loc["q2", "score"])


@pytest.mark.parametrize("operator", sorted(OPERATORS))
def test_without_answers_or_weight_there_is_no_evaluation(operator: str) -> None:
    none = membership(np.zeros((2, 3)))
    assert np.isnan(evaluate(none, weights=np.ones(2), operator=operator)).all()
    some = membership(np.array([[1, 2, 0], [0, 0, 0]]))
    assert np.isnan(evaluate(some, weights=np.array([0.0, 1.0]), operator=operator)).all()
    one = evaluate(some, weights=np.ones(2), operator="weighted_mean")
    assert one.tolist() == pytest.approx([1 / 3, 2 / 3, 0.0])


def test_negative_counts_weights_and_names_that_occur_twice_are_refused() -> None:
    with pytest.raises(ValueError, match="counts"):
        membership(np.array([[1.0, -1.0]]))
    with pytest.raises(ValueError, match="weights"):
        evaluate(CLOTHES, weights=-CUSTOMER, operator="max_min")
    for grades in (["优", "优", "中", "差"], ["score", "良", "中", "差"]):
        with pytest.raises(ValueError, match="names"):
            table(
                CLOTHES,
                weights=CUSTOMER,
                values=POINTS,
                items="abc",
                grades=grades,
                operator="max_min",
            )
