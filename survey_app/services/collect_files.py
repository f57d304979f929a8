"""Files that come with what ODK Collect sends: its audit, and whatever the form asks for.

Each is kept as it came under a random name, with its hash. Nothing of it is opened here.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey_app.config import Settings
from survey_app.errors import Refused
from survey_app.models import SubmissionFileRow
from survey_app.services.evidence import keep_file, path_of


@dataclass(frozen=True)
class Brought:
    """A file as a phone sent it."""

    name: str
    content: bytes


def keep_brought(
    db: Session, settings: Settings, file: Brought, *, submission: str, expert: str, day: str
) -> None:
    """Keep a file that a submission names; the same again changes nothing, another one of the same
    name is kept beside it. The one door for whatever Collect brings: a service that looks into
    pictures is to be called from here. Refused: too large, too many."""
    size, limit = len(file.content), settings.file_mb
    if size > limit * 1024 * 1024:
        raise Refused("file_large", 413, limit=limit)
    sha = hashlib.sha256(file.content).hexdigest()
    own = SubmissionFileRow.submission == submission, SubmissionFileRow.expert == expert
    known = {(row.name, row.sha256) for row in db.scalars(select(SubmissionFileRow).where(*own))}
    if (file.name, sha) in known:
        return
    if len(known) >= settings.record_files:
        raise Refused("file_many", 413, limit=settings.record_files)
    row = SubmissionFileRow(
        id=secrets.token_hex(16),
        submission=submission,
        expert=expert,
        name=file.name,
        sha256=sha,
        size=size,
        day=day,
    )
    keep_file(path_of(settings, row.id), file.content)
    db.add(row)
    db.flush()
