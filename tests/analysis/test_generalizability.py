"""Generalizability coefficients and D studies against Brennan's book, identities, properties."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.generalizability import (
    coefficients,
    composite_coefficients,
    decision_study,
    needed,
    visit_effects,
)

BRENNAN = {  # Brennan 2001, synthetic data set 4, p. 116: persons x (raters : tasks)
    "person": 0.473023,
    "task": 0.325322,
    "rater:task": 0.647489,
    "person:task": 0.559550,
    "person:rater:task": 2.380286,
}
VARIANCE = st.floats(0, 50).map(lambda v: v if v > 1e-6 else 0.0)
COUNTS = st.fixed_dictionaries({"task": st.integers(1, 20), "rater": st.integers(1, 20)})
COMPONENTS = st.fixed_dictionaries({name: VARIANCE for name in BRENNAN})


def test_brennans_design_of_three_tasks_and_four_raters() -> None:
    """R gtheory 0.1.2 on the same data: Erho2 .551375, Phi .463614, errors .384874, .547272."""
    found = coefficients(BRENNAN, unit="person", counts={"task": 3, "rater": 4})
    assert found.erho2 == pytest.approx(0.551375, abs=1e-6)
    assert found.phi == pytest.approx(0.463614, abs=1e-6)
    assert found.relative == pytest.approx(0.384874, abs=1e-6)
    assert found.absolute == pytest.approx(0.547272, abs=1e-6)


@pytest.mark.parametrize(
    ("person", "item", "residual", "items"),
    [(1.5714, 0.4286, 0.5714, 2), (2.7857, 0.1994, 1.0714, 4), (1.8571, 0.4464, 0.4286, 2)],
)
def test_a_crossed_design_of_items_is_alpha(person, item, residual, items) -> None:
    """Rajaratnam, Cronbach & Gleser 1965 (Brennan 2001, p. 270), strata 1-3: Erho2 of persons x
    items is alpha, the Spearman-Brown step of the single item's."""
    components = {"person": person, "item": item, "person:item": residual}
    found = coefficients(components, unit="person", counts={"item": items})
    single = person / (person + residual)
    assert found.erho2 == pytest.approx(items * single / (1 + (items - 1) * single))
    assert found.phi < found.erho2


def test_fixed_tasks_are_part_of_the_truth() -> None:
    """Brennan 2001, ch. 4: person x task joins the universe scores, the task drops out."""
    found = coefficients(BRENNAN, unit="person", counts={"task": 3, "rater": 4}, fixed=["task"])
    assert found.universe == pytest.approx(0.473023 + 0.559550 / 3)
    assert found.relative == pytest.approx(2.380286 / 12)
    assert found.absolute == pytest.approx(2.380286 / 12 + 0.647489 / 12)


def test_a_decision_study_lists_designs() -> None:
    designs = pd.DataFrame({"task": [3, 6, 12], "rater": [4, 2, 1]}, index=[7, 8, 9])
    kept = designs.copy()
    found = decision_study(BRENNAN, unit="person", designs=designs)
    pd.testing.assert_frame_equal(designs, kept)
    assert list(found.index) == [7, 8, 9]
    assert found["erho2"][7] == pytest.approx(0.551375, abs=1e-6)
    assert found["erho2"].is_monotonic_increasing  # as many ratings, over more tasks
    assert found["relative_se"][7] == pytest.approx(math.sqrt(0.384874), abs=1e-6)


@settings(deadline=None, derandomize=True)
@given(COMPONENTS, COUNTS, st.sampled_from(["task", "rater"]), st.integers(1, 5))
def test_more_never_harms_and_scale_plays_no_part(components, counts, facet, more) -> None:
    one = coefficients(components, unit="person", counts=counts)
    other = coefficients(components, unit="person", counts={**counts, facet: counts[facet] + more})
    scaled = coefficients(
        {name: 4 * v for name, v in components.items()}, unit="person", counts=counts
    )
    if components["person"] > 0:
        assert other.erho2 >= one.erho2 - 1e-12 and other.phi >= one.phi - 1e-12
        assert one.phi <= one.erho2 <= 1
    assert scaled.erho2 == pytest.approx(one.erho2, nan_ok=True)


@settings(deadline=None, derandomize=True)
@given(
    COMPONENTS,
    COUNTS,
    st.sampled_from(["task", "rater"]),
    st.floats(0.05, 0.98),
    st.sampled_from(["erho2", "phi"]),
)
def test_the_number_needed_is_the_smallest_that_reaches_the_target(
    components, counts, facet, target, coefficient
) -> None:
    choice = {"unit": "person", "facet": facet, "target": target, "coefficient": coefficient}
    found = needed(components, counts=counts, **choice)

    def value(number: float) -> float:
        design = {**counts, facet: number}
        return getattr(coefficients(components, unit="person", counts=design), coefficient)

    if found.number is None:
        assert not value(1e9) > target + 1e-6
    else:
        assert value(found.number) == pytest.approx(found.reached)
        assert found.reached >= target - 1e-9
        assert found.number == 1 or value(found.number - 1) < target
        assert found.reached <= found.ceiling + 1e-12


def test_how_many_experts() -> None:
    """25 / (25 + (10 + 5) / n + 4 / 2) >= .8 asks n >= 15 / 4.25 = 3.53."""
    components = {"site": 25, "rater:site": 10, "session:site": 4, "site:rater:session": 10}
    found = needed(
        components,
        unit="site",
        facet="rater",
        counts={"session": 2},
        target=0.8,
        coefficient="erho2",
    )
    assert found.number == 4
    assert found.ceiling == pytest.approx(25 / 27)
    never = needed(
        components,
        unit="site",
        facet="rater",
        counts={"session": 2},
        target=0.95,
        coefficient="phi",
    )
    assert never.number is None and math.isnan(never.reached)


def test_visits_take_severity_as_error_where_experts_are_not_shared() -> None:
    variances = {"unit": 30, "rater": 16, "rater_site": 10, "session": 8, "residual": 60}
    counts = {"rater": 2, "session": 2, "dimension": 8}
    same, own = (
        coefficients(visit_effects(variances, experts=e), unit="unit", counts=counts)
        for e in ("same", "own")
    )
    rest = 10 / 2 + 8 / 2 + 60 / (2 * 2 * 8)
    assert same.relative == pytest.approx(rest) and own.relative == pytest.approx(rest + 8)
    assert same.absolute == pytest.approx(own.absolute)
    assert own.erho2 == pytest.approx(own.phi)


def test_no_difference_between_units_is_no_reliability() -> None:
    zero = BRENNAN | {"person": 0.0}
    counts = {"task": 3, "rater": 4}
    assert coefficients(zero, unit="person", counts=counts).erho2 == 0
    choice = {"unit": "person", "facet": "rater", "target": 0.5, "coefficient": "phi"}
    assert needed(zero, counts=counts, **choice).number is None
    nothing = dict.fromkeys(BRENNAN, 0.0)
    assert math.isnan(coefficients(nothing, unit="person", counts=counts).phi)
    certain = nothing | {"person": 1.0}
    assert needed(certain, counts=counts, **choice).number == 1


@pytest.mark.parametrize(
    ("components", "counts", "said"),
    [
        (BRENNAN | {"task": -0.1}, {"task": 3, "rater": 4}, "not negative"),
        (BRENNAN | {"task:rater": 1.0}, {"task": 3, "rater": 4}, "told twice"),
        ({"task": 1.0}, {"task": 3}, "no component"),
        (BRENNAN, {"task": 3}, "how many of rater"),
        (BRENNAN, {"task": 3, "rater": 0}, "how many of rater"),
    ],
)
def test_what_cannot_be_is_refused(components, counts, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        coefficients(components, unit="person", counts=counts)


def test_visits_and_targets_that_cannot_be_are_refused() -> None:
    with pytest.raises(ValueError, match="same"):
        visit_effects({"unit": 1.0}, experts="some")
    with pytest.raises(ValueError, match="panel model"):
        visit_effects({"unit": 1.0, "halo": 2.0}, experts="own")
    with pytest.raises(ValueError, match="between 0 and 1"):
        needed({"p": 1, "p:i": 1}, unit="p", facet="i", counts={}, target=1, coefficient="phi")
    with pytest.raises(ValueError, match="all facets are fixed"):
        coefficients({"p": 1, "p:i": 1}, unit="p", counts={"i": 2}, fixed=["i"])


def test_a_sum_of_parallel_scores_is_a_longer_test() -> None:
    """Two scores with the same truth and independent errors: Spearman-Brown."""
    found = composite_coefficients(
        universe=np.ones((2, 2)),
        relative=np.eye(2),
        absolute=2 * np.eye(2),
        weights=np.array([0.5, 0.5]),
    )
    assert found.erho2 == pytest.approx(2 * 0.5 / 1.5) and found.phi == pytest.approx(0.5)
    with pytest.raises(ValueError, match="square"):
        composite_coefficients(
            universe=np.eye(3), relative=np.eye(2), absolute=np.eye(2), weights=np.ones(2)
        )
