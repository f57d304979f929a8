"""An uploaded workbook: a dry run that changes nothing, then the same bytes applied."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from instruments.catalogue import Checked, check_catalogue
from instruments.catalogue_marked import marked_workbook
from instruments.faults import FaultsFound
from instruments.workbook import Workbook, read_workbook, read_workbook_path
from survey_app.config import Settings
from survey_app.errors import Refused

_STAGED = re.compile(r"[0-9a-f]{64}\.(?:xlsx|xls|md|zip)")


def check_upload(data: bytes, name: str) -> Checked:
    """Read and check an uploaded catalogue; raises FaultsFound with every fault."""
    return check_catalogue(read_workbook(data, name))


def check_path(path: Path) -> Checked:
    """Read and check a catalogue on disk: a workbook, or a folder with one CSV a sheet."""
    return check_catalogue(_workbook(path))


def mark_path(path: Path) -> bytes:
    """The catalogue on disk as an .xlsx with its faults marked; raises FaultsFound when it cannot
    be read at all."""
    return _marked(_workbook(path), b"" if path.is_dir() else path.read_bytes())


def stage_upload(settings: Settings, data: bytes, name: str) -> str:
    """Keep an upload under its fingerprint until it is applied or marked; returns its name."""
    ending = name.rpartition(".")[2].lower()
    staged = f"{hashlib.sha256(data).hexdigest()}.{ending}"
    if not _STAGED.fullmatch(staged):
        raise Refused("upload_kind", 422)
    (settings.home / "imports" / staged).write_bytes(data)
    return staged


def stage_faulty(settings: Settings, data: bytes, name: str, found: FaultsFound) -> str:
    """Keep an upload so that its faults can be marked; '' when it has no cells to be marked."""
    if not any(fault.place.sheet for fault in found.faults):
        return ""
    try:
        return stage_upload(settings, data, name)
    except Refused:
        return ""


def staged_catalogue(settings: Settings, staged: str) -> Checked:
    """The catalogue of a staged upload, checked again."""
    return check_upload(_staged(settings, staged), staged)


def marked_upload(settings: Settings, staged: str) -> bytes:
    """A staged upload as an .xlsx with its faults marked."""
    data = _staged(settings, staged)
    return _marked(read_workbook(data, staged), data)


def forget_uploads(settings: Settings) -> None:
    """Remove every staged upload: they hold names, and what was applied is in the store."""
    for path in (settings.home / "imports").iterdir():
        if _STAGED.fullmatch(path.name):
            path.unlink(missing_ok=True)


def _workbook(path: Path) -> Workbook:
    return (
        read_workbook_path(path) if path.is_dir() else read_workbook(path.read_bytes(), path.name)
    )


def _marked(workbook: Workbook, data: bytes) -> bytes:
    try:
        check_catalogue(workbook)
    except FaultsFound as found:
        return marked_workbook(workbook, data, found.faults)
    return marked_workbook(workbook, data, ())


def _staged(settings: Settings, staged: str) -> bytes:
    path = settings.home / "imports" / staged
    if not _STAGED.fullmatch(staged) or not path.exists():
        raise Refused("upload_gone", 404)
    return path.read_bytes()
