"""Office files packed so that the same content gives the same bytes, and text as XML holds it."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping

from instruments.folder import EPOCH

_FIRST = "[Content_Types].xml"
_PROPERTIES = "docProps/core.xml"
_MOMENT = re.compile(rb">\d{4}-\d\d-\d\dT[^<]*<")
_UNHELD = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def repacked(data: bytes, day: str = "") -> bytes:
    """A .docx or .xlsx without the moment of its making: fixed member times and order, and
    ``day`` (ISO; '' = 1980-01-01) as the date in its properties."""
    with zipfile.ZipFile(io.BytesIO(data)) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    if _PROPERTIES in parts:
        moment = b">%sT00:00:00Z<" % (day or "1980-01-01").encode()
        parts[_PROPERTIES] = _MOMENT.sub(moment, parts[_PROPERTIES])
    return packed(parts)


def packed(parts: Mapping[str, bytes]) -> bytes:
    """A zip of ``parts``, the list of content types first, the others by name."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as new:
        for name in sorted(parts, key=lambda name: (name != _FIRST, name)):
            info = zipfile.ZipInfo(name, EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(info, parts[name])
    return out.getvalue()


def held_by_xml(text: str) -> str:
    """``text`` without the characters that XML cannot hold."""
    return _UNHELD.sub("", text)
