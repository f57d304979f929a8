"""TOPSIS against the published example, its rank reversal shown, and by property."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from test_objective_weights import FIGHTERS

from analysis.topsis import NORMALISATIONS, topsis

WEIGHTS = np.array([0.2, 0.1, 0.1, 0.1, 0.2, 0.3])
BENEFIT = np.array([True, True, True, False, True, True])
tables = arrays.arrays(float, (5, 6), elements=st.integers(1, 100).map(float))


def closeness(x: np.ndarray, normalisation: str = "vector") -> np.ndarray:
    return topsis(x, weights=WEIGHTS, benefit=BENEFIT, normalisation=normalisation)


def test_the_fighters() -> None:
    """Hwang & Yoon 1981, p. 138: .643 .268 .614 .312; min-max as pymcdm 1.4.0 does unasked."""
    np.testing.assert_allclose(closeness(FIGHTERS), [0.643, 0.268, 0.614, 0.312], atol=5e-4)
    minmax = closeness(FIGHTERS, "minmax")
    np.testing.assert_allclose(minmax, [0.613, 0.366, 0.531, 0.352], atol=5e-4)


def test_a_unit_that_leaves_turns_the_order_of_two_others() -> None:
    """Rank reversal, for both normalisations: hence sensitivity only."""
    generator = np.random.default_rng(0)
    for name in NORMALISATIONS:
        turned = 0
        for _ in range(100):
            x = generator.uniform(1, 100, (4, 6))
            whole, rest = closeness(x, name)[:3], closeness(x[:3], name)
            turned += int((np.argsort(whole) != np.argsort(rest)).any())
        assert turned > 0


@settings(max_examples=50)
@given(tables, st.permutations(range(5)), st.sampled_from(sorted(NORMALISATIONS)))
def test_order_of_units_does_not_matter(x: np.ndarray, order: list[int], name: str) -> None:
    assert np.array_equal(closeness(x[order], name), closeness(x, name)[order])


@settings(max_examples=50)
@given(tables, st.floats(0.01, 100.0), st.sampled_from(sorted(NORMALISATIONS)))
def test_units_of_measurement_and_of_weights_do_not_matter(
    x: np.ndarray, factor: float, name: str
) -> None:
    scaled = topsis(x * factor, weights=WEIGHTS * factor, benefit=BENEFIT, normalisation=name)
    np.testing.assert_allclose(scaled, closeness(x, name), atol=1e-9)


@settings(max_examples=50)
@given(tables, st.sampled_from(sorted(NORMALISATIONS)))
def test_closeness_lies_between_the_worst_and_the_best(x: np.ndarray, name: str) -> None:
    best = np.where(BENEFIT, x.max(axis=0) + 1, x.min(axis=0) - 1)
    worst = np.where(BENEFIT, x.min(axis=0) - 1, x.max(axis=0) + 1)
    found = closeness(np.vstack([x, best, worst, x[0]]), name)
    assert found[5] == 1.0 and found[6] == 0.0
    assert ((found >= 0) & (found <= 1)).all()
    assert found[7] == found[0]


@pytest.mark.parametrize("name", sorted(NORMALISATIONS))
@pytest.mark.parametrize("x", [np.full((3, 6), 4.0), np.zeros((2, 6)), np.ones((1, 6))])
def test_where_nothing_differs_all_are_in_the_middle(name: str, x: np.ndarray) -> None:
    assert (closeness(x, name) == 0.5).all()


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_an_incomplete_table_or_weights_that_weigh_nothing_are_refused(bad: float) -> None:
    x = FIGHTERS.copy()
    x[0, 0] = bad
    with pytest.raises(ValueError, match="complete"):
        closeness(x)
    for weights in (np.zeros(6), np.full(6, bad), -WEIGHTS):
        with pytest.raises(ValueError, match="weights"):
            topsis(FIGHTERS, weights=weights, benefit=BENEFIT, normalisation="vector")
