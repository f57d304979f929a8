"""The fuzzy table of published shares: by hand, its identity with the mean, what it leaves out."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.pipeline import score
from analysis.pipeline.attack_surface import leaks, surface
from analysis.pipeline.beside.fuzzy_table import fuzzy_frames
from analysis.simulate import Settings
from instruments.builtin import plan_source
from instruments.diagnostics import FuzzyTable
from instruments.faults import FaultsFound
from instruments.plan import read_plan
from province import FRAMEWORK, INSTRUMENTS, TRAINEE, catalogue, default_plan, full_plan, simulated

PLAN = default_plan(fuzzy=FuzzyTable(("weighted_mean", "max_min")))
OF = {"frameworks": (FRAMEWORK,), "instruments": INSTRUMENTS}
A1, B1 = [0.1, 0.1, 0.2, 0.2, 0.4], [0.0, 0.0, 0.5, 0.25, 0.25]
"""Shares of the codes 1 to 5."""


def shares_of(**items: list[float | None]) -> pd.DataFrame:
    rows = [
        {"unit": "*", "instrument": "trainee", "item": item, "category": str(k), "share": share}
        for item, row in items.items()
        for k, share in enumerate(row, 1)
    ]
    return pd.DataFrame(rows)


def top_of(unit: str, **items: float | None) -> pd.DataFrame:
    rows = [{"item": item, "share": share} for item, share in items.items()]
    return pd.DataFrame(rows).assign(unit=unit, instrument="trainee", category="top")


def found(shares: pd.DataFrame, plan=PLAN) -> dict[str, pd.DataFrame]:
    made = fuzzy_frames(shares, plan, **OF)
    return {name: table.set_index(list(table.columns[:4])) for name, table in made.items()}


def test_by_hand() -> None:
    """T1.1.1 has 10 points over a1 and a2, T1.2.1 has 20 for b1; agree5 gives 20 to 100."""
    made = found(shares_of(a1=A1, b1=B1))
    items = made["fuzzy_items"].loc["*", "trainee", "agree5"]
    assert items.loc["a1", ["weight", "score"]].tolist() == pytest.approx([0.2, 74.0])
    assert items.loc["b1", ["weight", "score"]].tolist() == pytest.approx([0.8, 75.0])
    assert items.loc[["a2", "m1"], "weight"].tolist() == [0.0, 0.0]
    vector = made["fuzzy_grades"].loc["*", "trainee", "agree5", "weighted_mean"]
    expected = 0.2 * np.array(A1) + 0.8 * np.array(B1)
    assert vector.set_index("grade")["share"][list("12345")].tolist() == pytest.approx(expected)
    whole = made["fuzzy"].loc["*", "trainee", "agree5", "weighted_mean"]
    assert (whole["items"], whole["left_out"]) == (2, 2)
    assert whole["score"] == pytest.approx(0.2 * 74 + 0.8 * 75) == whole["mean"]
    assert whole["grade"] == "3"  # 0.44
    loose = made["fuzzy"].loc["*", "trainee", "agree5", "max_min"]
    # max of min(0.2, a1) and min(0.8, b1): 0.1 0.1 0.5 0.25 0.25, over 1.2
    assert loose["score"] == pytest.approx((2 + 4 + 30 + 20 + 25) / 1.2)
    assert loose["mean"] == whole["mean"]


def test_an_item_with_a_hidden_grade_is_left_out_whole() -> None:
    hidden = [None, *A1[1:]]
    made = found(shares_of(a1=hidden, b1=B1))
    items = made["fuzzy_items"].loc["*", "trainee", "agree5"]
    assert items["weight"].to_dict() == {"a1": 0.0, "a2": 0.0, "b1": 1.0, "m1": 0.0}
    assert np.isnan(items.loc["a1", "score"])
    none = found(shares_of(a1=hidden, b1=hidden))["fuzzy"].loc["*", "trainee", "agree5"]
    assert none[["score", "mean", "grade"]].isna().all(axis=None)
    assert none["note"].str.startswith("没有一道题").all()


def test_a_gain_is_no_grade() -> None:
    made = fuzzy_frames(shares_of(now=A1, before=A1, a1=A1), PLAN, **OF)
    assert "now" not in set(made["fuzzy_items"]["item"])


def test_of_a_project_only_the_top_box() -> None:
    made = found(top_of("P1", a1=0.5, a2=0.7, b1=0.25, m1=None))
    vector = made["fuzzy_grades"].loc["P1", "trainee", "agree5", "weighted_mean"]
    vector = vector.set_index("grade")["share"]
    # weights 5, 5, 20 of 30
    assert vector["top"] == pytest.approx((5 * 0.5 + 5 * 0.7 + 20 * 0.25) / 30)
    assert vector["rest"] == pytest.approx(1 - vector["top"])
    whole = made["fuzzy"].loc["P1", "trainee", "agree5", "weighted_mean"]
    assert whole["score"] == pytest.approx(100 * vector["top"]) == whole["mean"]
    assert (whole["items"], whole["left_out"]) == (3, 1)


def test_row_order_changes_nothing() -> None:
    shares = pd.concat([shares_of(a1=A1, b1=B1, m1=A1[::-1]), top_of("P1", a1=0.5, b1=0.2)])
    first = fuzzy_frames(shares, PLAN, **OF)
    again = fuzzy_frames(shares.sample(frac=1.0, random_state=1), PLAN, **OF)
    for name, table in first.items():
        pd.testing.assert_frame_equal(table, again[name], check_exact=True, obj=name)


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fuzzy")
    _, extract = simulated(catalogue(), folder, seed=3, settings=Settings())
    return score(extract, full_plan(robustness=None, panel=None, scales=None))


def test_through_the_pipeline_its_score_is_the_mean(results) -> None:
    rows = results.fuzzy.dropna(subset=["score"])
    same = rows[rows["operator"] == "weighted_mean"]
    assert len(same) > 2
    assert same["score"].to_numpy() == pytest.approx(same["mean"].to_numpy(), rel=1e-12)
    grades = results.fuzzy_grades.dropna(subset=["share"])
    keys = ["unit", "instrument", "scaling", "operator"]
    assert grades.groupby(keys)["share"].sum().to_numpy() == pytest.approx(1.0)
    forms = {mapping.item for mapping in TRAINEE.mappings}
    assert set(results.fuzzy_items["item"]) <= forms | {"s1"}


def test_nothing_is_told_that_shares_hide(results) -> None:
    """Only units and items with a told share have a number, and the attacker finds nothing."""
    told = results.shares.dropna(subset=["share"])
    scored = results.fuzzy.dropna(subset=["score"])
    assert set(zip(scored["unit"], scored["instrument"], strict=True)) <= set(
        zip(told["unit"], told["instrument"], strict=True)
    )
    hidden = results.shares[results.shares["share"].isna() & (results.shares["unit"] == "*")]
    hidden = hidden[hidden["category"] != "top"]
    weight = results.fuzzy_items.set_index(["instrument", "item"])["weight"]
    pairs = set(zip(hidden["instrument"], hidden["item"], strict=True)) & set(weight.index)
    assert all(weight[pair] == 0.0 for pair in pairs)
    assert leaks([surface(results, edition="end")], cell=5, points=10.0).empty


def test_a_plan_without_it_or_without_shares() -> None:
    made = fuzzy_frames(shares_of(a1=A1), default_plan(), **OF)
    assert all(table.empty for table in made.values())
    text = plan_source().decode()
    lines = [line for line in text.splitlines() if not line.startswith("ordinal:")]
    with pytest.raises(FaultsFound, match="plan.fuzzy_without"):
        read_plan("\n".join(lines).encode(), "x")
    bent = text.replace("operators: [weighted_mean, max_min]", "operators: [max_min, max_min]")
    with pytest.raises(FaultsFound, match="plan.repeated"):
        read_plan(bent.encode(), "x")
