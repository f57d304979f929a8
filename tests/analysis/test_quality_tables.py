"""Tables of the data's quality, end to end on a small province."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis import simulate
from analysis.pipeline import rounds, score
from analysis.pipeline.robust.sources import Given
from analysis.results import Results
from instruments.quality_methods import CarelessRule, Sign
from instruments.quality_tables import EVERYWHERE, QUALITY_TABLES
from instruments.scale_tables import SCALE_TABLES
from province import STAGES, YEARS, FolderExtract, catalogue, full_plan, simulated

PLAN = full_plan(thresholds=replace(full_plan().thresholds, min_experts=1))
PARTS = {"careless": None, "response": None, "ordinal": None, "scales": None}


def roster(extract: FolderExtract, *, primary: int) -> pd.DataFrame:
    """Margins of every class: ``primary`` of 30 teach there, years half and half."""
    rows = [
        {"class_code": code, "trait": trait, "level": level, "count": count}
        for code in extract.table("classes")["class_code"]
        for trait, levels in (
            ("stage", {STAGES[0]: primary, STAGES[1]: 30 - primary}),
            ("years", {YEARS[0]: 15, YEARS[1]: 15}),
        )
        for level, count in levels.items()
    ]
    return pd.DataFrame(rows)


@pytest.fixture(scope="module")
def extract(tmp_path_factory: pytest.TempPathFactory) -> FolderExtract:
    folder = tmp_path_factory.mktemp("quality")
    settings = simulate.Settings()
    _, made = simulated(catalogue(), folder, seed=3, settings=settings)
    return made


@pytest.fixture(scope="module")
def results(extract: FolderExtract) -> Results:
    return score(extract, PLAN)


def test_every_table_of_quality_has_rows(results: Results) -> None:
    for name in ("response", "bounds", "benchmarks", "careless", "shares", "scale_reliability"):
        assert len(getattr(results, name)), name
    assert results.effects.empty
    assert results.raking.empty


def test_response_repeats_the_printed_rate(results: Results) -> None:
    units = results.units.query("scorecard == 'A-project'").set_index("unit")
    for row in results.response.itertuples():
        assert row.answered == units["n"][row.unit]
        assert row.low <= row.rate <= row.high
        assert row.effective_n == pytest.approx(row.answered / row.deff)


def test_bounds_are_of_ranked_projects_and_reach_the_cut(results: Results) -> None:
    units = results.units.query("scorecard == 'A-project'").set_index("unit")
    assert set(results.bounds["unit"]) <= set(units.index[units["ranked"].astype(bool)])
    for row in results.bounds.itertuples():
        score_ = units["score"][row.unit]
        assert row.low <= score_ + 1e-9 <= row.high + 2e-9
        if not pd.isna(row.fall_at):
            lost = row.share * (1 - row.rate) * (row.fall_at - row.mean)
            assert score_ + lost == pytest.approx(row.fall_cut - 0.05)


def test_benchmark_and_raw_give_the_adjusted(results: Results) -> None:
    for row in results.benchmarks.itertuples():
        assert row.indirect == pytest.approx(row.raw - row.benchmark + row.overall)
        assert 0 < row.own_share < 1


def test_a_plan_without_the_parts_leaves_the_tables_empty(
    extract: FolderExtract, results: Results
) -> None:
    plain = score(extract, replace(PLAN, **PARTS))
    for name in ("response", "nonresponse", "bounds", "careless", "shares", "invariance"):
        assert getattr(plain, name).empty
    pd.testing.assert_frame_equal(plain.units, results.units)


def test_within_works_from_the_plan_and_prints_its_effects(extract: FolderExtract) -> None:
    within = replace(PLAN, adjustment=replace(PLAN.adjustment, method="within"))
    found = score(extract, within)
    assert set(found.effects["trait"]) == {"stage", "years"}
    assert found.effects["n"].dropna().ge(PLAN.thresholds.min_cell).all()
    shown = found.indicators.query("scorecard == 'A-project' and indicator == 'T1.2.1'")
    assert not np.allclose(shown["raw"].astype(float), shown["adjusted"].astype(float))


def raked_plan(**changes: object) -> object:
    how = replace(PLAN.weighting.rake, **changes)
    return replace(PLAN, weighting=replace(PLAN.weighting, method="rake", rake=how))


def test_raking_meets_the_roster_and_moves_scores(extract: FolderExtract, results: Results) -> None:
    rostered = extract.change("roster_margins", roster(extract, primary=20))
    found = score(rostered, raked_plan())
    told = found.raking.query("instrument == 'trainee'")
    assert len(told)
    assert set(told["method"]) == {"rake"}
    assert told["converged"].all()
    assert told["discrepancy"].max() <= 1e-9
    assert not np.allclose(
        found.units["raw"].astype(float), results.units["raw"].astype(float), equal_nan=True
    )


@pytest.mark.parametrize("value", ["raw", "adjusted"])
def test_robustness_starts_from_the_raked_means(extract: FolderExtract, value: str) -> None:
    rostered = extract.change("roster_margins", roster(extract, primary=20))
    plan = raked_plan()
    main = rounds.collect(rostered, plan, waves=rounds.WAVES[extract.cycle.edition])
    of = Given(rostered, main.data, main.panel, plan, main.admitted[0].shown)
    estimates = getattr(main.estimates, value)
    np.testing.assert_array_equal(of.values(value=value), estimates.value)


def test_a_mean_that_is_not_linear_has_no_worst_case(extract: FolderExtract) -> None:
    means = replace(PLAN.composite, aggregation="geometric", floor=1.0)
    found = score(extract, replace(PLAN, composite=means, robustness=None, panel=None))
    assert found.units["ranked"].any()
    assert found.bounds.empty
    assert len(found.response)


def test_raking_falls_back_where_the_roster_is_silent(
    extract: FolderExtract, results: Results
) -> None:
    found = score(extract, raked_plan())
    assert set(found.raking["method"]) == {"poststratify"}
    assert found.raking["note"].notna().all()
    numbers = ["raw", "raw_se", "score", "score_se"]
    plain = results.units[numbers].astype(float)
    np.testing.assert_allclose(found.units[numbers].astype(float), plain, rtol=1e-9)


def test_raking_falls_back_where_bounds_cannot_hold(extract: FolderExtract) -> None:
    rostered = extract.change("roster_margins", roster(extract, primary=29))
    found = score(rostered, raked_plan(low=0.99, high=1.01))
    assert "poststratify" in set(found.raking["method"])


def test_a_rule_can_exclude_by_name(extract: FolderExtract) -> None:
    half = CarelessRule(
        "agreeing",
        "多数相同",
        ((Sign("longstring_share", at_least=0.7),), (Sign("irv", at_most=0.6),)),
    )
    screening = replace(PLAN.screening, exclude=("agreeing",))
    plan = replace(PLAN, careless=replace(PLAN.careless, rules=(half,)), screening=screening)
    found = score(extract, plan)
    row = found.careless[found.careless["project"] == EVERYWHERE].iloc[0]
    assert pd.isna(row["flagged"]) or row["excluded"] == row["flagged"] > 0


def test_shares_hide_few_and_never_leave_them_as_the_rest(results: Results) -> None:
    cell = PLAN.thresholds.min_cell
    told = results.shares.dropna(subset=["count"])
    assert (told["count"] >= cell).all()
    top = told[told["category"] == "top"]
    assert (top["n"] - top["count"] >= cell).all()
    codes = results.shares[results.shares["unit"].eq("*") & results.shares["category"].ne("top")]
    for _, part in codes.groupby(["instrument", "item"]):
        rest = float(part["n"].iloc[0]) - float(part["count"].fillna(0).sum())
        hidden = int(part["count"].isna().sum())
        assert hidden == 0 or rest == 0 or (rest >= cell and hidden > 1)


def test_row_order_changes_nothing(extract: FolderExtract, results: Results) -> None:
    turned = extract
    for name in ("trainee", "slip"):
        key = next(k for k in extract.tables if f"_{name}_" in k)
        turned = turned.change(key, extract.table(key).iloc[::-1].reset_index(drop=True))
    again = score(turned, PLAN)
    for table in (*QUALITY_TABLES, *SCALE_TABLES):
        before, after = getattr(results, table.name), getattr(again, table.name)
        pd.testing.assert_frame_equal(before, after, rtol=1e-7, obj=table.name)


@pytest.mark.parametrize("answer", ["5", None])
def test_answers_that_say_nothing_are_a_defined_result(tmp_path: Path, answer: str | None) -> None:
    programme = catalogue(projects=1, classes=1, size=12)
    _, made = simulated(programme, tmp_path, seed=1, settings=simulate.Settings())
    for key in [name for name in made.tables if name.startswith("responses_")]:
        frame = made.table(key).copy()
        for column in ("a1", "a2", "b1", "m1", "now", "s1"):
            if column in frame:
                frame[column] = answer
        made = made.change(key, frame)
    found = score(made, raked_plan())
    assert found.scale_reliability["alpha"].isna().all()
    assert (found.bounds["high"] >= found.bounds["low"]).all()
