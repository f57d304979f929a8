"""The self-made code: typed alike is alike, incomplete is none, and only trainees' forms ask it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_forms import FORMS

from instruments.faults import FaultsFound
from instruments.self_code import normalised_code, self_code
from instruments.workbook import read_workbook
from instruments.xlsform import compile_instrument

CODE = {"mother": "芳", "school": "实", "day": "5"}


@pytest.mark.parametrize(
    "typed",
    [
        {"day": "05"},
        {"day": " ５ "},
        {"day": "5号"},
        {"mother": "芳 "},
        {"school": "“实”"},
    ],
)
def test_typed_otherwise_is_the_same_code(typed: dict[str, str]) -> None:
    assert normalised_code(CODE | typed) == normalised_code(CODE) == "芳|实|5"


@pytest.mark.parametrize("blank", ["", " ", "——", "\x00"])
@pytest.mark.parametrize("part", sorted(CODE))
def test_a_part_that_says_nothing_leaves_no_code(part: str, blank: str) -> None:
    assert normalised_code(CODE | {part: blank}) == ""
    assert normalised_code({}) == ""


@settings(deadline=None, derandomize=True)
@given(st.dictionaries(st.sampled_from(sorted(CODE)), st.text(max_size=60)))
def test_whatever_is_typed_gives_a_short_text_that_stays_itself(typed: dict[str, str]) -> None:
    code = normalised_code(typed)
    assert len(code) <= 100
    parts = dict(zip([part.name for part in self_code().parts], code.split("|"), strict=False))
    assert code == "" or normalised_code(parts) == code


@pytest.mark.parametrize(("name", "taken"), [("trainee_core.md", True), ("school_rater.md", False)])
def test_only_forms_that_trainees_fill_about_a_class_ask_it(name: str, taken: bool) -> None:
    text = FORMS[name].replace(b"|  | role |", b"|  | self_code | ask |\n|  | role |")
    assert b"self_code" in text
    workbook = read_workbook(text, name)
    if taken:
        assert compile_instrument([workbook]).self_code
        return
    with pytest.raises(FaultsFound) as found:
        compile_instrument([workbook])
    assert [one.code for one in found.value.faults] == ["instruments.bad_context"]
