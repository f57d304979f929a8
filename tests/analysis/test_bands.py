"""Bands: any number of them, what may be claimed, and gates that hold them down."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.bands import (
    Gate,
    assured_band,
    band_of,
    band_probabilities,
    gated_band,
    gated_probabilities,
)
from instruments.methods import Band
from province import default_plan

BANDS = default_plan().bands
GATES = [Gate("R02", "fair"), Gate("R05", "good"), Gate("R09", "fair")]


def cuts(*values: float) -> list[Band]:
    return [Band(f"b{n}", f"{n}", value) for n, value in enumerate((*values, 0.0))]


def probabilities(score: float, se: float, bands: list[Band], df: float = np.inf) -> np.ndarray:
    return band_probabilities(np.array([score]), se=np.array([se]), df=np.array([df]), bands=bands)[
        0
    ]


@pytest.mark.parametrize("values", [(), (60,), (90, 80, 60), (95, 85, 75, 65, 50, 20)])
def test_any_number_of_bands(values: tuple[float, ...]) -> None:
    bands = cuts(*values)
    for score in (0.0, 59.9, 60.0, 100.0):
        found = probabilities(score, 0.0, bands)
        assert found.sum() == pytest.approx(1.0) and len(found) == len(values) + 1
        assert found.argmax() == band_of(score, bands=bands) or score in values
        assert assured_band(probabilities(score, 3.0, bands), level=0.95) >= 0


@given(
    st.floats(0, 100),
    st.floats(0.01, 20),
    st.floats(-500, 500),
    st.sampled_from([2.0, 9.0, np.inf]),
)
def test_shifting_cuts_and_scores_together_changes_nothing(
    score: float, se: float, shift: float, df: float
) -> None:
    base = probabilities(score, se, cuts(90, 80, 60), df)
    moved = probabilities(score + shift, se, cuts(90 + shift, 80 + shift, 60 + shift), df)
    np.testing.assert_allclose(moved, base, atol=1e-9)


@given(st.floats(0, 100), st.floats(0, 20), st.floats(0.51, 0.99))
def test_what_is_assured_is_never_above_what_is_printed(
    score: float, se: float, level: float
) -> None:
    """At more than one half, and the surer the claim the lower it is."""
    found = probabilities(score, se, list(BANDS))
    assured = assured_band(found, level=level)
    assert assured >= band_of(score, bands=BANDS)
    assert assured_band(found, level=0.995) >= assured


def test_assured_band_by_the_normal_table() -> None:
    """80 lies 1.645 standard errors below: 95 % sure to be good, not 99 %."""
    found = probabilities(80 + 1.6449 * 2, 2.0, list(BANDS))
    assert assured_band(found, level=0.95) == 1
    assert assured_band(found, level=0.96) == 2
    assert assured_band(np.array([0.2, 0.3, 0.5]), level=1.0) == 2


def test_a_failed_hard_rule_caps_the_band_at_fair() -> None:
    """Domain section 00: a failed hard rule caps the band at 中; what is lower stays."""
    for band, expected in ((0, 2), (1, 2), (2, 2), (3, 3)):
        found = gated_band(band, verdicts={"R02": "failed"}, gates=GATES[:1], bands=BANDS)
        assert found.band == expected
        assert found.held_by == (("R02",) if band < 2 else ())
        assert found.unverified == ()


def test_what_cannot_be_verified_is_named_and_caps_nothing() -> None:
    found = gated_band(0, verdicts={"R05": "passed"}, gates=GATES, bands=BANDS)
    assert (found.band, found.held_by, found.unverified) == (0, (), ("R02", "R09"))
    found = gated_band(0, verdicts={"R09": "failed", "R05": "failed"}, gates=GATES, bands=BANDS)
    assert (found.band, found.held_by, found.unverified) == (2, ("R05", "R09"), ())


@given(
    st.integers(0, 3),
    st.lists(st.sampled_from(["passed", "failed", "unverified"]), min_size=3, max_size=3),
)
def test_gates_never_lift_and_their_order_does_not_matter(band: int, given_: list[str]) -> None:
    verdicts = dict(zip(("R02", "R05", "R09"), given_, strict=True))
    found = gated_band(band, verdicts=verdicts, gates=GATES, bands=BANDS)
    turned = gated_band(band, verdicts=verdicts, gates=GATES[::-1], bands=BANDS)
    assert found.band == turned.band >= band
    assert set(found.held_by) == set(turned.held_by)
    assert set(found.unverified) == set(turned.unverified)
    assert gated_band(band, verdicts={}, gates=[], bands=BANDS).band == band


def test_probability_above_the_cap_falls_to_it() -> None:
    before = np.array([[0.5, 0.3, 0.15, 0.05], [0.0, 0.0, 0.4, 0.6]])
    found = gated_probabilities(before, highest=2)
    np.testing.assert_allclose(found, [[0, 0, 0.95, 0.05], [0, 0, 0.4, 0.6]])
    assert before[0, 0] == 0.5


def test_unknown_bands_and_verdicts_are_refused() -> None:
    with pytest.raises(ValueError, match="no band is called medium"):
        gated_band(0, verdicts={}, gates=[Gate("R1", "medium")], bands=BANDS)
    with pytest.raises(ValueError, match="not a verdict: maybe"):
        gated_band(0, verdicts={"R02": "maybe"}, gates=GATES, bands=BANDS)


def test_no_score_and_no_certainty_are_defined() -> None:
    assert np.isnan(probabilities(np.nan, 1.0, list(BANDS))).all()
    assert assured_band(probabilities(np.nan, 1.0, list(BANDS)), level=0.95) == 3
    assert probabilities(85.0, np.inf, list(BANDS)).tolist() == [0.5, 0.0, 0.0, 0.5]
