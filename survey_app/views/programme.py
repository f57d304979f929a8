"""What the province brings: the catalogue by dry run and import, instruments and plan."""

from __future__ import annotations

from functools import partial
from typing import Any

from flask import (
    Blueprint,
    Response,
    redirect,
    render_template,
    request,
    url_for,
)
from werkzeug.datastructures import FileStorage

from instruments.catalogue_sheets import rows_by_sheet
from instruments.catalogue_writer import (
    SAMPLE_NAME,
    TEMPLATE_NAME,
    write_sample,
    write_template,
)
from instruments.faults import FaultsFound
from survey_app import db, policies
from survey_app.protection import only, settings, who
from survey_app.replies import XLSX, attached
from survey_app.services import imports, programme
from survey_app.services.catalogue import store_catalogue
from survey_app.services.own_instruments import check_not_published

pages = Blueprint("programme", __name__, url_prefix="/province")


@pages.get("/import")
@only("province")
def import_page() -> Any:
    """Choose a workbook."""
    return render_template("import.html", checked=None, staged="", faults=())


@pages.post("/import")
@only("province")
def check_import() -> Any:
    """Dry run: every fault, or a summary and the offer to apply; nothing is changed."""
    file = request.files.get("workbook") or FileStorage(filename="")
    data, name = file.read(), file.filename or ""
    try:
        checked = imports.check_upload(data, name)
    except FaultsFound as found:
        staged = imports.stage_faulty(settings(), data, name, found)
        page = render_template("import.html", checked=None, staged=staged, faults=found.faults)
        return page, 422
    staged, rows = imports.stage_upload(settings(), data, name), rows_by_sheet(checked.catalogue)
    return render_template("import.html", checked=checked, rows=rows, staged=staged, faults=())


@pages.get("/import/marked/<staged>")
@only("province")
def marked_import(staged: str) -> Any:
    """The faulty workbook with its faults marked."""
    return _workbook(imports.marked_upload(settings(), staged), "目录-问题标注.xlsx")


@pages.get("/import/template")
@only("province")
def template() -> Any:
    """The empty workbook."""
    return _workbook(write_template(), TEMPLATE_NAME)


@pages.get("/import/sample")
@only("province")
def sample() -> Any:
    """The workbook filled with the sample."""
    return _workbook(write_sample(), SAMPLE_NAME)


@pages.post("/import/apply")
@only("province")
def apply_import() -> Any:
    """Put the checked workbook into the store."""
    checked = imports.staged_catalogue(settings(), request.form.get("staged", ""))
    store_catalogue(db.current(), checked.catalogue, by=who())
    db.afterwards(partial(imports.forget_uploads, settings()))
    return redirect(url_for("province.board"), 303)


@pages.get("/programme")
@only("province")
def sources() -> Any:
    """Instruments, frameworks and plan of the cycle."""
    return _sources_page(())


@pages.post("/programme")
@only("province")
def change_sources() -> Any:
    """Replace what was uploaded, after a check of the whole."""
    cycle = programme.current_cycle(db.current())
    kept = programme.read_sources(db.current(), cycle.code)
    files = {name: _files(name) for name in ("instruments", "frameworks", "plan")}
    builtin = bool(request.form.get("builtin"))
    try:
        changed = programme.changed_sources(kept, **files, builtin=builtin)
        whole = programme.compile_sources(changed)
        check_not_published(db.current(), cycle, whole.instruments)
    except FaultsFound as found:
        return _sources_page(found.faults), 422
    programme.change_sources(db.current(), cycle, changed, by=who())
    return redirect(url_for("programme.sources"), 303)


def _sources_page(faults: tuple[Any, ...]) -> str:
    cycle = programme.current_cycle(db.current())
    return render_template(
        "programme.html",
        cycle=cycle,
        files=programme.read_sources(db.current(), cycle.code),
        programme=programme.programme_of(db.current(), cycle),
        frozen=cycle.state != policies.PREPARING,
        faults=faults,
    )


def _workbook(data: bytes, name: str) -> Response:
    return attached(data, XLSX, name)


def _files(field: str) -> list[tuple[str, bytes]]:
    return [(f.filename, f.read()) for f in request.files.getlist(field) if f.filename]
