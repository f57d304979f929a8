"""Every kind of workbook becomes the same sheets; what is hostile or unreadable is refused."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import openpyxl
import pytest

from instruments.faults import FaultsFound
from instruments.workbook import Row, read_workbook, read_workbook_path

ROWS = [("代码", "人数"), ("a1", "12"), ("e\u0301", "12")]


def xlsx(rows: list[tuple[object, ...]], title: str = "表") -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = title
    for row in rows:
        sheet.append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def zipped(members: dict[str, bytes], how: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", how) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


def table(encoding: str = "utf-8-sig") -> bytes:
    return "\r\n".join(",".join(row) for row in ROWS).encode(encoding)


def code_of(data: bytes, name: str) -> str:
    with pytest.raises(FaultsFound) as found:
        read_workbook(data, name)
    return found.value.faults[0].code.removeprefix("workbook.")


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (xlsx(list(ROWS)), "b.xlsx"),
        (table(), "表.csv"),
        (zipped({"表.csv": table()}), "b.zip"),
        ("| 表 | | |\n".encode() + "".join(f"| | {a} | {b} |\n" for a, b in ROWS).encode(), "b.md"),
    ],
    ids=["xlsx", "csv", "zip", "md"],
)
def test_kinds_agree(data: bytes, name: str) -> None:
    sheet = read_workbook(data, name).sheet("表")
    assert sheet is not None
    assert sheet.header == ("代码", "人数")
    assert [row.cells for row in sheet.rows] == [
        {"代码": "a1", "人数": "12"},
        {"代码": "é", "人数": "12"},
    ]


def test_gb18030_csv_and_folder(tmp_path: Path) -> None:
    """Section 00: CSV in GB18030 and files saved by WPS are read."""
    (tmp_path / "班级.csv").write_bytes("代码,名称\n1,一班\n".encode("gb18030"))
    sheet = read_workbook_path(tmp_path).sheet("班级")
    assert sheet is not None and sheet.rows == (Row(2, {"代码": "1", "名称": "一班"}),)


def test_old_excel_is_read() -> None:
    path = Path(__file__).parent / "old.xls"
    sheet = read_workbook_path(path).sheets[0]
    assert sheet.rows[0].cells == {"代码": "a1", "人数": "12", "日期": "2021-09-05"}


def test_digits_numbers_dates_and_blank_rows() -> None:
    import datetime

    rows = [
        ("n", "d"),
        ("\uff11\uff12", 3.0),
        (None, None),
        (2.5, datetime.date(2021, 9, 5)),
        (True, " x "),
    ]
    sheet = read_workbook(xlsx(rows), "b.xlsx").sheets[0]
    assert [(row.number, dict(row.cells)) for row in sheet.rows] == [
        (2, {"n": "12", "d": "3"}),
        (4, {"n": "2.5", "d": "2021-09-05"}),
        (5, {"n": "TRUE", "d": "x"}),
    ]


def test_cells_at_fault_are_listed() -> None:
    rows = [("n", "n", None), ("=1+1", "#REF!", "lost")]
    found = [(f.code, f.place.row) for f in read_workbook(xlsx(rows), "b.xlsx").faults]
    assert found == [
        ("workbook.formula_without_value", 2),
        ("workbook.error_value", 2),
        ("workbook.repeated_column", 1),
        ("workbook.cell_without_column", 2),
    ]
    bad = read_workbook(b"n\na\x07b\n", "b.csv").faults
    assert [f.code for f in bad] == ["workbook.control_character"]


OLD_EXCEL = (Path(__file__).parent / "old.xls").read_bytes()
MACRO_TYPES = b"""<Types><Override PartName="/xl/workbook.xml"
ContentType="application/vnd.ms-excel.sheet.macroEnabled.main+xml"/></Types>"""


def later_version() -> bytes:
    """A zip that says it needs version 6.4 of the format to be read."""
    data = bytearray(zipped({"a.csv": b"1"}))
    data[data.index(b"PK\x01\x02") + 6] = 64
    return bytes(data)


def lying_zip() -> bytes:
    """A member that unpacks to more than its entry says."""
    data = zipped({"a.csv": b"0" * 5000})
    return data.replace((5000).to_bytes(4, "little"), (50).to_bytes(4, "little"))


def encrypted_zip() -> bytes:
    """A member marked as encrypted (bit 0 of its flags, in both headers)."""
    data = bytearray(zipped({"a.csv": b"1"}))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "name", "code"),
    [
        (b"", "a.xlsx", "empty"),
        (b"%PDF-1.7", "a.xlsx", "unknown_kind"),
        (b"PK\x03\x04broken", "a.xlsx", "bad_zip"),
        (zipped({"x.txt": b"1"}), "a.zip", "unknown_kind"),
        (zipped({"../x.csv": b"1"}), "a.zip", "zip_bad_path"),
        (zipped({"/x.csv": b"1"}), "a.zip", "zip_bad_path"),
        (zipped({"x.csv": b"0" * 3_000_000}), "a.zip", "zip_too_large"),
        (zipped({"[Content_Types].xml": b"<x/>"}), "a.xlsx", "bad_xlsx"),
        (zipped({"[Content_Types].xml": b'<!DOCTYPE x [<!ENTITY a "b">]>'}), "a.xlsx", "entities"),
        (zipped({"[Content_Types].xml": b"", "xl/vbaProject.bin": b""}), "a.xlsm", "macro"),
        (zipped({"[Content_Types].xml": MACRO_TYPES, "xl/x.bin": b""}), "a.xlsx", "macro"),
        (zipped({"[Content_Types].xml": b"<\0x\0/\0>\0"}), "a.xlsx", "entities"),
        (zipped({"[Content_Types].xml": b"", "xl/a.xml": b"<!doctype x>"}), "a.xlsx", "entities"),
        (zipped({"a/b.csv": b"1", "a": b"1"}), "a.zip", "zip_bad_path"),
        (zipped({"./a.csv": b"1"}), "a.zip", "zip_bad_path"),
        (zipped({f"{n}.csv": b"1" for n in range(2001)}), "a.zip", "zip_too_large"),
        (zipped({f"{n}.csv": b"0" * 999_999 for n in range(401)}), "a.zip", "zip_too_large"),
        (lying_zip(), "a.zip", "bad_zip"),
        (encrypted_zip(), "a.zip", "encrypted"),
        (zipped({"a.csv": b"1"}, zipfile.ZIP_LZMA), "a.zip", "bad_zip"),
        (later_version(), "a.zip", "bad_zip"),
        (b"a,b\n1,2\n", "a.xlsx", "unknown_kind"),
        (b"<html><table><tr><td>1</td></tr></table></html>", "a.xls", "unknown_kind"),
        (OLD_EXCEL + "_VBA_PROJECT_CUR".encode("utf-16-le"), "a.xls", "macro"),
        (OLD_EXCEL[:3000], "a.xls", "bad_xls"),
        (b"," * 400 + b"x\n", "a.csv", "too_many_rows"),
        (b"," * 1_000_001, "a.csv", "too_many_rows"),
        (b"1\n" * 200_001, "a.csv", "too_many_rows"),
        ((b"1," * 11 + b"\n") * 190_000, "a.csv", "too_many_rows"),
        (b"| s | |\n" + b"|  | x |\n" * 200_001, "a.md", "too_many_rows"),
        (b"\n" * 50_000_001, "a.csv", "too_large"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "a.xls", "bad_xls"),
        (b"plain words", "a.md", "no_tables"),
        (b'a,b\n"x', "a.csv", "bad_csv"),
        (b"\xff\xff\xff", "a.csv", "bad_encoding"),
    ],
)
def test_hostile_files_are_refused(data: bytes, name: str, code: str) -> None:
    assert code_of(data, name) == code


def test_markdown_keeps_escaped_bars_and_line_numbers() -> None:
    sheet = read_workbook(b"# t\n\n| s | |\n| | n |\n| | --- |\n| | a\\|b |\n", "a.md").sheets[0]
    assert sheet.rows == (Row(6, {"n": "a|b"}),)


def test_rows_are_counted_as_a_spreadsheet_counts_them() -> None:
    """A cell with a line break is one row of the sheet, whatever a text editor shows."""
    data = '代码,名称\r\n1,"甲\r\n乙"\r\n\r\n2,丙\r\n'.encode()
    sheet = read_workbook(data, "班级.csv").sheets[0]
    assert sheet.rows == (
        Row(2, {"代码": "1", "名称": "甲\n乙"}),
        Row(4, {"代码": "2", "名称": "丙"}),
    )


def test_marks_that_nobody_sees_are_dropped() -> None:
    data = "代码\n\u202aC\u200b1\u202c\u2060\n".encode()
    assert read_workbook(data, "班级.csv").sheets[0].rows[0].cells == {"代码": "C1"}


def test_markdown_rows_are_those_of_a_text_editor() -> None:
    """Only line ends end a line: a vertical tab or a line separator stays in its cell, at fault."""
    book = read_workbook(
        "| s | |\r\n| | n |\r\n| | a\x0bb |\r\n| | c\u2028d |\r\n".encode(), "a.md"
    )
    assert [row.number for row in book.sheets[0].rows] == [3, 4]
    assert [(f.code, f.place.row) for f in book.faults] == [("workbook.control_character", 3)]


def test_faults_of_hostile_cells_are_printed_harmlessly() -> None:
    """No terminal escape, no endless text: what a cell holds is told short and visible."""
    text = "\x1b[31m" + "x" * 5000
    (first, *_) = read_workbook(f"n\n1,{text}\n".encode(), "b.csv").faults
    assert "\x1b" not in str(first) and len(str(first)) < 600
