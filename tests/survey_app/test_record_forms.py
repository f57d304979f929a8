"""Forms with repeats: rows sent, added, removed and pasted; what counts and what is faulty."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from instruments.faults import FaultsFound
from instruments.model import (
    Choice,
    Comparison,
    IndicatorMapping,
    Instrument,
    Item,
    Limit,
    Scale,
    Section,
)
from survey_app.attachments import Attachment
from survey_app.edits import fill, read_edit
from survey_app.errors import Refused
from survey_app.forms import Questionnaire
from survey_app.pasted import read_table
from survey_app.repeats import MAX_ROWS

pytestmark = pytest.mark.once

KINDS = Scale("kind", (Choice("ethics", "师德师风"), Choice("other", "其他、综合")))
TOPICS = Scale("topics", (Choice("law", "法治"), Choice("food", "午餐 及课后")))
YES_NO = Scale("yes_no", (Choice("yes", "是"), Choice("no", "否")))
LESSONS = Section(
    "lessons",
    "课程表",
    (
        Item("title", "text", "题目", required=True),
        Item("hours", "decimal", "学时（学时）", limit=Limit(0, 200, "请填0到200之间的数。")),
        Item("kind", "select_one", "课程类别", scale=KINDS),
        Item("why", "text", "说明", required=True, relevant=(Comparison("kind", "=", "other"),)),
        Item("topics", "select_multiple", "专题", scale=TOPICS),
        Item("day", "date", "日期"),
        Item("proof", "file", "附件"),
    ),
    repeat=True,
)
FIXES = Section(
    "fixes",
    "整改",
    (Item("issue", "text", "问题", required=True),),
    relevant=(Comparison("found", "=", "yes"),),
    repeat=True,
)
FORM = Instrument(
    code="record",
    version="1.0",
    title="填报",
    role="institution",
    per="project",
    sections=(
        Section(
            "basics",
            "基本情况",
            (
                Item("planned", "integer", "计划人数（人）", required=True),
                Item("found", "select_one", "指出过问题吗", scale=YES_NO),
            ),
        ),
        LESSONS,
        FIXES,
    ),
    mappings=(IndicatorMapping("planned", "A1", "x"),),
    uses=(),
)
FILE = "ab" * 16


def sheet(answers: dict[str, Any] | None = None) -> Questionnaire:
    known = {FILE: Attachment(FILE, "附件.pdf", 9)}
    return Questionnaire(FORM, {}, answers, attachments=known)


def sent(*pairs: tuple[str, str]) -> MultiDict[str, str]:
    return MultiDict(pairs)


def row(number: int, **values: str) -> list[tuple[str, str]]:
    return [(f"lessons-{number}-{name}", value) for name, value in values.items()]


def filled(do: str, *pairs: tuple[str, str]) -> Questionnaire:
    form = sheet()
    fill(form, sent(*pairs), read_edit(do))
    return form


def test_rows_are_a_list_in_page_order_without_blank_ones() -> None:
    form = filled(
        "save",
        ("planned", "５０"),
        *row(7, title="乙", topics="food"),
        ("lessons-7-topics", "law"),
        *row(2, title="甲", hours="8.5", day="2021年9月1日"),
        *row(4, title="  ", hours=""),
    )
    assert form.errors == {}
    assert form.answers == {
        "planned": 50,
        "lessons": [
            {"title": "甲", "hours": 8.5, "day": "2021-09-01"},
            {"title": "乙", "topics": "law food"},
        ],
    }


def test_a_faulty_answer_is_named_by_its_row_and_the_others_are_kept() -> None:
    form = filled("save", *row(0, title="甲", hours="许多"), *row(1, title="乙", hours="999"))
    assert form.errors == {
        "lessons-0-hours": "请填数字，例如 3.5。",
        "lessons-1-hours": "请填0到200之间的数。",
    }
    assert form.label("lessons-1-hours") == "课程表第2行 学时（学时）"
    assert form.answers == {"lessons": [{"title": "甲"}, {"title": "乙"}]}
    assert form.typed("lessons-0-hours") == "许多"


def test_required_items_of_rows_are_asked_for_on_submission_only() -> None:
    pairs = [("planned", "1"), *row(0, hours="2", kind="other")]
    assert filled("save", *pairs).errors == {}
    lacking = filled("submit", *pairs).errors
    assert set(lacking) == {"lessons-0-title", "lessons-0-why"}
    assert set(filled("submit").errors) == {"planned"}


def test_an_answer_hangs_on_its_own_row() -> None:
    form = filled(
        "save",
        *row(0, title="甲", kind="ethics", why="不该留"),
        *row(1, title="乙", kind="other", why="该留"),
    )
    assert [("why" in lesson) for lesson in form.answers["lessons"]] == [False, True]
    first, second = form.rows(LESSONS)
    assert second[3].when.rule == "lessons-1-kind=other"
    assert first[3].when.words == ("前面的“课程类别”答“其他、综合”时作答",)


def test_a_repeat_that_is_not_asked_keeps_nothing() -> None:
    pairs = [("fixes-0-issue", "没有台账")]
    assert filled("save", ("found", "no"), *pairs).answers == {"found": "no"}
    kept = filled("save", ("found", "yes"), *pairs)
    assert kept.answers["fixes"] == [{"issue": "没有台账"}]
    assert kept.when(FIXES).rule == "found=yes"


def test_rows_are_added_and_removed_by_buttons() -> None:
    rows = [*row(0, title="甲"), *row(1, title="乙"), *row(2, title="丙", hours="错")]
    added = filled("add:lessons:5", *rows)
    assert len(added.rows(LESSONS)) == 8 and len(added.answers["lessons"]) == 3
    removed = filled("remove:lessons:1", *rows)
    assert [lesson["title"] for lesson in removed.answers["lessons"]] == ["甲", "丙"]
    assert set(removed.errors) == {"lessons-1-hours"}  # the faulty row is the second one now
    assert len(filled(f"add:lessons:{MAX_ROWS + 9}").rows(LESSONS)) == MAX_ROWS


@pytest.mark.parametrize("do", ["drop", "add:lessons", "add:basics:1", "remove:x:1", "save:x"])
def test_unknown_buttons_are_refused(do: str) -> None:
    with pytest.raises(Refused):
        filled(do)


TABLE = (
    "课程类别\t题目\t学时 (学时)\t专题\t日期\n"
    '师德师风\t"甲，\n第二行"\t1,200\t\t2021/9/1\n'
    "\n"
    "其他、综合\t乙\t8\t法治、午餐及课后\t2021.9.2\n"
)


def test_a_table_copied_from_a_spreadsheet_fills_a_repeat() -> None:
    with pytest.raises(FaultsFound) as found:  # 1,200 is beyond the limit: nothing is taken
        read_table(LESSONS, TABLE)
    [only] = found.value.faults
    assert str(only.place) == "工作表“课程表” 第2行 “学时（学时）”列"
    rows = read_table(LESSONS, TABLE.replace("1,200", "120"))
    assert rows == [
        {"kind": "ethics", "title": "甲，\n第二行", "hours": 120.0, "day": "2021-09-01"},
        {
            "kind": "other",
            "title": "乙",
            "hours": 8.0,
            "topics": "law food",
            "day": "2021-09-02",
        },
    ]


def test_a_comma_separated_table_is_read_too() -> None:
    assert read_table(LESSONS, 'title,hours\n"甲,乙",3\n') == [{"title": "甲,乙", "hours": 3.0}]


def test_every_fault_of_a_pasted_table_is_told_by_row() -> None:
    text = "题目\t讲师\t学时（学时）\t课程类别\t学时(学时)\n甲\t\tx\t体育\n乙\t张\t1\t\t\t多\n"
    with pytest.raises(FaultsFound) as found:
        read_table(LESSONS, text)
    told = [(f.code, f.place.row, f.place.column) for f in found.value.faults]
    assert told == [
        ("site.paste_column", 1, "讲师"),
        ("site.paste_repeated", 1, "学时（学时）"),
        ("site.paste_repeated", 1, "学时(学时)"),
        ("site.paste_cell", 2, "学时（学时）"),
        ("site.paste_cell", 2, "课程类别"),
        ("site.paste_outside", 3, ""),
        ("site.paste_outside", 3, ""),
    ]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "paste_empty"),
        ("题目\t学时\n", "paste_empty"),
        ('题目\n"甲\n', "paste_quotes"),
        ("附件\n" + FILE + "\n", "paste_column"),
        ("题目\n" + "甲\n" * (MAX_ROWS + 1), "paste_long"),
    ],
)
def test_tables_that_are_none(text: str, code: str) -> None:
    with pytest.raises(FaultsFound, match=f"site.{code}"):
        read_table(LESSONS, text)


def test_pasting_appends_or_replaces_and_a_fault_changes_nothing() -> None:
    rows = [*row(3, title="甲", proof=FILE), ("lessons-paste", "题目\t专题\n乙\t法治\n")]
    added = filled("append:lessons", *rows)
    assert added.answers["lessons"] == [
        {"title": "甲", "proof": FILE},
        {"title": "乙", "topics": "law"},
    ]
    assert added.pasted == {}
    replaced = filled("replace:lessons", *rows)
    assert [lesson["title"] for lesson in replaced.answers["lessons"]] == ["乙"]
    wrong = filled("replace:lessons", rows[0], ("lessons-paste", "题目\t学时\n乙\t1\n"))
    assert [lesson["title"] for lesson in wrong.answers["lessons"]] == ["甲"]
    assert wrong.pasted["lessons"].faults[0].code == "site.paste_column"


def test_more_rows_than_a_repeat_holds_are_refused_whole() -> None:
    many = "题目\n" + "乙\n" * MAX_ROWS
    form = filled("append:lessons", *row(0, title="甲"), ("lessons-paste", many))
    assert [lesson["title"] for lesson in form.answers["lessons"]] == ["甲"]
    assert form.pasted["lessons"].faults[0].code == "site.paste_long"


def test_a_file_is_named_by_its_identifier_only() -> None:
    for strange in ("../../site.db", "cd" * 16):
        assert "lessons-0-proof" in filled("save", *row(0, proof=strange)).errors
    assert filled("save", *row(0, proof=FILE)).answers["lessons"] == [{"proof": FILE}]


def test_blanks_of_scored_items_can_be_named() -> None:
    assert [form.key for form in filled("save").blanks] == ["planned"]


ANSWERS = st.fixed_dictionaries(
    {},
    optional={
        "title": st.text("甲乙é1=+-@\"'<&,", min_size=1),
        "hours": st.integers(0, 200).map(float),
        "topics": st.sampled_from(["law", "food", "law food"]),
        "day": st.dates().map(lambda day: day.isoformat()),
        "proof": st.just(FILE),
    },
).filter(bool)


@given(st.lists(ANSWERS, max_size=6))
def test_stored_rows_come_back_from_the_page_as_they_were(rows) -> None:
    """What a page shows of stored answers, sent unchanged, is the same document."""
    stored = {"lessons": rows} if rows else {}
    shown = sheet(stored)
    back = sheet()
    pairs = [
        (asked.key, value)
        for questions in shown.rows(LESSONS)
        for asked in questions
        for value in shown.chosen(asked.key)
        if value or asked.item.type != "select_multiple"  # no box is ticked
    ]
    back.read(sent(*pairs), partial=True)
    assert back.answers == stored and back.errors == {}
