"""Zip files from strangers, opened only when small, flat and harmless."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from pathlib import PurePosixPath

from instruments.faults import Place, refuse

MAX_MEMBERS = 2_000
MAX_UNPACKED = 400_000_000
"""Bytes of all members together; more is refused before anything is unpacked."""
MAX_RATIO = 200
"""A member that unpacks to more than this many times its packed size is a bomb."""
RATIO_FROM = 1_000_000
"""Members smaller than this may be as compressible as they like."""


UNREADABLE = (
    *(zipfile.BadZipFile, zlib.error, struct.error, EOFError, ValueError, OSError),
    RuntimeError,  # a later version of the format, or a password
)
"""What ``zipfile`` raises for a file that is no zip, or a damaged one."""


def read_members(data: bytes, name: str, *, limit: int = MAX_UNPACKED) -> dict[str, bytes]:
    """Content of every file in the zip ``data`` by member name; ``name`` is shown in faults.

    ``limit``: bytes that all members may have together.

    Raises FaultsFound when it is no zip, is encrypted, holds too much, a path that leaves the
    folder or names another member's folder, the same name twice or a member whose size or check
    sum is not what it says.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = [info for info in archive.infolist() if not info.is_dir()]
            _check_members(members, name, limit)
            return {info.filename: _content(archive, info, name) for info in members}
    except UNREADABLE as error:
        raise refuse("workbook.bad_zip", Place(file=name)) from error


def _check_members(members: list[zipfile.ZipInfo], name: str, limit: int) -> None:
    place = Place(file=name)
    total = sum(info.file_size for info in members)
    if len(members) > MAX_MEMBERS or total > limit:
        raise refuse("workbook.zip_too_large", place, members=len(members), bytes=total)
    seen: set[str] = set()
    above = {str(folder) for info in members for folder in PurePosixPath(info.filename).parents}
    for info in members:
        if not _is_plain(info.filename) or info.filename in seen | above or _is_link(info):
            raise refuse("workbook.zip_bad_path", place, member=info.filename)
        if info.flag_bits & 1:
            raise refuse("workbook.encrypted", place)
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise refuse("workbook.bad_zip", place)
        packed = max(info.compress_size, 1)
        if info.file_size > RATIO_FROM and info.file_size / packed > MAX_RATIO:
            raise refuse("workbook.zip_too_large", place, members=1, bytes=info.file_size)
        seen.add(info.filename)


def _is_plain(name: str) -> bool:
    """A path that stays below its folder and is written the one way that it is."""
    path = PurePosixPath(name)
    within = not path.is_absolute() and ".." not in path.parts and "\\" not in name
    return within and str(path) == name and all(len(part.encode()) < 256 for part in path.parts)


def _is_link(info: zipfile.ZipInfo) -> bool:
    return info.external_attr >> 28 == 0xA


def _content(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str) -> bytes:
    with archive.open(info) as stream:
        content = stream.read(info.file_size + 1)
    if len(content) != info.file_size:
        raise refuse("workbook.bad_zip", Place(file=name))
    return content
