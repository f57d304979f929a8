"""Two versions of a form: every change is told by its kind, with the verdict on pooling."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from instruments import difference
from instruments.builtin import instrument_sources, load_instruments
from instruments.changes import kept_in_order, marked
from instruments.difference import (
    GRAVITY,
    NEVER,
    POOL,
    PROVE,
    Difference,
    compare_forms,
    gravest,
    rules,
    verdict_words,
)
from instruments.model import Instrument

BASE = """
| settings | | | |
| | form_title | form_id | version |
| | 结业问卷 | core | 1.0 |
| _context | | |
| | key | value |
| | role | trainee |
| | per | class |
| | context | project_mode |
| | notice | 本问卷匿名。 |
| survey | | | | | | | | |
| | type | name | label | hint | appearance | required | relevant | constraint |
| | begin group | g | 总的看法 | | | | | |
| | select_one agree | a | 课程内容适合我。 | 想想这几天 | likert | | | |
| | select_one agree | b | 教师讲得清楚。 | | likert | | | |
| | select_one yes_no | c | 您收到过费用通知吗？ | | | | | |
| | integer | d | 培训了几天？ | | | | | . >= 0 and . <= 30 |
| | text | e | 建议 | | | | ${c} = 'yes' | |
| | end group | | | | | | | |
| choices | | | |
| | list_name | name | label |
| | agree | 1 | 不同意 |
| | agree | 2 | 一般 |
| | agree | 3 | 同意 |
| | agree | na | 不适用 |
| | yes_no | yes | 是 |
| | yes_no | no | 否 |
| _indicators | | | | |
| | item | indicator | scaling | baseline |
| | a | X1 | agree | |
| | b | X1 | agree | |
| _uses | | |
| | item | use |
| | c | fee |
| | d | fact |
| | e | comment |
"""


def form(text: str = BASE) -> Instrument:
    (made,) = load_instruments({"core.md": text.encode()})
    return made


def edited(*edits: tuple[str, str]) -> Difference:
    text = BASE
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new)
    return compare_forms(form(), form(text))


def kinds(found: Difference, name: str) -> list[str]:
    [item] = [one for one in found.items if one.name == name]
    return [change.kind for change in item.changes]


A, B = "课程内容适合我。", "教师讲得清楚。"
ROWS = [
    f"| | select_one agree | a | {A} | 想想这几天 | likert | | | |\n",
    f"| | select_one agree | b | {B} | | likert | | | |\n",
]
POINTS = "| | agree | 1 | 不同意 |\n| | agree | 2 | 一般 |\n| | agree | 3 | 同意 |\n"
TURNED = "| | agree | 1 | 同意 |\n| | agree | 2 | 一般 |\n| | agree | 3 | 不同意 |\n"
UPSIDE = "| | agree | 3 | 同意 |\n| | agree | 2 | 一般 |\n| | agree | 1 | 不同意 |\n"
RECODED = POINTS.replace("| 3 |", "| 5 |").replace("| 2 |", "| 3 |")
EDITS: list[tuple[str, tuple[str, str], str, str, str]] = [
    ("typography", (A, "课程内容，适合我"), "a", "typography", POOL),
    ("wording", (A, "课程内容适合我的学生。"), "a", "wording", PROVE),
    ("negated", (A, "课程内容不适合我。"), "a", "negated", NEVER),
    ("very is no denial", (A, "课程内容非常适合我。"), "a", "wording", PROVE),
    ("hint", ("想想这几天", "想想整个培训"), "a", "hint", PROVE),
    ("section", ("总的看法", "对课程和教师的看法"), "b", "section", PROVE),
    ("moved", ("".join(ROWS), "".join(reversed(ROWS))), "b", "moved", PROVE),
    ("type", ("| integer | d", "| decimal | d"), "d", "type", NEVER),
    ("labels", ("| 2 | 一般 |", "| 2 | 说不清 |"), "b", "labels", PROVE),
    ("points", ("| | agree | 2 | 一般 |\n", ""), "a", "points", NEVER),
    ("options", ("| no | 否 |", "| no | 否 |\n| | yes_no | some | 有时 |"), "c", "options", PROVE),
    ("recoded", (POINTS, RECODED), "a", "recoded", NEVER),
    ("direction", (POINTS, TURNED), "a", "direction", NEVER),
    ("upside down", (POINTS, UPSIDE), "a", "reversed_order", PROVE),
    ("no answer", ("| | agree | na | 不适用 |\n", ""), "a", "no_answer_option", PROVE),
    ("required", (f"{B} | | likert | |", f"{B} | | likert | yes |"), "b", "required", PROVE),
    ("condition", ("${c} = 'yes'", "${c} = 'no'"), "e", "condition", NEVER),
    ("context", (f"{B} | | likert | | |", f"{B} | | likert | | ${{project_mode}} = 'outreach' |"),
     "b", "condition", NEVER),
    ("limit", (". <= 30", ". <= 60"), "d", "limit", PROVE),
    ("appearance", (f"{B} | | likert", f"{B} | | minimal"), "b", "appearance", PROVE),
    ("indicator", ("| b | X1 |", "| b | X2 |"), "b", "indicator", NEVER),
    ("scaling", ("| b | X1 | agree |", "| b | X1 | four |"), "b", "scaling", NEVER),
    ("use", ("| d | fact |", "| d | pace |"), "d", "use", PROVE),
    ("added", (ROWS[1], ROWS[1] + ROWS[1].replace("| b |", "| z |").replace(B, "有收获。")),
     "z", "added", NEVER),
    ("removed", (ROWS[1], ""), "b", "removed", NEVER),
    ("renamed", ("| b | 教师", "| teacher | 教师"), "teacher", "renamed", POOL),
]  # fmt: skip
FOLLOWING = {
    "added": (("| b | X1 | agree | |", "| b | X1 | agree | |\n| | z | X1 | agree | |"),),
    "removed": (("| | b | X1 | agree | |\n", ""),),
    "renamed": (("| | b | X1", "| | teacher | X1"),),
}
"""What else has to change for the form to stay whole."""


@pytest.mark.parametrize(
    ("edit", "name", "kind", "verdict", "case"),
    [(edit, name, kind, verdict, case) for case, edit, name, kind, verdict in EDITS],
    ids=[case for case, *_ in EDITS],
)
def test_each_change_has_its_kind_and_verdict(edit, name, kind, verdict, case) -> None:
    found = edited(edit, *FOLLOWING.get(case, ()))
    assert kind in kinds(found, name), kinds(found, name)
    [item] = [one for one in found.items if one.name == name]
    assert item.verdict == verdict
    change = next(one for one in item.changes if one.kind == kind)
    assert change.words and change.because and change.sources


def test_every_rule_is_reached_and_every_source_exists() -> None:
    reached = {kind for _, _, _, kind, _ in EDITS}
    reached |= {"anchors", "choice_order", "repeat"}  # below
    reached |= {"other_items", "no_common_items"}  # of an indicator, below
    reached |= {"subject", "notice", "blanks", "self_code", "title", "translation"}  # of a form
    assert reached == set(rules()["rules"])
    used = {key for rule in rules()["rules"].values() for key in rule["source"]}
    assert used == set(rules()["sources"])
    assert {rule["verdict"] for rule in rules()["rules"].values()} == set(GRAVITY)


def test_scales_may_differ_in_order_and_anchors() -> None:
    swapped = POINTS.splitlines(keepends=True)
    found = edited((POINTS, "".join([swapped[1], swapped[0], swapped[2]])))
    assert kinds(found, "a") == ["choice_order"]
    wide = BASE.replace(
        "| list_name | name | label |", "| list_name | name | label | description |"
    )
    anchored = wide.replace("| agree | 3 | 同意 |", "| agree | 3 | 同意 | {} |")
    pair = [form(anchored.replace("{}", words)) for words in ("有教案为证", "有教案和作业为证")]
    assert kinds(compare_forms(*pair), "a") == ["anchors"]


def test_once_or_row_by_row() -> None:
    record = BASE.replace("| role | trainee |", "| role | institution |").replace(
        "| per | class |", "| per | project |"
    )
    for line in ("| | a | X1 | agree | |\n", "| | b | X1 | agree | |\n"):
        record = record.replace(line, "")
    record = record.replace("| | c | fee |", "| | a | record |\n| | b | record |\n| | c | record |")
    rows = record.replace("begin group", "begin repeat").replace("end group", "end repeat")
    assert "repeat" in kinds(compare_forms(form(record), form(rows)), "a")


def test_changes_of_the_whole_form() -> None:
    edits = (
        ("| per | class |", "| per | class |\n| | wave | followup |\n| | self_code | ask |"),
        ("| notice | 本问卷匿名。 |", "| notice | 请如实填写。 |\n| | blanks | confirm |"),
        ("| 结业问卷 |", "| 跟踪问卷 |"),
    )
    found = edited(*edits)
    told = {change.kind: change.verdict for change in found.form}
    expected = {"subject": NEVER, "title": POOL, "notice": PROVE, "blanks": PROVE}
    assert told == expected | {"self_code": PROVE}
    assert found.changed == () and found.verdict == NEVER


def test_words_in_another_language_count_too() -> None:
    [core] = [one for one in load_instruments(instrument_sources()) if one.code == "session_form"]
    [english] = core.translations
    first, *rest = english.sections
    items = (replace(first.items[0], label="Was it useful?"), *first.items[1:])
    bent = replace(english, sections=(replace(first, items=items), *rest))
    other = replace(core, translations=(bent,))
    for now in (other, replace(core, translations=())):
        found = compare_forms(core, now)
        assert [change.kind for change in found.form] == ["translation"]
        assert found.verdict == PROVE


def test_an_indicator_is_as_good_as_its_items_and_names_those_in_common() -> None:
    [one] = edited((A, "课程内容适合我的学生。")).indicators
    assert (one.code, one.verdict, one.common) == ("X1", PROVE, ("b",))
    [one] = edited((ROWS[1], ""), *FOLLOWING["removed"]).indicators
    assert [change.kind for change in one.changes] == ["other_items"]
    assert (one.verdict, one.common) == (PROVE, ("a",))
    found = edited(("| a | X1 |", "| a | X2 |"), ("| b | X1 |", "| b | X2 |"))
    assert {one.code: [c.kind for c in one.changes] for one in found.indicators} == {
        "X1": ["no_common_items"],
        "X2": ["no_common_items"],
    }


def test_a_form_is_equal_to_itself_and_the_gravest_verdict_holds() -> None:
    for one in load_instruments(instrument_sources()):
        found = compare_forms(one, one)
        assert (found.verdict, found.changed, found.form) == (POOL, (), ())
        asked = [item for item in one.items if item.type != "note"]
        assert found.counts == {POOL: len(asked), PROVE: 0, NEVER: 0}
    assert gravest([]) == POOL and gravest([PROVE, NEVER, POOL]) == NEVER
    assert verdict_words(PROVE) == "需先证明等值"
    both = edited((A, "课程内容适合我"), (B, "教师讲得不清楚。"))
    assert both.verdict == NEVER and both.counts == {POOL: 4, PROVE: 0, NEVER: 1}


@given(st.permutations(range(7)), st.sets(st.integers(0, 6)))
@settings(max_examples=200, deadline=None)
def test_as_few_as_possible_count_as_moved(order: list[int], gone: set[int]) -> None:
    now = [str(n) for n in order if n not in gone]
    kept = kept_in_order(now, [str(n) for n in range(7)])
    in_order = [name for name in now if name in kept]
    assert in_order == sorted(in_order)
    best = max(
        (mask for mask in range(1 << len(now)) if _rising([now[k] for k in _bits(mask)])),
        key=int.bit_count,
    )
    assert len(kept) == best.bit_count()


def _bits(mask: int) -> list[int]:
    return [k for k in range(mask.bit_length()) if mask >> k & 1]


def _rising(names: list[str]) -> bool:
    return names == sorted(names)


@given(st.text(max_size=40), st.text(max_size=40))
@settings(max_examples=100, deadline=None)
def test_marked_pieces_give_both_texts_back(before: str, after: str) -> None:
    pieces = marked(before, after)
    assert "".join(text for kind, text in pieces if kind != "new") == before
    assert "".join(text for kind, text in pieces if kind != "gone") == after


def test_codes_are_told_in_words_as_a_whole() -> None:
    told = {}
    for found in (
        edited(("| integer | d", "| decimal | d")),
        edited((f"{B} | | likert", f"{B} | | ")),
        edited(("| | per | class |", "| | per | class |\n| | blanks | confirm |")),
        edited(("| d | fact |", "| d | pace |")),
        edited(("想想这几天", "")),
    ):
        for change in (*found.form, *(one for item in found.items for one in item.changes)):
            told[change.kind] = change.texts
            assert not change.is_prose
    assert told == {
        "type": ("整数", "数（可有小数）"),
        "appearance": ("并排的等级", "每行一个选项"),
        "blanks": ("空着直接交", "交之前提醒哪些题空着"),
        "use": ("事实", "节奏强度"),
        "hint": ("想想这几天", "无"),
    }
    [wording] = edited((A, "课程内容适合我的学生。")).changed[0].changes
    assert wording.is_prose and wording.texts == (A, "课程内容适合我的学生。")


def test_a_change_that_is_not_looked_at_is_found(monkeypatch) -> None:
    """The planted faults can be missed: a comparison that does not see scales fails above."""
    blind: Callable[..., object] = lambda *_args, **_more: ()  # noqa: E731
    monkeypatch.setattr("instruments.changes._scale_changes", blind)
    assert kinds(edited((POINTS, TURNED)), "a") == []
    monkeypatch.undo()
    assert kinds(edited((POINTS, TURNED)), "a") == ["direction"]
    assert difference.POOL == POOL
