"""Workbooks as WPS and Chinese Excel save them are read as if we had written them."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from instruments.catalogue import read_catalogue
from instruments.catalogue_writer import write_catalogue
from instruments.faults import Fault, FaultsFound
from instruments.workbook import read_workbook
from test_catalogue import SMALL
from workbook_parts import MAIN, OFFICE, RELATIONS, unzipped, with_shared_strings, zipped

Parts = dict[str, str]
PARTS = unzipped(write_catalogue(SMALL))
CLASSES, STYLES, BOOK = "xl/worksheets/sheet8.xml", "xl/styles.xml", "xl/workbook.xml"
STRICT = MAIN.replace(
    "schemas.openxmlformats.org/spreadsheetml/2006", "purl.oclc.org/ooxml/spreadsheetml"
)
READING = '<rPh sb="0" eb="1"><t>yin</t></rPh><phoneticPr fontId="1" type="noConversion"/>'


def replaced(part: str, old: str, new: str) -> Parts:
    assert old in PARTS[part]
    return PARTS | {part: PARTS[part].replace(old, new)}


def in_sheets(change: Callable[[str], str]) -> Parts:
    return {name: change(text) if "/worksheets/" in name else text for name, text in PARTS.items()}


def after_cells(text: str) -> Parts:
    return replaced(CLASSES, "</sheetData>", f"</sheetData>{text}")


def cell(reference: str, content: str) -> Parts:
    """One cell of the classes' sheet anew: ``content`` is the rest of its tag and what it holds."""
    new = f'<c r="{reference}" {content}</c>'
    return PARTS | {
        CLASSES: re.sub(rf'<c r="{reference}".*?</c>', lambda _: new, PARTS[CLASSES], count=1)
    }


def dated(number: int, code: str = "") -> Parts:
    """The first class begins on a day kept as the number 44440 in this format."""
    style = f'<xf numFmtId="{number}" fontId="0" fillId="0" borderId="0" xfId="0"/></cellXfs>'
    styles = PARTS[STYLES].replace("</cellXfs>", style)
    if code:
        known = f'<numFmt numFmtId="{number}" formatCode="{code}"/></numFmts>'
        styles = styles.replace("</numFmts>", known)
    [(_, formats, _)] = re.findall(r"(<cellXfs[^>]*>)(.*?)(</cellXfs>)", PARTS[STYLES])
    last = len(re.findall(r"<xf\b", formats))
    return cell("G2", f's="{last}"><v>44440</v>') | {STYLES: styles}


def empty_sheet() -> Parts:
    """Sheet9: hidden, formatted, without a word."""
    kind = re.search(r'Type="([^"]*/worksheet)"', PARTS[RELATIONS])
    assert kind
    relation = f'<Relationship Id="rId88" Type="{kind[1]}" Target="worksheets/sheet99.xml"/>'
    row = '<sheetData><row r="5"><c r="A5" s="1"/><c r="B5" s="1" t="s"/></row></sheetData>'
    return PARTS | {
        "xl/worksheets/sheet99.xml": f'<worksheet xmlns="{MAIN}">{row}</worksheet>',
        BOOK: PARTS[BOOK].replace(
            "</sheets>",
            f'<sheet xmlns:r="{OFFICE}" name="Sheet9" sheetId="9" state="hidden" r:id="rId88"/>'
            "</sheets>",
        ),
        RELATIONS: PARTS[RELATIONS].replace("</Relationships>", f"{relation}</Relationships>"),
    }


FORMATTED = "".join(
    f'<row r="{row}" s="1" customFormat="1">'
    + "".join(f'<c r="{column}{row}" s="1"/>' for column in ("A", "H", "AB", "XFD"))
    + "</row>"
    for row in (*range(4, 300), 1_048_576)
)
CHINESE_DAY = "[$-804]yyyy&quot;年&quot;m&quot;月&quot;d&quot;日&quot;;@"
QUIRKS: dict[str, Parts] = {
    "absolute targets": replaced(RELATIONS, 'Target="/xl/', 'Target="/xl/./'),
    "relative targets": replaced(RELATIONS, 'Target="/xl/', 'Target="'),
    "targets through the folder above": replaced(RELATIONS, 'Target="/xl/', 'Target="../xl/'),
    "other letters' case": replaced(RELATIONS, "worksheets/sheet", "worksheets/Sheet"),
    "shared strings": with_shared_strings(PARTS, "<si><t>{text}</t></si>"),
    "readings of characters": with_shared_strings(PARTS, f"<si><t>{{text}}</t>{READING}</si>"),
    "runs of rich text": with_shared_strings(
        PARTS,
        "<si><r><rPr><b/></rPr><t>{first}</t></r><r><t xml:space='preserve'>{rest}</t></r>"
        f"{READING}</si>",
    ),
    "escaped line ends": with_shared_strings(PARTS, "<si><t>{text}_x000D_\n</t></si>"),
    "inline runs": in_sheets(
        lambda text: text.replace("<is><t>", "<is><r><t>").replace(
            "</t></is>", f"</t></r>{READING}</is>"
        )
    ),
    "prefixed names": in_sheets(
        lambda text: re.sub(r"<(/?)([a-zA-Z])", r"<\1x:\2", text).replace("xmlns=", "xmlns:x=")
    ),
    "strict namespaces": {name: text.replace(MAIN, STRICT) for name, text in PARTS.items()},
    "cells without references": in_sheets(lambda text: re.sub(r' r="[A-Z]*\d+"', "", text)),
    "formatted empty cells": replaced(CLASSES, "</sheetData>", f"{FORMATTED}</sheetData>"),
    "formatted columns and a boast of size": replaced(
        CLASSES,
        "<sheetData>",
        '<dimension ref="A1:XFD1048576"/><cols><col min="9" max="16384" style="1"/></cols>'
        "<sheetData>",
    ),
    "an empty hidden sheet": empty_sheet(),
    "day, short": dated(14),
    "day of Chinese Excel": dated(31),
    "day of Chinese Excel, month first": dated(58),
    "day spelled out": dated(176, CHINESE_DAY),
    "day in Chinese digits": dated(176, f"[DBNum1]{CHINESE_DAY}"),
    "day of WPS": dated(31, "reserved-0x1F"),
    "day with escapes": dated(177, r"yyyy\-mm\-dd;@"),
    "day as text of a formula": cell("G2", 't="str"><f>TEXT(A1,"x")</f><v>2021-09-01</v>'),
    "day as ISO date": cell("G2", 't="d"><v>2021-09-01T00:00:00</v>'),
    "a fill without a pattern": replaced(STYLES, "<fill><patternFill/></fill>", "<fill/>"),
    "a font family of GB 2312": replaced(STYLES, '<family val="2"/>', '<family val="134"/>'),
    "a colour too short": replaced(STYLES, '<color theme="1"/>', '<color rgb="FF00"/>'),
    "a strange validation": after_cells(
        '<dataValidations><dataValidation type="list" errorStyle="x" imeMode="y" sqref="A1"/>'
        "</dataValidations>"
    ),
    "a strange filter": after_cells(
        '<autoFilter ref="A1:H1"><filterColumn colId="0"><customFilters>'
        '<customFilter operator="x" val=""/></customFilters></filterColumn></autoFilter>'
    ),
    "a strange page": after_cells('<pageSetup paperSize="9" orientation="weird"/>'),
    "merged empty cells": after_cells('<mergeCells><mergeCell ref="K1:M9"/></mergeCells>'),
    "own extensions": after_cells(
        '<extLst><ext uri="x" xmlns:etc="http://www.wps.cn/officeDocument/2017/etCustomData">'
        "<etc:c><etc:v>9</etc:v></etc:c></ext></extLst>"
    ),
    "broken properties and theme": PARTS
    | {"docProps/core.xml": "<broken", "docProps/custom.xml": "<x", "xl/theme/theme1.xml": "<y"},
    "no styles": {name: text for name, text in PARTS.items() if name != STYLES},
}


@pytest.mark.parametrize("quirk", QUIRKS)
def test_quirks_do_not_matter(quirk: str) -> None:
    assert QUIRKS[quirk] != PARTS
    assert read_catalogue(read_workbook(zipped(QUIRKS[quirk]), "目录.xlsx")) == SMALL


def faults_of(parts: Parts) -> list[Fault]:
    book = read_workbook(zipped(parts), "目录.xlsx")
    try:
        read_catalogue(book)
    except FaultsFound as found:
        return list(found.faults)
    return []


def test_days_since_1904_are_days_all_the_same() -> None:
    """Workbooks of a Mac count from 1904: the same day is another number."""
    parts = dated(14)
    parts[CLASSES] = parts[CLASSES].replace("<v>44440</v>", f"<v>{44440 - 1462}</v>")
    parts[BOOK] = parts[BOOK].replace("<workbookPr/>", '<workbookPr date1904="1"/>')
    assert read_catalogue(read_workbook(zipped(parts), "目录.xlsx")) == SMALL


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ('t="str"><f>[1]表!A1</f><v>旧</v>', "workbook.linked_cell"),
        ("t=\"str\"><f>'[名单.xlsx]表'!A1</f><v>旧</v>", "workbook.linked_cell"),
        ("><f>A1+1</f>", "workbook.formula_without_value"),
        ('t="str"><f>A1</f><v></v>', "workbook.formula_without_value"),
        ('t="e"><v>#REF!</v>', "workbook.error_value"),
    ],
)
def test_cells_that_hold_no_value_of_their_own(content: str, code: str) -> None:
    first = faults_of(cell("B2", content))[0]
    assert (first.code, first.place.sheet, first.place.row, first.place.column) == (
        code,
        "班级",
        2,
        "B",
    )


def test_declarations_are_refused_whatever_the_part_is_called() -> None:
    bomb = PARTS[CLASSES].replace("<worksheet", '<!DOCTYPE x [<!ENTITY a "b">]><worksheet', 1)
    odd = CLASSES.replace(".xml", ".bin")
    parts = {name: text for name, text in PARTS.items() if name != CLASSES} | {odd: bomb}
    parts[RELATIONS] = parts[RELATIONS].replace(CLASSES, odd)
    assert odd in parts[RELATIONS]
    with pytest.raises(FaultsFound, match="workbook.bad_xlsx"):
        read_workbook(zipped(parts), "目录.xlsx")


def test_merged_cells_are_named() -> None:
    merged = '<mergeCells><mergeCell ref="C2:C3"/><mergeCell ref="K1:M9"/></mergeCells>'
    parts = cell("C3", 's="1">')
    parts[CLASSES] = parts[CLASSES].replace("</sheetData>", f"</sheetData>{merged}")
    found = [(f.code, f.place.row, f.place.column) for f in faults_of(parts)]
    assert found[0] == ("workbook.merged", 2, "C")
    assert ("catalogue.empty_cell", 3, "项目代码") in found
    assert "C2:C3" in faults_of(parts)[0].message
