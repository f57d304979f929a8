"""An uploaded workbook: a dry run that changes nothing, then the same bytes applied."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from instruments.catalogue import read_catalogue
from instruments.programme import Catalogue
from instruments.workbook import read_workbook, read_workbook_path
from survey_app.config import Settings
from survey_app.errors import Refused

_STAGED = re.compile(r"[0-9a-f]{64}\.(?:xlsx|xls|md|zip)")


def check_upload(data: bytes, name: str) -> Catalogue:
    """Read and check an uploaded catalogue; raises FaultsFound with every fault."""
    return read_catalogue(read_workbook(data, name))


def check_path(path: Path) -> Catalogue:
    """Read and check a catalogue on disk: a workbook, or a folder with one CSV a sheet."""
    if path.is_dir():
        return read_catalogue(read_workbook_path(path))
    return check_upload(path.read_bytes(), path.name)


def stage_upload(settings: Settings, data: bytes, name: str) -> str:
    """Keep a faultless upload under its fingerprint until it is applied; returns its name."""
    ending = name.rpartition(".")[2].lower()
    staged = f"{hashlib.sha256(data).hexdigest()}.{ending}"
    if not _STAGED.fullmatch(staged):
        raise Refused("upload_kind", 422)
    (settings.home / "imports" / staged).write_bytes(data)
    return staged


def staged_catalogue(settings: Settings, staged: str) -> Catalogue:
    """The catalogue of a staged upload, checked again."""
    path = settings.home / "imports" / staged
    if not _STAGED.fullmatch(staged) or not path.exists():
        raise Refused("upload_gone", 404)
    return check_upload(path.read_bytes(), staged)
