"""Weights from the data and TOPSIS beside the plan's ranks: by hand, degenerate, whole chain."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis.pipeline import score
from analysis.pipeline.beside.contrast import contrast_frames
from analysis.simulate import Settings
from instruments.builtin import plan_source
from instruments.faults import FaultsFound
from instruments.plan import read_plan
from province import catalogue, default_plan, full_plan, simulated

METHODS = ("entropy", "critic", "topsis_vector")


def plan_with(*methods: str):
    return full_plan(robustness__contrasts=methods, composite__value="raw")


def published(values: dict[str, list[float]], *, points: tuple[float, ...] = (60.0, 40.0)):
    """Units and indicators tables of one group: unit -> first-level values."""
    units = pd.DataFrame({
        "scorecard": "A", "group": "g", "unit": list(values), "ranked": True,
        "score": [np.nanmean(v) for v in values.values()],
    })  # fmt: skip
    units["rank"] = units["score"].rank(ascending=False, method="min")
    rows = [
        ("A", "g", unit, f"T{k}", 1, share, value, "missing" if np.isnan(value) else "measured")
        for unit, row in values.items()
        for k, (value, share) in enumerate(zip(row, points, strict=True))
    ]
    names = ["scorecard", "group", "unit", "indicator", "level", "points", "raw", "status"]
    return units, pd.DataFrame(rows, columns=names)


def test_by_hand() -> None:
    """T0 alike in all units: all weight goes to T1, whose order is the other way round."""
    made = published({"a": [80.0, 50.0], "b": [80.0, 60.0], "c": [80.0, 90.0]})
    found = contrast_frames(*made, plan_with("entropy", "topsis_minmax"))
    weights = found["contrast_weights"].set_index(["method", "indicator"])
    assert list(weights["weight"].astype(float)) == pytest.approx([0.0, 1.0, 0.6, 0.4])
    assert list(weights["declared"].astype(float)) == pytest.approx([0.6, 0.4] * 2)
    assert weights["note"].isna().all()
    ranks = found["contrast_ranks"].set_index(["method", "unit"])
    assert list(ranks.loc["entropy", "score"].astype(float)) == pytest.approx([50.0, 60.0, 90.0])
    assert list(ranks.loc["entropy", "rank"]) == [3, 2, 1]
    assert list(ranks.loc["topsis_minmax", "score"].astype(float)) == pytest.approx([0, 25, 100])
    assert (ranks["move"] == ranks["declared"] - ranks["rank"]).all()


def test_order_of_rows_changes_nothing() -> None:
    rng = np.random.default_rng(4)
    values = {f"u{k}": list(rng.uniform(40, 100, 4)) for k in range(7)}
    made = published(values, points=(40, 30, 20, 10))
    plan = plan_with(*METHODS)
    first = contrast_frames(*made, plan)
    turned = contrast_frames(*(table.iloc[::-1] for table in made), plan)
    for name, table in first.items():
        pd.testing.assert_frame_equal(table, turned[name], check_exact=True, obj=name)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"a": [80.0, 50.0]}, "只有1家"),
        ({"a": [80.0, 50.0], "b": [70.0, 60.0]}, "只有2家"),
        ({"a": [80.0, 50.0], "b": [80.0, 50.0], "c": [80.0, 50.0]}, "给不出权重"),
        ({"a": [80.0, np.nan], "b": [70.0, 60.0], "c": [75.0, 60.0]}, "不足2项"),
    ],
)
def test_what_has_no_weights_is_told_in_words(values, words: str) -> None:
    found = contrast_frames(*published(values), plan_with("critic", "entropy"))
    assert found["contrast_ranks"].empty
    assert found["contrast_weights"]["weight"].isna().all()
    assert found["contrast_weights"]["note"].str.contains(words).all()


def test_all_alike_are_all_first_by_closeness() -> None:
    same = {unit: [80.0, 50.0] for unit in "abc"}
    found = contrast_frames(*published(same), plan_with("topsis_vector"))["contrast_ranks"]
    assert set(found["rank"]) == {1} and set(found["score"]) == {50.0}


def test_an_indicator_that_one_unit_lacks_is_left_out_for_all() -> None:
    values = {"a": [80.0, 50.0, 60.0], "b": [70.0, 60.0, np.nan], "c": [75.0, 80.0, 90.0]}
    made = published(values, points=(60.0, 40.0, 100.0))
    found = contrast_frames(*made, plan_with("entropy"))
    rows = found["contrast_weights"].set_index("indicator")
    assert rows.loc["T2", "note"].startswith("有单位缺这一项")
    assert np.isnan(rows.loc["T2", "weight"]) and np.isnan(rows.loc["T2", "declared"])
    assert float(rows["weight"].sum()) == pytest.approx(1.0)
    assert float(rows.loc["T0", "declared"]) == pytest.approx(0.6)
    assert len(found["contrast_ranks"]) == 3


def test_units_that_are_not_ranked_take_no_part() -> None:
    units, indicators = published({"a": [80.0, 50.0], "b": [70.0, 60.0], "c": [75.0, 60.0]})
    units.loc[0, "ranked"] = False
    found = contrast_frames(units, indicators, plan_with("entropy"))
    assert found["contrast_weights"]["note"].str.contains("只有2家").all()


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("contrast")
    _, extract = simulated(catalogue(), folder, seed=5, settings=Settings())
    slow = {"robustness__draws": 100, "robustness__sobol_size": 16, "panel": None, "scales": None}
    return score(extract, full_plan(**slow))


def test_through_the_pipeline(results) -> None:
    ranks, units = results.contrast_ranks, results.units
    assert set(ranks["method"]) == set(METHODS)
    keys = ["scorecard", "group", "unit"]
    both = ranks.merge(units, on=keys, suffixes=("_other", ""))
    assert len(both) == len(ranks) and both["ranked"].all()
    assert (both["declared"] == both["rank"]).all()
    sums = results.contrast_weights.groupby(["scorecard", "group", "method"])["weight"].sum()
    assert sums[sums > 0].to_numpy() == pytest.approx(1.0)


def test_a_plan_without_it_has_empty_tables(results) -> None:
    plan = default_plan()
    found = contrast_frames(results.units, results.indicators, plan)
    assert all(table.empty for table in found.values())


def test_unknown_and_repeated_methods_are_refused() -> None:
    text = plan_source().decode()
    old = "contrasts: [entropy, critic, topsis_vector]"
    with pytest.raises(FaultsFound, match="topsis_linear") as refused:
        read_plan(text.replace(old, "contrasts: [topsis_linear, critic, critic]").encode(), "x")
    codes = [one.code for one in refused.value.faults]
    assert codes == ["declaration.unknown_choice", "plan.repeated"]


def test_a_plan_of_before_is_read() -> None:
    lines = [line for line in plan_source().decode().splitlines() if "contrasts:" not in line]
    plan = read_plan("\n".join(lines).encode(), "x")
    assert plan.robustness is not None and plan.robustness.contrasts == ()
    assert replace(plan.robustness, contrasts=METHODS) == read_plan(plan_source(), "y").robustness
