"""Raking to the roster and the error of a raked mean, against R survey, and at their limits."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.raking import Raked, RakedMeans, rake, raked_means
from frames import frame
from project_root import ROOT

EXACT = {
    "tolerance": 1e-12,
    "steps": 500,
    "low": 0.0,
    "high": np.inf,
    "unknown": "refuse",
    "collapse": {},
    "total": None,
}
ROSTER = frame(
    """
    | trait    | level | count |
    | stype    | E     | 4421  |
    | stype    | H     | 755   |
    | stype    | M     | 1018  |
    | wide     | No    | 1072  |
    | wide     | Yes   | 5122  |
    """
)
JOINT = frame(
    """
    | trait | level | count |
    | joint | E Yes | 3949  |
    | joint | M Yes | 752   |
    | joint | E No  | 472   |
    | joint | H Yes | 421   |
    | joint | H No  | 334   |
    | joint | M No  | 266   |
    | imp   | No    | 1712  |
    | imp   | Yes   | 4482  |
    """
)


@pytest.fixture(scope="module")
def schools() -> pd.DataFrame:
    table = pd.read_csv(ROOT / "tests" / "reference" / "api_cluster.csv")
    joint = table["stype"] + " " + table["sch_wide"]
    return table.assign(
        weight=6194 / 183, n=1, wide=table["sch_wide"], imp=table["comp_imp"], joint=joint
    )


def averages(rows: pd.DataFrame, fit: Raked, *, fraction: float = 15 / 757) -> RakedMeans:
    raked = rows.assign(base=rows["weight"], weight=rows["weight"] * fit.factor)
    return raked_means(
        raked,
        values=["api00", "enroll"],
        levels=fit.levels,
        classes="dnum",
        fraction=fraction,
    )


def test_raked_mean_and_error_equal_r_survey(schools: pd.DataFrame) -> None:
    """R survey, tests/rakecheck.Rout.save: svymean(~api00) 641.23, SE 23.704; svytotal(~enroll)
    3647280, SE 400603 (calibrate, calfun = raking; 15 of 757 districts)."""
    fit = rake(schools, margins=ROSTER, **EXACT)
    found = averages(schools, fit)
    assert fit.converged
    assert fit.discrepancy <= 1e-12
    assert found.value[0] == pytest.approx(641.23, abs=5e-3)
    assert found.se[0] == pytest.approx(23.704, abs=5e-4)
    assert found.value[1] * 6194 == pytest.approx(3647280, abs=0.5)
    assert found.se[1] * 6194 == pytest.approx(400603, abs=0.5)
    assert found.df == 14


def test_partly_joint_margins_equal_r_survey(schools: pd.DataFrame) -> None:
    """The same file: list(~stype + sch.wide, ~comp.imp), calibrated: 642.61, SE 22.731."""
    fit = rake(schools, margins=JOINT, **EXACT)
    found = averages(schools, fit)
    assert found.value[0] == pytest.approx(642.61, abs=5e-3)
    assert found.se[0] == pytest.approx(22.731, abs=5e-4)


def test_four_rounds_are_not_converged_and_say_so(schools: pd.DataFrame) -> None:
    """R survey's default stops at 39.8385 for one cell's weight; converged it is 39.8392."""
    renamed = schools.rename(columns={"stype": "1 stype", "wide": "2 wide"})
    margins = ROSTER.replace({"trait": {"stype": "1 stype", "wide": "2 wide"}})
    early = rake(renamed, margins=margins, **{**EXACT, "steps": 4})
    late = rake(renamed, margins=margins, **EXACT)
    weights = [np.unique(renamed["weight"] * fit.factor) for fit in (early, late)]
    assert [column[2] for column in weights] == pytest.approx([39.8385, 39.8392], abs=5e-5)
    assert (early.converged, late.converged) == (False, True)
    assert early.discrepancy > 1e-9 > late.discrepancy


def test_error_agrees_with_raking_anew_without_each_class(schools: pd.DataFrame) -> None:
    """R survey, the same file: jackknife (JK1) of the raked mean 26.874; linearised it is 23.7."""
    values = []
    for district in sorted(set(schools["dnum"])):
        left = schools[schools["dnum"] != district]
        weight = left["weight"] * rake(left, margins=ROSTER, **EXACT).factor
        values.append(np.average(left["api00"], weights=weight))
    spread = (14 / 15) * ((np.array(values) - np.mean(values)) ** 2).sum() * (1 - 15 / 757)
    assert np.sqrt(spread) == pytest.approx(26.874, abs=5e-4)


def test_raking_takes_away_what_the_margins_explain(schools: pd.DataFrame) -> None:
    """A value that the margins determine has no error; an unraked design's is not this one."""
    fit = rake(schools, margins=ROSTER, **EXACT)
    shown = (schools["stype"] == "E") * 40.0 + (schools["wide"] == "No") * 7.0
    known = averages(schools.assign(api00=shown), fit)
    assert known.se[0] == pytest.approx(0.0, abs=1e-9)
    assert known.value[0] == pytest.approx((40 * 4421 + 7 * 1072) / 6194)


def test_cells_stand_for_their_people(schools: pd.DataFrame) -> None:
    """Weights and errors from counts per class and cell are those of people."""
    keys = ["dnum", "stype", "wide"]
    cells = schools.groupby(keys)[["n", "weight", "api00", "enroll"]].sum().reset_index()
    people, fit = (rake(rows, margins=ROSTER, **EXACT) for rows in (schools, cells))
    each = cells.assign(weight=cells["weight"] / cells["n"])
    one, other = averages(schools, people), averages(each, fit)
    np.testing.assert_allclose(other.value, one.value)
    np.testing.assert_allclose(other.se, one.se)


PEOPLE = """
| stage | years | weight |
| a     | 1     | 4      |
| a     | 2     | 2      |
| b     | 1     | 1      |
| b     | 2     | 3      |
"""


def counts(**levels: dict[str, float]) -> pd.DataFrame:
    rows = [(trait, level, n) for trait, own in levels.items() for level, n in own.items()]
    return pd.DataFrame(rows, columns=["trait", "level", "count"])


def test_bounds_hold_and_margins_still_hold() -> None:
    """Deville & Särndal 1992: within bounds the margins are met, and all of them exactly."""
    margins = counts(stage={"a": 4, "b": 6}, years={"1": 5, "2": 5})
    free = rake(frame(PEOPLE), margins=margins, **EXACT)
    held = rake(frame(PEOPLE), margins=margins, **{**EXACT, "low": 0.3, "high": 1.75})
    assert free.factor.max() > 1.75
    assert held.converged
    assert held.factor.min() >= 0.3
    assert held.factor.max() <= 1.75 + 1e-9
    np.testing.assert_allclose(held.margins["reached"], held.margins["target"], atol=1e-9)
    assert held.at_high == 1
    with pytest.raises(ValueError, match="stage a: the bounds"):
        rake(frame(PEOPLE), margins=margins, **{**EXACT, "low": 0.9, "high": 1.1})


def test_wide_bounds_change_nothing() -> None:
    margins = counts(stage={"a": 4, "b": 6}, years={"1": 5, "2": 5})
    free = rake(frame(PEOPLE), margins=margins, **EXACT)
    wide = rake(frame(PEOPLE), margins=margins, **{**EXACT, "low": 0.01, "high": 100.0})
    np.testing.assert_allclose(wide.factor, free.factor, rtol=1e-9)
    assert (wide.at_low, wide.at_high) == (0, 0)


def test_one_margin_is_post_stratification() -> None:
    """Holt & Smith 1979: factor = people on the roster / people who answered."""
    found = rake(frame(PEOPLE), margins=counts(stage={"a": 12, "b": 2}), **EXACT)
    assert found.factor.tolist() == pytest.approx([2.0, 2.0, 0.5, 0.5])
    assert found.steps == 1


def test_empty_levels_are_merged_only_by_the_declared_rule() -> None:
    margins = counts(stage={"a": 5, "b": 3, "c": 2})
    with pytest.raises(ValueError, match="stage: nobody answered at c"):
        rake(frame(PEOPLE), margins=margins, **EXACT)
    found = rake(frame(PEOPLE), margins=margins, **{**EXACT, "collapse": {"stage": {"c": "b"}}})
    assert found.merged == ("stage: c → b",)
    assert found.margins["target"].tolist() == [5.0, 5.0]
    full = counts(stage={"a": 5, "b": 5})
    unused = rake(frame(PEOPLE), margins=full, **{**EXACT, "collapse": {"stage": {"b": "a"}}})
    assert unused.merged == ()


def test_unstated_traits_keep_their_share_or_are_refused() -> None:
    rows = frame(PEOPLE)
    rows.loc[0, "stage"] = None
    margins = counts(stage={"a": 30, "b": 10})
    with pytest.raises(ValueError, match="stage: some respondents"):
        rake(rows, margins=margins, **EXACT)
    found = rake(rows, margins=margins, **{**EXACT, "unknown": "keep"})
    weight = rows["weight"] * found.factor
    assert weight.sum() == pytest.approx(40)
    assert weight[0] == pytest.approx(16)
    assert weight[1] / weight[2:].sum() == pytest.approx(3.0)


@pytest.mark.parametrize(
    ("margins", "weights", "change", "said"),
    [
        (counts(stage={"a": 5}), None, {}, "counts nobody at b"),
        (counts(stage={"a": 5, "b": 0}), None, {}, "counts nobody at b"),
        (counts(stage={"a": np.inf, "b": 1}), None, {"total": 6.0}, "finite"),
        (counts(stage={"a": 0, "b": 0}), None, {"total": 6.0}, "all zero"),
        (counts(stage={"a": -1, "b": 2}), None, {}, "negative"),
        (counts(stage={"a": 5, "b": 5}, years={"1": 5, "2": 6}), None, {}, "stage 10, years 11"),
        (counts(stage={"a": 5, "b": 5}), None, {"total": np.inf}, "positive number"),
        (counts(stage={"a": 5, "b": 5}), [1, 1, 1, np.inf], {}, "finite"),
        (counts(stage={"a": 5, "b": 5}), [1, 1, 1, -1], {}, "negative"),
        (counts(stage={"a": 5, "b": 5}), [0, 0, 0, 0], {}, "all zero"),
        (counts(stage={"a": 5, "b": 5}), [1, 1, 0, 0], {}, "nobody answered at b"),
        (counts(stage={"a": 5, "b": 5}), None, {"low": 1.5}, "enclose 1"),
        (counts(stage={"a": 5, "b": 5}), None, {"unknown": "drop"}, "unknown"),
    ],
)
def test_margins_that_cannot_be_met_are_refused(margins, weights, change, said: str) -> None:
    rows = frame(PEOPLE)
    rows["weight"] = rows["weight"] if weights is None else weights
    with pytest.raises(ValueError, match=said):
        rake(rows, margins=margins, **{**EXACT, **change})


def test_margins_that_contradict_one_another_are_not_called_converged() -> None:
    """Everybody of stage a has years 1: the rosters 5 and 4 of them cannot both be met."""
    rows = frame("| stage | years | weight |\n| a | 1 | 1 |\n| b | 2 | 1 |")
    margins = counts(stage={"a": 5, "b": 5}, years={"1": 4, "2": 6})
    found = rake(rows, margins=margins, **{**EXACT, "steps": 50})
    assert not found.converged
    assert found.discrepancy == pytest.approx(0.1)


def test_one_class_has_no_error_and_says_so() -> None:
    rows = frame(PEOPLE).assign(n=1, base=1.0, dnum="c", api00=3.0, enroll=1.0)
    fit = rake(rows, margins=counts(stage={"a": 5, "b": 5}), **EXACT)
    found = averages(rows, fit)
    assert np.isnan(found.se).all()
    assert found.df == 0
    with pytest.raises(ValueError, match="finite"):
        averages(rows.assign(api00=np.nan), fit)


@settings(max_examples=15)
@given(st.integers(0, 10**6), st.floats(0.01, 100), st.floats(-50, 50), st.floats(0.1, 5))
def test_order_scale_and_shift(seed: int, factor: float, shift: float, scale: float) -> None:
    """Rows permuted, base weights scaled: the same weights. Values moved: the mean moves too."""
    generator = np.random.default_rng(seed)
    size = 60
    rows = pd.DataFrame(
        {
            "stage": generator.choice(["a", "b", "c"], size),
            "years": generator.choice(["1", "2"], size),
            "weight": generator.uniform(0.5, 3, size),
            "n": 1,
            "dnum": generator.choice(list("pqrstu"), size),
            "api00": generator.uniform(0, 100, size),
            "enroll": 1.0,
        }
    )
    margins = counts(stage={"a": 30, "b": 20, "c": 50}, years={"1": 45, "2": 55})
    fit = rake(rows, margins=margins, **EXACT)
    order = generator.permutation(size)
    again = rake(
        rows.iloc[order].assign(weight=lambda r: r["weight"] * factor), margins=margins, **EXACT
    )
    weight = (rows["weight"] * fit.factor).to_numpy()
    np.testing.assert_allclose(
        (rows["weight"].to_numpy()[order] * factor) * again.factor, weight[order], rtol=1e-7
    )
    one = averages(rows, fit, fraction=0.0)
    moved = averages(rows.assign(api00=shift + scale * rows["api00"]), fit, fraction=0.0)
    assert moved.value[0] == pytest.approx(shift + scale * one.value[0], abs=1e-7)
    assert moved.se[0] == pytest.approx(scale * one.se[0], rel=1e-7)
    assert one.se[1] == pytest.approx(0.0, abs=1e-12)
