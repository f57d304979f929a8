"""An edited Word file: words are free, figures, rows and tables are not."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import docx
import pytest
from docx.oxml.ns import qn
from foreign_table import run
from sample_results import sample_results

from reports.bulletin import build_bulletin
from reports.commands import FAULTS, OK
from reports.printing import SAMPLE, Printing
from reports.verification.body_figures import figures_of
from reports.verification.reconcile import read_document, reconcile
from reports.writers.fonts import read_fonts
from reports.writers.word import render_docx


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("bulletin") / "bulletin.docx"
    bulletin = build_bulletin(sample_results(), Printing(mark=SAMPLE))
    path.write_bytes(render_docx(bulletin, read_fonts(None)))
    return path


def changed(original: Path, path: Path, change: Callable[[Any], None]) -> Path:
    """The file as Word would save it after ``change``."""
    document = docx.Document(io.BytesIO(original.read_bytes()))
    change(document)
    document.save(str(path))
    return path


def cell_with(document: Any, text: str) -> Any:
    cells = (c for table in document.tables for row in table.rows for c in row.cells)
    return next(cell for cell in cells if cell.text == text)


def replace_figure(document: Any) -> None:
    run_of = cell_with(document, "84.0").paragraphs[0].runs[0]
    run_of.text = "94.0"


def remove_row(document: Any) -> None:
    row = cell_with(document, "84.0")._tc.getparent()
    row.getparent().remove(row)


def remove_table(document: Any) -> None:
    table = document.tables[-1]._tbl
    table.getparent().remove(table)


def add_figure(document: Any) -> None:
    document.paragraphs[8].add_run("其中合格率达到99.87%。")


def with_figures(document: Any) -> Any:
    """A paragraph of free text with figures that differ."""
    return next(one for one in document.paragraphs if "总体参评率" in one.text)


def say(paragraph: Any, text: str) -> None:
    """Type ``text`` over a paragraph, whose runs and style stay."""
    for one in paragraph.runs:
        one.text = ""
    paragraph.runs[0].text = text


def swap_figures(document: Any) -> None:
    paragraph = with_figures(document)
    first, last = figures_of(paragraph.text)[-2:]
    assert first != last
    head, _, tail = paragraph.text.rpartition(last)
    before, _, after = head.rpartition(first)
    say(paragraph, f"{before}{last}{after}{first}{tail}")


def remove_paragraph(document: Any) -> None:
    element = with_figures(document)._p
    element.getparent().remove(element)


def swap_in_a_heading(document: Any) -> None:
    heading = next(p for p in document.paragraphs if p.style.name == "Heading 2")
    say(heading, f"{heading.text}2031")


FOUND = {
    "reconcile.cell": replace_figure,
    "reconcile.row_gone": remove_row,
    "reconcile.table_gone": remove_table,
    "reconcile.number": add_figure,
    "reconcile.number_changed": swap_figures,
    "reconcile.number_gone": remove_paragraph,
}


@pytest.mark.parametrize("code", FOUND)
def test_a_figure_that_is_not_the_bulletins_is_found(
    original: Path, tmp_path: Path, code: str
) -> None:
    edited = changed(original, tmp_path / "改过.docx", FOUND[code])
    found = reconcile(edited, original)
    assert [fault.code for fault in found] == [code]
    assert found[0].place.file == "改过.docx"


def test_a_changed_figure_is_told_with_both_values_and_its_place(
    original: Path, tmp_path: Path
) -> None:
    [fault] = reconcile(changed(original, tmp_path / "a.docx", swap_figures), original)
    told = dict(fault.details)
    text = next(p.text for p in read_document(original).paragraphs if "总体参评率" in p.text)
    first, last = figures_of(text)[-2:]
    assert (told["was"], told["now"]) == (f"{first}、{last}", f"{last}、{first}")
    assert told["where"] == "“一、总体情况 （一）评估范围与方法”第1段"


def test_sections_are_found_by_their_words_where_styles_are_gone(
    original: Path, tmp_path: Path
) -> None:
    def both(document: Any) -> None:
        unstyled(document)
        swap_figures(document)

    [fault] = reconcile(changed(original, tmp_path / "a.docx", both), original)
    assert dict(fault.details)["where"] == "“一、总体情况 （一）评估范围与方法”第1段"


def test_a_figure_in_a_heading_is_told(original: Path, tmp_path: Path) -> None:
    [fault] = reconcile(changed(original, tmp_path / "a.docx", swap_in_a_heading), original)
    assert dict(fault.details)["numbers"] == "2031"
    assert dict(fault.details)["where"].startswith("标题“")


def joined_and_reworded(document: Any) -> None:
    """Two paragraphs become one with other words, and the heading another name."""
    paragraph = with_figures(document)
    after = paragraph._p.getnext()
    text = paragraph.text + "".join(node.text or "" for node in after.iter(qn("w:t")))
    after.getparent().remove(after)
    say(paragraph, "据统计，" + text.replace("总体参评率", "参评率总体达到"))
    heading = next(p for p in document.paragraphs if p.text == "（一）评估范围与方法")
    say(heading, "（一）评了哪些单位")


def unstyled(document: Any) -> None:
    """As programs save that know no styles of headings."""
    for paragraph in document.paragraphs:
        paragraph.style = document.styles["Normal"]


def renumbered(document: Any) -> None:
    for paragraph in document.paragraphs:
        say_again = re.sub(r"表(\d+)", lambda m: f"表{int(m[1]) + 1}", paragraph.text)
        if say_again != paragraph.text:
            say(paragraph, re.sub(r"^1\. ", "2. ", say_again))


@pytest.mark.parametrize("change", [joined_and_reworded, unstyled, renumbered])
def test_what_keeps_its_figures_in_order_passes(
    original: Path, tmp_path: Path, change: Callable[[Any], None]
) -> None:
    assert reconcile(changed(original, tmp_path / "a.docx", change), original) == []


def test_a_heading_taken_out_or_reworded_hides_no_figure(original: Path, tmp_path: Path) -> None:
    def both(document: Any) -> None:
        swap_figures(document)
        joined_and_reworded(document)
        heading = next(p for p in document.paragraphs if p.text.startswith("（二）"))._p
        heading.getparent().remove(heading)

    found = reconcile(changed(original, tmp_path / "a.docx", both), original)
    assert [fault.code for fault in found] == ["reconcile.number_changed"]


@pytest.mark.parametrize(
    ("text", "figures"),
    [
        ("其中二十六对差异可以确认", ["26"]),
        ("收回一千零五十份，涉及两百人", ["1050", "200"]),
        ("参评率１７．９％至93.5%，计1,234人", ["17.9%", "93.5%", "1234"]),
        ("差−0.5分，95%-99%，3-10分钟", ["-0.5", "95%", "99%", "3", "10"]),
        ("1. 抓好一级指标，十分重要，一并落实三项要求和第十二项", []),
        ("二十大以来的十四五期间，二三十个、二百五个、四十五分钟", []),
        ("数值见表4、5、6，共12个", ["12"]),
        ("见表4、5个单位", ["5"]),
        ("（三）各市", []),
        ("12.5%的人", ["12.5%"]),
    ],
)
def test_what_counts_as_a_figure(text: str, figures: list[str]) -> None:
    assert list(figures_of(text)) == figures


def test_a_chinese_numeral_is_read_as_its_figure(original: Path, tmp_path: Path) -> None:
    def typed(document: Any) -> None:
        paragraph = with_figures(document)
        say(paragraph, paragraph.text + "另有二十七对未计。")

    [fault] = reconcile(changed(original, tmp_path / "a.docx", typed), original)
    assert (fault.code, dict(fault.details)["numbers"]) == ("reconcile.number", "27")


def test_words_are_free(original: Path, tmp_path: Path) -> None:
    def reword(document: Any) -> None:
        document.paragraphs[8].add_run("请各单位认真对照整改。")

    edited = changed(original, tmp_path / "a.docx", reword)
    assert reconcile(edited, original) == []
    result = run("reconcile", edited, "--bulletin", original.parent)
    assert result.exit_code == OK
    assert "依次相同" in result.output
    assert "没有核对：文字" in result.output


def test_what_is_no_word_file_is_refused(original: Path, tmp_path: Path) -> None:
    (tmp_path / "a.docx").write_bytes(b"no zip")
    result = run("reconcile", tmp_path / "a.docx", "--bulletin", original.parent)
    assert result.exit_code == FAULTS
    assert "不是完整的Word文件" in result.output
