"""Careless-responding indices against R careless, by hand, and at their limits."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis.careless import INDICES, Condition, Rule, careless_indices, combined_flags
from frames import frame
from project_root import ROOT

REFERENCE = ROOT / "tests" / "reference"
FIRST = {
    "longstr": "longstring",
    "avgstr": "average_string",
    "irv": "irv",
    "mahad": "mahalanobis",
    "evenodd": "even_odd",
    "psychsyn60": "synonyms",
}


def indices(answers, *, scales=None, reversed_sums=None, synonym=0.6, least=3) -> pd.DataFrame:
    return careless_indices(
        answers,
        scales=scales or {},
        reversed_sums=reversed_sums or {},
        synonym=synonym,
        least_pairs=least,
    )


def fives(answers: pd.DataFrame) -> dict[str, list[str]]:
    names = list(answers)
    return {f"s{k}": names[k : k + 5] for k in range(0, len(names), 5)}


@pytest.mark.parametrize("name", ["careless_dataset", "careless_dataset2"])
def test_indices_equal_r_careless(name: str) -> None:
    """R careless 1.2.2: longstring, irv, mahad, evenodd (factors rep(5, 10)), psychsyn at .60."""
    table = pd.read_csv(REFERENCE / f"{name}.csv.gz")
    expected = {known: table[known].to_numpy(float) for known in FIRST if known in table}
    answers = table.drop(columns=list(expected))
    found = indices(answers, scales=fives(answers))
    assert len(expected) == (6 if name == "careless_dataset" else 4)
    for known, column in expected.items():
        np.testing.assert_allclose(found[FIRST[known]], column, atol=1e-6, err_msg=known)


def test_first_row_of_the_reference() -> None:
    """6, 1.5625, .8630747, 44.05238, 1.0, .33195308; the longest string of all is 50."""
    table = pd.read_csv(REFERENCE / "careless_dataset.csv.gz")
    answers = table.drop(columns=list(FIRST))
    found = indices(answers, scales=fives(answers))
    row = found.iloc[0][list(FIRST.values())].tolist()
    assert row == pytest.approx([6, 1.5625, 0.8630747, 44.05238, 1.0, 0.33195308], abs=1e-5)
    assert found["longstring"].max() == 50


SMALL = """
| a1 | a2 | b1 | b2 | c1 | c2 |
| 1  | 2  | 4  | 5  | 2  | 2  |
| 3  | 3  | 3  | 3  | 3  | 3  |
| 5  |    | 5  | 1  |    | 1  |
| 4  | 1  | 2  | 4  | 5  | 5  |
"""
NOTHING = pd.DataFrame([[np.nan] * 6], columns=["a1", "a2", "b1", "b2", "c1", "c2"])
"""A row of blanks, which a pipe table cannot show."""
PAIRED = {"a": ["a1", "a2"], "b": ["b1", "b2"], "c": ["c1", "c2"]}


def small() -> pd.DataFrame:
    return pd.concat([frame(SMALL), NOTHING], ignore_index=True)


def test_runs_and_spread_by_hand() -> None:
    found = indices(small(), scales=PAIRED)
    assert found["answered"].tolist() == [6, 6, 4, 6, 0]
    np.testing.assert_allclose(found["longstring"], [2, 6, 2, 2, np.nan])
    np.testing.assert_allclose(found["longstring_share"], [2 / 6, 1, 2 / 4, 2 / 6, np.nan])
    np.testing.assert_allclose(found["average_string"], [6 / 5, 6, 2, 6 / 5, np.nan])
    np.testing.assert_allclose(
        found["irv"][:3], [np.std([1, 2, 4, 5, 2, 2], ddof=1), 0, np.std([5, 5, 1, 1], ddof=1)]
    )


def test_even_odd_by_hand() -> None:
    """Halves 1, 4, 2 and 2, 5, 2: r = .9449, stepped up 2r/(1+r); a straight line has none."""
    found = indices(small(), scales=PAIRED)["even_odd"]
    r = stats.pearsonr([1, 4, 2], [2, 5, 2]).statistic
    assert found[0] == pytest.approx(-2 * r / (1 + r))
    worst = stats.pearsonr([4, 2, 5], [1, 4, 5]).statistic
    assert found[3] == pytest.approx(-2 * worst / (1 + worst))
    assert found[[1, 2, 4]].isna().all()


def test_reversed_items_are_turned_for_consistency_only() -> None:
    """Whoever answers 1 where the others answer 5 to a reversed item is consistent."""
    straight = frame(
        "| p | q | r | s | t | u |\n| 1 | 5 | 2 | 4 | 5 | 1 |\n| 4 | 2 | 3 | 3 | 1 | 5 |"
    )
    scales = {"x": ["p", "q"], "y": ["r", "s"], "z": ["t", "u"]}
    turned = indices(straight, scales=scales, reversed_sums={"q": 6.0, "s": 6.0, "u": 6.0})
    assert turned["even_odd"].tolist() == pytest.approx([-1.0, -1.0])
    plain = indices(straight, scales=scales)
    assert plain["even_odd"].tolist() == pytest.approx([1.0, 1.0])
    assert plain[["longstring", "irv"]].equals(turned[["longstring", "irv"]])


def test_distance_of_a_row_with_blanks_is_that_of_its_own_items() -> None:
    """d_o' (S_oo)^-1 d_o, so that the chi-square of the answered items applies."""
    generator = np.random.default_rng(3)
    root = generator.normal(size=(5, 5))
    values = generator.normal(size=(400, 5)) @ root
    holes = values.copy()
    holes[7, [1, 3]] = np.nan
    holes[8, :4] = np.nan
    found = indices(pd.DataFrame(holes, columns=list("abcde")))
    means = np.nanmean(holes, axis=0)
    given = pd.DataFrame(holes).cov().to_numpy()
    for row, kept in ((7, [0, 2, 4]), (8, [4]), (9, list(range(5)))):
        d = holes[row, kept] - means[kept]
        expected = d @ np.linalg.solve(given[np.ix_(kept, kept)], d)
        assert found["mahalanobis"][row] == pytest.approx(expected)
        assert found["mahalanobis_df"][row] == len(kept)


def test_synonyms_use_the_pairs_that_a_row_answers_and_no_chance() -> None:
    generator = np.random.default_rng(5)
    level = generator.normal(size=(300, 4)).repeat(2, axis=1)
    values = level + generator.normal(0, 0.3, size=(300, 8))
    values[0, 3] = np.nan
    values[1, :5] = np.nan
    found = indices(pd.DataFrame(values, columns=list("abcdefgh")))["synonyms"]
    kept = [0, 4, 6]
    expected = np.corrcoef(values[0, kept], values[0, [k + 1 for k in kept]])[0, 1]
    assert found[0] == pytest.approx(expected)
    assert np.isnan(found[1])
    again = indices(pd.DataFrame(values, columns=list("abcdefgh")))["synonyms"]
    assert again.equals(found)
    everyone = np.corrcoef(values[5, ::2], values[5, 1::2])[0, 1]
    assert found[5] == pytest.approx(everyone)


@pytest.mark.parametrize(
    "answers",
    [
        pd.DataFrame({"a": [5.0, 5.0], "b": [5.0, 5.0]}),
        pd.DataFrame({"a": [np.nan, np.nan], "b": [np.nan, np.nan]}),
        pd.DataFrame({"a": [3.0], "b": [4.0]}),
        pd.DataFrame({"a": np.zeros(0), "b": np.zeros(0)}),
        pd.DataFrame({"a": [1.0, 2.0, 4.0], "b": [1.0, 2.0, 4.0]}),
    ],
    ids=["constant", "blank", "one row", "no row", "one item twice"],
)
def test_degenerate_tables_have_a_defined_result(answers: pd.DataFrame) -> None:
    """Missing, never a number from nothing and never a warning (warnings are errors here)."""
    found = indices(answers, scales={"x": ["a", "b"]})
    assert list(found) == list(INDICES)
    assert len(found) == len(answers)
    assert found[["mahalanobis", "even_odd", "synonyms"]].isna().all(axis=None)


@pytest.mark.parametrize(
    ("answers", "arguments", "said"),
    [
        ({"a": [np.inf], "b": [1.0]}, {}, "finite"),
        ({"a": [1.0], "b": [1.0]}, {"scales": {"x": ["a", "z"]}}, "z"),
        ({"a": [1.0], "b": [1.0]}, {"scales": {"x": ["a"]}}, "halves: x"),
        ({"a": [1.0], "b": [1.0]}, {"least": 1}, "at least 2"),
        ({}, {}, "no item"),
    ],
)
def test_what_cannot_be_judged_is_refused(answers, arguments, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        indices(pd.DataFrame(answers), **arguments)


@st.composite
def tables(draw: st.DrawFn) -> np.ndarray:
    seed, rows, blank = draw(st.integers(0, 10**6)), draw(st.integers(12, 40)), draw(st.booleans())
    generator = np.random.default_rng(seed)
    level = generator.normal(size=(rows, 1))
    values = np.clip(np.floor(3.5 + level + generator.normal(size=(rows, 8))), 1, 5)
    values[generator.random(values.shape) < 0.1 * blank] = np.nan
    return values


@settings(max_examples=12)
@given(
    tables(), st.integers(0, 10**6), st.sampled_from([0.0, 2.0, -1.0]), st.sampled_from([1.0, 4.0])
)
def test_order_of_rows_and_units_of_codes_change_nothing(values, seed, shift, scale) -> None:
    """Rows permuted: exactly the same. Codes shifted and scaled: irv scales, the rest stays."""
    names = list("abcdefgh")
    scales = {"x": names[:3], "y": names[3:6], "z": names[6:]}
    base = indices(pd.DataFrame(values, columns=names), scales=scales, synonym=0.2)
    order = np.random.default_rng(seed).permutation(len(values))
    moved = indices(pd.DataFrame(values[order], columns=names), scales=scales, synonym=0.2)
    pd.testing.assert_frame_equal(moved, base.iloc[order].reset_index(drop=True), rtol=1e-9)
    other = indices(pd.DataFrame(shift + scale * values, columns=names), scales=scales, synonym=0.2)
    expected = base.assign(irv=base["irv"] * scale)
    pd.testing.assert_frame_equal(other, expected, rtol=1e-6, atol=1e-8)
    bounded = base[["even_odd", "synonyms"]].stack().dropna()
    assert ((bounded >= -1) & (bounded <= 1)).all()


@settings(max_examples=6)
@given(tables())
def test_no_row_sees_how_others_are_named_nor_changes_them(values) -> None:
    names = list("abcdefgh")
    answers = pd.DataFrame(values, columns=names, index=[f"r{k}" for k in range(len(values))])
    before = answers.copy()
    found = indices(answers, scales={"x": names}, synonym=0.2)
    assert found.index.equals(answers.index)
    pd.testing.assert_frame_equal(answers, before)


STRAIGHT = Condition("longstring_share", "at_least", 0.9)
DOUBT = (
    Condition("quick", "is", True),
    Condition("failed", "is", True),
    Condition("against", "at_least", 1),
)
RULE = Rule("straight_and_doubtful", ((STRAIGHT,), DOUBT))


def signs(line: float, quick, failed, against) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "longstring_share": [line],
            "quick": pd.array([quick], dtype="boolean"),
            "failed": pd.array([failed], dtype="boolean"),
            "against": [against],
        }
    )


@pytest.mark.parametrize(
    ("line", "quick", "failed", "against", "flag"),
    [
        (1.0, False, False, 0.0, False),
        (1.0, True, False, 0.0, True),
        (1.0, False, False, 1.0, True),
        (0.5, True, True, 1.0, False),
        (0.5, None, None, np.nan, False),
        (1.0, None, True, np.nan, True),
        (1.0, None, False, 0.0, None),
        (np.nan, True, True, 1.0, None),
    ],
)
def test_flags_only_by_combination(line, quick, failed, against, flag) -> None:
    """Domain section 7: an honest straight line of fives is no flag; unknown is not false."""
    found = combined_flags(signs(line, quick, failed, against), rules=[RULE])
    assert found["straight_and_doubtful"].dtype == "boolean"
    value = found["straight_and_doubtful"][0]
    assert (value is pd.NA) if flag is None else (value == flag)


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ([Rule("one", ((STRAIGHT,),))], "at least two clauses"),
        ([Rule("empty", ((STRAIGHT,), ()))], "at least two clauses"),
        ([Rule("same", ((STRAIGHT,), (STRAIGHT,)))], "one sign alone"),
        ([Rule("odd", ((STRAIGHT,), (Condition("speed", "is", 1),)))], "speed"),
        ([Rule("odd", ((STRAIGHT,), (Condition("quick", "like", True),)))], "operator"),
        ([RULE, RULE], "one name"),
    ],
)
def test_rules_that_flag_by_one_sign_are_refused(rules, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        combined_flags(signs(1.0, True, True, 1.0), rules=rules)
