"""Degrees of freedom of a score that rests on classes and on experts."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.composite import Composed
from analysis.pipeline.cards import freedom

ALONE = np.eye(2)


def composed(variance: list[float]) -> Composed:
    """Units whose score has these variances; with one node, the composite."""
    codes = tuple(f"U{k}" for k in range(len(variance)))
    return Composed(codes, ("T",), np.zeros((len(codes), 1)), np.diag(variance)[None])


def of(whole: list[float], people: list[float], *, rows: np.ndarray = ALONE, experts: float = 9.0):
    kept: Any = SimpleNamespace(basis=SimpleNamespace(df=np.array([12.0, 14.0])))
    plan: Any = SimpleNamespace(means=SimpleNamespace(prior_df=10.0))
    panel: Any = SimpleNamespace(df=experts)
    found = {"whole": composed(whole), "people": composed(people)}
    return freedom(kept, panel, plan, rows=rows, **found).tolist()


def test_one_source_has_its_own() -> None:
    assert of([4.0, 4.0], [4.0, 4.0]) == [12.0, 14.0]
    assert of([4.0, 4.0], [0.0, 0.0]) == [9.0, 9.0]


def test_two_sources_by_hand() -> None:
    """Welch: (3 + 1)² / (3²/12 + 1²/9) = 16 / (0.75 + 1/9)."""
    assert of([4.0, 4.0], [3.0, 4.0])[0] == pytest.approx(16.0 / (0.75 + 1.0 / 9.0))


def test_what_is_borrowed_counts_once() -> None:
    """Two projects lend 10 each, their classes bring 2 and 4: 10 + 6."""
    assert of([1.0], [1.0], rows=np.ones((1, 2))) == [16.0]


def test_a_score_without_error_or_with_an_unknown_one_has_those_of_its_classes() -> None:
    assert of([0.0, np.nan], [0.0, np.nan]) == [12.0, 14.0]


@given(whole=st.floats(1e-6, 1e6), share=st.floats(0.0, 1.0), experts=st.floats(1.0, 50.0))
def test_never_fewer_than_the_fewer_nor_more_than_both(
    whole: float, share: float, experts: float
) -> None:
    found = of([whole, whole], [whole * share, whole], experts=experts)[0]
    assert min(12.0, experts) * (1 - 1e-9) <= found <= (12.0 + experts) * (1 + 1e-9)


def test_the_unit_of_points_does_not_matter() -> None:
    assert of([4e4, 4e4], [3e4, 1e4]) == pytest.approx(of([4.0, 4.0], [3.0, 1.0]))
