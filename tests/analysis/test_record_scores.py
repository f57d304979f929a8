"""Records scored by formula and by scaled items; the three kinds of missing data."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.records import Delivered, RecordLeaf, score_records
from instruments.formula import parse
from instruments.methods import Scaling

SHARE = Scaling("share", low=0.6, low_score=0.0, high=1.0, high_score=100.0)
GRADE = Scaling("grade", points={"1": 40.0, "4": 100.0})
RATE = RecordLeaf("A4.2.1", "record", parse("completed / arrived"), SHARE)
LISTED = RecordLeaf(
    "A4.1.2", "record", parse("when(workshop == 'yes', when(listed == 'yes', 1, 0), none)"), SHARE
)
GRADED = RecordLeaf("A4.4.1", "record", None, None, (("timely", GRADE), ("complete", GRADE)))
LEAVES = (RATE, LISTED, GRADED)


def scored(
    answers: dict[str, object] | None, *, duty: str = "submitted", concerned: bool = True
) -> dict[str, tuple[float, float, str]]:
    delivered = Delivered(
        {("record", "P1"): answers} if answers is not None else {},
        {("record", "P1"): duty},
        ("na",),
    )
    frame = score_records(
        delivered,
        leaves=LEAVES,
        units=("P1",),
        concerned={leaf.code: {"P1"} if concerned else set() for leaf in LEAVES},
    )
    return {r.leaf: (r.value, r.score, r.state) for r in frame.itertuples()}


FULL = {"completed": 90, "arrived": 100, "workshop": "yes", "listed": "yes"}
FULL |= {"timely": "4", "complete": "1"}


def test_formula_and_items_are_put_on_their_goalposts() -> None:
    found = scored(FULL)
    assert found["A4.2.1"] == (0.9, pytest.approx(75.0), "measured")
    assert found["A4.1.2"] == (1.0, 100.0, "measured")
    assert found["A4.4.1"] == (70.0, 70.0, "measured")


def test_none_is_not_applicable_and_leaves_no_score() -> None:
    value, score, state = scored(FULL | {"workshop": "no"})["A4.1.2"]
    assert np.isnan(value) and np.isnan(score) and state == "not_applicable"
    assert scored(FULL | {"timely": "na", "complete": "na"})["A4.4.1"][2] == "not_applicable"


@pytest.mark.parametrize(
    ("duty", "state"), [("not_due", "not_due"), ("not_collected", "missing"), ("", "missing")]
)
def test_without_a_record_what_is_not_withheld_has_no_score(duty: str, state: str) -> None:
    for value, score, found in scored(None, duty=duty).values():
        assert np.isnan(value) and np.isnan(score) and found == state


def test_withheld_counts_lowest() -> None:
    found = scored(None, duty="withheld")
    assert found["A4.2.1"][1:] == (0.0, "withheld")
    assert found["A4.4.1"][1:] == (40.0, "withheld")


def test_a_blank_in_a_submitted_record_is_withheld() -> None:
    assert scored({"arrived": 100})["A4.2.1"][1:] == (0.0, "withheld")


def test_a_leaf_that_does_not_apply_is_never_withheld() -> None:
    assert {v[2] for v in scored(None, duty="withheld", concerned=False).values()} == {
        "not_applicable"
    }


@given(st.integers(0, 200), st.integers(0, 200), st.sampled_from(["1", "4"]), st.sampled_from("14"))
def test_a_truthful_record_never_scores_below_a_withheld_one(
    completed: int, arrived: int, timely: str, complete: str
) -> None:
    told = FULL | {"completed": completed, "arrived": arrived}
    told |= {"timely": timely, "complete": complete}
    withheld = scored(None, duty="withheld")
    for leaf, (_, score, state) in scored(told).items():
        assert state == "not_applicable" or score >= withheld[leaf][1]
