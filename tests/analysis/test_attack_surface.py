"""Nobody who reads all results, of one bulletin or of two, works out what a few people did."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from test_protection import GOOD, all_classes, answered

from analysis import simulate
from analysis.pipeline import score
from analysis.pipeline.attack_surface import Surface, leaks, surface
from analysis.results import Results
from instruments.faults import FaultsFound
from instruments.model import IndicatorMapping
from instruments.quality_tables import EVERYWHERE
from province import TRAINEE, catalogue, full_plan, make_extract, row, simulated
from reports.told import check_nothing_told

POINTS = 10.0
NOBODY = simulate.Settings()


def found(*surfaces: Surface) -> pd.DataFrame:
    return leaks(surfaces, cell=5, points=POINTS).set_index("target")


def read(results: Results, edition: str = "end") -> Surface:
    return surface(results, edition=edition)


def with_value(results: Results, table: str, where: dict[str, str], **values: object) -> Results:
    """The results with a suppression taken back: ``values`` put in the rows ``where``."""
    frame = getattr(results, table).copy()
    rows = np.logical_and.reduce([frame[name] == value for name, value in where.items()])
    assert rows.any()
    for name, value in values.items():
        frame.loc[rows, name] = value
    return replace(results, **{table: frame})


@pytest.fixture(scope="module")
def small(tmp_path_factory) -> Results:
    """One class of three, one project of seven, three careless people in one class."""
    numbers = all_classes(20) | {"P0C0": 3, "P0C1": 25, "P0C2": 25}
    numbers |= {"P1C0": 7, "P1C1": 0, "P1C2": 0, "P4C0": 4, "P4C1": 30, "P4C2": 30}
    folder = tmp_path_factory.mktemp("small")
    return score(answered(folder, numbers, careless=3), full_plan())


def test_small_classes_and_few_flags_stay_hidden(small: Results) -> None:
    assert small.classes["n"].isna().sum() >= 4  # two small ones, each with another
    assert found(read(small)).empty


def test_simulated_people_stay_hidden(tmp_path) -> None:
    """Careless, pressed and blank answers by chance, most of them fewer than five in a project."""
    _, extract = simulated(catalogue(classes=2, size=18), tmp_path, seed=3, settings=NOBODY)
    results = score(extract, full_plan())
    assert results.flags["flagged"].isna().any()
    assert found(read(results)).empty


def test_the_leaf_s_other_item_of_one_person_stays_hidden(tmp_path) -> None:
    """One class a project, so that means are plain: a person who left one of two items blank."""
    often = replace(NOBODY, blank=0.04)
    _, extract = simulated(catalogue(classes=1, size=40), tmp_path, seed=3, settings=often)
    results = score(extract, full_plan())
    items = results.items.query("n.notna() and instrument == 'trainee'")
    assert items["mean"].isna().any() and items["mean"].notna().any()
    assert found(read(results)).empty


def test_a_class_taken_back_is_found(small: Results) -> None:
    shown = with_value(small, "classes", {"class_code": "P0C1"}, n=25)
    assert set(found(read(shown)).index) == {"answers P0C0 trainee"}


def test_a_class_told_by_its_screens_is_found(small: Results) -> None:
    """As the screens did before they hid what the classes table hides."""
    where = {"class_code": "P0C1", "screen": "overfull"}
    shown = with_value(small, "class_screens", where, n=25)
    assert found(read(shown)).loc["answers P0C0 trainee", "low"] == 3.0


def test_a_number_of_unfit_answers_taken_back_is_found(small: Results) -> None:
    shown = with_value(small, "items", {"unit": "P2", "item": "a1"}, not_applicable=2)
    shown = with_value(shown, "items", {"unit": "P2", "item": "a1"}, n=58)
    shown = replace(shown, shares=shown.shares.query("item != 'a1'"))
    assert "unfit P2 trainee a1" in found(read(shown)).index


def test_flags_taken_back_are_found(small: Results) -> None:
    where = {"project": "P0", "flag": "straight_line_failed_check"}
    shown = with_value(small, "flags", where, flagged=3, excluded=3)
    assert "flag P0 trainee straight_line_failed_check" in set(found(read(shown)).index)


def test_a_top_box_that_is_the_rest_of_the_province_is_found(small: Results) -> None:
    """Eight gave the highest answer, five of them in one project, nobody in most others."""
    rows = small.shares.query("item == 'a1' and category == 'top'")
    units = sorted(set(rows["unit"]) - {EVERYWHERE})
    assert len(units) > 2 and rows["count"].isna().all()
    of = {"item": "a1", "category": "top"}
    shown = with_value(small, "shares", {"item": "a1", "unit": EVERYWHERE}, count=None)
    shown = with_value(shown, "shares", of | {"unit": EVERYWHERE}, count=8)
    assert found(read(shown)).empty
    for unit in units[1:]:
        five = 5 if unit == units[-1] else 0
        shown = with_value(shown, "shares", of | {"unit": unit}, count=five)
    assert f"box {units[0]} trainee a1 top" in found(read(shown)).index


def flagged_in_two(results: Results, total: int) -> Results:
    where = {"project": "P2", "flag": "pressure"}
    return with_value(results, "flags", where, n=80, flagged=total, excluded=0)


def test_two_editions_are_attacked_together(tmp_path) -> None:
    """The first told seven under pressure; nine in the second are two of the follow-up."""
    later = replace(
        TRAINEE,
        code="later",
        wave="followup",
        mappings=(IndicatorMapping("a1", "T1.1.1", "agree5"),),
    )
    results = score(answered(tmp_path, all_classes(20)), full_plan())
    first = with_value(
        results, "flags", {"project": "P2", "flag": "pressure"}, flagged=7, excluded=0
    )
    cycle = replace(results.cycle, edition="followup")
    second = replace(results, cycle=cycle, instruments=(*results.instruments, later))
    for flag in set(second.flags["flag"]):
        second = with_value(second, "flags", {"project": "P2", "flag": flag}, n=80)
    second = flagged_in_two(second, 9)
    assert found(read(first)).empty
    both = found(read(first), read(second, "followup"))
    assert both.loc["flag P2 later pressure", "low"] == 2.0


def test_a_bulletin_printed_again_adds_nothing(small: Results) -> None:
    assert found(read(small), read(small, "again")).empty


def test_one_careless_answer_is_not_told_by_a_bound(tmp_path) -> None:
    """Nobody left a question blank, so n of the unit less n of an item is the number left out."""
    results = score(answered(tmp_path, all_classes(20), careless=1), full_plan())
    items = results.items[results.items["unit"] == "P0"]
    assert int(items["n"].max()) == 59
    assert found(read(results)).empty
    flags = results.flags[results.flags["flag"] == "straight_line_failed_check"]
    assert flags["flagged"].isna().all()  # none is not told apart from one


def test_an_item_of_three_people_is_not_leaf_less_item(tmp_path) -> None:
    """a1 and a2 make one leaf; a project of one class; three people answered a2."""
    programme = catalogue(projects=6, classes=1, size=40)
    rows = []
    for training in programme.classes:
        for place in range(36):
            extra = {} if training.code != "P0C0" or place < 3 else {"a2": None}
            only = {"a1": None} if training.code == "P0C0" and place < 3 else {}
            rows.append(row(len(rows), training.code, **GOOD | extra | only))
    results = score(make_extract(programme, tmp_path, responses={"trainee": rows}), full_plan())
    leaf = results.items.query("unit == 'P0' and indicator == 'T1.1.1'")
    assert leaf["mean"].isna().all()
    assert found(read(results)).empty
    shown = with_value(results, "items", {"unit": "P0", "item": "a1"}, n=33, mean=80.0)
    shown = with_value(shown, "items", {"unit": "P0", "item": "a2"}, n=3)
    assert "total P0 trainee a2" in found(read(shown)).index


def test_a_bulletin_that_tells_is_refused_by_name(small: Results) -> None:
    check_nothing_told(small)
    where = {"project": "P0", "flag": "straight_line_failed_check"}
    shown = with_value(small, "flags", where, flagged=3, excluded=3)
    with pytest.raises(FaultsFound, match=r"flag P0 trainee straight_line"):
        check_nothing_told(shown)


def test_tables_that_fit_no_answers_are_refused(small: Results) -> None:
    known = small.units.query("scorecard == 'A-project' and unit == 'P2'")["n"].iloc[0]
    bent = with_value(small, "units", {"scorecard": "A-project", "unit": "P2"}, n=known + 1)
    with pytest.raises(FaultsFound) as refused:
        check_nothing_told(bent)
    assert [one.code for one in refused.value.faults] == ["analysis.contradicting"]
