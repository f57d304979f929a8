"""The printed bulletin: tagged, archivable, the same twice, and nothing in it is code."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import pikepdf
import pypdfium2
import pytest
from printed_bulletin import HOSTILE, SVG, built_in_fonts, bulletin, table
from sample_results import sample_results

from instruments.faults import FaultsFound
from reports.bulletin import build_bulletin
from reports.document import (
    Bulletin,
    Cell,
    Column,
    Figure,
    Imprint,
    Paragraph,
    Rows,
    Section,
    Table,
    Trail,
    TrailCell,
    TrailRow,
)
from reports.printing import SAMPLE, Printing
from reports.writers.typst import render_pdf, render_png

RARE = "玥喆昇彧珺堃"


def printed(given: Bulletin) -> bytes:
    return render_pdf(given, built_in_fonts())


def pages(data: bytes) -> list[str]:
    """Text of each page without white space, which paper does not hold."""
    document = pypdfium2.PdfDocument(data)
    texts = [page.get_textpage().get_text_range() for page in document]
    return [re.sub(r"[\s\ufffe]+", "", text) for text in texts]


@cache
def opened(data: bytes) -> pikepdf.Pdf:
    return pikepdf.open(io.BytesIO(data))


def elements(data: bytes, kind: str) -> list[Any]:
    """Structure elements of ``kind``, in order."""

    def walk(node: Any) -> Iterator[Any]:
        if isinstance(node, pikepdf.Array):
            for child in node:
                yield from walk(child)
        elif isinstance(node, pikepdf.Dictionary):
            if "/S" in node:
                yield node
            if "/K" in node:
                yield from walk(node.K)

    document = opened(data)
    return [one for one in walk(document.Root.StructTreeRoot.K) if f"/{kind}" == one.S]


def kinds_below(node: Any) -> list[str]:
    children = node.K if isinstance(node.K, pikepdf.Array) else [node.K]
    return [str(child.S) for child in children if isinstance(child, pikepdf.Dictionary)]


@pytest.fixture(scope="module")
def sample() -> bytes:
    return printed(build_bulletin(sample_results(), Printing(mark=SAMPLE)))


def test_claims_archive_and_accessibility(sample: bytes) -> None:
    document = opened(sample)
    claims = document.open_metadata()
    assert claims["pdfaid:part"] == "2"
    assert claims["pdfaid:conformance"] == "A"
    assert claims["pdfuaid:part"] == "1"
    assert document.Root.MarkInfo.Marked is True or document.Root.MarkInfo.Marked
    assert str(document.Root.Lang) == "zh-CN"
    assert document.Root.ViewerPreferences.DisplayDocTitle
    assert "绩效评估" in claims["dc:title"]
    fonts = [
        font
        for page in document.pages
        for font in page.Resources.get("/Font", pikepdf.Dictionary()).values()
    ]
    assert fonts
    assert all("/ToUnicode" in font for font in fonts)
    assert all(tab == "/S" for page in document.pages if (tab := page.get("/Tabs")))


def test_every_cell_of_the_sample_is_printed(sample: bytes) -> None:
    text = "".join(pages(sample))
    given = build_bulletin(sample_results(), Printing(mark=SAMPLE))

    def cells(sections: tuple[Section, ...]) -> Iterator[str]:
        for section in sections:
            yield section.heading
            for block in section.blocks:
                if isinstance(block, Table):
                    for group in block.groups:
                        yield from (cell.text for row in group.rows for cell in row)
                if isinstance(block, Paragraph):
                    yield block.text
            yield from cells(section.sections)

    found = list(cells(given.sections + given.annexes))
    missing = [one for one in found if re.sub(r"\s+", "", one) not in text]
    assert len(missing) <= 0.02 * len(found), missing  # broken over two pages, or lines


def test_two_printings_are_the_same_bytes(sample: bytes) -> None:
    again = printed(build_bulletin(sample_results(), Printing(mark=SAMPLE)))
    assert again == sample


def test_a_long_table_is_one_table_with_its_head_on_every_page() -> None:
    data = printed(bulletin(table(rows=500)))
    [found] = elements(data, "Table")
    assert kinds_below(found).count("/THead") == 1
    assert len(elements(data, "TR")) == 1 + 1 + 500
    assert [str(one.A[0].Scope) for one in elements(data, "TH")][:4] == ["/Column"] * 4
    texts = pages(data)
    holding = [text for text in texts if "示例院校" in text]
    assert len(holding) > 5
    assert all("综合分" in text and "95%区间" in text for text in holding)
    assert all("承训机构" in text for text in holding), "the group's heading stands there too"


def test_headings_caption_and_alternative_text_are_tagged() -> None:
    figure = Figure("f1", "图1 得分", "三个单位的得分", SVG, data=table(anchor="d1", caption="表2"))
    second = Section("second", "（一）分类", (table(), figure))
    data = printed(bulletin(sections=(Section("first", "一、结果", (), (second,)),)))
    assert len(elements(data, "H1")) == 2
    assert len(elements(data, "H2")) == 1
    assert len(elements(data, "Caption")) == 3
    assert [str(one.Alt) for one in elements(data, "Figure")] == ["三个单位的得分"]
    assert len(elements(data, "Table")) == 2


def test_links_lead_only_to_what_is_in_the_document() -> None:
    here = table(rows=1, names=("甲",))
    there = replace(here, anchor="other", caption="表2")
    assert elements(printed(bulletin(here)), "Link") == []
    assert len(elements(printed(bulletin(here, there)), "Link")) == 2


def test_a_trail_is_a_table_and_its_units_can_be_linked_to() -> None:
    rows = (
        TrailRow("level1", "A1 方案", (TrailCell("91.3", "40"), TrailCell("88.0"))),
        TrailRow("formula", "得分 = 作答均值"),
    )
    trail = Trail("甲、乙", "甲、乙出处", "指标", (Cell("甲", "other"), Cell("乙", "u2")), rows)
    data = printed(bulletin(table(), trail))
    assert len(elements(data, "Table")) == 2
    assert len(elements(data, "Link")) == 3
    assert "得分=作答均值" in "".join(pages(data))


def test_rare_characters_of_names_print() -> None:
    data = printed(bulletin(Paragraph(RARE), table(names=(f"李{RARE}",))))
    assert "".join(pages(data)).count(RARE) == 2


@pytest.mark.parametrize("character", ["\U0010fffd", "\U0001f600", "\u0e01"])
def test_a_character_without_a_glyph_stops_with_its_place(character: str) -> None:
    given = bulletin(table(names=("甲", f"乙{character}校")))
    with pytest.raises(FaultsFound) as stopped:
        printed(given)
    [fault] = stopped.value.faults
    assert fault.code == "fonts.glyph"
    assert str(fault.place) == "一、评估结果 表1 结果 第2行 “单位”列"
    assert f"U+{ord(character):04X}" in fault.message
    assert "more" in fault.remedy


def test_hostile_text_prints_as_text() -> None:
    columns = tuple(Column(text) for text in HOSTILE[:2])
    rows = tuple((Cell(text), Cell(text, note=text, strong=True)) for text in HOSTILE)
    hostile = Table("t1", HOSTILE[0], columns, (Rows(HOSTILE[2], rows),), notes=HOSTILE)
    given = bulletin(
        *map(Paragraph, HOSTILE),
        hostile,
        Figure("f1", HOSTILE[7], HOSTILE[7], SVG),
        title=HOSTILE[0],
        subtitle=HOSTILE[1],
        basis=HOSTILE,
        addressees=HOSTILE[7],
        attachments=HOSTILE,
        annexes=(Section("annex", f"附件1 {HOSTILE[7]}"),),
        imprint=Imprint("", HOSTILE[1], HOSTILE[0], HOSTILE[3], b"", HOSTILE[7], HOSTILE[5]),
    )
    text = "".join(pages(printed(given)))
    for one in HOSTILE:
        assert text.count(re.sub(r"\s+", "", one)) >= 4, one


def test_controls_and_marks_of_direction_never_reach_the_paper() -> None:
    given = "甲\u202e乙\u0007丙\u200b丁\u2066戊\nfoo\ud800"
    data = printed(bulletin(Paragraph(given), table(names=(given,))))
    text = "".join(pages(data))
    assert text.count("甲乙丙丁戊foo") == 2
    assert not re.search("[\x00-\x1f\u200b\u202e\u2066]", text)


def test_a_long_word_and_a_long_text_stay_in_their_columns() -> None:
    code = "0123456789abcdef" * 8
    columns = (Column("项"), Column("内容"))
    rows = ((Cell("码"), Cell(code)), (Cell("文"), Cell("很长的说明" * 900)))
    long = Table("t1", "表1", columns, (Rows("", rows),))
    texts = pages(printed(bulletin(long)))
    assert code in "".join(texts)
    assert sum(text.count("很长的说明") for text in texts) >= 890


def test_marks_stand_on_the_copy_and_an_issued_one_has_none() -> None:
    marked = pages(printed(bulletin(Paragraph("正文"), mark="送审稿", mark_note="送审稿：供审议")))
    assert all("送审稿" in text and "0123456789abcdef" in text for text in marked)
    issued = pages(printed(bulletin(Paragraph("正文"), mark="", mark_note="不印")))
    assert not any("送审稿" in text or "不印" in text or "样例" in text for text in issued)


def test_what_only_the_office_gives_is_printed_where_it_belongs() -> None:
    seal = render_png(SVG, 72)
    imprint = Imprint(
        header="某省教育厅文件",
        number="某教函〔2025〕1号",
        organ="某省教育厅",
        date="2025年12月6日",
        seal=seal,
        copies="抄送：教育部。",
        printed="某省教育厅办公室　2025年12月6日印发",
    )
    listed = ("1. 指标与权重", "2. 方法")
    data = printed(bulletin(Paragraph("正文"), imprint=imprint, attachments=listed))
    texts = pages(data)
    assert "某省教育厅文件某教函〔2025〕1号" in texts[0]
    assert "附件：1.指标与权重2.方法某省教育厅2025年12月6日" in "".join(texts)
    assert len(texts) % 2 == 0
    assert "抄送：教育部。某省教育厅办公室2025年12月6日印发" in texts[-1]
    assert [str(one.Alt) for one in elements(data, "Figure")] == ["某省教育厅2025年12月6日"]


def test_no_page_bears_the_list_of_annexes_and_the_signature_alone() -> None:
    """However many lines stand above: the last of them comes along."""
    imprint = Imprint(organ="某省教育厅", date="2025年12月6日")
    for count in range(8, 23):
        paragraphs = (Paragraph(f"第{place}段") for place in range(count))
        given = bulletin(*paragraphs, imprint=imprint, attachments=("1. 指标", "2. 方法"))
        [signed] = [text for text in pages(printed(given)) if "附件：" in text]
        assert f"第{count - 1}段附件：1.指标2.方法某省教育厅2025年12月6日" in signed, count


def test_a_drawing_becomes_a_png_of_its_size() -> None:
    from PIL import Image

    picture = Image.open(io.BytesIO(render_png(SVG, 144)))
    assert abs(picture.width - 216) <= 2  # 144 px of SVG are 108 pt
    assert picture.height * 2 == picture.width
    assert render_png(SVG, 144) == render_png(SVG, 144)


def test_a_broken_drawing_stops_the_run() -> None:
    with pytest.raises(FaultsFound) as stopped:
        printed(bulletin(Figure("f1", "图1", "无", "<svg")))
    assert stopped.value.faults[0].code == "fonts.not_set"
