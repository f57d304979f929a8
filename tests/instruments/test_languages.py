"""Languages of a form: read as XLSForm writes them, whole or refused by sheet and row."""

from __future__ import annotations

import dataclasses
import re

import pytest
from pyxform.xls2xform import convert

from instruments.builtin import instrument_sources, load_instruments
from instruments.faults import Fault, FaultsFound
from instruments.form import join_form
from instruments.languages import WORDS, read_language, split_column
from instruments.model import CHINESE, Instrument, Language
from instruments.workbook import read_workbook

ENGLISH = Language("en", "English")
GOOD = """
| settings | | | | |
| | form_title | form_id | version | default_language |
| | 小表 | small | 1.0 | 中文 (zh) |

| _context | | |
| | key | value | value::English (en) |
| | role | trainee |
| | per | class |
| | title | | A small form |
| | notice | 匿名。 | Anonymous. |

| survey | | | | | | | | |
| | type | name | label | hint | constraint | constraint_message | {columns} |
| | begin group | g | 一组 | | | | A group |
| | select_one agree | a | 甲 | | | | First |
| | integer | b | 乙 | 整数 | . >= 0 | 太小。 | Second | Whole | Too small. |
| | end group | |

| choices | | | |
| | list_name | name | label | label::English (en) |
| | agree | 1 | 同意 | Agree |
| | agree | na | 不适用 | Not applicable |

| _indicators | | | |
| | item | indicator | scaling |
| | a | X1 | agree5 |

| _uses | | |
| | item | use |
| | b | fact |
""".replace("{columns}", " | ".join(f"{c}::English (en)" for c in WORDS["survey"]))
HAN = re.compile("[\u3000-\u9fff\uff00-\uffef]")


def faults_of(text: str, **others: str) -> tuple[Fault, ...]:
    files = {"small.md": text} | {f"{name}.md": other for name, other in others.items()}
    with pytest.raises(FaultsFound) as found:
        load_instruments({name: content.encode() for name, content in files.items()})
    return found.value.faults


def words(form: Instrument) -> list[str]:
    """Every word of a form that whoever fills it can read."""
    said = [form.title, form.notice]
    for section in form.sections:
        said += [section.label, section.hint]
        for item in section.items:
            choices = item.scale.choices if item.scale else ()
            said += [item.label, item.hint, item.limit.message if item.limit else ""]
            said += [part for choice in choices for part in (choice.label, choice.description)]
    return said


def bones(form: Instrument) -> list[object]:
    """All of a form that is no words."""
    kept: list[object] = [form.code, form.version, form.subject, form.mappings, form.uses]
    for section in form.sections:
        kept += [section.name, section.relevant, section.repeat]
        for item in section.items:
            limits = (item.limit.low, item.limit.high) if item.limit else ()
            codes = item.scale.codes if item.scale else ()
            kept += [item.name, item.type, item.required, item.relevant, limits, codes, item.row]
    return kept


def test_a_form_in_two_languages_is_one_form_with_two_wordings() -> None:
    [form] = load_instruments({"small.md": GOOD.encode()})
    assert form.languages == (CHINESE, ENGLISH)
    english = form.in_language("en")
    assert words(english) == [
        *("A small form", "Anonymous.", "A group", ""),
        *("First", "", "", "Agree", "", "Not applicable", ""),
        *("Second", "Whole", "Too small."),
    ]
    assert words(form)[:3] == ["小表", "匿名。", "一组"]
    assert form.in_language("zh") is form and form.in_language("fr") is form
    assert bones(english) == bones(form)


def test_the_own_language_may_stand_in_its_own_columns() -> None:
    """As ODK and Kobo write it: every language with its name, the default named in settings."""
    named = GOOD.replace("| label | hint |", "| label::中文 (zh) | hint::中文 (zh) |")
    named = named.replace(
        "| name | label | label::English", "| name | label::中文 (zh) | label::English"
    )
    assert named.count("label::中文 (zh)") == 2
    assert load_instruments({"small.md": named.encode()}) == load_instruments(
        {"small.md": GOOD.encode()}
    )


def test_a_form_may_be_in_another_language_first() -> None:
    text = GOOD.replace("| 中文 (zh) |", "| བོད་སྐད (bo) |")
    [form] = load_instruments({"small.md": text.encode()})
    assert form.languages == (Language("bo", "བོད་སྐད"), ENGLISH)


def test_a_form_without_languages_is_chinese() -> None:
    plain = re.sub(r" \| (label|hint|constraint_message|value)::English \(en\)", "", GOOD)
    plain = plain.replace(" | default_language |", " |").replace(" | 中文 (zh) |", " |")
    plain = plain.replace("| | title | | A small form |\n", "").replace(" | Anonymous.", "")
    for said in (" | Agree |", " | Not applicable |", " | A group |", " | First |"):
        plain = plain.replace(said, " |")
    plain = plain.replace(" | Second | Whole | Too small. |", " |")
    [form] = load_instruments({"small.md": plain.encode()})
    assert form.languages == (CHINESE,)
    whole = load_instruments({"small.md": GOOD.encode()})[0]
    assert form == dataclasses.replace(whole, translations=(), sections=form.sections)


ASKED, TOLD, LISTED = (
    "label::English (en)",
    "value::English (en)",
    "| name | label | label::English",
)
EDITS = [
    ("| First |", "|  |", "untranslated", ASKED),
    ("| A group |", "|  |", "untranslated", ASKED),
    ("| Whole |", "|  |", "untranslated", "hint::English (en)"),
    ("| Too small. |", "|  |", "untranslated", "constraint_message::English (en)"),
    ("| 乙 | 整数 |", "| 乙 |  |", "untranslated", "hint"),
    ("| Not applicable |", "|  |", "untranslated", ASKED),
    ("| Anonymous. |", "|  |", "untranslated", TOLD),
    ("| A small form |", "|  |", "untranslated", TOLD),
    ("| | title | | A small form |\n", "", "title_untranslated", ""),
    ("| | per | class |", "| | per | class | class |", "needless_translation", TOLD),
    ("| First |", "| ${b} |", "reference_in_text", ASKED),
    ("| First |", f"| {'x' * 501} |", "too_long", ASKED),
    (f"{LISTED} (en)", LISTED, "language_code", "label::English"),
    (
        f"{LISTED} (en)",
        "| name | label | media::English (en)",
        "unknown_column",
        "media::English (en)",
    ),
    ("| item | use |", "| item | use::English (en) |", "unknown_column", "use::English (en)"),
    ("| 中文 (zh) |", "| 中文 |", "language_code", "default_language"),
    ("| label | label::English", "| label::Eng (en) | label::English", "repeated_language", ASKED),
]


@pytest.mark.parametrize(("old", "new", "code", "column"), EDITS, ids=[str(e[2:]) for e in EDITS])
def test_what_a_begun_language_lacks_is_named(old: str, new: str, code: str, column: str) -> None:
    row = GOOD[: GOOD.index(old)].count("\n") + 1
    found = faults_of(GOOD.replace(old, new, 1))
    assert all(f.place.file == "small.md" for f in found)
    places = {(f.place.row, f.place.column) for f in found if f.code == f"instruments.{code}"}
    in_header = code in ("unknown_column", "repeated_language") or column == "label::English"
    expected = None if code == "title_untranslated" else row + in_header
    assert (expected, column) in places


MODULE = """
| settings | | | |
| | form_title | form_id | version |
| | 模块 | extra | 1.0 |

| _context | | |
| | key | value |
| | extends | small |

| survey | | | |
| | type | name | label |
| | begin group | h | 二组 |
| | text | c | 丙 |
| | end group | |

| _uses | | |
| | item | use |
| | c | fact |
"""


def test_a_language_is_the_form_s_only_if_every_module_has_it() -> None:
    [form] = load_instruments({"small.md": GOOD.encode(), "extra.md": MODULE.encode()})
    assert form.languages == (CHINESE,) and len(form.items) == 3
    worded = MODULE.replace("| name | label |", "| name | label | label::English (en) |")
    worded = worded.replace("| 二组 |", "| 二组 | Two |").replace("| 丙 |", "| 丙 | Third |")
    [form] = load_instruments({"small.md": GOOD.encode(), "extra.md": worded.encode()})
    assert [item.label for item in form.in_language("en").items] == ["First", "Second", "Third"]
    [lacking] = faults_of(GOOD, extra=worded.replace("| Third |", "| |"))
    assert (lacking.place.file, lacking.place.row) == ("extra.md", 13)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("English (en)", ENGLISH),
        ("English(EN)", ENGLISH),
        ("中文 (zh-Hans)", Language("zh-hans", "中文")),
        ("English", None),
        ("(en)", None),
        ("", None),
        ("x" * 41 + " (en)", None),
        ("English (english)", None),
        ("a" + " " * 30_000 + "(", None),
        ("<b> (en)", Language("en", "<b>")),
    ],
)
def test_names_of_languages(text: str, language: Language | None) -> None:
    assert read_language(text) == language


def trainees_forms() -> list[Instrument]:
    return [form for form in load_instruments(instrument_sources()) if form.role == "trainee"]


def test_every_trainee_s_form_that_comes_along_is_worded_in_english() -> None:
    forms = trainees_forms()
    assert {form.code for form in forms} == {"trainee_core", "followup", "session_form"}
    for form in forms:
        english = form.in_language("en")
        assert english.language == ENGLISH
        assert [bool(word) for word in words(english)] == [bool(word) for word in words(form)]
        assert not [word for word in words(english) if HAN.search(word)]


SPELT = {
    "一分钟": "1",
    "四分钟": "4",
    "五分钟": "5",
    "one minute": "1",
    "four min": "4",
    "five min": "5",
}
ONCE_AND_TWICE = ("1次", "2次", "本场", "60秒")
"""Where one of the two languages says a number by a word."""


def numbers(words: str) -> list[str]:
    for spelt, number in SPELT.items():
        words = words.replace(spelt, number)
    return sorted(re.findall(r"\d+", words))


def test_numbers_and_marks_mean_the_same_in_both_languages() -> None:
    """Numbers of a translation are those of its original: scales, limits, the smallest group."""
    for form in trainees_forms():
        for own, other in zip(words(form), words(form.in_language("en")), strict=True):
            if own not in ONCE_AND_TWICE:
                assert numbers(own) == numbers(other), own
            assert own.count("“不适用”") == other.count("“Not applicable”")
            assert own.endswith("（选填）") == other.endswith("(optional)")
            assert ("可多选" in own) == ("all that apply" in other)


def test_a_check_item_names_the_answer_that_it_expects_in_each_language() -> None:
    for form in trainees_forms():
        for use in form.used_as("check"):
            for wording in (form, form.in_language("en")):
                item = wording.item(use.item)
                assert item.scale is not None
                assert f"“{item.scale.label(use.expected)}”" in item.label


def test_pyxform_reads_the_same_languages() -> None:
    """The file as it stands, read by the field's own program."""
    text, warnings = instrument_sources()["session_form.md"].decode(), []
    form = convert(text, warnings=warnings).xform
    assert re.findall(r'<translation lang="([^"]*)"', form) == ["中文 (zh)", "English (en)"]
    assert "The speaker explained things clearly." in form
    assert not [one for one in warnings if "language code" in one]


def test_a_language_is_known_by_its_code_whatever_a_module_calls_it() -> None:
    """Joined lines name a language as the core does, in columns that can be read again."""
    worded = MODULE.replace("| name | label |", "| name | label | label::英文 (EN) |")
    worded = worded.replace("| 二组 |", "| 二组 | Two |").replace("| 丙 |", "| 丙 | Third |")
    books = [read_workbook(text.encode(), f"{n}.md") for n, text in enumerate((GOOD, worded))]
    joined = join_form(books)
    assert [language.name for language in joined.translations] == ["English"]
    columns = {column for line in joined.lines("survey") for column in line.cells}
    said = {split_column(column)[1] for column in columns}
    assert said == {"", "English (en)"} and read_language("English (en)") == ENGLISH
