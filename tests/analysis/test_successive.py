"""Bulletins one after another: nobody who holds both works out what a few people said."""

from __future__ import annotations

from dataclasses import replace

import pytest
from test_attack_surface import found, read, with_value
from test_protection import all_classes, answered

from analysis.pipeline import score
from analysis.pipeline.attack_surface import few_changed
from analysis.results import Results
from instruments.faults import FaultsFound
from province import default_plan
from reports.told import check_nothing_told


@pytest.fixture(scope="module")
def first(tmp_path_factory) -> Results:
    return score(answered(tmp_path_factory.mktemp("first"), all_classes(20)), default_plan())


def corrected(folder, **changed: int) -> Results:
    """Results of the same programme after a correction: so many answers of these classes."""
    return score(answered(folder, all_classes(20) | changed), default_plan())


def codes(refused: pytest.ExceptionInfo[FaultsFound]) -> list[str]:
    return [one.code for one in refused.value.faults]


def test_the_first_edition_and_a_later_one_fit_together(tmp_path) -> None:
    """Its other leaves give the same answers left out another effect on the score."""
    one = score(answered(tmp_path, all_classes(20), careless=8), default_plan())
    above = one.sensitivity["scorecard"] != "A-project"  # would have to change with its parts
    one = replace(one, sensitivity=one.sensitivity[~above].reset_index(drop=True))
    where = {"scorecard": "A-project", "unit": "P0"}
    told = one.sensitivity.query("scorecard == 'A-project' and unit == 'P0'")["score_all"].iloc[0]
    later = replace(
        with_value(one, "sensitivity", where, score_all=told + 0.4),
        cycle=replace(one.cycle, edition="followup"),
    )
    assert found(read(one), read(later, "followup")).empty
    check_nothing_told(later, [one])


def test_what_only_both_tell_is_refused(first: Results) -> None:
    """The first tells the pressed of a class, the second those of its project: two are the rest."""
    rows = first.class_screens.query("screen == 'pressure'")
    inside = rows[rows["class_code"].isin(["P2C0", "P2C1"])]["class_code"]
    one = first
    for code in inside:
        one = with_value(
            one, "class_screens", {"class_code": code, "screen": "pressure"}, statistic=6.0, n=20
        )
    second = with_value(
        first, "flags", {"project": "P2", "flag": "pressure"}, n=60, flagged=14, excluded=0
    )
    check_nothing_told(one)
    check_nothing_told(second)
    with pytest.raises(FaultsFound, match="marked P2C2") as refused:
        check_nothing_told(second, [one])
    assert codes(refused) == ["analysis.told"]


def test_a_correction_by_one_answer_is_refused(first: Results, tmp_path) -> None:
    again = corrected(tmp_path, P0C0=21)
    check_nothing_told(again)
    with pytest.raises(FaultsFound, match="P0C0（20→21）") as refused:
        check_nothing_told(again, [first])
    assert codes(refused) == ["analysis.told_by_change"]
    tables = set(few_changed(first, again, cell=5)["table"])
    assert tables == {"classes", "units", "items"}


def test_a_correction_by_enough_answers_passes(first: Results, tmp_path) -> None:
    again = corrected(tmp_path, P0C0=25)
    assert few_changed(first, again, cell=5).empty
    check_nothing_told(again, [first])


def test_a_bulletin_of_another_cycle_is_refused(first: Results) -> None:
    other = replace(first, cycle=replace(first.cycle, code="2020", title="上一年"))
    with pytest.raises(FaultsFound, match="上一年") as refused:
        check_nothing_told(first, [other])
    assert codes(refused) == ["reports.published_other"]
