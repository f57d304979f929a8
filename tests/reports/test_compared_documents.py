"""Two PDFs or Word files of other bytes: alike but for last bits, or where they differ."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from sample_results import sample_results

from reports.bulletin import build_bulletin
from reports.document import Bulletin
from reports.printing import SAMPLE, Printing
from reports.verification.documents import docx_difference, pdf_difference
from reports.writers.fonts import read_fonts
from reports.writers.packing import packed
from reports.writers.typst import render_pdf


@pytest.fixture(scope="module")
def short() -> Bulletin:
    whole = build_bulletin(sample_results(), Printing(mark=SAMPLE))
    return replace(whole, sections=whole.sections[:1], annexes=(), attachments=())


def pdf(bulletin: Bulletin) -> bytes:
    return render_pdf(bulletin, read_fonts(None))


def test_pdf_that_differs_in_its_properties_only_is_alike(short: Bulletin) -> None:
    old, new = pdf(short), pdf(replace(short, day="2020-01-01"))
    assert old != new
    assert pdf_difference(old, new, "") is None


def test_one_digit_of_a_pdf_is_found_with_its_page(short: Bulletin) -> None:
    other = replace(short, control=short.control[:-1] + "x")
    assert "1" in str(pdf_difference(pdf(short), pdf(other), ""))


def test_a_pdf_that_looks_otherwise_is_found(short: Bulletin) -> None:
    """The watermark is gone; what is said in text stays."""
    bare = replace(short, mark="", mark_note="")
    assert pdf_difference(pdf(short), pdf(bare), "")


def picture(shade: int, dot: int) -> bytes:
    pixels = np.full((120, 120), shade, dtype=np.uint8)
    pixels[40:60, 40:60] = dot
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.mark.parametrize(("dot", "alike"), [(200, True), (205, True), (60, False)])
def test_pictures_of_a_word_file_may_differ_in_shade_only(dot: int, alike: bool) -> None:
    old, new = (
        packed({"word/document.xml": b"<x/>", "word/media/a.png": picture(255, d)})
        for d in (200, dot)
    )
    assert (docx_difference(old, new, "") is None) is alike


def test_a_part_more_or_other_text_of_a_word_file_is_named() -> None:
    old = packed({"word/document.xml": b"<x/>"})
    assert "document" in str(docx_difference(old, packed({"word/document.xml": b"<y/>"}), ""))
    more = packed({"word/document.xml": b"<x/>", "word/vba.bin": b"x"})
    assert "vba" in str(docx_difference(old, more, ""))
