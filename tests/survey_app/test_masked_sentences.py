"""Free text is masked as the list of sentences says, once and for all, however it is written."""

from __future__ import annotations

import json
import re
import time
import unicodedata

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from instruments.builtin import instrument_sources, load_instruments
from project_root import ROOT
from survey_app.masking import mask_numbers, mask_text, names_of_people
from survey_app.masking.rules import masking_rules

SENTENCES = yaml.safe_load((ROOT / "tests/survey_app/masked_sentences.yaml").read_text("utf-8"))
KNOWN = frozenset({"王建国", "时建军", "陈Anna"})
SURNAMES = masking_rules().surnames
SEPARATORS = st.sampled_from(["", "", "", " ", "-", "－", "\u200b", "\u3000", "—"])
WIDTHS = (
    lambda digit: digit,
    lambda digit: chr(0xFF10 + int(digit)),
    lambda digit: "〇一二三四五六七八九"[int(digit)],
    lambda digit: "零壹贰叁肆伍陆柒捌玖"[int(digit)],
    lambda digit: chr(0x0660 + int(digit)),
    lambda digit: "⓪①②③④⑤⑥⑦⑧⑨"[int(digit)],
)
PHONES = st.from_regex(r"1[3-9][0-9]{3}6[0-9]{5}", fullmatch=True)
"""With a 6 in it: eleven digits up to 5 in a row, split one by one, are taken for answers."""
WORDS = st.text("的很好课讲电话手机微信是我老师，。 \n分人元张王于和〔姓名〕", max_size=12)
FEW = settings(max_examples=60, deadline=None, derandomize=True)


@pytest.mark.parametrize("written", SENTENCES["masked"])
def test_what_tells_who_somebody_is_is_masked(written: str) -> None:
    assert mask_text(written, KNOWN) == SENTENCES["masked"][written]


@pytest.mark.parametrize("written", SENTENCES["kept"])
def test_what_tells_nobody_stays(written: str) -> None:
    assert mask_text(written, KNOWN) == written


def test_no_wording_of_our_forms_is_taken_for_a_person() -> None:
    texts = [
        text
        for form in load_instruments(instrument_sources())
        if form.role == "trainee"
        for item in form.items
        for text in (
            item.label,
            item.hint,
            *(c.label for c in (item.scale.choices if item.scale else ())),
        )
    ]
    assert len(texts) > 200
    assert {text: mask_text(text) for text in texts} == {text: text for text in texts}


@FEW
@given(WORDS, PHONES, st.lists(st.tuples(SEPARATORS, st.sampled_from(WIDTHS)), min_size=11), WORDS)
def test_a_telephone_number_never_stays(before: str, phone: str, ways: list, after: str) -> None:
    pieces = [gap + way(digit) for digit, (gap, way) in zip(phone, ways, strict=False)]
    written = f"{before}，{''.join(pieces)[len(ways[0][0]) :]}，{after}"
    masked = mask_text(written)
    assert "〔电话〕" in masked, written
    assert phone not in _digits(masked)


def _digits(text: str) -> str:
    table = {ord(s): str(d) for s, d in masking_rules().data["numerals"].items()}
    folded = (str(d) if (d := unicodedata.digit(s, None)) is not None else s for s in text)
    return re.sub(r"\D", "", "".join(folded).translate(table))


@FEW
@given(
    st.from_regex(
        r"[1-6][0-9]{5}(19|20)[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|1[0-9])[0-9]{3}[0-9X]", fullmatch=True
    ),
    st.lists(SEPARATORS, min_size=18, max_size=18),
)
def test_an_identity_number_never_stays(number: str, gaps: list[str]) -> None:
    """With or without a right check digit, split anywhere."""
    written = "".join(gap + sign for gap, sign in zip(gaps, number, strict=True)).strip()
    assert not re.search(r"\d", mask_text(f"证件{written}。"))


@FEW
@given(
    st.sampled_from(sorted(SURNAMES.certain | SURNAMES.compound)),
    st.sampled_from(["", "建国", "淑芬", "伟"]),
    st.sampled_from(masking_rules().data["titles"]),
    st.sampled_from(["", "，", "昨天", "请"]),
)
def test_a_surname_before_a_title_is_masked(
    surname: str, given_: str, title: str, lead: str
) -> None:
    if (lead + surname + given_)[-2:] in SURNAMES.ordinary or surname + given_[
        :1
    ] in SURNAMES.ordinary:
        return  # 温馨, 高峰: read as a word
    if lead[-1:] + surname[:1] in SURNAMES.ordinary:
        return
    assert mask_text(f"{lead}{surname}{given_}{title}来过") == f"{lead}〔姓名〕{title}来过"


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    st.lists(
        st.sampled_from(
            [*SENTENCES["masked"], *SENTENCES["kept"], "〔姓名〕", "于", "电话", "1380"]
        )
        | st.text(max_size=6),
        max_size=5,
    )
)
@example(["王小明于老师"])
@example(["电话13812345678 12345"])
@example(["\ue000老师〔电话〕1"])
def test_masking_twice_is_masking_once(pieces: list[str]) -> None:
    """A retry sends the same bytes; what is stored is compared with what they give."""
    text = "".join(pieces)
    masked = mask_text(text, KNOWN)
    assert mask_text(text, KNOWN) == masked
    assert mask_text(masked, KNOWN) == masked
    assert mask_numbers(mask_numbers(text)) == mask_numbers(text)
    assert not any(name in masked for name in KNOWN)


@FEW
@given(st.text("甲乙 ,0123456789-X"), st.text("甲乙 ，。"))
def test_a_number_is_found_among_others(before: str, after: str) -> None:
    if before[-1:].isdigit() or before[-2:-1].isdigit():
        before += "甲"
    assert "13912345678" not in mask_numbers(f"{before}13912345678{after}")


@pytest.mark.parametrize(
    "piece",
    [
        "1-",
        "1 3 8 ",
        "1,2,",
        "138 1234 5678 ",
        "a",
        "a@b.",
        "1X",
        "张老师",
        "、张",
        "微信a",
        "电话1",
        "姓张",
    ],
)
def test_no_text_keeps_the_site_busy(piece: str) -> None:
    """The longest text that a page accepts, made to be slow: ten times a usual machine's time."""
    begun = time.process_time()
    mask_text((piece * 1000)[:1000] + "位老师", KNOWN)
    assert time.process_time() - begun < 3


def test_whoever_fills_a_record_cannot_blot_out_words() -> None:
    """Names that institutions report are masked in what trainees write: only what can be a name."""
    row = {"lecturer": "王建国教授、李小红（太原），安排差；不好；待定", "lesson_title": "张三讲座"}
    record = {"timetable": [row], "reviewer": "赵审核", "planned": 3}
    assert names_of_people(json.dumps(record)) == {"王建国", "李小红", "赵审核"}
