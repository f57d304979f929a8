"""印发信息: the file in which the issuing office says what only it can give, read strictly."""

from __future__ import annotations

import datetime
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from PIL import Image

from instruments.declaration import Declaration, build
from instruments.faults import Fault, FaultsFound, Place, fault
from reports.document import Imprint
from reports.wording import entry, phrase

MAX_SEAL_BYTES = 2_000_000
MAX_SEAL_SIDE = 3000
"""Pixels: at 42 mm, the largest seal of an office, 1800 dots an inch."""
_SIGNATURE = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True)
class Particulars:
    """What the file says, checked; ``issued``: whether it says 印发."""

    issued: bool
    imprint: Imprint
    addressees: str


@dataclass(frozen=True)
class _Written:
    """The keys of the file, all of which may be left out."""

    status: str = ""
    header: str = ""
    number: str = ""
    organ: str = ""
    date: str = ""
    seal: str = ""
    copies: str = ""
    printed: str = ""
    addressees: str = ""


def particulars_template() -> str:
    """A commented file with every key empty, for an office to fill in."""
    return files("reports").joinpath("templates/particulars.yaml").read_text(encoding="utf-8")


def parse_particulars(path: Path, name: str = "") -> Particulars:
    """Read the file and the seal beside it; raises FaultsFound with all that is wrong.

    ``name``: what faults call the file, where ``path`` is a copy of what was given.
    """
    name = name or path.name
    if not path.is_file():
        raise FaultsFound([fault("particulars.missing", Place(file=name))])
    words = entry("particulars")
    declaration = Declaration(
        path.read_bytes(),
        name,
        choices={"status": (words["draft"], words["issued"])},
        guide=words["guide"],
    )
    written = build(_Written, declaration, _plain(declaration.value))
    if written is None:
        declaration.settle()
        raise AssertionError("no value without a fault")
    seal, faults = _seal(path, written.seal, declaration.place(("seal",)))
    declaration.faults += [*faults, *_text_faults(written, declaration)]
    declaration.settle()
    imprint = Imprint(
        header=written.header,
        number=written.number,
        organ=written.organ,
        date=_in_words(written.date),
        seal=seal,
        copies=written.copies,
        printed=written.printed,
    )
    return Particulars(written.status == words["issued"], imprint, _addressed(written.addressees))


def _plain(value: dict[str, object]) -> dict[str, object]:
    """Empty keys as not written; a date as text, whether or not it stands in quotes."""
    return {
        key: str(one) if isinstance(one, datetime.date) else one
        for key, one in value.items()
        if one is not None
    }


def _text_faults(written: _Written, declaration: Declaration) -> Iterator[Fault]:
    if written.number and not re.fullmatch(entry("particulars.number"), written.number):
        yield fault("particulars.number", declaration.place(("number",)), value=written.number)
    if written.date and not _day(written.date):
        yield fault("particulars.date", declaration.place(("date",)), value=written.date)
    for name, text in vars(written).items():
        if any(not char.isprintable() for char in text):
            yield fault("particulars.lines", declaration.place((name,)), key=name)


def _day(text: str) -> datetime.date | None:
    try:
        return datetime.date.fromisoformat(text) if len(text) == len("2021-12-06") else None
    except ValueError:
        return None


def _in_words(text: str) -> str:
    """An ISO date as official documents write it: no zeros before month and day."""
    day = _day(text)
    if day is None:
        return ""
    return phrase("labels.date", year=str(day.year), month=str(day.month), day=str(day.day))


def _addressed(text: str) -> str:
    """Addressees end with a colon."""
    colon = phrase("particulars.colon")
    return text and text.rstrip(f":{colon}") + colon


def seal_beside(path: Path, name: str) -> Path | None:
    """The picture ``name`` that lies beside the file ``path``, if it does and is no link."""
    picture = path.parent / name
    beside = Path(name).name == name and picture.is_file() and not picture.is_symlink()
    return picture if beside else None


def _seal(path: Path, name: str, place: Place) -> tuple[bytes, list[Fault]]:
    """The picture's bytes, or why it cannot be used; it must lie beside the file."""
    if not name:
        return b"", []
    picture = seal_beside(path, name)
    if picture is None:
        return b"", [fault("particulars.seal_missing", place, name=name)]
    if picture.stat().st_size > MAX_SEAL_BYTES:
        return b"", [fault("particulars.seal_large", place, name=name, limit=MAX_SEAL_BYTES)]
    data = picture.read_bytes()
    if not data.startswith(_SIGNATURE) or not _sound(data):
        return b"", [fault("particulars.seal_picture", place, name=name, side=MAX_SEAL_SIDE)]
    return data, []


def _sound(data: bytes) -> bool:
    """Whether the PNG can be read whole and is no larger than a seal need be."""
    try:
        with Image.open(io.BytesIO(data), formats=["PNG"]) as picture:
            if max(picture.size) > MAX_SEAL_SIDE:
                return False
            picture.verify()  # checksums of all parts; what follows needs it opened anew
        with Image.open(io.BytesIO(data), formats=["PNG"]) as picture:
            picture.load()
    except (OSError, SyntaxError, ValueError):
        return False
    return True
