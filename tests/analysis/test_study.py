"""The study: the crowd is the people one by one, comparisons by hand, and what must hold."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.pipeline.expected import expected_severity
from analysis.pipeline.repetition import repeat_cycle
from analysis.simulate import Person, Settings, draw_province, expert_answers, trainee_answers
from analysis.simulate.crowd import Crowd, answering, crowd_answers, draw_crowd, panel_answers
from analysis.simulate.invented import invented_catalogue, with_visits
from analysis.study import (
    band_errors,
    binomial_interval,
    interval_coverage,
    rank_coverage,
    severity_agreement,
)
from frames import frame
from instruments.study import study_plan
from province import FRAMEWORK, RUBRIC, TRAINEE, catalogue, default_plan
from reports.study.repetitions import run_design, study_tools

SMALL = {"classes": 2, "visited": 8, "experts": 5, "institutions": 3, "projects": 6, "types": 1}
CUTS = [("优", 90.0), ("良", 80.0), ("差", 0.0)]


@pytest.fixture(scope="module")
def tools():
    return study_tools()


def test_binomial_interval_equals_scipy() -> None:
    """Clopper & Pearson: scipy.stats.binomtest, method 'exact'."""
    for hits, n in ((0, 12), (95, 100), (12, 12), (3, 17)):
        expected = stats.binomtest(hits, n).proportion_ci(0.95, method="exact")
        assert binomial_interval(hits, n=n, level=0.95) == pytest.approx(tuple(expected))
    assert np.isnan(binomial_interval(0, n=0, level=0.95)).all()


UNITS = """
| repetition | scorecard | group | unit | score | score_se | score_low | score_high | ranked | rank_low | rank_high | band | band_probability | truth |
| 0 | A-project | t | a | 92.0 | 1.0 | 90.0 | 94.0 | true | 1 | 2 | 优 | 0.95 | 91.0 |
| 0 | A-project | t | b | 85.0 | 1.0 | 83.0 | 87.0 | true | 1 | 2 | 良（近优） | 0.75 | 90.5 |
| 1 | A-project | t | a | 91.0 | 1.0 | 89.0 | 93.0 | true | 1 | 1 | 优 | 0.85 | 84.0 |
| 1 | A-project | t | b | 85.0 | 1.0 | 83.0 | 87.0 | true | 2 | 2 | 良 | 0.99 | 85.0 |
"""  # noqa: E501


def test_comparisons_by_hand() -> None:
    units = frame(UNITS)
    one = interval_coverage(units, level=0.95).iloc[0]
    assert (one["repetitions"], one["n"], one["coverage"], one["bias"]) == (2, 4, 0.5, 0.625)
    table = rank_coverage(units, level=0.95).iloc[0]
    assert (table["tables"], table["held"]) == (2, 1)
    assert table["p"] == pytest.approx(1 - 0.95**2)
    errors = band_errors(units, cuts=CUTS, scorecard="A-project").set_index("kind")
    assert errors.loc["all", ["n", "wrong"]].tolist() == [4, 0.5]
    assert errors.loc["all", "declared"] == pytest.approx((0.05 + 0.25 + 0.15 + 0.01) / 4)
    assert errors.loc["clear", ["n", "wrong"]].tolist() == [3, pytest.approx(1 / 3)]


def test_severities_by_hand() -> None:
    """True = 2 x told + 1: slope 2, correlation 1; se² / sd² = 1/2 of 4 in 1 block: implied
    √(4/3 x 1/2)."""
    rows = frame(
        """
        | repetition | severity | se  | block | truth | sd                 |
        | 0          | -1.0     | 1.0 | 1     | -1.0  | 1.4142135623730951 |
        | 0          | 0.0      | 1.0 | 1     | 1.0   | 1.4142135623730951 |
        | 0          | 1.0      | 1.0 | 1     | 3.0   | 1.4142135623730951 |
        | 0          | 2.0      | 1.0 | 1     | 5.0   | 1.4142135623730951 |
        """
    )
    found = severity_agreement(rows, level=0.95)
    assert (found.slope, found.correlation) == pytest.approx((2.0, 1.0))
    assert found.implied == pytest.approx(np.sqrt(2 / 3))
    assert np.isnan(severity_agreement(rows.assign(severity=0.0), level=0.95).slope)


def shares(answers: list[str | None]) -> np.ndarray:
    codes = ["1", "2", "3", "4", "5", "na", None]
    return np.array([answers.count(code) for code in codes]) / len(answers)


def test_a_crowd_answers_as_its_people_do() -> None:
    """The same province, one by one and column by column: shares of every code alike."""
    rng = np.random.default_rng(1)
    settings = Settings(careless=0.0, blank=0.1, not_applicable=0.1)
    province = draw_province(catalogue(), frameworks=[FRAMEWORK], settings=settings, generator=rng)
    size, traits = 4000, {"stage": "junior", "years": "0-5", "locality": "rural"}
    leaning = rng.normal(0.0, settings.person, size)
    people = [Person("P1C0", traits, float(x), False, False) for x in leaning]
    alone = [trainee_answers(province, instrument=TRAINEE, person=p, generator=rng) for p in people]
    columns = {name: np.full(size, value, dtype=object) for name, value in traits.items()}
    no, where = np.zeros(size, dtype=bool), np.full(size, "P1C0", dtype=object)
    crowd = Crowd(where, columns, leaning, no, no)
    found = crowd_answers(province, instrument=TRAINEE, crowd=crowd, generator=rng)
    for item in ("a1", "b1", "m1", "now", "turned", "check", "pressed"):
        one = shares([answers.get(item) for answers in alone])
        np.testing.assert_allclose(shares(list(found[item])), one, atol=0.04)
    seen = ("E0", "P1", "P1C0S1")
    each = [
        expert_answers(
            province, instrument=RUBRIC, rater="E0", project="P1", session=seen[2], generator=rng
        )["e1"]
        for _ in range(size)
    ]
    told = panel_answers(
        province,
        instrument=RUBRIC,
        rater=[seen[0]] * size,
        project=[seen[1]] * size,
        session=[seen[2]] * size,
        generator=rng,
    )
    np.testing.assert_allclose(shares(list(told["e1"])), shares(each), atol=0.04)


def test_the_careless_and_the_unwilling_are_planted() -> None:
    rng = np.random.default_rng(2)
    settings = Settings(careless=1.0)
    province = draw_province(catalogue(), frameworks=[FRAMEWORK], settings=settings, generator=rng)
    crowd = draw_crowd(province, generator=rng)
    assert len(crowd) == 6 * 3 * 30
    found = crowd_answers(province, instrument=TRAINEE, crowd=crowd, generator=rng)
    assert {"4", "5"} == set(found["check"]) - {None}
    choice = {"rate": 0.7, "spread": settings.person, "generator": rng}
    here = answering(crowd, reluctance=2.0, **choice)
    assert crowd.leaning[here].mean() > crowd.leaning[~here].mean() + 0.5 * settings.person
    assert answering(crowd, reluctance=0.0, **choice | {"rate": 1.0}).all()


def test_true_severity_is_what_experts_take_off() -> None:
    """Expectation against many drawn forms of a strict and a mild expert."""
    rng = np.random.default_rng(3)
    settings = Settings(severity=0.1, rater_site=0.0)
    province = draw_province(catalogue(), frameworks=[FRAMEWORK], settings=settings, generator=rng)
    province = replace(province, severity={"E0": 0.0, "E1": 0.15})
    plan = default_plan()
    points = plan.scale("rubric4").points
    means = []
    for rater in ("E0", "E1"):
        projects = [f"P{k % 6}" for k in range(12000)]
        sessions = np.array([f"s{k}" for k in range(12000)])
        drawn = rng.normal(0.0, settings.session, 12000).tolist()
        there = replace(province, sessions=dict(zip(sessions, drawn, strict=True)),
                        rater_site={(rater, f"P{k}"): 0.0 for k in range(6)})  # fmt: skip
        told = panel_answers(there, instrument=RUBRIC, rater=[rater] * 12000, project=projects,
                             session=sessions, generator=rng)  # fmt: skip
        means.append(np.mean([points[c] for name in ("e1", "e2") for c in told[name]]))
    truth = expected_severity(province, RUBRIC, plan)
    assert truth["E1"] == pytest.approx(means[0] - means[1], abs=0.5)
    assert truth["E0"] == 0.0


def test_experts_may_be_assigned_by_quality() -> None:
    study = study_plan()
    design = replace(study.designs["apart"], **SMALL | {"visited": 12, "experts": 6})
    rng = np.random.default_rng(4)
    plain = invented_catalogue(design, study, generator=rng)
    province = draw_province(plain, frameworks=[FRAMEWORK], settings=Settings(), generator=rng)
    seen = with_visits(province, design)
    strict = sorted(province.severity, key=lambda code: -province.severity[code])[:3]
    level = {code: np.mean(list(told.values())) for code, told in province.quality.items()}
    best = sorted(level, key=lambda code: -level[code])[:3]
    for visit in seen.catalogue.visits:
        assert (visit.expert in strict) == (seen.project[visit.class_code] in best)


def test_a_repetition_knows_its_truth_and_goes_on_where_it_stopped(tools, tmp_path: Path) -> None:
    """Three repetitions of a small province, one done twice: same bytes; the truth lies near."""
    small = replace(tools.study.designs["few_experts"], **SMALL)
    known = replace(tools, study=replace(tools.study, designs={"few_experts": small}))
    told: list[tuple[str, int, int]] = []
    run = {"repetitions": 2, "seed": 5, "store": tmp_path}
    first = run_design("few_experts", known, progress=lambda *step: told.append(step), **run)
    assert [step[1:] for step in told] == [(1, 2), (2, 2)]
    path = tmp_path / "few_experts-5-000001.parquet"
    before = path.read_bytes()
    path.unlink()
    again = run_design("few_experts", known, **run)
    assert path.read_bytes() == before
    pd.testing.assert_frame_equal(first.units, again.units)
    projects = first.units.query("scorecard == 'A-project'")
    assert len(projects) == 12
    assert (projects["score"] - projects["truth"]).abs().max() < 8
    assert np.corrcoef(projects["score"], projects["truth"])[0, 1] > 0.5
    assert set(first.raters["rater"]) == {f"E0{k}" for k in range(1, 6)}


@pytest.mark.prove
@pytest.mark.parametrize("code", ["demo", "dense"])
def test_what_must_hold(code: str, tools, full_count: bool, proven, tmp_path: Path) -> None:
    """At full count by the bounds of docs/validation.md; else few repetitions of a small province,
    whose bounds are those of the binomial at 1 in 1,000. Repetitions of a stopped proof are kept.
    """
    design, times = tools.study.designs[code], 500
    if not full_count:
        smaller = SMALL if code == "demo" else SMALL | {"visited": 12, "seats": 4}
        design, times = replace(design, **smaller), 4
    known = replace(tools, study=replace(tools.study, designs={code: design}))
    store = Path("study") if full_count else tmp_path
    found = run_design(code, known, repetitions=times, seed=2021, store=store)
    level, units = tools.study.level, found.units
    cover = interval_coverage(units, level=level).set_index("scorecard")
    ranks, told = rank_coverage(units, level=level), severity_agreement(found.raters, level=level)
    errors = band_errors(units, cuts=cuts_of(tools), scorecard="A-project").set_index("kind")
    assert (ranks["p"] >= 0.01 if full_count else ranks["p"] >= 0.001).all()
    assert errors.loc["all", "wrong"] - errors.loc["all", "declared"] <= (
        0.05 if full_count else 0.25
    )
    if full_count:
        assert cover["coverage"].between(0.935, 0.965).all()
        assert abs(told.slope - 1.0) <= 0.05
        assert abs(told.correlation - told.implied) <= 0.02
        assert code != "dense" or told.correlation >= 0.95
    else:
        n = int(cover.loc["A-project", "n"])
        least = stats.binom.ppf(0.001, n, level) / n - 0.05  # units of a table go together
        assert cover.loc["A-project", "coverage"] >= least
        assert 0.3 < told.slope < 2.5
    proven(
        f"{times} repetitions ({code}): coverage "
        + ", ".join(f"{card} {share:.3f}" for card, share in cover["coverage"].items())
        + f"; severity slope {told.slope:.3f}, r {told.correlation:.3f} of {told.implied:.3f}"
    )


def cuts_of(tools) -> list[tuple[str, float]]:
    return [(band.label, band.cut) for band in tools.plan.bands]


def test_a_cohort_is_known_but_for_who_did_not_answer(tools, tmp_path: Path) -> None:
    design = replace(tools.study.designs["cohort"], **SMALL | {"experts": 0, "visited": 0})
    everybody = replace(design, settings={"response": 1.0, "careless": 0.0})  # none is left out
    one = repeat_cycle(everybody, tools, folder=tmp_path, generator=np.random.default_rng(1)).units
    np.testing.assert_allclose(one["score"].astype(float), one["truth"].astype(float), atol=1e-8)
    assert one["score_se"].astype(float).max() == 0
