"""Foreign tables of ratings: read as survey platforms write them, refused with rows otherwise."""

from __future__ import annotations

import re
from pathlib import Path

import openpyxl
import pandas as pd
import pyreadstat
import pytest

from instruments.faults import FaultsFound
from instruments.workbook import XLS_MAGIC
from reports.foreign.ratings import Columns, Range, collect_ratings, parse_range
from reports.foreign.tables import LISTED, read_table

LONG = "单位,班级,评分人,总体评分\n甲校,一班,s1,5\n甲校,一班,s2,4\n乙校,二班,s1,３\n乙校,二班,s3,\n"
COLUMNS = Columns(value=("总体评分",), unit="单位", class_="班级", respondent="评分人")
FIVE = Range(1, 5)


def codes(found: pytest.ExceptionInfo[FaultsFound]) -> list[str]:
    return [fault.code for fault in found.value.faults]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_csv_as_saved_by_platforms_and_excel(tmp_path: Path, encoding: str) -> None:
    """Domain section 00: CSV in GB18030 and with a byte-order mark are read."""
    path = tmp_path / "评分.csv"
    path.write_bytes(LONG.encode(encoding))
    rows = collect_ratings(read_table(path), columns=COLUMNS, scale=FIVE)
    assert rows["value"].dropna().tolist() == [5.0, 4.0, 3.0]  # full-width digit folded
    assert rows["unit"].tolist() == ["甲校", "甲校", "乙校", "乙校"]
    assert rows.index.tolist() == [2, 3, 4, 5]


@pytest.mark.parametrize("separator", ["\t", ";"])
def test_other_separators(tmp_path: Path, separator: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(LONG.replace(",", separator), encoding="utf-8")
    assert len(collect_ratings(read_table(path), columns=COLUMNS, scale=FIVE)) == 4


def test_wide_table_is_averaged_within_the_row(tmp_path: Path) -> None:
    path = tmp_path / "wide.csv"
    path.write_text("学校,Q1_内容,Q1_教师,备注\n甲,5,4,x\n乙,NA,2,y\n丙,,,z\n", encoding="utf-8")
    columns = Columns(value=("Q1_*",), unit="学校")
    rows = collect_ratings(read_table(path), columns=columns, scale=FIVE)
    assert rows["value"].dropna().tolist() == [4.5, 2.0]
    assert rows["unit"].tolist() == ["甲", "乙", "丙"]


def test_xlsx(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (["单位", "评分"], ["甲", 5], ["乙", 4.5], [None, None]):
        book.active.append(row)
    book.save(tmp_path / "a.xlsx")
    columns = Columns(value=("评分",), unit="单位")
    rows = collect_ratings(read_table(tmp_path / "a.xlsx"), columns=columns, scale=FIVE)
    assert rows["value"].tolist() == [5.0, 4.5]


def test_sav_uses_labels_for_names_and_codes_for_ratings(tmp_path: Path) -> None:
    frame = pd.DataFrame({"dept": [1.0, 2.0, 2.0], "q1": [5.0, 1.0, None]})
    labels = {"dept": {1.0: "甲校", 2.0: "乙校"}, "q1": {1.0: "很差", 5.0: "很好"}}
    pyreadstat.write_sav(
        frame, str(tmp_path / "a.sav"), variable_value_labels=labels,
        column_labels={"dept": "承训机构", "q1": "总体评分"},
    )  # fmt: skip
    columns = Columns(value=("总体评分",), unit="承训机构")
    rows = collect_ratings(read_table(tmp_path / "a.sav"), columns=columns, scale=FIVE)
    assert rows["unit"].tolist() == ["甲校", "乙校", "乙校"]
    assert rows["value"].dropna().tolist() == [5.0, 1.0]


def test_scale_is_documented_and_agrees_with_the_default_plan() -> None:
    assert parse_range("1:5").low_score == 20
    assert parse_range("0:10").low_score == 0
    assert parse_range("2：6").low_score == 0
    for text in ("5:1", "1", "a:b", "1:inf", ""):
        with pytest.raises(FaultsFound):
            parse_range(text)


def test_bad_cells_are_listed_with_rows_all_at_once(tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    path.write_text("单位,评分\n甲,好\n,3\n乙,7\n丙,0\n", encoding="utf-8")
    with pytest.raises(FaultsFound) as found:
        collect_ratings(read_table(path), columns=Columns(("评分",), "单位"), scale=FIVE)
    places = [(f.code, f.place.row) for f in found.value.faults]
    assert places == [
        ("ratings.not_number", 2), ("ratings.outside", 4), ("ratings.outside", 5),
        ("ratings.empty_unit", 3),
    ]  # fmt: skip
    assert "7" in str(found.value)


def test_many_bad_cells_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    path.write_text("单位,评分\n" + "甲,9\n" * 50, encoding="utf-8")
    with pytest.raises(FaultsFound) as found:
        collect_ratings(read_table(path), columns=Columns(("评分",), "单位"), scale=FIVE)
    assert codes(found) == ["ratings.outside"] * LISTED + ["ratings.more"]
    assert "30" in found.value.faults[-1].message


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        (b"", "a.csv", "ratings.empty"),
        (b"\n \n", "a.csv", "ratings.empty"),
        (b"\xff\xfe\x00", "a.csv", "ratings.encoding"),
        (b"\x81\xff\xff", "a.csv", "ratings.encoding"),
        ("单位,评分\n".encode(), "a.csv", "ratings.empty"),
        ("单位,单位\n甲,1\n".encode(), "a.csv", "ratings.repeated_column"),
        (b"not a zip", "a.xlsx", "ratings.bad_xlsx"),
        (b"PK\x03\x04 half a zip", "a.xlsx", "ratings.bad_xlsx"),
        (XLS_MAGIC + b"old or locked", "a.xlsx", "ratings.locked_xlsx"),
        (b"not a sav", "a.sav", "ratings.bad_sav"),
        (b"a,b\n1,\0\n", "a.csv", "ratings.binary"),
        (b'a,b\n1,"2\n', "a.csv", "ratings.open_quote"),
        (b"%PDF", "a.pdf", "ratings.format"),
        ("单位,评分\n甲,1,2,3\n乙,1\n".encode(), "a.csv", "ratings.extra_cells"),
    ],
)
def test_unreadable_files_are_refused(tmp_path: Path, content: bytes, name: str, code: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(FaultsFound) as found:
        read_table(tmp_path / name)
    assert codes(found) == [code]
    assert found.value.faults[0].place.file == name
    assert not re.search("[a-z]+ [a-z]+", found.value.faults[0].message)  # our words


def test_ragged_rows_are_named(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("单位,评分\n甲,1\n甲,1,2,3\n乙,1,2\n", encoding="utf-8")
    with pytest.raises(FaultsFound) as found:
        read_table(tmp_path / "a.csv")
    assert [fault.place.row for fault in found.value.faults] == [3, 4]


@pytest.mark.parametrize(
    ("columns", "code"),
    [
        (Columns((), "单位"), "ratings.no_value"),
        (Columns(("总体评分",), ""), "ratings.no_unit"),
        (Columns(("没有",), "单位"), "ratings.no_column"),
        (Columns(("没*",), "单位"), "ratings.no_column"),
        (Columns(("总体评分",), "学院"), "ratings.no_column"),
    ],
)
def test_columns_must_exist(tmp_path: Path, columns: Columns, code: str) -> None:
    (tmp_path / "a.csv").write_text(LONG, encoding="utf-8")
    with pytest.raises(FaultsFound) as found:
        collect_ratings(read_table(tmp_path / "a.csv"), columns=columns, scale=FIVE)
    assert codes(found) == [code]


def test_no_rating_at_all(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("单位,评分\n甲,\n乙,NA\n", encoding="utf-8")
    with pytest.raises(FaultsFound) as found:
        collect_ratings(
            read_table(tmp_path / "a.csv"), columns=Columns(("评分",), "单位"), scale=FIVE
        )
    assert codes(found) == ["ratings.no_rating"]


@pytest.mark.parametrize("lead", ["", "\n", "\r\n \n"])
def test_rows_are_numbered_as_a_spreadsheet_shows_them(tmp_path: Path, lead: str) -> None:
    text = lead + '单位,评分\n甲,5\n\n,\n"乙\n校",9\n'
    (tmp_path / "a.csv").write_bytes(text.encode())
    table = read_table(tmp_path / "a.csv")
    with pytest.raises(FaultsFound) as found:
        collect_ratings(table, columns=Columns(("评分",), "单位"), scale=FIVE)
    above = lead.count("\n")
    assert table.index.tolist() == [above + 2, above + 5]
    assert [f.place.row for f in found.value.faults] == [above + 5]


def test_formula_without_value_is_refused_by_row(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (["单位", "评分", "备注"], ["甲", 5, "=1+1"], [None], ["乙", "=2+2", ""]):
        book.active.append(row)
    book.save(tmp_path / "a.xlsx")
    with pytest.raises(FaultsFound) as found:
        table = read_table(tmp_path / "a.xlsx")
        collect_ratings(table, columns=Columns(("评分",), "单位"), scale=FIVE)
    assert [(f.code, f.place.row) for f in found.value.faults] == [("ratings.uncomputed", 4)]


@pytest.mark.parametrize("key", ["respondent", "rater"])
def test_blank_people_are_refused_by_row(tmp_path: Path, key: str) -> None:
    (tmp_path / "a.csv").write_text(
        "单位,人,评分\n甲,,5\n甲,s,4\n乙,NA,3\n乙,,\n", encoding="utf-8"
    )
    columns = Columns(("评分",), "单位", **{key: "人"})
    with pytest.raises(FaultsFound) as found:
        collect_ratings(read_table(tmp_path / "a.csv"), columns=columns, scale=FIVE)
    places = [(f.code, f.place.row, f.place.column) for f in found.value.faults]
    assert places == [(f"ratings.empty_{key}", 2, "人"), (f"ratings.empty_{key}", 4, "人")]


def test_unseen_characters_are_no_part_of_a_name(tmp_path: Path) -> None:
    text = "单位,评分\n\u202e甲\x07校\u202c,5\n甲校,4\n\u2066甲校\u2069,3\n"
    (tmp_path / "a.csv").write_text(text, encoding="utf-8")
    columns = Columns(("评分",), "单位")
    rows = collect_ratings(read_table(tmp_path / "a.csv"), columns=columns, scale=FIVE)
    assert rows["unit"].tolist() == ["甲校"] * 3
