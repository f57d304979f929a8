"""No count of a class is the rest of its project's: complementary suppression."""

from __future__ import annotations

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import disclosure

CELL = 5
CLASSES = st.lists(st.tuples(st.sampled_from(["P1", "P2", "P3"]), st.integers(0, 40)), max_size=12)


def hidden(rows: list[tuple[str, int]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["project", "n"])
    frame["few"] = disclosure.too_few(frame["n"], min_cell=CELL)
    frame["hidden"] = disclosure.with_complement(
        frame["few"], n=frame["n"], group=frame["project"], min_cell=CELL
    )
    return frame


def rests(frame: pd.DataFrame, hiding: str) -> list[int]:
    """What somebody learns who takes the shown classes off each project's total: numbers of one to
    four people, and numbers of one class."""
    told = []
    for _, rows in frame[frame["n"] > 0].groupby("project"):
        veiled = rows.loc[rows[hiding], "n"]
        total = int(rows["n"].sum())
        if total >= CELL and len(veiled) and (veiled.sum() < CELL or len(veiled) == 1):
            told.append(total - int(rows.loc[~rows[hiding], "n"].sum()))
    return told


@settings(max_examples=40, deadline=None)
@given(CLASSES)
def test_no_rest_of_a_total_is_one_class_or_a_few(rows: list[tuple[str, int]]) -> None:
    frame = hidden(rows)
    assert rests(frame, "hidden") == []
    assert (frame["hidden"] >= frame["few"]).all()
    untouched = ~frame["project"].isin(frame.loc[frame["few"], "project"])
    assert not frame.loc[untouched, "hidden"].any()
    assert not frame.loc[frame["n"] == 0, "hidden"].any()


def test_the_smallest_other_goes_with_a_lone_one() -> None:
    frame = hidden([("P1", 30), ("P1", 3), ("P1", 20), ("P2", 9)])
    assert frame["hidden"].tolist() == [False, True, True, False]
    assert rests(frame, "few") == [3]  # what the first rule alone tells
    assert hidden([("P1", 3), ("P1", 2), ("P1", 30)])["hidden"].tolist() == [True, True, False]
    assert hidden([("P1", 2), ("P1", 1), ("P1", 30)])["hidden"].tolist() == [True, True, True]
