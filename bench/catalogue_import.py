"""Import of a province's workbook: 3,000 classes with structure, sessions, schools and sendings.

Peer: openpyxl's own streaming read of the same file, which neither checks nor stores anything.
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from time import perf_counter

import openpyxl

from bench.crossed_model import seconds
from instruments.catalogue import check_catalogue
from instruments.catalogue_writer import sample_catalogue, write_catalogue
from instruments.programme import Catalogue, School, Sending, StructureCell
from instruments.types import trait_levels
from instruments.workbook import read_workbook
from survey_app import db, migration
from survey_app.services.catalogue import store_catalogue

CLASSES, SCHOOLS_EACH, SESSIONS_EACH = 3_000, 8, 3


def province() -> Catalogue:
    """The sample with 3,000 classes: 36,000 cells of structure, 9,000 sessions, 24,000 sendings."""
    sample = sample_catalogue()
    classes = tuple(
        replace(
            sample.classes[0], code=f"K{n}", name=f"{n}班", enrolled=48, project=f"P0{1 + n % 4}"
        )
        for n in range(CLASSES)
    )
    cells = [(s, y) for s in list(trait_levels("stage"))[:3] for y in trait_levels("years")]
    schools = tuple(School(f"X{n}", f"第{n}小学", "140212", "primary") for n in range(CLASSES))
    session = sample.sessions[0]
    return replace(
        sample,
        classes=(*sample.classes, *classes),
        structure=tuple(
            StructureCell(c.code, stage, years, "rural", 4)
            for c in classes
            for stage, years in cells
        ),
        sessions=sample.sessions
        + tuple(
            replace(session, code=f"{c.code}-{n}", class_code=c.code)
            for c in classes
            for n in range(SESSIONS_EACH)
        ),
        schools=sample.schools + schools,
        sendings=tuple(
            Sending(f"D{n}-{m}", schools[(n + m) % CLASSES].code, c.code, 6)
            for n, c in enumerate(classes)
            for m in range(SCHOOLS_EACH)
        ),
    )


def read_with_openpyxl(data: bytes) -> int:
    """Cells that openpyxl reads from the workbook."""
    book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
    return sum(len(row) for sheet in book for row in sheet.iter_rows(values_only=True))


def stored(catalogue: Catalogue) -> float:
    """Seconds to put the catalogue into a fresh store, committed."""
    with tempfile.TemporaryDirectory() as folder:
        engine = db.make_engine(f"sqlite:///{folder}/site.db")
        migration.upgrade(engine)
        start = perf_counter()
        with db.transaction(engine) as session:
            store_catalogue(session, catalogue, by="bench")
        taken = perf_counter() - start
        engine.dispose()
    return taken


def run() -> Iterator[str]:
    """Lines of the result table."""
    data = write_catalogue(province())
    checked = check_catalogue(read_workbook(data, "目录.xlsx"))
    store = min(stored(checked.catalogue) for _ in range(2))
    peer = seconds(lambda: read_with_openpyxl(data))
    read = seconds(lambda: read_workbook(data, "目录.xlsx"))
    check = seconds(lambda: check_catalogue(read_workbook(data, "目录.xlsx"))) - read
    ours = read + check + store
    yield f"import {ours:.1f} s (read {read:.1f}, check {check:.1f}, store {store:.1f}), " + (
        f"openpyxl's read {peer:.1f} s, ratio {ours / peer:.2f}, {len(data) / 1e6:.1f} MB"
    )
