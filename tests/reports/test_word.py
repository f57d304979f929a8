"""The Word file: the model's texts cell by cell, nothing in them code, pages as officials set."""

from __future__ import annotations

import io
import re
import zipfile
from collections import Counter
from dataclasses import replace
from functools import cache

import pdfplumber
import pytest
from lxml import etree
from PIL import Image
from printed_bulletin import HOSTILE, SVG, built_in_fonts, bulletin, table
from sample_results import sample_results
from word_file import (
    W,
    bare,
    blocks,
    expected_tables,
    headings,
    opened,
    paginated,
    part,
    tables_of,
)

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
from reports.writers.headline import headline_lines
from reports.writers.word import render_docx

FIELDS = (
    *HOSTILE,
    '{ DDEAUTO c:\\\\windows "x" }',
    "{{ blocks }}{%p for one in blocks %}",
    "{_{ 7*7 }_} {_% raw %_}",
    "<w:t>甲</w:t></w:p>",
    "&lt;w:br/&gt; &#65;",
    "]]><!-- -->",
)
"""Names that docxtpl, XML or Word could take for their own."""
UNHELD = "甲\x00乙\x0b丙\ufffe丁\ud800戊\a己\f庚"


def written(given: Bulletin) -> bytes:
    return render_docx(given, built_in_fonts())


@cache
def sample() -> tuple[Bulletin, bytes]:
    given = build_bulletin(sample_results(), Printing(mark=SAMPLE))
    return given, written(given)


def figure() -> Figure:
    data = replace(table(2), anchor="t2", caption="图中数值")
    return Figure("f1", "图1 综合分", "两个单位的综合分：甲91.3，乙88.9。", SVG, data=data)


def trail() -> Trail:
    rows = (
        TrailRow("fact", "综合分", (TrailCell("91.3±1.2", "40"), TrailCell("84.0"))),
        TrailRow("formula", "计算：实际到位经费÷应到位经费"),
        TrailRow("level1", "A1 方案", (TrailCell("90.0"), TrailCell("—"))),
    )
    heads = (Cell("院校甲", "u1"), Cell("院校乙", "u2"))
    return Trail("出处", "出处：总体", "指标与题项", heads, rows)


def whole() -> Bulletin:
    deep = Section("d3", "1. 三级", (Paragraph("正文。"),), (Section("d4", "（1）四级"),))
    second = Section("d2", "（一）二级", (table(), figure(), trail()), (deep,))
    return bulletin(sections=(Section("first", "一、一级", (), (second,)),))


def test_sample_holds_the_models_tables_cell_by_cell() -> None:
    given, data = sample()
    assert tables_of(data) == expected_tables(given)
    assert len(expected_tables(given)) > 10


def test_trails_and_figures_numbers_are_tables_too() -> None:
    assert tables_of(written(whole())) == expected_tables(whole())


def test_headings_have_the_models_order_and_real_outline_levels() -> None:
    for given, data in (sample(), (whole(), written(whole()))):
        styles = {"heading 1": 1, "heading 2": 2, "heading 3": 3, "heading 4": 4, "附件标题": 1}
        found = [
            (styles[name], bare(one.text))
            for one in opened(data).paragraphs
            for name in [one.style.name.replace("Heading", "heading")]
            if name in styles
        ]
        assert found == list(headings(given.sections + given.annexes))


def test_running_text_is_the_models() -> None:
    given, data = sample()
    said = [bare(one.text) for one in opened(data).paragraphs]
    texts = [*given.basis, *given.attachments, given.title, given.mark_note, given.addressees]
    texts += [
        text
        for block in blocks(given.sections + given.annexes)
        for text in (
            [block.text] if isinstance(block, Paragraph) else list(getattr(block, "notes", ()))
        )
    ]
    joined = "\n".join(said)
    assert [text for text in texts if bare(text) not in joined] == []


def test_same_bulletin_gives_the_same_bytes() -> None:
    given, data = sample()
    assert written(given) == data
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert opened(data).core_properties.modified.date().isoformat() == given.day


@pytest.mark.parametrize("name", FIELDS)
def test_hostile_text_is_text(name: str) -> None:
    given = bulletin(
        table(names=(name,), caption=name, notes=(name,)),
        Paragraph(name),
        title=name,
        subtitle=name,
        mark=name,
        mark_note=name,
        addressees=name,
        basis=(name,),
        attachments=(name,),
        annexes=(Section("annex", f"附件1 {name}", (Paragraph(name),)),),
        imprint=Imprint(*([name] * 4), copies=name, printed=name),
    )
    data = written(given)
    assert tables_of(data) == expected_tables(given)
    said = Counter(bare(one.text) for one in opened(data).paragraphs)
    assert said[bare(name)] >= 10
    assert said[bare(f"附件1{name}")] == 1
    document = part(data, "word/document.xml")
    assert "instrText" not in document
    assert "fldSimple" not in document
    for number in (1, 2):
        header = etree.fromstring(part(data, f"word/header{number}.xml").encode())
        assert header.xpath("//@string") == [name]


def test_characters_that_xml_cannot_hold_are_left_out() -> None:
    data = written(bulletin(table(names=(UNHELD,)), Paragraph(UNHELD), title=UNHELD))
    assert tables_of(data)[0][2][1] == "甲乙丙丁戊己庚"
    assert "甲乙丙丁戊己庚" in [bare(one.text) for one in opened(data).paragraphs]


def test_heads_are_repeated_and_no_row_is_split() -> None:
    document = opened(written(bulletin(table(500))))
    (found,) = document.tables
    first, *others = found.rows
    assert first._tr.trPr.find(f"{W}tblHeader") is not None
    assert all(row._tr.trPr.find(f"{W}cantSplit") is not None for row in found.rows)
    assert not any(row._tr.trPr.find(f"{W}tblHeader") is not None for row in others)
    assert len(others) == 501


def test_columns_have_fixed_widths_that_fill_the_type_area() -> None:
    for found in opened(sample()[1]).tables:
        widths = [column.width.twips for column in found.columns]
        assert 8840 <= sum(widths) <= 8844
        assert found._tbl.tblPr.find(f"{W}tblLayout").get(f"{W}type") == "fixed"
        for row in found.rows:
            assert sum(cell.width.twips for cell in row.cells if cell) >= sum(widths)


def test_captions_stay_with_their_tables() -> None:
    document = opened(written(whole()))
    body = list(document.element.body)
    for place, element in enumerate(body):
        if element.tag == f"{W}tbl":
            style = body[place - 1].find(f"{W}pPr/{W}pStyle").get(f"{W}val")
            assert style == "Caption"
    assert document.styles["Caption"].paragraph_format.keep_with_next


def test_numbers_stand_right() -> None:
    (found,) = opened(written(bulletin(table()))).tables
    names = [paragraph.paragraphs[0].style.name for paragraph in found.rows[2].cells]
    assert [name[:4] for name in names] == ["表内数字", "表内文字", "表内数字", "表内数字"]
    assert found.rows[2].cells[0].paragraphs[0].style.paragraph_format.alignment == 2


def test_fonts_are_those_of_their_roles_for_every_script() -> None:
    data = sample()[1]
    fonts = built_in_fonts()
    faces = [getattr(fonts, role) for role in ("title", "body", "kai", "hei")]
    named = {face.word for face in faces}
    latin = {face.latin for face in faces}
    for name in zipfile.ZipFile(io.BytesIO(data)).namelist():
        if name.endswith(".xml"):
            text = part(data, name)
            assert not re.search(r"MS Mincho|MS Gothic|Calibri|Cambria|Theme=", text), name
            for found in re.findall(r"<w:rFonts ([^>]*)/>", text):
                given = dict(re.findall(r'w:(\w+)="([^"]*)"', found))
                assert given.keys() - {"hint"} == {"ascii", "eastAsia", "hAnsi", "cs"}
                assert given["eastAsia"] in named
                assert given["ascii"] == given["hAnsi"] == given["cs"]
                assert given["ascii"] in {given["eastAsia"], *latin}
    listed = set(re.findall(r'<w:font w:name="([^"]*)"', part(data, "word/fontTable.xml")))
    assert listed == named | latin


def test_page_is_that_of_official_documents() -> None:
    (section,) = opened(sample()[1]).sections
    assert (section.page_width.twips, section.page_height.twips) == (11906, 16838)
    millimetres = {"top": 37, "bottom": 35, "left": 28, "right": 26}
    for side, expected in millimetres.items():
        assert abs(getattr(section, f"{side}_margin").mm - expected) < 0.1
    settings = part(sample()[1], "word/settings.xml")
    assert "<w:mirrorMargins/>" in settings
    assert "<w:evenAndOddHeaders/>" in settings


def test_mark_is_across_every_page_and_absent_when_issued() -> None:
    marked, issued = (written(bulletin(mark=mark, mark_note=mark)) for mark in ("送审稿", ""))
    for number in (1, 2):
        assert 'string="送审稿"' in part(marked, f"word/header{number}.xml")
        assert "送审稿 · 校验码 0123456789abcdef" in part(marked, f"word/footer{number}.xml")
        assert "v:shape" not in part(issued, f"word/header{number}.xml")
        assert "校验码 0123456789abcdef" in part(issued, f"word/footer{number}.xml")
    assert "标注框" in {one.style.name for one in opened(marked).paragraphs}
    assert "标注框" not in {one.style.name for one in opened(issued).paragraphs}


def test_imprint_only_when_given() -> None:
    buffer = io.BytesIO()
    Image.new("RGBA", (300, 300), "#d6000f").save(buffer, "PNG")
    imprint = Imprint(
        header="某省教育厅文件",
        number="某教师函〔2021〕60号",
        organ="某省教育厅",
        date="2021年12月6日",
        seal=buffer.getvalue(),
        copies="抄送：某厅。",
        printed="某省教育厅办公室 2021年12月7日印发",
    )
    official = {"发文机关标志", "发文字号", "红色分隔线", "署名和成文日期", "版记"}
    given, plain = (written(bulletin(imprint=one)) for one in (imprint, Imprint()))
    assert official <= {one.style.name for one in opened(given).paragraphs}
    assert not official & {one.style.name for one in opened(plain).paragraphs}
    assert "wp:anchor" in part(given, "word/document.xml")
    assert not [n for n in zipfile.ZipFile(io.BytesIO(plain)).namelist() if "media" in n]


def test_links_lead_to_bookmarks_of_this_document() -> None:
    shown = replace(table(3), groups=whole().sections[0].sections[0].blocks[0].groups)
    linked = bulletin(shown, Paragraph("文"), sections=(
        Section("first", "一、结果", (shown,)), Section("other", "二、出处"),
    ))  # fmt: skip
    for data in (written(linked), sample()[1]):
        document = part(data, "word/document.xml")
        targets = re.findall(r'<w:hyperlink w:anchor="([^"]*)"', document)
        places = re.findall(r'<w:bookmarkStart w:id="\d+" w:name="([^"]*)"', document)
        assert targets
        assert set(targets) <= set(places)
        assert len(places) == len(set(places))
        assert all(re.fullmatch(r"[a-z]\w{0,39}", place) for place in places)
    assert "w:hyperlink" not in part(written(bulletin(table())), "word/document.xml")


def test_figures_say_in_words_what_they_show() -> None:
    given, data = sample()
    figures = [b for b in blocks(given.sections + given.annexes) if isinstance(b, Figure)]
    tree = etree.fromstring(part(data, "word/document.xml").encode())
    described = tree.xpath("//*[local-name()='docPr']/@descr")
    numbers = tree.xpath("//*[local-name()='docPr']/@id")
    assert [bare(text) for text in described] == [bare(one.alt) for one in figures]
    assert len(set(numbers)) == len(numbers) == len(figures)


def test_titles_are_broken_between_words_into_even_lines() -> None:
    title = "关于2021年度“国培计划”项目绩效评估情况的跟踪通报"
    lines = headline_lines(title, 20)
    assert "".join(lines) == title
    assert len(lines) == 2
    assert not lines[1].startswith(("划", "目", "效", "估", "况"))
    assert headline_lines("指标与权重", 20) == ("指标与权重",)
    assert headline_lines("", 20) == ("",)
    assert "".join(headline_lines("甲" * 70, 20)) == "甲" * 70
    assert max(map(len, headline_lines("甲" * 70, 20))) <= 20


WIDE = ("398", "85.0%", *("88.1",) * 8, "85.5–86.9", "10–12")
"""Figures of one row of a ranked table, beside the unit's name and its band."""


def wide_table() -> Table:
    """As many columns as a ranked table has, each as narrow as its figures allow."""
    row = ("示例远程教师发展机构戊", *WIDE, "良（近中）")
    columns = (Column("单位"), *(Column("得分", numeric=True) for _ in WIDE), Column("等次"))
    rows = Rows("", (tuple(Cell(text) for text in row),) * 3)
    return Table("w", "表1 结果", columns, (rows,))


SIGNED = range(10, 20, 2)
"""Lines of text above the list of annexes: some fill the page."""


def signed_below(count: int) -> bytes:
    imprint = Imprint(organ="某省教育厅", date="2025年12月6日")
    paragraphs = (Paragraph(f"第{place}段") for place in range(count))
    return written(bulletin(*paragraphs, imprint=imprint, attachments=("1. 指标", "2. 方法")))


def test_libreoffice_sets_22_lines_of_28_characters(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    filled = bulletin(
        mark="", mark_note="", basis=("国" * (26 + 28 * 60),), sections=(), annexes=()
    )
    files = {
        "filled.docx": written(filled),
        "sample.docx": sample()[1],
        "long.docx": written(bulletin(table(120))),
        "wide.docx": written(bulletin(wide_table())),
        **{f"{count}.docx": signed_below(count) for count in SIGNED},
    }
    made = paginated(tmp_path_factory.mktemp("office"), files)
    with pdfplumber.open(io.BytesIO(made["filled.docx"])) as document:
        page = document.pages[1]
        lines = Counter(int(char["bottom"]) for char in page.chars if char["text"] == "国")
        assert len(lines) == 22
        assert set(lines.values()) == {28}
        left, right = (
            f(char["x0"] for char in page.chars if char["text"] == "国") for f in (min, max)
        )
        assert abs(left - 26 / 25.4 * 72) < 1  # an even page: the outer margin is on the left
        assert right < page.width - 28 / 25.4 * 72
    with pdfplumber.open(io.BytesIO(made["long.docx"])) as document:
        texts = [bare(page.extract_text()) for page in document.pages]
        rows = [text for text in texts if "91.3" in text]
        assert len(rows) > 2
        assert all("名次单位综合分95%区间" in text for text in rows)
    for count in SIGNED:
        with pdfplumber.open(io.BytesIO(made[f"{count}.docx"])) as document:
            texts = [bare(page.extract_text()) for page in document.pages]
        assert [f"第{count - 1}段" in text for text in texts if "附件：" in text] == [True], count
    with pdfplumber.open(io.BytesIO(made["wide.docx"])) as document:
        words = Counter(word["text"] for page in document.pages for word in page.extract_words())
        assert {figure: words[figure] for figure in WIDE} == {
            figure: 3 * WIDE.count(figure) for figure in WIDE
        }
    with pdfplumber.open(io.BytesIO(made["sample.docx"])) as document:
        for number, page in enumerate(document.pages, 1):
            numbered = bare(
                page.crop((0, page.height - 100, page.width, page.height)).extract_text()
            )
            assert f"—{number}—" in numbered
            outside = [c for c in page.chars if c["x1"] > page.width - 70 and c["upright"]]
            assert not [c["text"] for c in outside if c["text"] not in "，。、；：）” "]
