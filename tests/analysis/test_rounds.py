"""Rounds beside the main one give the scores and ranks that a whole round would give."""

from __future__ import annotations

import pandas as pd
import pytest
from test_protection import all_classes, answered

from analysis.pipeline import league, rounds
from analysis.simulate import Settings
from localities_sample import COUNTIES, local_extract
from province import catalogue, default_plan, simulated

KEYS = ["scorecard", "group", "unit"]


@pytest.fixture(scope="module")
def careless(tmp_path_factory) -> rounds.Round:
    """One project too small to be published, and eight careless people in one class."""
    numbers = all_classes(20) | {"P1C0": 3, "P1C1": 0, "P1C2": 0}
    extract = answered(tmp_path_factory.mktemp("round"), numbers, careless=8)
    return rounds.collect(extract, default_plan(), waves=rounds.WAVES["end"])


def test_placed_units_are_the_decided_ones(tmp_path, careless: rounds.Round) -> None:
    _, extract = simulated(
        catalogue(projects=6, classes=2, size=40), tmp_path, seed=3, settings=Settings()
    )
    ranked = rounds.collect(extract, default_plan(), waves=rounds.WAVES["end"])
    assert same_places(ranked)["rank"].notna().any()
    assert same_places(careless)["score"].isna().any()


def same_places(one: rounds.Round) -> pd.DataFrame:
    cards = one.cards()
    whole = one.decide(cards)["units"][[*KEYS, "score", "rank"]]
    placed = pd.concat([league.placed(card, one.framework(card), one.plan) for card in cards])
    pd.testing.assert_frame_equal(
        placed.reset_index(drop=True), whole, check_exact=True, check_dtype=False
    )
    return whole


def test_scores_alone_are_those_of_the_cards(careless: rounds.Round) -> None:
    card, *_ = careless.cards()
    alone, *_ = careless.scores(everything=False)
    assert alone["unit"].tolist() == list(card.units)
    assert alone["score"].tolist() == pytest.approx(card.main.value[:, -1], rel=1e-15, nan_ok=True)
    every, *_ = careless.scores(everything=True)
    place = card.units.index("P0")
    assert every["score"][place] != alone["score"][place]
    rest = [k for k, unit in enumerate(card.units) if unit != "P0"]
    assert every["score"][rest].equals(alone["score"][rest])


def test_a_round_of_fewer_waves_is_what_would_be_collected(tmp_path) -> None:
    meetings, school = dict.fromkeys(COUNTIES, 4), dict(zip(COUNTIES, "5432", strict=True))
    extract = local_extract(tmp_path, meetings=meetings, school=school, edition="followup")
    whole = rounds.collect(extract, default_plan(), waves=rounds.BOTH)
    fewer = rounds.narrowed(whole, extract, waves=("end",))
    again = rounds.collect(extract, whole.plan, waves=("end",))
    assert fewer.panel is whole.panel
    assert whole.local and fewer.local and again.local
    assert len(fewer.local.evidence.trainee) < len(whole.local.evidence.trainee)
    one, other = fewer.local.evidence, again.local.evidence
    pd.testing.assert_series_equal(one.by_class, other.by_class)
    pd.testing.assert_frame_equal(one.flags, other.flags, check_categorical=False)
    assert one.not_due == other.not_due > whole.local.evidence.not_due
    pd.testing.assert_frame_equal(same_places(fewer), same_places(again), check_exact=True)
