"""Nothing that rests on a few people leaves the analysis, and no interval claims too much."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from test_means import CHOICE, means

from analysis.bands import band_probabilities
from analysis.pipeline import score
from analysis.simulate import Settings
from instruments.methods import Band
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
    settings = Settings(level=0.97, unit=0.05)
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
    assert items.loc[items["unit"] == "P1", "n"].notna().any()
    beside = results.sensitivity
    touched = beside["unit"].isin(["P0", "I0"])
    assert beside.loc[touched & beside["score"].notna(), "score_all"].isna().any()
    alone = beside[(beside["unit"] == "P0") & (beside["scorecard"] == "A-project")].iloc[0]
    assert pd.isna(alone["score_all"])
    other = beside[(beside["unit"] == "P1") & (beside["scorecard"] == "A-project")].iloc[0]
    assert pd.isna(other["score_all"])  # that nobody was excluded would tell that P0 has somebody
    told = score(answered(tmp_path, all_classes(20), careless=8), default_plan()).sensitivity
    both = told[(told["unit"] == "P0") & (told["scorecard"] == "A-project")].iloc[0]
    assert np.isfinite(float(both["score_all"]))


def test_a_band_is_certain_only_when_the_interval_is() -> None:
    """With two degrees of freedom a score 2.5 errors inside the band is not certain of it."""
    bands = [Band("good", "良", 80.0), Band("fair", "中", 60.0), Band("poor", "差", 0.0)]
    few, many = (
        band_probabilities(np.array([85.0]), se=np.array([2.0]), df=np.array([df]), bands=bands)
        for df in (2.0, np.inf)
    )
    assert few[0, 0] < 0.95 < many[0, 0]
    assert few.sum() == many.sum() == 1.0


def varied(number: int, code: str, generator: np.random.Generator) -> dict:
    """One response with own answers, low ones in P0; traits follow the project, so that
    adjustment matters; a2 is fixed, so that no flag does."""
    low = 1 if code.startswith("P0C") else 3
    answers = {n: str(generator.integers(low, low + 3)) for n in ("a1", "b1", "m1", "now")}
    stage = "junior" if code.startswith(("P0C", "P1C")) else "primary"
    return row(number, code, **GOOD | answers | {"stage": stage})


def withheld_province(folder, numbers: dict[str, int], *, projects: int, other: int):
    """Everybody answers by one seed, but the trainees of P0 by the seed ``other``."""
    programme = catalogue(projects=projects, size=30)
    generator, own = np.random.default_rng(1), np.random.default_rng(other)
    rows: list[dict] = []
    for training in programme.classes:
        chosen = own if training.project == "P0" else generator
        times = numbers.get(training.code, 30)
        rows += [varied(len(rows) + k, training.code, chosen) for k in range(times)]
    return make_extract(programme, folder, responses={"trainee": rows})


SILENT = {"P0C0": 14, "P0C1": 12, "P0C2": 10}
"""P0 stays below half of its 90 people, so its score is withheld."""


@pytest.mark.parametrize("projects", [6, 12], ids=["whole type withheld", "part of a type"])
def test_nothing_published_moves_with_what_is_withheld(tmp_path, projects: int) -> None:
    """The withheld score cannot be derived: no published number depends on it."""
    found = [
        score(withheld_province(tmp_path, SILENT, projects=projects, other=seed), default_plan())
        for seed in (7, 8)
    ]
    for name, frame in found[0].frames.items():
        pd.testing.assert_frame_equal(found[1].frames[name], frame, check_exact=True, obj=name)
    units = found[0].units.set_index(["scorecard", "unit"])
    assert pd.isna(units.loc[("A-project", "P0"), "score"])
    assert pd.notna(units.loc[("A-overall", "I0"), "score"])


@pytest.mark.parametrize("projects", [6, 12])
def test_withheld_score_is_not_what_the_others_leave_over(tmp_path, projects: int) -> None:
    """Enrolment-weighted sums solved for the one unknown, as any reader could."""
    extract = withheld_province(tmp_path, SILENT, projects=projects, other=7)
    opened = score(extract, default_plan(thresholds__min_response_rate=0.0)).units
    truth = opened.set_index(["scorecard", "unit"]).loc[("A-project", "P0"), "score"]
    units = score(extract, default_plan()).units
    own = units[units["unit"] == "I0"]
    whole = own[own["scorecard"] == "A-overall"].iloc[0]
    parts = {
        6: own[own["scorecard"] == "A"],
        12: units[(units["scorecard"] == "A-project") & units["unit"].isin(["P3", "P6", "P9"])],
    }[projects].dropna(subset=["score"])
    known = (parts["score"] * parts["enrolled"]).sum()
    derived = (whole["score"] * whole["enrolled"] - known) / 90
    assert abs(derived - truth) > 1.0


def test_institution_says_what_is_left_out_and_counts_it_as_silent(tmp_path) -> None:
    extract = withheld_province(tmp_path, SILENT, projects=6, other=7)
    units = score(extract, default_plan()).units.set_index(["scorecard", "group", "unit"])
    whole = units.loc[("A-overall", "", "I0")]
    other = units.loc[("A", "team_study", "I0")]
    assert whole["score"] == other["score"]  # one type is left: the overall score is that type's
    assert whole["n"] == other["n"] == 90
    assert (whole["enrolled"], whole["response_rate"]) == (180, 0.5)
    assert "未计入得分不公布的部分：rural_backbone（参评率低于50%，不公布得分）" in whole["note"]
    assert pd.isna(units.loc[("A", "rural_backbone", "I0"), "score"])
    quieter = withheld_province(tmp_path, SILENT | {"P3C0": 20}, projects=6, other=7)
    units = score(quieter, default_plan()).units.set_index(["scorecard", "unit"])
    assert pd.isna(units.loc[("A-overall", "I0"), "score"])  # 80 of 180 speak for too few


def test_parts_withheld_one_by_one_make_no_sum_of_them(tmp_path) -> None:
    numbers = {f"P{p}C{k}": 0 for p in (0, 6) for k in range(3)} | {"P0C0": 7, "P6C0": 3}
    plan = default_plan(thresholds__min_response_rate=0.0)
    extract = withheld_province(tmp_path, numbers, projects=12, other=7)
    units = score(extract, plan).units.set_index(["scorecard", "group", "unit"])
    within = units.loc[("A", "rural_backbone", "I0")]
    assert pd.isna(within["score"])
    assert pd.isna(within["n"])  # 10 - 7 would tell the three
    assert "所属各部分的得分均不公布" in within["note"]
