"""The full sample's bulletin in three forms and 80 unit sheets, from what `make demo` left.

Peer: LibreOffice turning our Word file into PDF, what an office without a writer of its own does.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

from bench.crossed_model import seconds
from instruments.extract import read_extract
from reports.bulletin import build_bulletin
from reports.folder import read_results
from reports.material import gather
from reports.printing import default_printing
from reports.unit_sheets import unit_sheets
from reports.writers.fonts import read_fonts
from reports.writers.html import render_html
from reports.writers.typst import render_pdf
from reports.writers.word import render_docx

DEMO = Path(__file__).parents[1] / "demo"
SHEETS = 80


def run() -> Iterator[str]:
    """Lines of the result table."""
    if not (DEMO / "results").is_dir():
        yield f"!!! NOT MEASURED: there is no {DEMO.name}/results; run `make demo` first"
        return
    extract, fonts = read_extract(DEMO / "extract"), read_fonts(None)
    results = read_results(DEMO / "results", extract)
    start = perf_counter()
    bulletin = build_bulletin(results, default_printing(results))
    built = perf_counter() - start
    page = seconds(lambda: render_html(bulletin))
    pdf = seconds(lambda: render_pdf(bulletin, fonts))
    word = seconds(lambda: render_docx(bulletin, fonts))
    yield f"three forms {built + page + pdf + word:.1f} s (model {built:.1f}, " + (
        f"HTML {page:.2f}, PDF {pdf:.1f}, Word {word:.1f})"
    )
    yield f"PDF {pdf:.1f} s, {_peer(render_docx(bulletin, fonts), pdf)}"
    start = perf_counter()
    made = list(unit_sheets(gather(results), bulletin))
    for sheet in made:
        render_html(sheet.document)
        render_pdf(sheet.summary, fonts)
    each = (perf_counter() - start) / len(made)
    yield f"{len(made)} sheets, {each:.2f} s each, {SHEETS} in {SHEETS * each:.0f} s"


def _peer(word: bytes, ours: float) -> str:
    office = shutil.which("soffice")
    if office is None:
        return "!!! NOT COMPARED: there is no soffice on PATH"
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "bulletin.docx"
        file.write_bytes(word)
        profile = f"-env:UserInstallation=file://{folder}/profile"
        command = [office, profile, "--headless", "--convert-to", "pdf", "--outdir", folder, file]
        peer = seconds(lambda: subprocess.run(command, check=True, capture_output=True))
    return f"LibreOffice from the Word file {peer:.1f} s, ratio {ours / peer:.2f}"
