"""Robustness through the pipeline: declared ranks, limits, what is left out, what is hidden."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from analysis import mixed, raters
from analysis.pipeline import estimation, rounds, score
from analysis.pipeline.robust.sources import Given, sources
from analysis.ranks import printed_score, printed_scores
from analysis.simulate import Settings
from instruments.builtin import plan_source
from instruments.diagnostics import WeightNoise
from instruments.faults import FaultsFound
from instruments.methods import Scaling
from instruments.plan import read_plan
from instruments.programme import Catalogue
from instruments.robustness_tables import ROBUSTNESS_TABLES
from province import (
    INSTRUMENTS,
    TRAINEE,
    FolderExtract,
    catalogue,
    full_plan,
    make_extract,
    row,
    simulated,
)

NAMES = [table.name for table in ROBUSTNESS_TABLES]
GOOD = {"a1": "4", "a2": "4", "b1": "4", "check": "2", "before": "2", "now": "4", "m1": "4"}
GOOD |= {"turned": "2", "pressed": "no", "stage": "primary", "years": "0-5"}
LEAST = {"robustness__draws": 100, "robustness__sobol_size": 16}


@pytest.fixture(scope="module")
def extract(tmp_path_factory) -> FolderExtract:
    folder = tmp_path_factory.mktemp("extract")
    return simulated(catalogue(), folder, seed=5, settings=Settings())[1]


@pytest.fixture(scope="module")
def plan():
    return full_plan(**LEAST)


@pytest.fixture(scope="module")
def found(extract, plan):
    return score(extract, plan)


def given_of(extract, plan) -> Given:
    main = rounds.collect(extract, plan, waves=rounds.WAVES[extract.cycle.edition])
    return Given(extract, main.data, main.panel, plan, main.admitted[0].shown)


def made_of(programme: Catalogue, folder: Path, answers) -> FolderExtract:
    """25 people a class, whose answers are GOOD changed by ``answers(project, number)``; all
    experts give the highest level."""
    rows = [
        row(place * 100 + number, group.code, **GOOD | answers(group.project, number))
        for place, group in enumerate(programme.classes)
        for number in range(25)
    ]
    seen = [
        row(900_000 + k, v.class_code, e1="4", e2="4", session=v.sessions[0], visit=v.code)
        | {"rater": v.expert}
        for k, v in enumerate(programme.visits)
    ]
    return make_extract(programme, folder, responses={"trainee": rows, "rubric": seen})


def test_declared_ranks_are_those_of_the_table(found) -> None:
    both = found.units.merge(found.robust_units, on=["scorecard", "group", "unit"])
    assert len(both) == found.units["ranked"].sum() == len(found.robust_units)
    assert (both["rank_x"] == both["rank_y"]).all()
    table = found.robust_units
    for low, high in (("rank_best", "rank_low"), ("rank_low", "rank_median"),
                      ("rank_median", "rank_high"), ("rank_high", "rank_worst")):  # fmt: skip
        assert (table[low] <= table[high]).all()
    assert (table["move_mean"] > 0).any()
    sums = found.robust_bands.groupby(["scorecard", "group", "unit"])["share"].sum()
    assert sums.to_numpy() == pytest.approx(1.0)
    assert set(found.left_out["factor"]) == {"expert", "item"}
    assert set(found.sobol["output"]) == {"shift", "rank"}
    assert found.sobol.query("output == 'shift'")["total"].max() > 0.1


def test_neighbours_only(found) -> None:
    sizes = found.robust_units.groupby(["scorecard", "group"]).size()
    pairs = found.robust_pairs.groupby(["scorecard", "group"]).size()
    assert (pairs == sizes - 1).all()


def test_a_plan_without_the_part_tries_nothing(extract) -> None:
    none = score(extract, full_plan(robustness=None))
    assert all(none.frames[name].empty for name in NAMES)


def test_row_order_changes_nothing(extract, plan, found) -> None:
    shuffled = {
        name: frame.sample(frac=1.0, random_state=3) for name, frame in extract.tables.items()
    }
    again = score(replace(extract, tables=shuffled), plan)
    for name in NAMES:
        pd.testing.assert_frame_equal(again.frames[name], found.frames[name], rtol=1e-9, atol=1e-9)


def test_weights_of_unbounded_concentration_give_the_declared_ranks(extract) -> None:
    only = {"normalisations": (), "aggregations": (), "sources": ()}
    changes = {f"robustness__{name}": value for name, value in only.items()}
    sure = WeightNoise("dirichlet", 1e12)
    exact = score(extract, full_plan(**LEAST, **changes, robustness__weights=sure))
    table = exact.robust_units
    assert (table["rank_best"] == table["rank"]).all()
    assert (table["rank_worst"] == table["rank"]).all()
    assert (exact.sobol["total"] == 0).all()
    assert exact.robust_pairs["settled"].all()
    assert exact.left_out.empty
    loose = replace(sure, amount=2.0)
    wild = score(extract, full_plan(**LEAST, **changes, robustness__weights=loose))
    assert (wild.robust_units["rank_best"] < wild.robust_units["rank_worst"]).any()


def test_alternatives_that_are_the_same_have_no_share(extract) -> None:
    """Nothing to adjust for, nothing excluded: neither is a factor."""
    same = full_plan(**LEAST, adjustment__method="none", screening__exclude=())
    factors = set(score(extract, same).sobol["factor"])
    assert factors == {"weights", "normalisation", "aggregation", "expert", "item"}


def test_an_item_left_out_is_the_form_without_it(extract, plan) -> None:
    """As if the item had never counted for its leaf: the whole count again, without it."""
    of = given_of(extract, plan)
    without = tuple(m for m in TRAINEE.mappings if m.item != "a1")
    forms = (replace(TRAINEE, mappings=without), *INSTRUMENTS[1:])
    other = given_of(replace(extract, instruments=forms), plan)
    expected = other.values(value=plan.composite.value)
    np.testing.assert_allclose(sources(of).others["item"]["trainee a1"], expected, rtol=1e-12)
    alone = sources(of).others["item"]["trainee b1"]
    assert np.isnan(alone[:, sources(of).leaves.index("T1.2.1")]).all()


def test_an_expert_left_out_keeps_the_deviations_of_the_panel(extract, plan) -> None:
    of = given_of(extract, plan)
    rows = raters.panel_rows(of.data.ratings, min_experts=2)
    whole = estimation.panel_values_of(of.data, of.panel, plan, ratings=of.data.ratings)
    np.testing.assert_allclose(whole, of.panel.value, rtol=1e-9)
    fit = mixed.fit_crossed(
        rows, value="score", factors=raters.panel_factors(rows), fixed=raters.CELL
    )
    left = rows[rows["rater"] != "E1"]
    again = mixed.fixed_at(
        left, value="score", factors=list(fit.effects), fixed=raters.CELL, sd=fit.sd
    )
    table = sources(of).others["expert"]["E1"]
    place = {leaf: k for k, leaf in enumerate(sources(of).leaves)}
    for cell in again.itertuples():
        one = table[of.data.projects.index(cell.project), place[cell.leaf]]
        assert one == pytest.approx(min(max(cell.estimate, 0.0), 100.0), rel=1e-9)
    assert not np.array_equal(table, sources(of).declared, equal_nan=True)


def test_screening_tells_nothing_of_the_few(tmp_path) -> None:
    """A project of which one to four are left out shows no score_all, and has no alternative."""
    careless = {name: "5" for name in ("a1", "a2", "b1", "check", "m1", "now")}
    most = {"P0": 3, "P1": 12}
    extract = made_of(
        catalogue(projects=4, classes=1),
        tmp_path,
        lambda project, number: careless if number < most.get(project, 0) else {},
    )
    of = given_of(extract, full_plan(**LEAST))
    assert of.data.flags.groupby("project")["excluded"].sum().to_dict() == most | {"P2": 0, "P3": 0}
    made = sources(of)
    every, place = made.others["screening"]["everything"], of.data.projects.index
    np.testing.assert_array_equal(every[place("P0")], made.declared[place("P0")])
    assert not np.array_equal(every[place("P1")], made.declared[place("P1")], equal_nan=True)


def test_few_answers_to_an_item_have_no_alternative(tmp_path) -> None:
    programme = catalogue(projects=4, classes=2)
    answers = [GOOD | {"a1": "5" if number < 4 else None} for number in range(25)]
    rows = [
        row(place * 100 + number, group.code, **(given if group.project == "P0" else GOOD))
        for place, group in enumerate(programme.classes)
        for number, given in enumerate(answers)
        if group.project != "P0" or group.code.endswith("C0") or number >= 4
    ]
    extract = make_extract(programme, tmp_path, responses={"trainee": rows})
    of = given_of(extract, full_plan(**LEAST))
    made = sources(of)
    table = made.others["item"]["trainee a1"]
    np.testing.assert_array_equal(table[0], made.declared[0])


def test_a_unit_that_leaves_changes_no_other_score(extract) -> None:
    """Fixed goalposts, raw values, no panel: to the last bit, through the whole pipeline."""
    raw = full_plan(**LEAST, composite__value="raw")
    tables = {k: v for k, v in extract.tables.items() if k != "responses_rubric_v1_0"}
    empty = extract.tables["responses_rubric_v1_0"].iloc[:0]
    whole = replace(extract, tables=tables | {"responses_rubric_v1_0": empty})
    left = whole.tables | {
        name: frame[frame["unit" if "unit" in frame else "project"] != "P5"]
        for name, frame in whole.tables.items()
        if {"unit", "project"} & set(frame) and name != "units"
    }
    units = whole.tables["units"]
    left["units"] = units[units["unit"] != "P5"]
    classes = set(left["classes"]["class_code"])
    left["visits"] = whole.tables["visits"][whole.tables["visits"]["class_code"].isin(classes)]
    both = [
        score(one, raw).units.query("scorecard == 'A-project' and unit != 'P5'")
        for one in (whole, replace(whole, tables=left))
    ]
    assert both[0]["score"].notna().all()
    np.testing.assert_array_equal(both[0]["score"], both[1]["score"])


@pytest.mark.parametrize("answers", [{}, {name: "5" for name in ("a1", "a2", "b1", "now", "m1")}])
def test_one_unit_has_no_order(tmp_path, answers) -> None:
    programme = catalogue(projects=1, classes=1)
    rows = [row(number, "P0C0", **GOOD | answers) for number in range(25)]
    seen = [row(90, "P0C0", e1="4", e2="4", session="P0C0S1", visit="V000", rater="E0")]
    extract = make_extract(programme, tmp_path, responses={"trainee": rows, "rubric": seen})
    results = score(extract, full_plan(**LEAST))
    assert all(results.frames[name].empty for name in NAMES)


def test_all_fives_tie(tmp_path) -> None:
    top = {name: "5" for name in ("a1", "a2", "b1", "now", "m1")}
    extract = made_of(catalogue(projects=4, classes=2), tmp_path, lambda project, number: top)
    results = score(extract, full_plan(**LEAST))
    tied = results.robust_units.query("scorecard == 'A-project'")
    assert len(tied) == 4
    assert (tied[["rank", "rank_best", "rank_worst"]] == 1).all(axis=None)
    assert (results.sobol["total"] == 0).all()


def test_geometric_from_plan_to_ranks(extract, found) -> None:
    changes = {"composite__aggregation": "geometric", "composite__floor": 1.0}
    other = score(extract, full_plan(**LEAST, **changes))
    keys = ["scorecard", "group", "unit"]
    both = found.units.merge(other.units, on=keys)
    assert (both["score_y"] < both["score_x"]).all()
    assert other.units["ranked"].all()
    same = other.units.merge(other.robust_units, on=keys)
    assert (same["rank_x"] == same["rank_y"]).all()


def test_a_zero_with_an_error_is_not_ranked(tmp_path) -> None:
    """A geometric mean without a floor has no derivative there: said so, not guessed."""
    generator = np.random.default_rng(1)
    extract = made_of(
        catalogue(projects=4, classes=3),
        tmp_path,
        lambda project, _: {"b1": "1" if project == "P0" else str(generator.integers(2, 6))},
    )
    zero = Scaling("agree5", points={"1": 0.0, "2": 40.0, "3": 60.0, "4": 80.0, "5": 100.0})
    base = full_plan(composite__aggregation="geometric", composite__value="raw", robustness=None)
    scaling = (zero, *(one for one in base.scaling if one.name != "agree5"))
    units = score(extract, replace(base, scaling=scaling)).units.query("scorecard == 'A-project'")
    first = units[units["unit"] == "P0"].iloc[0]
    assert (first["score"], bool(first["ranked"])) == (0.0, False)
    assert "误差无法估计" in first["note"]
    assert units.loc[units["unit"] != "P0", "ranked"].all()


def test_refuse_leaves_a_gap_a_gap(tmp_path) -> None:
    programme = catalogue(projects=2, classes=2)
    rows = [
        row(place * 100 + number, group.code, **GOOD)
        for place, group in enumerate(programme.classes)
        for number in range(25)
    ]
    extract = make_extract(programme, tmp_path, responses={"trainee": rows})
    refused = score(extract, full_plan(**LEAST, composite__missing="refuse"))
    assert refused.units["score"].isna().all()


@settings(max_examples=300)
@given(
    st.lists(st.floats(0.0, 100.0) | st.integers(0, 200000).map(lambda k: k / 2000.0), min_size=1),
    st.integers(0, 6),
)
@example([82.25, 82.249999999, 82.2499999995, 82.25000000049, 0.05, 99.95, 100.0], 1)
def test_printed_scores_are_the_printed_score_of_each(values, decimals) -> None:
    found = printed_scores(np.array(values), decimals=decimals)
    assert found.tolist() == [printed_score(value, decimals=decimals) for value in values]
    assert np.isnan(printed_scores(np.array([np.nan, 1.0]), decimals=1)).tolist() == [True, False]


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("{method: uniform, amount: 0.25}", "{method: uniform, amount: 1}", "plan.noise"),
        ("levels: [0.05, 0.95]", "levels: [0.95, 0.05]", "plan.levels"),
        ("sobol_size: 256", "sobol_size: 250", "plan.power_of_two"),
        ("target: [1, 100]", "target: [100, 1]", "plan.target"),
        ("{method: z,", "{method: rank,", "declaration.unknown_choice"),
        ("[adjustment, screening,", "[adjustment, weather,", "declaration.unknown_choice"),
        ("{method: geometric, floor: 1}", "{method: geometric}", "plan.floor_needed"),
        ("aggregation: arithmetic,", "aggregation: geometric,", "plan.floor_needed"),
        ("aggregation: arithmetic,", "aggregation: arithmetic, floor: 1,", "plan.floor_unused"),
    ],
)
def test_a_plan_that_means_nothing_is_refused(old: str, new: str, code: str) -> None:
    text = plan_source().decode()
    assert old in text
    with pytest.raises(FaultsFound) as refused:
        read_plan(text.replace(old, new, 1).encode(), "default.yaml")
    assert code in [one.code for one in refused.value.faults]
