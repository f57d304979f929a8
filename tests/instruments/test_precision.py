"""The half-width that a board plans with, against outside references and by exhausting samples."""

from __future__ import annotations

import math
from itertools import combinations
from statistics import fmean, pvariance, variance

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from instruments.builtin import instrument_sources, load_instruments
from instruments.precision import Range, half_width, half_width_words, planning, rating_range

FIVE = Range(1, 5)
Z = 1.959963984540054


def test_planned_deviations_are_those_of_the_shapes() -> None:
    """Deming's shapes as SciPy has them, over a scale of width 1."""
    assert planning().deviation == pytest.approx(stats.triang(c=1).std(), abs=5e-5)
    assert planning().level == 0.95 and "Cochran 1977" in planning().source


STRATA = ((15, (2.8, 4.1, 6.8, 6.8, 9.2)), (12, (3.7, 6.6, 4.2)))
"""Data set `fpc` of R's survey package: size of the population, and what was drawn of it."""


@pytest.mark.parametrize(("corrected", "expected"), [(True, 0.616), (False, 0.7413)])
def test_finite_population_correction_of_the_survey_package(
    corrected: bool, expected: float
) -> None:
    """R's survey package, help page of `fpc`: standard error of the stratified mean of x, with the
    correction and without; each stratum's own deviation is put in for the planned one."""
    whole, error = sum(size for size, _ in STRATA), 0.0
    for size, drawn in STRATA:
        scale = Range(0, math.sqrt(variance(drawn)) / planning().deviation)
        own = half_width(n=len(drawn), enrolled=size if corrected else 10**9, scale=scale) / Z
        error += (size / whole * own) ** 2
    assert math.sqrt(error) == pytest.approx(expected, abs=5e-5)


@given(st.lists(st.integers(1, 5), min_size=3, max_size=8), st.data())
def test_variance_of_a_mean_of_some_is_exact(answers: list[int], data: st.DataObject) -> None:
    """Over all samples of n from the class: the formula with the class's own deviation."""
    n = data.draw(st.integers(1, len(answers) - 1))
    means = [fmean(some) for some in combinations(answers, n)]
    deviation = math.sqrt(variance(answers))
    scale = Range(0, deviation / planning().deviation)
    own = half_width(n=n, enrolled=len(answers), scale=scale)
    assert own == pytest.approx(Z * math.sqrt(pvariance(means)), abs=1e-9)


@given(st.integers(1, 200), st.integers(1, 200))
def test_it_narrows_with_answers_and_widens_with_the_scale(n: int, enrolled: int) -> None:
    own = half_width(n=n, enrolled=enrolled, scale=FIVE)
    assert half_width(n=n + 1, enrolled=enrolled, scale=FIVE) <= own
    assert half_width(n=n, enrolled=enrolled, scale=Range(1, 9)) == pytest.approx(2 * own)
    assert (own == 0) == (n >= enrolled)


def test_words_round_upwards() -> None:
    assert half_width_words(half_width(n=5, enrolled=40, scale=FIVE)) == "±0.8"
    assert [half_width_words(w) for w in (0.0, 0.3, 0.301, 2.0)] == ["±0.0", "±0.3", "±0.4", "±2.0"]
    assert half_width_words(half_width(n=0, enrolled=40, scale=FIVE)) == "—"


def test_scales_of_the_built_in_forms() -> None:
    found = {one.code: rating_range(one) for one in load_instruments(instrument_sources())}
    assert found["trainee_core"] == FIVE and found["trainee_core"].words == "1—5"
    assert found["institution_record"] is None
