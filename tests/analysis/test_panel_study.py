"""Agreement, decision study and many-facet diagnosis from an extract: rules, edges, privacy."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis import agreement, counts, facets
from analysis.pipeline import panel, rounds, score
from analysis.simulate import Settings
from instruments.methods import Plan
from instruments.panel_tables import NO_FACET
from province import RUBRIC, TRAINEE, FolderExtract, catalogue, full_plan, simulated

NEW = ("panel_agreement", "decision", "facets", "facet_categories", "facet_summary")


@pytest.fixture(scope="module")
def extract(tmp_path_factory) -> FolderExtract:
    folder = tmp_path_factory.mktemp("panel")
    return simulated(catalogue(classes=2), folder, seed=5, settings=Settings())[1]


def looked_into(extract: FolderExtract, plan: Plan) -> dict[str, pd.DataFrame]:
    return panel.frames(rounds.collect(extract, plan, waves=("end",)), extract)


@pytest.fixture(scope="module")
def found(extract) -> dict[str, pd.DataFrame]:
    return looked_into(extract, full_plan())


def with_levels(extract: FolderExtract, change) -> FolderExtract:
    rows = extract.table(RUBRIC.table).copy()
    return extract.change(RUBRIC.table, change(rows))


def test_results_hold_the_tables(extract, found) -> None:
    results = score(extract, full_plan())
    for name in NEW:
        assert len(results.frames[name]) == len(found[name]) > 0
    assert set(results.facets["facet"]) == {"object", "item", "rater"}
    assert {"low", "high", "p"} <= set(results.variance)


def test_levels_are_the_rubrics_not_points(extract, found) -> None:
    """Against the modules on levels taken by hand from the responses."""
    rows = extract.table(RUBRIC.table)
    long = rows.melt(["response", "rater", "unit", "session"], ["e1", "e2"], "item", "level").query(
        "level in ['1', '2', '3', '4']"
    )
    long = long.assign(level=long["level"].astype(int), cluster=long["unit"])
    long["unit"] = long["session"].astype(str) + " " + long["item"].astype(str)
    plan = full_plan().panel
    expected = agreement.panel_agreement(
        long, levels=(1, 2, 3, 4), metric=plan.metric, weights=plan.weights, level=plan.level
    ).set_index("measure")
    own = found["panel_agreement"].query("scaling == 'rubric4'").set_index("measure")
    for measure in ("exact", "adjacent", "ac1", "ac2", "alpha"):
        for column in ("value", "low", "high", "units", "ratings"):
            assert own.loc[measure, column] == pytest.approx(
                expected.loc[measure, column], nan_ok=True
            )
    fit = facets.fit_facets(
        long.assign(project=long["cluster"]),
        object="project", item="item", rater="rater", value="level", levels=(1, 2, 3, 4),
        model=plan.model, estimator=plan.estimator, correction=plan.correction,
        extreme=plan.extreme, min_objects=plan.min_objects,
    )  # fmt: skip
    measures = found["facets"].query("facet == 'rater'").set_index("element")["measure"]
    np.testing.assert_allclose(
        measures.astype(float), fit.of("rater").set_index("element")["measure"], atol=1e-8
    )


def test_conflicted_and_rejected_records_have_no_levels(extract) -> None:
    scoring = rounds.collect(extract, full_plan(), waves=("end",)).data.expert[0].scoring
    every = {"e1": ("1", "2", "3", "4")}
    visits = extract.table("visits").assign(conflict=lambda v: v["rater"] == "E1")
    kept = counts.level_rows(extract.change("visits", visits), scoring=scoring, levels=every)
    assert "E1" in set(counts.level_rows(extract, scoring=scoring, levels=every)["rater"])
    assert "E1" not in set(kept["rater"])
    assert set(kept["item"]) == {"rubric e1"}


def test_a_plan_without_the_part_leaves_the_tables_empty(extract) -> None:
    none = looked_into(extract, full_plan(panel=None))
    assert all(none[name].empty for name in NEW)
    assert none["variance"][["low", "high", "p"]].isna().all(axis=None)
    assert "project" not in set(none["variance"]["component"])


def test_order_of_rows_changes_nothing(extract, found) -> None:
    turned = with_levels(extract, lambda rows: rows.iloc[::-1].reset_index(drop=True))
    again = looked_into(turned, full_plan())
    for name in (*NEW, "variance"):
        pd.testing.assert_frame_equal(again[name], found[name])


def test_withheld_projects_give_nothing(extract) -> None:
    """P0 has too few answers: whatever experts gave it, no new table differs but by variances
    that are published already; and no object of it is listed."""
    rows = extract.table(TRAINEE.table)
    small = extract.change(TRAINEE.table, rows[rows["unit"] != "P0"].reset_index(drop=True))

    def lowered(rows: pd.DataFrame) -> pd.DataFrame:
        return rows.assign(e1=rows["e1"].mask(rows["unit"] == "P0", "1"))

    one, other = (looked_into(x, full_plan()) for x in (small, with_levels(small, lowered)))
    assert "P0" not in set(one["facets"]["element"])
    for table in ("facet_summary", "facet_categories"):
        pd.testing.assert_frame_equal(one[table], other[table])
    levels = [x["panel_agreement"].query("scaling == 'rubric4'") for x in (one, other)]
    pd.testing.assert_frame_equal(*levels)


def test_where_severities_are_not_listed_no_table_tells_them(extract) -> None:
    alike = with_levels(extract, lambda rows: rows.assign(e1="3", e2=["3", "4"] * (len(rows) // 2)))
    told = looked_into(alike, full_plan())
    assert told["raters"]["severity"].isna().all()
    rows = told["facets"].query("facet == 'rater'")
    assert rows[["measure", "se", "fair", "extreme"]].isna().all(axis=None)


@pytest.mark.parametrize(
    ("levels", "words"), [({"e1": "4", "e2": "4"}, "同一级"), ({"e1": "1", "e2": "4"}, "分离")]
)
def test_all_alike_or_separated_is_said(extract, levels: dict, words: str) -> None:
    told = looked_into(with_levels(extract, lambda rows: rows.assign(**levels)), full_plan())
    assert told["facets"].empty and told["facet_categories"].empty
    assert told["facet_summary"]["facet"].tolist() == [NO_FACET]
    assert words in told["facet_summary"]["reason"].iloc[0]


def test_too_few_projects_for_a_population_is_said(extract) -> None:
    told = looked_into(extract, full_plan(panel__estimator="mml"))
    assert "项目不足30个" in told["facet_summary"]["reason"].iloc[0]


def test_one_expert_has_nobody_to_agree_with(extract) -> None:
    alone = with_levels(extract, lambda rows: rows[rows["rater"] == "E1"].reset_index(drop=True))
    told = looked_into(alone, full_plan())
    assert told["decision"].empty
    reasons = set(told["panel_agreement"]["reason"]) | set(told["facet_summary"]["reason"])
    assert reasons == {"没有两名专家评过同一对象的同一维度，一致性无从计算。"}


def test_one_project_has_errors_and_no_coefficient(tmp_path) -> None:
    extract = simulated(catalogue(projects=1), tmp_path, seed=3, settings=Settings())[1]
    told = looked_into(extract, full_plan())["decision"]
    assert told["absolute_se"].notna().all()
    assert told[["erho2", "phi", "needed", "ceiling"]].isna().all(axis=None)
    assert told["reason"].notna().all()


def test_a_line_is_no_table_of_levels(extract) -> None:
    plan = full_plan()
    line = {"points": None, "low": 1.0, "low_score": 0.0, "high": 4.0, "high_score": 100.0}
    scaling = tuple(replace(one, **line) if one.name == "rubric4" else one for one in plan.scaling)
    told = looked_into(extract, replace(plan, scaling=scaling))
    assert "不是两级以上的整数等级表" in told["facet_summary"]["reason"].iloc[0]
    own = told["panel_agreement"].query("scaling == 'rubric4'")
    assert own["value"].isna().all()


def test_a_second_rating_of_the_same_object_is_left_aside(extract, found) -> None:
    """A double of one expert's record: both go, so that agreement is of different people."""
    rows = extract.table(RUBRIC.table)
    double = rows.iloc[[0]].assign(response="r999999")
    told = looked_into(
        extract.change(RUBRIC.table, pd.concat([rows, double], ignore_index=True)), full_plan()
    )["panel_agreement"].query("measure == 'exact'")
    was = found["panel_agreement"].query("measure == 'exact'")
    assert told["units"].iloc[0] == was["units"].iloc[0] - 2
