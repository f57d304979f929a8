"""A workbook's parts in and out of its zip, and as a folder of CSVs, for tests that bend them."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path

from instruments.workbook import read_workbook

STRINGS = "xl/sharedStrings.xml"
RELATIONS = "xl/_rels/workbook.xml.rels"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_LETTER = re.compile(r"&#(\d{3,});")
_INLINE = re.compile(r'(<c r="\w+" s="\d+") t="inlineStr"><is><t>(.*?)</t></is></c>')


def unzipped(data: bytes) -> dict[str, str]:
    """Parts of a workbook by name, as text: letters as such and empty tags closed alike, whichever
    XML library openpyxl has found to write them."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {name: archive.read(name).decode() for name in archive.namelist()}
    return {
        name: _LETTER.sub(lambda match: chr(int(match[1])), text).replace(" />", "/>")
        for name, text in parts.items()
    }


def zipped(members: Mapping[str, str | bytes]) -> bytes:
    """A zip of ``members``."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


def with_shared_strings(parts: Mapping[str, str], item: str) -> dict[str, str]:
    """Inline texts moved to the table of shared strings; ``item`` is its entry of ``{text}``."""
    texts: list[str] = []

    def moved(match: re.Match[str]) -> str:
        texts.append(match[2])
        return f'{match[1]} t="s"><v>{len(texts) - 1}</v></c>'

    changed = {
        name: _INLINE.sub(moved, text) if "/worksheets/" in name else text
        for name, text in parts.items()
    }
    entries = "".join(
        item.replace("{text}", text).replace("{first}", text[:1]).replace("{rest}", text[1:])
        for text in texts
    )
    changed[STRINGS] = f'<sst xmlns="{MAIN}" count="1">{entries}</sst>'
    relation = (
        f'<Relationship Id="rId77" Type="{OFFICE}/sharedStrings" Target="sharedStrings.xml"/>'
    )
    changed[RELATIONS] = parts[RELATIONS].replace("</Relationships>", f"{relation}</Relationships>")
    return changed


def write_folder(
    data: bytes, folder: Path, *, encoding: str = "utf-8", names: Mapping[str, str]
) -> Path:
    """The workbook ``data`` as one CSV a sheet; ``names``: sheet -> file name without ending."""
    folder.mkdir()
    for sheet in read_workbook(data, "目录.xlsx").sheets:
        with (folder / f"{names.get(sheet.name, sheet.name)}.csv").open(
            "w", encoding=encoding, newline=""
        ) as file:
            writer = csv.writer(file)
            writer.writerow(sheet.header)
            writer.writerows(
                [row.cells.get(name, "") for name in sheet.header] for row in sheet.rows
            )
    return folder
