"""Printing: 印发信息 read strictly; nothing invented, unadopted or unreviewed looks issued."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image
from sample_results import sample_results

from analysis.results import Results
from instruments.faults import FaultsFound
from instruments.scorecard import Adoption
from reports.bulletin import build_bulletin
from reports.document import Imprint
from reports.evaluation import publish_bulletin
from reports.particulars import particulars_template
from reports.printing import (
    DRAFT,
    ISSUED,
    MEETING,
    SAMPLE,
    Printing,
    default_printing,
    meeting,
    read_particulars,
    settled,
)
from reports.publication import Choices

WHOLE = """
status: 印发
header: 某某省教育厅文件
number: 某教师函〔2021〕60号
organ: 某某省教育厅
date: 2021-12-06
seal: seal.png
addressees: 各市教育局
copies: 某某省财政厅
printed: 某某省教育厅办公室 2021年12月7日印发
"""


def png(side: int = 8) -> bytes:
    data = io.BytesIO()
    Image.new("RGBA", (side, side)).save(data, "PNG")
    return data.getvalue()


def given(folder: Path, text: str, seal: bytes | None = None) -> Printing:
    (folder / "particulars.yaml").write_text(text, encoding="utf-8")
    if seal is not None:
        (folder / "seal.png").write_bytes(seal)
    return read_particulars(folder / "particulars.yaml")


def codes(folder: Path, text: str, seal: bytes | None = None) -> list[str]:
    with pytest.raises(FaultsFound) as found:
        given(folder, text, seal)
    return [one.code for one in found.value.faults]


def real(*, adopted: bool = True) -> Results:
    results = sample_results()
    adoption = Adoption("已采用", "省教育厅", "测试〔2021〕1号", "2021-10-01")
    if not adopted:
        adoption = Adoption("建议")
    frameworks = tuple(replace(one, adoption=adoption) for one in results.frameworks)
    return replace(results, cycle=replace(results.cycle, sample=False), frameworks=frameworks)


ISSUE = Printing(ISSUED, Imprint(organ="某某省教育厅", date="2021年12月6日"))


def test_all_that_an_office_can_give(tmp_path: Path) -> None:
    printing = given(tmp_path, WHOLE, png())
    assert printing.mark == ISSUED
    assert printing.addressees == "各市教育局："
    assert printing.imprint == Imprint(
        header="某某省教育厅文件",
        number="某教师函〔2021〕60号",
        organ="某某省教育厅",
        date="2021年12月6日",
        seal=png(),
        copies="某某省财政厅",
        printed="某某省教育厅办公室 2021年12月7日印发",
    )


def test_the_template_is_valid_and_says_nothing(tmp_path: Path) -> None:
    assert given(tmp_path, particulars_template()) == Printing(DRAFT)


def test_a_quoted_date_is_a_date_too(tmp_path: Path) -> None:
    assert given(tmp_path, 'date: "2021-02-09"').imprint.date == "2021年2月9日"


@pytest.mark.parametrize(
    "number",
    [
        "某教师函[2021]60号",
        "某教师函（2021）60号",
        "某教师函〔21〕60号",
        "某教师函〔2021〕第60号",
        "60",
    ],
)
def test_a_document_number_has_its_own_brackets(number: str, tmp_path: Path) -> None:
    assert codes(tmp_path, f'number: "{number}"') == ["particulars.number"]


def test_what_is_wrong_is_told_all_at_once_with_its_line(tmp_path: Path) -> None:
    text = 'number: "[2021]1号"\ndate: "2021-13-01"\nseal: ../seal.png\norgan: "甲\\n乙"\n'
    with pytest.raises(FaultsFound) as found:
        given(tmp_path, text)
    assert sorted((one.code, one.place.row) for one in found.value.faults) == [
        ("particulars.date", 2),
        ("particulars.lines", 4),
        ("particulars.number", 1),
        ("particulars.seal_missing", 3),
    ]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("status: 正式", "declaration.unknown_choice"),
        ("stamp: a.png", "declaration.unknown_key"),
        ("organ: [甲]", "declaration.wrong_type"),
        ("- 甲", "declaration.not_mapping"),
        ("organ: &a 甲\nheader: *a", "declaration.alias"),
        ("date: 2021-02-30", "declaration.bad_value"),
        ("seal: none.png", "particulars.seal_missing"),
    ],
)
def test_a_file_out_of_order_is_refused(text: str, code: str, tmp_path: Path) -> None:
    assert codes(tmp_path, text) == [code]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("organs: 甲", "是否要写“organ”？请对照“guopei particulars”写出的模板检查拼写"),
        ("stamp: a.png", "请对照“guopei particulars”写出的模板检查拼写"),
        ("- 甲", "请以“guopei particulars”写出的模板为样子填写"),
    ],
)
def test_the_remedy_names_the_template(text: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(FaultsFound) as found:
        given(tmp_path, text)
    [one] = found.value.faults
    assert one.remedy.startswith(told)


@pytest.mark.parametrize(
    ("content", "code", "row"),
    [
        ("\norgans: 甲".encode(), "declaration.misspelt_key", 2),
        (b"organ: \xff", "declaration.not_utf8", None),
        (b"organ: {", "declaration.not_yaml", 1),
        (b"date: 2021-13-01", "declaration.bad_value", 1),
        (b"seal: none.png", "particulars.seal_missing", 1),
    ],
)
def test_faults_name_the_file_that_was_given(
    content: bytes, code: str, row: int | None, tmp_path: Path
) -> None:
    """Not the copy that is kept beside the bulletin."""
    path = tmp_path / "某名.yaml"
    path.write_bytes(content)
    choices = Choices(particulars=path)
    with pytest.raises(FaultsFound) as found:
        publish_bulletin(sample_results(), tmp_path / "bulletin", choices=choices)
    [one] = found.value.faults
    assert (one.code, one.place.file, one.place.row) == (code, "某名.yaml", row)


def test_a_seal_is_a_sound_png_of_a_seal_s_size(tmp_path: Path) -> None:
    text = "seal: seal.png"
    assert codes(tmp_path, text, b"GIF89a") == ["particulars.seal_picture"]
    assert codes(tmp_path, text, png()[:-20]) == ["particulars.seal_picture"]
    assert codes(tmp_path, text, png(3001)) == ["particulars.seal_picture"]
    assert codes(tmp_path, text, b"\x89PNG\r\n\x1a\n" + b"0" * 2_000_000) == [
        "particulars.seal_large"
    ]
    with pytest.raises(FaultsFound):
        read_particulars(tmp_path / "none.yaml")


def test_an_issued_bulletin_bears_no_mark() -> None:
    bulletin = build_bulletin(real(), ISSUE)
    assert (bulletin.mark, bulletin.mark_note) == ("", "")
    assert bulletin.imprint.organ == "某某省教育厅"


def test_every_reason_against_issuing_is_given_at_once() -> None:
    results = sample_results()
    with pytest.raises(FaultsFound) as found:
        build_bulletin(results, Printing(ISSUED))
    assert [one.code for one in found.value.faults] == [
        *("issue.sample", "issue.not_adopted", "issue.not_adopted"),
        *("issue.no_organ", "issue.no_date"),
    ]
    with pytest.raises(FaultsFound) as found:
        settled(real(adopted=False), ISSUE)
    assert {one.code for one in found.value.faults} == {"issue.not_adopted"}
    planned = replace(real(), plan=replace(real().plan, sample=True))
    with pytest.raises(FaultsFound) as found:
        settled(planned, ISSUE)
    assert [one.code for one in found.value.faults] == ["issue.sample"]


def test_a_meeting_edition_is_marked_and_never_issued() -> None:
    bulletin = build_bulletin(real(adopted=False), meeting(Printing()))
    assert bulletin.mark == "送审稿"
    assert "不得公布" in bulletin.mark_note
    with pytest.raises(FaultsFound) as found:
        meeting(ISSUE)
    assert [one.code for one in found.value.faults] == ["issue.meeting"]


def test_invented_data_say_so_whatever_is_asked() -> None:
    results = sample_results()
    assert default_printing(results).mark == SAMPLE
    assert settled(results, Printing(DRAFT)).mark == SAMPLE
    assert build_bulletin(results, Printing(MEETING)).mark == "样例·送审稿"
    assert default_printing(real()).mark == DRAFT
