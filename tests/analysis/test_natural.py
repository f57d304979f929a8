"""Natural classes of scores beside the bands: by hand, ties, one unit, all alike, row order."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.pipeline.beside.natural import natural_frames
from instruments.diagnostics import NaturalClasses
from province import default_plan

PLAN = default_plan(natural=NaturalClasses(5))


def units_of(scores: list[float], *, se: float = 1.0) -> pd.DataFrame:
    names = [f"u{k}" for k in range(len(scores))]
    known = pd.DataFrame({"unit": names, "score": scores, "band": "良", "score_se": se})
    return known.assign(scorecard="A", group="g", ranked=True)


def found(scores: list[float], *, se: float = 1.0) -> dict[str, pd.DataFrame]:
    return natural_frames(units_of(scores, se=se), PLAN)


def test_two_heaps_by_hand() -> None:
    made = found([91.0, 90.0, 89.0, 70.0, 71.0, 72.0])
    assert list(made["natural_units"]["natural"]) == [1, 1, 1, 2, 2, 2]
    table = made["natural_classes"].set_index("natural")
    assert table.loc[1, ["units", "low", "high", "centre", "gap"]].tolist() == [3, 89, 91, 90, 17]
    assert table.loc[2, ["units", "low", "high", "centre"]].tolist() == [3, 70, 72, 71]
    assert np.isnan(table.loc[2, "gap"])
    choice = made["natural_choice"].set_index("number")
    assert choice["chosen"].tolist() == [False, True, False, False, False]
    assert choice["bic"].idxmax() == 2
    assert set(choice["noise"]) == {1.0}


def test_gaps_within_the_error_are_no_classes() -> None:
    scores = [91.0, 90.0, 89.0, 70.0, 71.0, 72.0]
    assert set(found(scores, se=15.0)["natural_units"]["natural"]) == {1}


@pytest.mark.parametrize("scores", [[80.0], [80.0, 80.0, 80.0], [80.04, 79.96, 80.0]])
def test_one_unit_and_equal_prints_are_one_class(scores: list[float]) -> None:
    made = found(scores, se=0.0)
    assert set(made["natural_units"]["natural"]) == {1}
    assert made["natural_classes"]["low"].tolist() == [80.0]
    assert set(made["natural_choice"]["noise"]) == {0.05}


def test_row_order_and_the_unranked_change_nothing() -> None:
    rng = np.random.default_rng(2)
    rows = units_of(list(rng.uniform(60, 95, 12)))
    other = rows.iloc[:2].assign(unit=["x", "y"], ranked=False)
    first = natural_frames(rows, PLAN)
    again = natural_frames(pd.concat([other, rows.iloc[::-1]], ignore_index=True), PLAN)
    for name, table in first.items():
        pd.testing.assert_frame_equal(table, again[name], check_exact=True, obj=name)


def test_without_the_part_there_is_nothing() -> None:
    made = natural_frames(units_of([90.0, 70.0]), default_plan())
    assert all(table.empty for table in made.values())
