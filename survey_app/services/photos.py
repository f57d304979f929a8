"""Photos of a visit: named by a record first, then sent in parts, drawn anew, kept for good."""

from __future__ import annotations

import fcntl
import hashlib
import os
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey_app import db as store
from survey_app.config import Settings
from survey_app.errors import Refused
from survey_app.models import PhotoPlaceRow, PhotoRow
from survey_app.photos import Drawn, PhotoRules, clean_photo
from survey_app.services.evidence import keep_file, path_of

PARTS = "parts"
"""Folder in the evidence of photos that have not come whole."""
DIFFERS = "photo_differs"


@dataclass(frozen=True)
class NamedPhoto:
    """A photo as a record names it: its dimension, its hash and size as it is sent, the hash of the
    camera's own file."""

    item: str
    sha256: str
    size: int
    original: str


@dataclass(frozen=True)
class PhotoState:
    """How far a photo has come: bytes that are here, whether that is all, why it is not kept."""

    have: int
    done: bool
    refusal: str = ""


@dataclass(frozen=True)
class Expected:
    """A photo that may be sent, and where its parts are put together."""

    sha256: str
    size: int
    path: Path


def name_photos(
    db: Session, photos: Iterable[NamedPhoto], *, expert: str, visit: str, session: str
) -> None:
    """Note which photos a record names: these may be sent from now on."""
    for photo in photos:
        place = {"expert": expert, "visit": visit, "session": session}
        kept = {"item": photo.item, "sha256": photo.sha256, "original": photo.original}
        store.add_new(db, PhotoPlaceRow, **place, **kept, size=photo.size)


def expected_photo(db: Session, settings: Settings, *, expert: str, sha256: str) -> Expected:
    """The photo that this expert may send; refused unless one of the expert's records names it."""
    named = select(PhotoPlaceRow.size).where(
        PhotoPlaceRow.expert == expert, PhotoPlaceRow.sha256 == sha256
    )
    size = db.scalars(named.order_by(PhotoPlaceRow.size.desc())).first()
    if size is None:
        raise Refused("no_such_photo", 404)
    name = hashlib.sha256(f"{expert} {sha256}".encode()).hexdigest()
    return Expected(sha256, size, settings.home / "evidence" / PARTS / name)


def photo_state(db: Session, photo: Expected, *, expert: str) -> PhotoState:
    """How far it has come, so that a device goes on from there."""
    known = db.get(PhotoRow, (expert, photo.sha256))
    if known is not None:
        return PhotoState(photo.size, True, known.refusal)
    return PhotoState(photo.path.stat().st_size if photo.path.exists() else 0, False)


def add_part(photo: Expected, content: bytes, *, at: int) -> int:
    """Put a part where it belongs and return how many bytes are here; one that does not follow
    what is here changes nothing."""
    photo.path.parent.mkdir(mode=0o700, exist_ok=True)
    handle = os.open(photo.path, os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(handle, "r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        have = file.seek(0, os.SEEK_END)
        if at != have or have + len(content) > photo.size:
            return have
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
        return have + len(content)


def draw(photo: Expected, rules: PhotoRules) -> Drawn | str:
    """The whole photo drawn anew, or the code of why it is not kept."""
    with photo.path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    return clean_photo(photo.path, rules.limits) if found == photo.sha256 else DIFFERS


def keep_photo(
    db: Session, settings: Settings, photo: Expected, drawn: Drawn | str, *, expert: str, day: str
) -> PhotoState:
    """Keep what was drawn, or why it is not kept; what came first stays."""
    told = drawn if isinstance(drawn, str) else ""
    if told == DIFFERS:
        photo.path.unlink(missing_ok=True)  # the device begins anew
        return PhotoState(0, False)
    id, width, height, stored = secrets.token_hex(16), 0, 0, ""
    if isinstance(drawn, Drawn):
        width, height = drawn.width, drawn.height
        stored = hashlib.sha256(drawn.content).hexdigest()
        keep_file(path_of(settings, id), drawn.content)
    row = {"expert": expert, "sha256": photo.sha256, "id": id, "refusal": told, "day": day}
    size = {"stored": stored, "width": width, "height": height}
    if not store.add_new(db, PhotoRow, **row, **size):
        path_of(settings, id).unlink(missing_ok=True)
        return photo_state(db, photo, expert=expert)
    store.afterwards(lambda: photo.path.unlink(missing_ok=True))
    return PhotoState(photo.size, True, told)


def find_photo(db: Session, id: str) -> PhotoRow:
    """The photo with this id that is kept, or a refusal."""
    row = db.scalars(select(PhotoRow).where(PhotoRow.id == id, PhotoRow.refusal == "")).first()
    if row is None:
        raise Refused("no_such_photo", 404)
    return row
