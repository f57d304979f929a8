"""Nothing that rests on a few people leaves the analysis, and no interval claims too much."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from test_means import CHOICE, means

from analysis.bands import band_probabilities
from analysis.pipeline import score
from analysis.simulate import Settings
from instruments.scorecard import Band
from province import catalogue, default_plan, make_extract, row, simulated

GOOD = {"a1": "4", "a2": "4", "b1": "4", "check": "2", "before": "2", "now": "4", "m1": "4"}
GOOD |= {"turned": "2", "pressed": "no", "stage": "primary", "years": "0-5"}
LINE = dict.fromkeys(("a1", "a2", "b1", "m1", "check", "turned"), "5")


def answered(folder, numbers: dict[str, int], *, size: int = 30, careless: int = 0):
    """An extract in which so many of each class answer, the first ``careless`` in a line."""
    programme = catalogue(projects=6, size=size)
    rows, number = [], 0
    for training in programme.classes:
        for place in range(numbers.get(training.code, 0)):
            number += 1
            extra = LINE if place < careless and training.code == "P0C0" else {}
            rows.append(row(number, training.code, **GOOD | extra))
    return make_extract(programme, folder, responses={"trainee": rows})


def all_classes(n: int) -> dict[str, int]:
    return {f"P{p}C{k}": n for p in range(6) for k in range(3)}


def test_few_classes_lend_no_more_certainty_than_they_have() -> None:
    """Two units of two classes hold two degrees of freedom, whatever the prior says."""
    values = {"a": [80.0, 82.0], "b": [78.0, 76.0], "c": [70.0, 71.0], "d": [75.0, 74.0]}
    unit = {"a": "U", "b": "U", "c": "V", "d": "V"}
    found = means(values, unit=unit, choice=replace(CHOICE, prior_df=10.0))
    assert found.df.tolist() == [2.0, 2.0]


def test_no_interval_leaves_the_scale(tmp_path) -> None:
    settings = Settings(level=0.97, project=0.05)
    programme = catalogue(projects=4, classes=2, size=24)
    _, extract = simulated(programme, tmp_path, seed=3, settings=settings)
    units = score(extract, default_plan()).units
    assert units["score_high"].max() <= 100.0
    assert units["score_low"].min() >= 0.0


def test_more_answers_than_people_cannot_be_ranked(tmp_path) -> None:
    extract = answered(tmp_path, all_classes(12) | {"P0C0": 40}, size=12)
    units = score(extract, default_plan()).units
    found = units[(units["unit"] == "P0") & (units["scorecard"] == "A-project")].iloc[0]
    assert found["response_rate"] > 1
    assert not found["ranked"]
    assert "作答多于参训人数" in found["note"]


def test_items_of_a_withheld_project_stay_empty(tmp_path) -> None:
    numbers = all_classes(20) | {"P0C0": 7, "P0C1": 0, "P0C2": 0}
    results = score(answered(tmp_path, numbers), default_plan())
    units = results.units.set_index(["scorecard", "unit"])
    assert pd.isna(units.loc[("A-project", "P0"), "score"])
    items = results.items[results.items["unit"] == "P0"]
    assert items["mean"].isna().all()
    assert items["n"].isna().all()


def test_a_few_excluded_rows_cannot_be_recovered(tmp_path) -> None:
    """Neither their number (n less items) nor what they said (score with and without them)."""
    results = score(answered(tmp_path, all_classes(20), careless=3), default_plan())
    flags = results.flags.set_index(["project", "flag"])
    assert pd.isna(flags.loc[("P0", "straight_line_failed_check"), "excluded"])
    items = results.items
    assert items.loc[items["unit"] == "P0", "missing"].isna().all()
    assert items.loc[items["unit"] == "P1", "missing"].notna().any()
    beside = results.sensitivity
    touched = beside["unit"].isin(["P0", "I0"])
    assert beside.loc[touched & beside["score"].notna(), "score_all"].isna().any()
    alone = beside[(beside["unit"] == "P0") & (beside["scorecard"] == "A-project")].iloc[0]
    assert pd.isna(alone["score_all"])
    other = beside[(beside["unit"] == "P1") & (beside["scorecard"] == "A-project")].iloc[0]
    assert np.isfinite(float(other["score_all"]))


def test_a_band_is_certain_only_when_the_interval_is() -> None:
    """With two degrees of freedom a score 2.5 errors inside the band is not certain of it."""
    bands = [Band("good", "良", 80.0), Band("fair", "中", 60.0), Band("poor", "差", 0.0)]
    few, many = (
        band_probabilities(np.array([85.0]), se=np.array([2.0]), df=np.array([df]), bands=bands)
        for df in (2.0, np.inf)
    )
    assert few[0, 0] < 0.95 < many[0, 0]
    assert few.sum() == many.sum() == 1.0
