"""Attachments in the instance: content under a random name, its fingerprint in the store."""

from __future__ import annotations

import hashlib
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from survey_app.attachments import Attachment, kind_of, shown_name
from survey_app.config import Settings
from survey_app.errors import Refused
from survey_app.models import FileRow
from survey_app.services.duties import Duty


@dataclass(frozen=True)
class Upload:
    """A file as a browser sent it, for one field of a page."""

    field: str
    name: str
    content: bytes


def keep_upload(
    db: Session,
    settings: Settings,
    upload: Upload,
    *,
    cycle: str,
    duty: Duty,
    author: str,
    day: str,
) -> str:
    """Store an upload with its record and return its id; the same content again has the same id.

    Raises Refused: empty, too large, none of the kinds that a record may carry, too many.
    """
    size, limit = len(upload.content), settings.file_mb
    if not size:
        raise Refused("file_empty", 422)
    if size > limit * 1024 * 1024:
        raise Refused("file_large", 422, limit=limit)
    kind = kind_of(upload.content)
    sha = hashlib.sha256(upload.content).hexdigest()
    own = _of(cycle, duty)
    known = db.scalars(select(FileRow).where(*own, FileRow.sha256 == sha)).first()
    if known:
        return known.id
    count = db.scalar(select(func.count()).select_from(FileRow).where(*own)) or 0
    if count >= settings.record_files:
        raise Refused("file_many", 422, limit=settings.record_files)
    row = FileRow(
        id=secrets.token_hex(16),
        cycle=cycle,
        instrument=duty.instrument.code,
        target=duty.target,
        sha256=sha,
        size=size,
        kind=kind,
        name=shown_name(upload.name, kind),
        author=author,
        day=day,
    )
    keep_file(path_of(settings, row.id), upload.content)
    db.add(row)
    db.flush()
    return row.id


def attachments_of(db: Session, cycle: str, duty: Duty) -> dict[str, Attachment]:
    """Files that belong to a record, by id."""
    rows = db.scalars(select(FileRow).where(*_of(cycle, duty)))
    return {row.id: Attachment(row.id, row.name, row.size) for row in rows}


def find_file(db: Session, id: str) -> FileRow:
    """The file with this id, or a refusal."""
    row = db.get(FileRow, id)
    if row is None:
        raise Refused("no_such_file", 404)
    return row


def path_of(settings: Settings, id: str) -> Path:
    """Where the content of a file lies."""
    return settings.home / "evidence" / id


def keep_file(path: Path, content: bytes) -> None:
    """On the disk before the store names it, readable by the owner only."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    folder = os.open(path.parent, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)


def _of(cycle: str, duty: Duty) -> tuple[ColumnElement[bool], ...]:
    return (
        FileRow.cycle == cycle,
        FileRow.instrument == duty.instrument.code,
        FileRow.target == duty.target,
    )
