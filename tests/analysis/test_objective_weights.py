"""Entropy and CRITIC weights against their published examples, and by property."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from analysis.objective_weights import METHODS, critic_weights, entropy_weights

FIGHTERS = np.array(
    [
        [2.0, 1500, 20000, 5.5, 5, 9],
        [2.5, 2700, 18000, 6.5, 3, 5],
        [1.8, 2000, 21000, 4.5, 7, 7],
        [2.2, 1800, 20000, 5.0, 5, 5],
    ]
)
"""Hwang & Yoon 1981: speed, range, payload, cost, reliability, manoeuvrability of four aircraft."""
COMPANIES = np.array(
    [
        [61, 1.08, 4.33],
        [20.7, 0.26, 4.34],
        [16.3, 1.98, 2.53],
        [9, 3.29, 1.65],
        [5.4, 2.77, 2.33],
        [4, 4.12, 1.21],
        [-6.1, 3.52, 2.10],
        [-34.6, 3.31, 0.98],
    ]
)
"""Diakoulaki, Mavrotas & Papayannakis 1995: eight Greek pharmaceutical companies."""
tables = arrays.arrays(float, (6, 4), elements=st.integers(1, 100).map(float))


def test_entropy_of_the_fighters() -> None:
    """Hwang & Yoon 1981, p. 56, whose entropies have four digits, hence weights to 2e-3."""
    share = FIGHTERS / FIGHTERS.sum(axis=0)
    entropy = -(share * np.log(share)).sum(axis=0) / np.log(4)
    published = [0.9946, 0.9829, 0.9989, 0.9931, 0.9703, 0.9770]
    np.testing.assert_allclose(entropy, published, atol=2e-4)
    found = entropy_weights(FIGHTERS)
    np.testing.assert_allclose(found, (1 - entropy) / (1 - entropy).sum(), rtol=1e-9)
    np.testing.assert_allclose(found, [0.0649, 0.2055, 0.0133, 0.0829, 0.3570, 0.2764], atol=2e-3)


def test_critic_of_the_companies() -> None:
    """Diakoulaki et al. 1995, as in scikit-criteria's test of its Critic: .20222554 ..."""
    found = critic_weights(COMPANIES, benefit=np.ones(3, dtype=bool))
    np.testing.assert_allclose(found, [0.20222554, 0.48090173, 0.31687273], atol=5e-9)


@settings(max_examples=50)
@given(tables, st.permutations(range(6)), st.sampled_from(sorted(METHODS)))
def test_order_of_units_does_not_matter(x: np.ndarray, order: list[int], method: str) -> None:
    benefit = np.array([True, False, True, True])
    first, last = METHODS[method](x[order], benefit), METHODS[method](x, benefit)
    assert np.array_equal(first, last, equal_nan=True)
    assert np.isnan(last).all() or (last.sum() == pytest.approx(1.0) and (last >= 0).all())


@settings(max_examples=50)
@given(tables, st.permutations(range(4)), st.sampled_from(sorted(METHODS)))
def test_order_of_columns_does_not_matter(x: np.ndarray, order: list[int], method: str) -> None:
    benefit = np.array([True, False, True, True])
    first = METHODS[method](x[:, order], benefit[order])
    np.testing.assert_allclose(first, METHODS[method](x, benefit)[order], atol=1e-9)


@settings(max_examples=50)
@given(tables, st.floats(0.01, 100.0))
def test_unit_of_measurement_does_not_matter(x: np.ndarray, factor: float) -> None:
    benefit = np.ones(4, dtype=bool)
    for method in METHODS.values():
        np.testing.assert_allclose(method(x * factor, benefit), method(x, benefit), atol=1e-7)
    np.testing.assert_allclose(
        critic_weights(x + 7.0, benefit=benefit), critic_weights(x, benefit=benefit), atol=1e-7
    )


@pytest.mark.parametrize("noise", [0.0, 1e-12])
def test_a_constant_column_weighs_nothing(noise: float) -> None:
    x = FIGHTERS.copy()
    x[:, 1] = 4.8 + noise * np.arange(4)
    for method in METHODS.values():
        found = method(x, np.ones(6, dtype=bool))
        rest = method(np.delete(x, 1, axis=1), np.ones(5, dtype=bool))
        assert found[1] == 0.0
        np.testing.assert_allclose(np.delete(found, 1), rest)


def test_satisfaction_at_the_ceiling_loses_its_weight() -> None:
    """Why no official weight comes from here: what all do well counts for nothing."""
    satisfied = [96.0, 95.8, 96.2, 96.1]
    x = np.column_stack([satisfied, [20.0, 80.0, 45.0, 60.0]])
    assert entropy_weights(x)[0] < 1e-4


@pytest.mark.parametrize(
    "x", [np.full((5, 3), 4.0), np.ones((1, 3)), np.zeros((4, 2)), np.empty((0, 2))]
)
def test_where_nothing_differs_there_are_no_weights(x: np.ndarray) -> None:
    for method in METHODS.values():
        assert np.isnan(method(x, np.ones(x.shape[1], dtype=bool))).all()


def test_columns_that_go_together_exactly_have_no_conflict() -> None:
    x = np.column_stack([np.arange(5.0), 3.0 * np.arange(5.0) + 1.0])
    assert np.isnan(critic_weights(x, benefit=np.ones(2, dtype=bool))).all()
    assert critic_weights(x, benefit=np.array([True, False])).tolist() == pytest.approx([0.5, 0.5])


@pytest.mark.parametrize("bad", [np.nan, np.inf, -1.0])
def test_what_has_no_entropy_is_refused(bad: float) -> None:
    x = FIGHTERS.copy()
    x[0, 0] = bad
    with pytest.raises(ValueError, match="complete|negative"):
        entropy_weights(x)
    if not np.isfinite(bad):
        with pytest.raises(ValueError, match="complete"):
            critic_weights(x, benefit=np.ones(6, dtype=bool))
