"""Files that a record may carry: told apart by their content, never by their name."""

from __future__ import annotations

import re
import unicodedata
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import BytesIO

from instruments.archive import UNREADABLE
from survey_app.errors import Refused

KINDS: Mapping[str, str] = {
    "pdf": "application/pdf",
    "jpg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}
"""Kind of file → its type in HTTP."""
ENDINGS = (*KINDS, "jpeg")
"""Endings that the page offers to choose from."""


@dataclass(frozen=True)
class Attachment:
    """A stored file as pages show it."""

    id: str
    name: str
    size: int

    @property
    def size_words(self) -> str:
        """Size in whole KB or MB, rounded up."""
        kilobytes = -(-self.size // 1024)
        return f"{kilobytes}KB" if kilobytes < 1024 else f"{-(-kilobytes // 1024)}MB"


def kind_of(content: bytes) -> str:
    """Kind of a file by its first bytes (of a document of Office: by its parts).

    Raises Refused when it is none that a record may carry.
    """
    for kind, fits in _FITS.items():
        if fits(content):
            return kind
    raise Refused("file_kind", 422, known="、".join(KINDS))


def shown_name(name: str, kind: str) -> str:
    """The name that a file came with, made harmless, with the ending of its kind."""
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    stem = re.sub(r"\.[A-Za-z0-9]{1,5}$", "", last)
    kept = "".join(sign for sign in stem if sign.isprintable() and sign not in '<>:"|?*')
    return f"{kept.strip(' .')[:80] or '附件'}.{kind}"


def _begins(*starts: bytes) -> Callable[[bytes], bool]:
    return lambda content: content.startswith(starts)


def _has_part(part: str) -> Callable[[bytes], bool]:
    def fits(content: bytes) -> bool:
        if not content.startswith(b"PK\x03\x04"):
            return False
        try:
            with zipfile.ZipFile(BytesIO(content)) as archive:  # its list only: nothing unpacked
                names = set(archive.namelist())
        except UNREADABLE:
            return False
        macros = any(name.lower().endswith("vbaproject.bin") for name in names)
        return {"[Content_Types].xml", part} <= names and not macros

    return fits


_FITS: Mapping[str, Callable[[bytes], bool]] = {
    "pdf": _begins(b"%PDF-"),
    "jpg": _begins(b"\xff\xd8\xff"),
    "png": _begins(b"\x89PNG\r\n\x1a\n"),
    "webp": lambda content: content[:4] == b"RIFF" and content[8:12] == b"WEBP",
    "xlsx": _has_part("xl/workbook.xml"),
    "docx": _has_part("word/document.xml"),
}
