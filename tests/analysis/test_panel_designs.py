"""The experts' panel under any pattern of ratings: always defined, whatever it can tell."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from analysis import mixed, raters
from analysis.pipeline import dependability, estimation
from frames import frame
from instruments.panel_tables import OF_POINTS
from province import full_plan

PROJECTS, LEAVES, SCORES = ("P1", "P2", "P3"), ("L1", "L2", "L3"), (40.0, 65.0, 85.0, 100.0)
COLUMNS = ["rater", "project", "session", "leaf", "score"]
PLAN = full_plan()
RATING = st.tuples(
    st.sampled_from("abcd"),
    st.sampled_from(PROJECTS),
    st.integers(1, 3),
    st.sampled_from(LEAVES),
    st.sampled_from(SCORES),
)


def evidence_of(ratings: list[tuple]) -> SimpleNamespace:
    """What the experts' model needs of the evidence, from rating rows."""
    rows = pd.DataFrame(ratings, columns=COLUMNS)
    rows["session"] = rows["project"].astype(str) + " " + rows["session"].astype(str)
    rows = rows.assign(response=[f"r{i}" for i in range(len(rows))])
    leaves = [SimpleNamespace(leaf=leaf) for leaf in LEAVES]
    expert = (SimpleNamespace(scoring=SimpleNamespace(leaves=leaves)),)
    types = ("one", "one", "two")
    return SimpleNamespace(expert=expert, ratings=rows, projects=PROJECTS, types=types)


def full(*, raters: str, sessions: int, leaves: int) -> list[tuple]:
    """Everybody rates everything, scores in turn."""
    keys = [
        (r, p, s + 1, leaf)
        for r in raters
        for p in PROJECTS
        for s in range(sessions)
        for leaf in LEAVES[:leaves]
    ]
    return [(*key, SCORES[i * 7 % 4]) for i, key in enumerate(keys)]


ONE_DIMENSION_A_SESSION = [
    ("a", "P1", 1, "L1", 40.0),
    ("b", "P1", 1, "L1", 65.0),
    ("a", "P1", 2, "L2", 85.0),
    ("b", "P1", 2, "L2", 40.0),
    ("a", "P2", 1, "L1", 100.0),
    ("b", "P2", 1, "L1", 65.0),
    ("a", "P2", 2, "L2", 85.0),
    ("b", "P2", 2, "L2", 100.0),
]
"""Sessions differ within projects, and not within project x dimension."""

FLAT = [
    ("a", "P1", 1, "L1", 85.0),
    ("a", "P3", 1, "L2", 40.0),
    ("d", "P1", 3, "L1", 40.0),
    ("a", "P1", 3, "L1", 40.0),
    ("a", "P1", 1, "L3", 40.0),
    ("a", "P1", 1, "L2", 40.0),
    ("b", "P1", 3, "L2", 40.0),
]
"""Two numbers are left for three variances: a bound of theirs has no end."""


@settings(max_examples=100)
@given(ratings=st.lists(RATING, max_size=30))
@example(ratings=ONE_DIMENSION_A_SESSION)
@example(ratings=[])
@example(ratings=[("a", "P1", 1, "L1", 40.0)])
@example(ratings=[(r, "P1", 1, "L1", 100.0) for r in "ab"])
@example(ratings=full(raters="abcd", sessions=1, leaves=1))
@example(ratings=full(raters="ab", sessions=3, leaves=3))
@example(ratings=FLAT)
def test_any_design_gives_a_defined_panel(ratings: list[tuple]) -> None:
    data = evidence_of(ratings)
    panel = estimation.rate_panel(data, PLAN)
    measured = ~np.isnan(panel.value)
    assert measured.sum() == len(panel.measured)
    assert np.isfinite(panel.covariance).all() and (np.diag(panel.covariance) >= 0).all()
    assert (panel.variance["points"] >= 0).all()
    shown = np.ones(len(PROJECTS), dtype=bool)
    of = dependability.panel_variances(data, panel.variance, shown=shown, min_experts=2)
    found = dependability.variance_rows(of, choice=PLAN.panel)
    own = found[found["component"] != "project"].dropna(subset=["low", "high"])
    assert (own["low"] <= own["points"] * (1 + 1e-9) + 1e-9).all()
    assert (own["points"] <= own["high"] * (1 + 1e-9) + 1e-9).all()
    told = dependability.reliability_rows(of)
    assert (told["value"].notna() | told["reason"].notna()).all()
    assert told["value"].dropna().between(0, 1).all()
    decided = dependability.decision_rows(of, choice=PLAN.panel)
    assert (decided["relative_se"] <= decided["absolute_se"]).all()
    for _, rows in decided.groupby("sessions"):
        assert rows.sort_values("experts")["absolute_se"].is_monotonic_decreasing


@settings(max_examples=100)
@given(ratings=st.lists(RATING, min_size=1, max_size=30))
def test_factors_kept_are_those_that_the_model_accepts(ratings: list[tuple]) -> None:
    """No more (it would refuse) and no fewer (each left out would be refused, if it came next)."""
    rows = raters.panel_rows(evidence_of(ratings).ratings, min_experts=2)
    if len(rows) <= len(rows[list(raters.CELL)].drop_duplicates()):
        return
    kept = raters.panel_factors(rows)
    mixed.fit_crossed(rows, value="score", factors=kept, fixed=raters.CELL)
    for place, factor in enumerate(raters.FACTORS):
        if factor not in kept:
            before = [f for f in kept if raters.FACTORS.index(f) < place]
            with pytest.raises(ValueError):
                mixed.fit_crossed(rows, value="score", factors=[*before, factor], fixed=raters.CELL)


def test_a_session_of_one_dimension_is_no_factor() -> None:
    """Sessions vary within a project, but each project x dimension was seen in one only."""
    rows = raters.panel_rows(evidence_of(ONE_DIMENSION_A_SESSION).ratings, min_experts=2)
    assert rows.groupby("project")["session"].nunique().tolist() == [2, 2]
    assert raters.panel_factors(rows) == ("rater", "rater_site")


def test_variance_between_projects_is_that_of_their_means() -> None:
    """Balanced: mean squares by hand. Projects of a type at 40, 65 and 90 on either dimension,
    two experts of equal severity who differ from each other by chance alone."""
    noise = {("a", "L1"): 1.0, ("b", "L1"): -1.0, ("a", "L2"): -1.0, ("b", "L2"): 1.0}
    ratings = [
        (r, p, 1, leaf, level + sign * noise[r, leaf])
        for p, level, sign in zip(PROJECTS, (40.0, 65.0, 90.0), (1.0, -1.0, 1.0), strict=True)
        for r, leaf in noise
    ]
    data = evidence_of(ratings)
    data.types = ("one",) * 3
    panel = estimation.rate_panel(data, PLAN)
    shown = np.ones(3, dtype=bool)
    of = dependability.panel_variances(data, panel.variance, shown=shown, min_experts=2)
    error = of.squared
    assert error["rater"] == 0.0
    # mean square between projects / 4 ratings = 625; less what chance adds to a mean of four
    rows = of.shown
    fit = mixed.fit_crossed(rows, value="score", factors=["project"], fixed=("type", "leaf"))
    assert of.between == pytest.approx(fit.sd["project"] ** 2, rel=0.01)
    assert of.between == pytest.approx(625.0, rel=0.01)


def test_withheld_projects_give_nothing_to_what_is_new() -> None:
    """Whatever experts said of a project whose score may not be shown."""
    ratings = full(raters="abc", sessions=2, leaves=2)
    other = [(*key, 40.0 if key[1] == "P3" else score) for *key, score in ratings]
    shown = np.array([True, True, False])
    found = []
    for rows in (ratings, other):
        data = evidence_of(rows)
        components = estimation.rate_panel(evidence_of(ratings), PLAN).variance
        of = dependability.panel_variances(data, components, shown=shown, min_experts=2)
        found.append((dependability.reliability_rows(of), of.between, of.counts))
    pd.testing.assert_frame_equal(found[0][0], found[1][0])
    assert found[0][1:] == found[1][1:]
    assert (found[0][0]["scaling"] == OF_POINTS).all()


COMPONENTS = """
| model       | component  | sd  | points | levels |
| observation | rater      | 3.0 | 3.0    | 5      |
| observation | rater_site | 4.0 | 4.0    | 18     |
| observation | session    | 2.0 | 2.0    | 12     |
| observation | residual   | 6.0 | 6.0    | 48     |
"""


def test_decision_study_by_hand() -> None:
    """Brennan 2001, ch. 4: each variance over the numbers of its facets; two dimensions a session.
    With n experts in two sessions: relative 16/n + 4/2 + 36/(4 n), absolute + 9/n."""
    ratings = full(raters="abc", sessions=2, leaves=2)
    data, shown = evidence_of(ratings), np.ones(3, dtype=bool)
    of = dependability.panel_variances(data, frame(COMPONENTS), shown=shown, min_experts=2)
    object.__setattr__(of, "between", 25.0)
    found = dependability.decision_rows(of, choice=PLAN.panel).query("sessions == 2")
    n = found["experts"].to_numpy(dtype=float)
    relative, absolute = 25.0 / n + 2.0, 34.0 / n + 2.0
    np.testing.assert_allclose(found["relative_se"].astype(float), np.sqrt(relative))
    np.testing.assert_allclose(found["absolute_se"].astype(float), np.sqrt(absolute))
    np.testing.assert_allclose(found["erho2"].astype(float), 25 / (25 + relative))
    np.testing.assert_allclose(found["phi"].astype(float), 25 / (25 + absolute))
    # 25 / (25 + 2 + 34 / n) >= 0.8: 34 / n <= 4.25, so eight experts, beyond the table
    assert found["needed"].unique().tolist() == [8.0]
    assert found["ceiling"].unique() == pytest.approx([25 / 27])
    single = dependability.reliability_rows(of).set_index("form")["value"]
    assert single["ICC(A,1)"] == pytest.approx(25 / (25 + 9 + 16 + 4 + 36))
    assert single["ICC(C,1)"] == pytest.approx(25 / (25 + 16 + 4 + 36))
    assert single["rater_site/(rater+rater_site)"] == pytest.approx(16 / 25)
    assert single["ICC(A,k)"] == pytest.approx(25 / (25 + 34 / 3 + 2))
