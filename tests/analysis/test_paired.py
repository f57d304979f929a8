"""Paired change against SciPy's paired t, and what of an extract's pairs enters it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import t as student
from scipy.stats import ttest_rel

from analysis.paired import paired_change
from analysis.pipeline.changes import paired_rows
from frames import frame
from instruments.builtin import instrument_sources, load_instruments, plan_source
from instruments.faults import FaultsFound
from instruments.model import Instrument
from instruments.plan import read_plan
from instruments.sources import compile_files
from survey_app.services.programme import builtin_sources

PLAN = read_plan(plan_source(), "default.yaml")
CODES = ("trainee_core", "followup")
FORMS = tuple(one for one in load_instruments(instrument_sources()) if one.code in CODES)
ANSWERS = st.lists(st.tuples(st.integers(1, 5), st.integers(1, 5)), min_size=2, max_size=40)


def of_one(before: list[int], after: list[int]) -> pd.DataFrame:
    return pd.DataFrame({"unit": "P1", "before": before, "after": after})


@settings(deadline=None, derandomize=True)
@given(ANSWERS)
def test_change_over_its_error_is_scipy_s_paired_t(pairs: list[tuple[int, int]]) -> None:
    before, after = map(list, zip(*pairs, strict=True))
    [row] = paired_change(of_one(before, after), least=2).itertuples()
    assert row.n == len(pairs)
    assert row.change == pytest.approx(np.mean(after) - np.mean(before), abs=1e-12)
    if len({b - a for a, b in pairs}) == 1:
        assert row.se == 0  # SciPy warns of it and gives no number
        return
    reference = ttest_rel(after, before)
    assert row.change / row.se == pytest.approx(reference.statistic, rel=1e-9)
    interval = reference.confidence_interval(0.95)
    half = student.ppf(0.975, len(pairs) - 1) * row.se
    assert (interval.low, interval.high) == pytest.approx((row.change - half, row.change + half))


def test_a_case_done_by_hand() -> None:
    """Differences 1, 0, 2, 1: mean 1, standard deviation 0.8165, error 0.4082."""
    [row] = paired_change(of_one([2, 3, 3, 4], [3, 3, 5, 5]), least=4).itertuples()
    assert (row.n, row.change) == (4, 1.0)
    assert row.se == pytest.approx(np.sqrt(2 / 3) / 2)


def test_too_few_pairs_say_nothing_and_order_does_not_matter() -> None:
    pairs = frame("""
| unit | before | after |
| P2 | 2 | 3 |
| P1 | 1 | 3 |
| P1 | 2 | 5 |
| P1 | 4 | 4 |
""")
    found = paired_change(pairs, least=3)
    assert list(found["unit"]) == ["P1"]
    again = paired_change(pairs.iloc[::-1], least=3)
    pd.testing.assert_frame_equal(found, again, check_exact=True)
    assert paired_change(pairs, least=4).empty
    assert paired_change(pairs.iloc[:0], least=1).empty
    assert list(paired_change(pairs, least=1)["unit"]) == ["P1"]  # of one no spread is known


@dataclass
class _Extract:
    """Only what the changes are computed from."""

    rows: dict[str, pd.DataFrame]
    instruments: tuple[Instrument, ...] = FORMS

    def table(self, name: str) -> pd.DataFrame:
        return self.rows[name]


def extract(people: int) -> _Extract:
    """``people`` of P1 in both waves, who all rise by one step but the last, who has no answers."""
    names = [f"T{n:05d}" for n in range(people)]
    before, after = (form for form in sorted(FORMS, key=lambda form: form.wave))
    start = ["3"] * (people - 1) + [None]
    rows = {
        before.table: pd.DataFrame({"pair": names, "q16": start}),
        after.table: pd.DataFrame({"pair": names, "f9": ["4"] * (people - 1) + [None]}),
    }
    for wave, table in zip("ef", rows.values(), strict=True):
        table["unit"], table["response"] = "P1", [f"{wave}{name}" for name in names]
    return _Extract(rows)


def changes(found: _Extract, **given_: set[str]) -> list[tuple[object, ...]]:
    rest = {"excluded": set[str](), "published": {"P1"}} | given_
    rows = paired_rows(found, PLAN, **rest)
    return list(rows.itertuples(index=False, name=None))


def test_items_that_are_compared_are_those_that_the_form_names() -> None:
    assert changes(extract(12)) == [("P1", "followup", "f9", "q16", 11, 1.0, 0.0)]


def test_pairs_below_the_plan_s_minimum_and_hidden_projects_are_not_shown() -> None:
    least = PLAN.thresholds.min_publish_n
    assert changes(extract(least + 1)) and not changes(extract(least))
    assert not changes(extract(12), published={"P2"})


def test_an_answer_that_the_ranking_leaves_out_is_left_out_here() -> None:
    assert changes(extract(12), excluded={"eT00003", "fT00003"})[0][4] == 10
    assert not changes(extract(12), excluded={"eT00003", "fT00004"})


def test_rows_without_a_pair_and_answers_that_are_no_step_do_not_enter() -> None:
    found = extract(22)
    core, later = found.rows.values()
    core.loc[:4, "pair"], later.loc[:4, "pair"] = None, None
    core.loc[5:9, "q16"] = "na"
    assert changes(found)[0][4] == 11


def test_nothing_is_shown_where_the_rest_are_few() -> None:
    """One is not paired: the item's sum less that of the pairs would be that one's answer."""
    found = extract(22)
    core, _ = found.rows.values()
    core.loc[0, "pair"] = None
    assert not changes(found)


def test_forms_without_a_code_are_not_paired() -> None:
    plain = tuple(replace(form, self_code=False) for form in FORMS)
    assert changes(_Extract(extract(12).rows, plain)) == []


@pytest.mark.parametrize("against", ["q99", "q20", "q21", "comment"])
def test_an_item_is_compared_with_one_of_the_same_scale(against: str) -> None:
    sources = builtin_sources()
    files = [
        (name, text.replace(b"| change | | q16 |", f"| change | | {against} |".encode()))
        for name, text in sources.instruments
    ]
    with pytest.raises(FaultsFound) as found:
        compile_files(tuple(files), sources.frameworks, sources.plan)
    assert [one.code for one in found.value.faults] == ["instruments.change_against"]
