"""Formulas: every outcome, every fault, words for the annex, and nothing ever executed."""

from __future__ import annotations

import ast
import builtins
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from record_form import record

from instruments.faults import FaultsFound
from instruments.formula import (
    MISSING,
    NOT_APPLICABLE,
    Formula,
    Outcome,
    check_names,
    describe,
    evaluate,
    parse,
)
from instruments.formula.grammar import MAX_DEPTH, MAX_LENGTH

FORM = record()
ANSWERS = {
    "planned": 50,
    "present": 40,
    "tender": "yes",
    "topics": "law safety",
    "remark": "",
    "lessons": [
        {"kind": "ethics", "hours": 4.0},
        {"kind": "other", "hours": 6.0},
        {"kind": "ethics", "hours": 2.0},
    ],
    "budget": [],
}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("present / planned * 100", 80.0),
        ("-present + 2.5", -37.5),
        ("present > 30", 1.0),
        ("30 < present <= 40 != planned", 1.0),
        ("tender == 'yes' and not selected(topics, 'war')", 1.0),
        ("number_selected(topics)", 2.0),
        ("answered(remark) + answered(tender) + answered(lessons) + answered(budget)", 2.0),
        ("when(tender == 'yes', 'good', remark)", "good"),
        ("min(present, planned, 45) + max(1, 2)", 42.0),
        ("sum(row.hours for row in lessons if row.kind == 'ethics')", 6.0),
        ("sum(row.hours for row in lessons if row.kind == 'ethics' if row.hours > 3)", 4.0),
        ("count(row for row in lessons)", 3.0),
        ("any(row.hours > 5 for row in lessons)", 1.0),
        ("all(row.hours > 5 for row in lessons)", 0.0),
        ("share(row.kind == 'ethics' for row in lessons if row.hours < 5)", 1.0),
        ("mean(row.hours for row in lessons)", 4.0),
        ("distinct(row.kind for row in lessons)", 2.0),
        ("sum(row.money for row in budget) + count(row for row in budget)", 0.0),
        ("sum(row.hours * present for row in lessons)", 480.0),
        # blank is 缺测, whatever stands around it
        ("remark", MISSING),
        ("present + planned / remark", MISSING),
        ("remark == ''", MISSING),
        ("when(remark == 'x', 1, 2)", MISSING),
        ("count(row for row in unknown)", MISSING),
        ("tender + 1", MISSING),
        ("none + remark", MISSING),
        # what is certain is not missing
        ("remark == 'x' or tender == 'yes'", 1.0),
        ("remark == 'x' and tender == 'no'", 0.0),
        # 不适用
        ("none", NOT_APPLICABLE),
        ("present / 0", NOT_APPLICABLE),
        ("remark / (present - 40)", NOT_APPLICABLE),
        ("when(tender == 'yes', none, 1) + 1", NOT_APPLICABLE),
        ("mean(row.money for row in budget)", NOT_APPLICABLE),
        ("share(row.money > 1 for row in budget)", NOT_APPLICABLE),
    ],
)
def test_outcomes(text: str, value: object) -> None:
    assert evaluate(parse(text), ANSWERS) == value


def test_a_blank_cell_of_a_row_makes_the_result_missing() -> None:
    rows = {"lessons": [{"kind": "ethics", "hours": 4}, {"kind": "", "hours": 1}]}
    for text in ("sum(row.hours for row in lessons if row.kind == 'ethics')",
                 "distinct(row.kind for row in lessons)",
                 "share(row.kind == 'ethics' for row in lessons)"):  # fmt: skip
        assert evaluate(parse(text), rows) is MISSING
    assert evaluate(parse("any(row.kind == 'ethics' for row in lessons)"), rows) == 1.0


GRAMMAR_FAULTS = [
    ("present +", "unreadable"),
    ("", "unreadable"),
    ("present\x00", "unreadable"),
    ("(" * 5000 + ")" * 5000, "too_long"),
    ("-" * 1900 + "1", "too_deep"),
    ("+".join(["present"] * 100), "too_deep"),
    ("1e13", "huge"),
    ("9" * 400, "huge"),
    ("1e400", "huge"),
    ("2 ** 9", "not_allowed"),
    ("present // 2", "not_allowed"),
    ("+present", "not_allowed"),
    ("True", "not_allowed"),
    ("None", "not_allowed"),
    ("b'x'", "not_allowed"),
    ("1j", "not_allowed"),
    ("f'{present}'", "not_allowed"),
    ("f'''{\"a'\"}'''", "not_allowed"),
    ("[present]", "not_allowed"),
    ("present if tender else 1", "not_allowed"),
    ("lambda: 1", "not_allowed"),
    ("(x := 1)", "not_allowed"),
    ("present in (1, 2)", "not_allowed"),
    ("present[0]", "not_allowed"),
    ("present.real", "not_allowed"),
    ("().__class__", "not_allowed"),
    ("row", "not_allowed"),
    ("row.hours", "row_outside"),
    ("__import__('os')", "unknown_call"),
    ("present.bit_length()", "unknown_call"),
    ("min(present, default=1)", "unknown_call"),
    ("min(*topics)", "arguments"),
    ("sum(present)", "unknown_call"),
    ("when(1, 2)", "arguments"),
    ("answered(1)", "field_wanted"),
    ("selected(topics, tender)", "code_wanted"),
    ("sum(x.hours for x in lessons)", "generator"),
    ("sum(row.hours for row in [1])", "generator"),
    ("sum(row.hours for row in lessons for row in budget)", "generator"),
    ("any(any(row.money > 1 for row in budget) for row in lessons)", "generator"),
    ("count(row.hours for row in lessons)", "count_rows"),
    ("sum(row for row in lessons)", "count_rows"),
    ("sum(row.hours.real for row in lessons)", "not_allowed"),
]


@pytest.mark.parametrize(
    ("text", "code"), GRAMMAR_FAULTS, ids=[f"{c}-{n}" for n, (_, c) in enumerate(GRAMMAR_FAULTS)]
)
def test_grammar_faults(text: str, code: str) -> None:
    with pytest.raises(FaultsFound) as found:
        parse(text)
    assert f"formula.{code}" in [fault.code for fault in found.value.faults]
    assert all(fault.message and fault.remedy for fault in found.value.faults)


def test_all_departures_are_told_together() -> None:
    with pytest.raises(FaultsFound) as found:
        parse("open('x') + [1] + row.a")
    assert [f.code.removeprefix("formula.") for f in found.value.faults] == [
        "unknown_call", "not_allowed", "row_outside",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("absent", "unknown_field"),
        ("hours", "unknown_field"),
        ("sum(row.money for row in lessons)", "unknown_field"),
        ("count(row for row in plan)", "unknown_repeat"),
        ("lessons == 1", "repeat_as_value"),
        ("tender == 'maybe'", "unknown_code"),
        ("'maybe' != tender", "unknown_code"),
        ("selected(topics, 'war')", "unknown_code"),
        ("any(row.kind == 'law' for row in lessons)", "unknown_code"),
        ("topics + 1", "not_number"),
        ("-'a'", "not_number"),
        ("answered(nothing)", "unknown_field"),
    ],
)
def test_name_faults(text: str, code: str) -> None:
    assert [f.code for f in check_names(parse(text), FORM)] == [f"formula.{code}"]


@pytest.mark.parametrize(
    "text",
    [
        "when(answered(lessons), present / planned, none)",
        "project_type == 'outreach'",
        "sum(row.hours * present for row in lessons if row.kind == 'ethics')",
    ],
)
def test_names_that_fit(text: str) -> None:
    assert check_names(parse(text), FORM) == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("present / planned * 100", "（“参训人数”÷“计划人数”）×100"),
        ("when(tender == 'yes', 1, none)", "如“是否招标”＝“是”，为1；否则为不适用"),
        ("selected(topics, 'law') and not answered(proof)", "“专题”选了“法治”且非已填“凭证”"),
        ("min(present, number_selected(topics))", "最小值（“参训人数”，“专题”所选项数）"),
        (
            "sum(row.hours for row in lessons if row.kind == 'ethics')",
            "“课表”中（“类别”＝“师德”）的各行的“学时”之和",
        ),
        ("count(row for row in budget)", "“经费”各行的行数"),
        (
            "share(row.kind != 'other' for row in lessons)",
            "“课表”各行中（“类别”≠“其他”）的行所占比例",
        ),
    ],
)
def test_words(text: str, words: str) -> None:
    assert describe(parse(text), FORM) == words


UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
FIELDS = st.sampled_from(["present", "planned", "tender", "topics", "remark", "none"])
CELLS = st.sampled_from(["row.kind", "row.hours"])
NUMBERS = st.integers(0, 10**12).map(str) | st.sampled_from(["0", "1.5", "1e9", "'yes'", "'3'"])


def grown(leaves: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Texts of the grammar over ``leaves``."""
    return st.recursive(
        leaves,
        lambda part: st.one_of(
            st.tuples(part, st.sampled_from("+-*/"), part).map(lambda t: f"({' '.join(t)})"),
            st.tuples(part, st.sampled_from(["<", "==", "!=", ">=", "and", "or"]), part).map(
                lambda t: f"({' '.join(t)})"
            ),
            st.tuples(part, part, part).map(lambda t: f"when({', '.join(t)})"),
            st.tuples(part, part).map(lambda t: f"max({', '.join(t)})"),
            part.map(lambda t: f"(not {t})"),
        ),
        max_leaves=12,
    )


OVER = st.tuples(
    st.sampled_from(["sum", "any", "all", "share", "mean", "distinct"]),
    grown(NUMBERS | CELLS | FIELDS),
    grown(NUMBERS | CELLS),
).map(lambda t: f"{t[0]}({t[1]} for row in lessons if {t[2]})")
FORMULAS = grown(FIELDS | NUMBERS | OVER | st.just("number_selected(topics)"))
PLAIN = (
    st.none() | st.text("yes no3.-", max_size=5) | st.integers() | st.floats() | st.booleans()
    | st.sampled_from(["yes", "3", "1e9", 10**400, -(10**400), 1e308, -0.0, float("nan"), b"x"])
)  # fmt: skip
ROWS = st.lists(st.dictionaries(st.sampled_from(["kind", "hours"]), PLAIN) | PLAIN, max_size=3)
ANYTHING = PLAIN | ROWS
RECORDS = st.dictionaries(
    st.sampled_from(["present", "planned", "tender", "topics", "remark", "lessons"]), ANYTHING
)


@UNHURRIED
@given(FORMULAS, RECORDS)
def test_any_answers_have_one_of_three_outcomes(text: str, answers: dict[str, Any]) -> None:
    try:
        formula = parse(text)
    except FaultsFound as found:  # only size may be refused: the rest is grammatical
        assert {f.code for f in found.faults} <= {"formula.too_deep", "formula.too_long"}
        return
    value = evaluate(formula, answers)
    assert isinstance(value, Outcome | str | float)
    assert not isinstance(value, float) or abs(value) <= float.fromhex("0x1.fffffffffffffp+1023")
    assert describe(formula, FORM)


@UNHURRIED
@given(FORMULAS)
def test_what_nobody_answered_is_never_a_value_of_the_record(text: str) -> None:
    """A formula over blanks is worth what it is worth with any answer, or it is missing."""
    try:
        formula = parse(text)
    except FaultsFound:
        return
    blank = evaluate(formula, {})
    if not isinstance(blank, Outcome):
        assert evaluate(formula, {**ANSWERS, "remark": "x"}) == blank


@UNHURRIED
@given(
    st.text(max_size=MAX_LENGTH + 50) | st.text("()[]{}.,'\"+-*/ rownfismaxu_1:=\\\n", max_size=60)
)
@example("__import__('os').system('x')")
@example("(lambda: 0).__globals__")
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        formula = parse(text)
    except FaultsFound:
        return
    assert isinstance(formula, Formula)
    assert isinstance(evaluate(formula, ANSWERS), Outcome | str | float)
    assert all(fault.message for fault in check_names(formula, FORM))
    assert describe(formula, FORM)


def test_nothing_is_executed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading and evaluating work with the doors to execution shut."""

    def shut(*_: object, **__: object) -> None:
        raise AssertionError("executed")

    real = builtins.compile
    only_parse = lambda *a, **k: real(*a, **k) if ast.PyCF_ONLY_AST in a else shut()  # noqa: E731
    monkeypatch.setattr(builtins, "eval", shut)
    monkeypatch.setattr(builtins, "exec", shut)
    monkeypatch.setattr(builtins, "compile", only_parse)
    assert evaluate(parse("present + sum(row.hours for row in lessons)"), ANSWERS) == 52.0
    for text in ("__import__('os')", "open('x')", "exec('1')", "present.__class__"):
        with pytest.raises(FaultsFound):
            parse(text)


def test_depth_is_counted_from_the_top() -> None:
    parse("not " * (MAX_DEPTH - 2) + "present")
    with pytest.raises(FaultsFound):
        parse("not " * (MAX_DEPTH + 1) + "present")
