"""A form's faults come all at once, coded, with sheet and row; pyxform has the last word."""

from __future__ import annotations

import io
import re

import openpyxl
import pytest

from instruments.builtin import load_instruments
from instruments.expressions import parse_limit, parse_relevant
from instruments.faults import Fault, FaultsFound
from instruments.model import Comparison, Limit
from instruments.workbook import read_workbook
from instruments.xlsform import compile_instrument

GOOD = """
| settings |            |         |         |
|          | form_title | form_id | version |
|          | 小表       | small   | 1.0     |

| _context |         |              |
|          | key     | value        |
|          | role    | trainee      |
|          | per     | class        |
|          | context | project_mode |

| survey |                   |      |        |          |                     |
|        | type              | name | label  | required | relevant            | constraint |
|        | begin group       | g    | 一组   |          |                     |            |
|        | select_one agree  | a    | 甲     | yes      |                     |            |
|        | select_one agree  | b    | 乙     | | ${a} = '1' and ${project_mode} != 'outreach' | |
|        | integer           | c    | 丙     |          |                     | . >= 0 and . <= 9 |
|        | end group         |      |        |          |                     |            |

| choices |           |      |       |
|         | list_name | name | label |
|         | agree     | 1    | 同意  |
|         | agree     | na   | 不适用 |

| _indicators |      |           |         |
|             | item | indicator | scaling |
|             | a    | X1        | agree5  |

| _uses |      |      |
|       | item | use  |
|       | b    | fact |
|       | c    | fact |
"""


def faults_of(text: str) -> tuple[Fault, ...]:
    with pytest.raises(FaultsFound) as found:
        load_instruments({"small.md": text.encode()})
    return found.value.faults


def codes_of(text: str) -> list[str]:
    return [fault.code.removeprefix("instruments.") for fault in faults_of(text)]


def test_compiles_to_frozen_values() -> None:
    (form,) = load_instruments({"small.md": GOOD.encode()})
    assert (form.code, form.version, form.title) == ("small", "1.0", "小表")
    assert [item.name for item in form.items] == ["a", "b", "c"]
    assert form.item("a").required and not form.item("b").required
    assert form.item("b").relevant[1] == Comparison("project_mode", "!=", "outreach")
    assert form.item("c").limit == Limit(0, 9)
    assert form.item("a").row == 15
    assert form.context == ("project_mode",)


EDITS = [
    ("| integer           | c ", "| barcode           | c ", "unknown_type"),
    ("| integer           | c ", "| integer           | a ", "repeated_name"),
    ("| integer           | c ", "| integer           | C-1 ", "bad_name"),
    ("| integer           | c ", "| integer           | rater ", "reserved_name"),
    ("| integer           | c ", "| integer x         | c ", "type_addition"),
    ("select_one agree  | a", "select_one nolist  | a", "missing_list"),
    ("| a    | 甲     ", "| a    |        ", "empty"),
    ("| a    | 甲     ", "| a    | 甲${b} ", "reference_in_text"),
    ("| a    | 甲     ", "| a    | " + "长" * 501, "too_long"),
    ("| yes      |", "| maybe |", "bad_required"),
    ("${a} = '1' and", "${z} = '1' and", "relevant_item"),
    ("${a} = '1' and", "${c} = '1' and", "relevant_item"),
    ("${a} = '1' and", "${a} = '7' and", "relevant_value"),
    ("${a} = '1' and", "selected(${a}, '1') and", "unknown_relevant"),
    (". >= 0 and . <= 9", "regex(., 'x')", "unknown_constraint"),
    ("| begin group       | g    | 一组   |", "| note | n | 一组 |", "outside_group"),
    ("| end group         |", "| note | n | 注 |", "unclosed_group"),
    ("| integer           | c    | 丙     |", "| begin group | h | 里 |", "nested_group"),
    (
        "|         | agree     | na   | 不适用 |",
        "|         | agree     | 1   | 又 |",
        "repeated_choice",
    ),
    ("|         | agree     | na   |", "|         | other     | na   |", "unused_list"),
    ("|         | agree     | na   |", "|         | agree     | n a   |", "bad_choice"),
    ("| a    | X1        | agree5", "| q    | X1        | agree5", "unknown_item"),
    ("| a    | X1        | agree5", "| a    |           | agree5", "empty"),
    ("| b    | fact |", "| b    | joke |", "unknown_use"),
    ("| b    | fact |", "| b    | check |", "bad_expected"),
    ("| b    | fact |", "| b    | reversed |", "empty"),
    ("| b    | fact |", "| b    | trait |", "unknown_trait"),
    ("|       | b    | fact |\n", "", "no_purpose"),
    ("| b    | fact |", "| a    | fact |", "two_purposes"),
    ("| trainee      |", "| director |", "bad_context"),
    ("| context | project_mode |", "| context | weather |", "not_supplied"),
    ("| context | project_mode |", "| colour | red |", "unknown_key"),
    ("| 1.0     |", "| eins     |", "bad_version"),
    ("| relevant            | constraint |", "| relevant | calculation |", "unknown_column"),
    ("| _uses |", "| _used |", "unknown_sheet"),
    ("| settings |  ", "| entities |  ", "missing_sheet"),
    ("| 小表       |", "|            |", "empty"),
]


@pytest.mark.parametrize(
    ("old", "new", "code"), EDITS, ids=[f"{e[2]}-{n}" for n, e in enumerate(EDITS)]
)
def test_each_fault_is_named(old: str, new: str, code: str) -> None:
    assert old in GOOD
    assert code in codes_of(GOOD.replace(old, new))


def test_faults_come_together_with_their_rows() -> None:
    text = GOOD.replace("| integer ", "| barcode ").replace("| yes ", "| maybe ")
    text = text.replace("| b    | fact |", "| b    | joke |")
    found = {fault.code: fault for fault in faults_of(text)}
    assert {
        "instruments.unknown_type",
        "instruments.bad_required",
        "instruments.unknown_use",
    } <= set(found)
    place = found["instruments.unknown_type"].place
    assert (place.file, place.sheet, place.row, place.column) == ("small.md", "survey", 17, "type")
    assert "barcode" in str(found["instruments.unknown_type"])


BROKEN: dict[str, list[list[object]]] = {
    "survey": [
        ["type", "name", "label", "required", "relevant", "constraint", "calculation"],
        ["begin group", "g", "一组", None, "${a} = '1'"],
        ["select_one agree", "a", "甲", "maybe", "${b} = '1'"],
        ["select_one agree", "b", "乙", None, "${a} = '9' and ${b} = '1'"],
        ["select_one nolist", "c", "丙"],
        ["barcode", "d", "丁"],
        ["integer", "a", "又一个甲", None, None, ". > 5"],
        ["integer x", "E 1", None],
        ["begin group", "h", "里"],
        ["note", "ticket", "${a}"],
        ["end group"],
        ["end group"],
        ["text", "z", "=1+1"],
        ["end group"],
        ["begin group", "last", "不关"],
    ],
    "choices": [
        ["list_name", "name", "label"],
        ["agree", 1, "同意"],
        ["agree", 1, "又"],
        ["agree", "n a", None],
        ["other", "x", "闲置"],
    ],
    "settings": [["form_title", "form_id", "version"], [None, "Form 1", "eins"], ["又", "b", "2"]],
    "_indicators": [["item", "indicator", "scaling"], ["z", "X1", None], ["q", "X2", "agree5"]],
    "_uses": [["item", "use"], ["b", "joke"], ["b", "check"]],
    "entities": [["list_name"], ["x"]],
}
"""All that can be wrong with a form, and no _context."""
NAMED = {
    ("missing_sheet", "", None),
    ("unknown_sheet", "entities", None),
    ("unknown_column", "survey", 1),
    ("relevant_item", "survey", 2),
    ("bad_required", "survey", 3),
    ("relevant_item", "survey", 3),
    ("relevant_value", "survey", 4),
    ("missing_list", "survey", 5),
    ("unknown_type", "survey", 6),
    ("no_purpose", "survey", 6),
    ("repeated_name", "survey", 7),
    ("unknown_constraint", "survey", 7),
    ("type_addition", "survey", 8),
    ("bad_name", "survey", 8),
    ("empty", "survey", 8),
    ("nested_group", "survey", 9),
    ("reserved_name", "survey", 10),
    ("reference_in_text", "survey", 10),
    ("end_without_begin", "survey", 14),
    ("outside_group", "survey", 13),
    ("unclosed_group", "survey", 15),
    ("repeated_choice", "choices", 3),
    ("bad_choice", "choices", 4),
    ("empty", "choices", 4),
    ("unused_list", "choices", 5),
    ("settings_rows", "settings", 3),
    ("not_scorable", "_indicators", 2),
    ("unknown_item", "_indicators", 3),
    ("unknown_use", "_uses", 2),
    ("bad_expected", "_uses", 3),
    ("bad_context", "_context", None),
    ("pyxform", "", None),
}


def test_everything_wrong_with_a_workbook_is_named_at_once() -> None:
    """One upload, one list: each fault by sheet and row, and cells that hold no value too."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in BROKEN.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book["choices"].merge_cells("A2:A3")
    stream = io.BytesIO()
    book.save(stream)
    with pytest.raises(FaultsFound) as caught:
        load_instruments({"form.xlsx": stream.getvalue()})
    faults = caught.value.faults
    found = {(f.code.partition(".")[2], f.place.sheet, f.place.row) for f in faults}
    assert {("formula_without_value", "survey", 13), ("merged", "choices", 2)} <= found
    merged_away = {("empty", "choices", 3)}
    assert (NAMED | merged_away) - {("repeated_choice", "choices", 3)} <= found
    assert all(f.place.file == "form.xlsx" and f.message and f.remedy for f in faults)
    assert not any(re.search("[A-Za-z]{4,} [a-z]{2,} [a-z]", f.remedy) for f in faults)


@pytest.mark.parametrize(("sheet", "limit"), [("survey", 1000), ("choices", 5000)])
def test_a_form_that_nobody_could_answer_is_refused_unread(sheet: str, limit: int) -> None:
    row = {"survey": "| | note | n | 注 |\n", "choices": "| | agree | k | x |\n"}[sheet]
    header = {"survey": "| | type | name | label |", "choices": "| | list_name | name | label |"}
    text = GOOD.replace(f"| {sheet} |", "| x |") + f"| {sheet} | |\n{header[sheet]}\n"
    (found,) = [
        f for f in faults_of(text + row * (limit + 1)) if f.code == "instruments.too_many_rows"
    ]
    assert found.place.sheet == sheet and found.place.row


def test_pyxform_fault_is_added_to_ours() -> None:
    assert "pyxform" in codes_of(GOOD.replace("| end group         |", "| note | n | 注 |"))


def test_text_with_braces_and_markup_stays_text() -> None:
    text = GOOD.replace("| b    | fact |", "| b    | {0.__class__}<b> |")
    (unknown,) = [f for f in faults_of(text) if f.code == "instruments.unknown_use"]
    assert "{0.__class__}<b>" in unknown.message


def test_modules_need_their_core() -> None:
    module = GOOD.replace("| role    | trainee      |", "| extends | nowhere |")
    module = module.replace("|          | per     | class        |\n", "")
    module = module.replace("|          | context | project_mode |\n", "")
    assert codes_of(module) == ["extends_unknown"]


def test_repeated_code_is_refused() -> None:
    with pytest.raises(FaultsFound) as found:
        load_instruments({"a.md": GOOD.encode(), "b.md": GOOD.encode()})
    assert [fault.code for fault in found.value.faults] == ["instruments.repeated_form"]


def test_faults_of_all_files_come_together() -> None:
    with pytest.raises(FaultsFound) as found:
        load_instruments(
            {"a.md": b"no table", "b.md": GOOD.replace("integer", "geopoint").encode()}
        )
    assert {fault.place.file for fault in found.value.faults} == {"a.md", "b.md"}


def test_empty_survey_is_no_crash() -> None:
    book = read_workbook(b"| survey | |\n| | type |\n", "x.md")
    with pytest.raises(FaultsFound):
        compile_instrument([book])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("${a} = 'x'", (Comparison("a", "=", "x"),)),
        ('${a} != "x" and ${b} = 3', (Comparison("a", "!=", "x"), Comparison("b", "=", "3"))),
        ("", ()),
        ("${a} = 'x' or ${b} = 'y'", None),
        ("not(${a} = 'x')", None),
        ("${a} = 'x' and", None),
        ("${a} = 'x'" + " " * 30_000 + "and", None),
    ],
)
def test_relevance(text: str, expected: tuple[Comparison, ...] | None) -> None:
    assert parse_relevant(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (". >= 1 and . <= 5", Limit(1, 5)),
        (".<=5", Limit(None, 5)),
        (". > 1", None),
        (". >= 5 and . <= 1", None),
        (". >= 1 and . >= 2", None),
        (f". >= {'9' * 400}", None),
        (". >= 1" + " " * 30_000 + "x", None),
    ],
)
def test_limit(text: str, expected: Limit | None) -> None:
    assert parse_limit(text, "") == expected
