"""The three forms of one bulletin hold the same tables, cell by cell, and the same bytes twice."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from read_back import Grid, bare, docx_tables, html_tables, model_tables, pdf_tables
from sample_results import HOSTILE, sample_results

from reports.bulletin import build_bulletin
from reports.document import Bulletin
from reports.printing import SAMPLE, Printing
from reports.writers.fonts import Fonts, read_fonts
from reports.writers.html import render_html
from reports.writers.typst import render_pdf
from reports.writers.word import render_docx

FORMS: dict[str, Callable[[Bulletin, Fonts], bytes]] = {
    "html": lambda bulletin, _: render_html(bulletin).encode(),
    "pdf": render_pdf,
    "docx": render_docx,
}
READ: dict[str, Callable[[bytes], list[Grid]]] = {
    "html": lambda data: html_tables(data.decode()),
    "pdf": pdf_tables,
    "docx": docx_tables,
}


@pytest.fixture(scope="module")
def bulletin() -> Bulletin:
    return build_bulletin(sample_results(), Printing(mark=SAMPLE))


@pytest.fixture(scope="module")
def forms(bulletin: Bulletin) -> dict[str, bytes]:
    return {name: write(bulletin, read_fonts(None)) for name, write in FORMS.items()}


@pytest.mark.parametrize("form", FORMS)
def test_every_cell_stands_in_the_form_as_in_the_model(
    form: str, forms: dict[str, bytes], bulletin: Bulletin
) -> None:
    expected, found = model_tables(bulletin), READ[form](forms[form])
    assert len(found) == len(expected) > 10
    for number, (was, now) in enumerate(zip(expected, found, strict=True), 1):
        assert now == was, f"table {number}"


@pytest.mark.parametrize("form", FORMS)
def test_hostile_name_prints_as_text(form: str, forms: dict[str, bytes]) -> None:
    cells = {cell for grid in READ[form](forms[form]) for row in grid for cell in row}
    assert bare(HOSTILE) in cells


@pytest.mark.parametrize("form", FORMS)
def test_the_same_bulletin_gives_the_same_bytes(
    form: str, forms: dict[str, bytes], bulletin: Bulletin
) -> None:
    assert FORMS[form](bulletin, read_fonts(None)) == forms[form]
