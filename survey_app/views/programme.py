"""What the province brings: the catalogue by dry run and import, instruments and plan."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.datastructures import FileStorage

from instruments.faults import FaultsFound
from survey_app import db, policies
from survey_app.protection import only, settings, who
from survey_app.services import imports, programme

pages = Blueprint("programme", __name__, url_prefix="/province")


@pages.get("/import")
@only("province")
def import_page() -> Any:
    """Choose a workbook."""
    return render_template("import.html", catalogue=None, staged="", faults=())


@pages.post("/import")
@only("province")
def check_import() -> Any:
    """Dry run: every fault, or a summary and the offer to apply; nothing is changed."""
    file = request.files.get("workbook") or FileStorage(filename="")
    data, name = file.read(), file.filename or ""
    try:
        catalogue = imports.check_upload(data, name)
    except FaultsFound as found:
        page = render_template("import.html", catalogue=None, staged="", faults=found.faults)
        return page, 422
    staged = imports.stage_upload(settings(), data, name)
    return render_template("import.html", catalogue=catalogue, staged=staged, faults=())


@pages.post("/import/apply")
@only("province")
def apply_import() -> Any:
    """Put the checked workbook into the store."""
    catalogue = imports.staged_catalogue(settings(), request.form.get("staged", ""))
    programme.store_catalogue(db.current(), catalogue, by=who())
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
        programme.compile_sources(changed)
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


def _files(field: str) -> list[tuple[str, bytes]]:
    return [(f.filename, f.read()) for f in request.files.getlist(field) if f.filename]
