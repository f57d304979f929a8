"""`guopei import`: a workbook or a folder taken whole, or every fault at its cell and no change."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from pathlib import Path

import openpyxl
import pytest
from sqlalchemy import text

from instruments.catalogue_writer import write_catalogue
from site_for_tests import Site, catalogue
from survey_app import cli, db, models
from workbook_parts import write_folder

pytest_plugins = ("site_fixtures",)

NAMES = {"年度": "cycle", "班级": "CLASSES", "实地调研": "visits"}
"""Sheets that are named by their code in the folder."""
FAULTY = [
    ("年度", 2, "C", "二〇二一", "not_whole"),
    ("年度", 2, "D", "也许", "not_yes_no"),
    ("年度", 2, "B", "长" * 201, "too_long"),
    ("机构", 2, "C", "大学堂", "unknown_label"),
    ("项目", 2, "B", "", "empty_cell"),
    ("项目", 3, "A", "P 2", "bad_code"),
    ("项目", 2, "E", "I9", "unknown_reference"),
    ("项目", 2, "G", "是", "continuation"),
    ("班级", 2, "D", "城区", "county_ambiguous"),
    ("班级", 2, "F", "-6", "negative"),
    ("班级", 2, "G", "去年九月", "bad_date"),
    ("班级", 3, "F", "100001", "number_range"),
    ("班级", 3, "H", "2021-06-01", "end_before_start"),
    ("班级", 3, "E", "迎泽区", "county_name"),
    ("班级结构", 2, "A", "c1", "misspelt_code"),
    ("场次", 2, "C", "2021-02-30", "no_such_day"),
    ("专家", 3, "A", "e1", "repeated_code"),
    ("专家", 2, "E", "999999", "county_unknown"),
    ("实地调研", 2, "E", "S1 S1", "repeated_in_cell"),
]
"""Sheet, row, column, what is written there, and the fault that it is."""


def workbook(edits: list[tuple[str, int, str, str, str]]) -> bytes:
    book = openpyxl.load_workbook(io.BytesIO(write_catalogue(catalogue(enrolled=6))))
    for sheet, row, column, value, _ in edits:
        book[sheet][f"{column}{row}"] = value
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def stored(site: Site) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table."""
    with db.look(site.engine) as session:
        return {
            table: sorted(map(tuple, session.execute(text(f"SELECT * FROM {table}"))), key=repr)
            for table in models.Base.metadata.tables
        }


def programme(site: Site) -> dict[str, list[tuple[object, ...]]]:
    """What an import puts into the store."""
    rows = (models.CycleRow, models.InstitutionRow, models.ProjectRow, models.ClassRow)
    rows += (models.StructureRow, models.SessionRow, models.ExpertRow, models.VisitRow)
    everything = stored(site)
    return {row.__tablename__: everything[row.__tablename__] for row in rows}


def run(site: Site, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "survey_app", *arguments],
        env={**os.environ, "GUOPEI_HOME": str(site.home)},
        capture_output=True,
        text=True,
        check=False,
    )


def placed(told: str, names: dict[str, str]) -> set[tuple[str, str, int, str]]:
    """(code, file, row, column) of every line that names a cell; ``names``: sheet -> file."""
    cell = r"\[catalogue\.(\w+)\] (\S+) 工作表“(.+?)” 第(\d+)行 “(.+?)”列"
    found = re.findall(cell, told)
    assert {(sheet, file) for _, file, sheet, _, _ in found} <= set(names.items())
    return {(code, sheet, int(row), column) for code, _, sheet, row, column in found}


def headers() -> dict[tuple[str, str], str]:
    book = openpyxl.load_workbook(io.BytesIO(workbook([])))
    told = {(s.title, c.column_letter): str(c.value) for s in book for c in s[1]}
    return {place: name.removesuffix("（选填）") for place, name in told.items()}


def test_many_faults_come_together_and_nothing_changes(preparing: Site, tmp_path: Path) -> None:
    """Workbook or folder: the same faults at the same cells, exit status 1, the store as before."""
    path = tmp_path / "目录.xlsx"
    path.write_bytes(workbook(FAULTY))
    folder = write_folder(path.read_bytes(), tmp_path / "目录", encoding="gb18030", names=NAMES)
    header = headers()
    expected = {(code, s, row, header[s, column]) for s, row, column, _, code in FAULTY}
    assert len({code for code, *_ in expected}) >= 15
    before = stored(preparing)
    for given, files in (
        (path, {sheet: "目录.xlsx" for sheet, _ in header}),
        (folder, {sheet: f"目录/{NAMES.get(sheet, sheet)}.csv" for sheet, _ in header}),
    ):
        done = run(preparing, "import", str(given))
        assert done.returncode == 1, done.stderr
        assert expected <= placed(done.stderr, files)
        assert "Traceback" not in done.stderr and done.stdout == ""
        assert run(preparing, "import", str(given), "--dry-run").stderr == done.stderr
    assert stored(preparing) == before


@pytest.fixture
def here(preparing: Site, monkeypatch: pytest.MonkeyPatch) -> Site:
    monkeypatch.setenv("GUOPEI_HOME", str(preparing.home))
    return preparing


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_folder_is_as_good_as_a_workbook(here: Site, tmp_path: Path, encoding: str) -> None:
    data = workbook([("班级", 2, "B", "改名的班", "")])
    path = tmp_path / "目录.xlsx"
    path.write_bytes(data)
    assert cli.run(["import", str(path)]) == 0
    by_workbook = programme(here)
    assert cli.run(["import", str(write_workbook_of_before(tmp_path))]) == 0
    assert programme(here) != by_workbook
    folder = write_folder(data, tmp_path / "目录", encoding=encoding, names=NAMES)
    (folder / "说明.txt").write_text("不是表")
    (folder / ".~lock.班级.csv#").write_text("x")
    assert cli.run(["import", str(folder)]) == 0
    assert programme(here) == by_workbook


def write_workbook_of_before(folder: Path) -> Path:
    path = folder / "原目录.xlsx"
    path.write_bytes(workbook([]))
    return path


def broken(folder: Path, change: str) -> Path:
    """The folder with one thing wrong."""
    if change == "none left":
        for file in folder.iterdir():
            file.unlink()
    elif change == "one missing":
        (folder / "专家.csv").unlink()
    elif change == "two of one name":
        (folder / "班级.csv").write_bytes((folder / "CLASSES.csv").read_bytes())
    elif change == "quotes":
        (folder / "机构.csv").write_text('机构代码,机构名称\n"I1,甲\n')
    elif change == "encoding":
        (folder / "机构.csv").write_bytes(b"\xff\xff\xff\n")
        (folder / "项目.csv").write_bytes(b"\xff\xfe\xff")
    return folder


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("none left", ["workbook.no_csv] 目录"]),
        ("one missing", ["catalogue.missing_sheet] 目录 工作表“专家”"]),
        ("two of one name", ["catalogue.unknown_sheet] 目录/CLASSES.csv"]),
        ("quotes", ["workbook.bad_csv] 目录/机构.csv 工作表“机构” 第2行"]),
        ("encoding", ["bad_encoding] 目录/机构.csv", "bad_encoding] 目录/项目.csv"]),
    ],
)
def test_faults_of_folders(
    here: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str], change: str, told: list[str]
) -> None:
    before = stored(here)
    folder = write_folder(workbook([]), tmp_path / "目录", encoding="utf-8", names=NAMES)
    assert cli.run(["import", str(broken(folder, change))]) == 1
    shown = capsys.readouterr().err
    assert all(part in shown for part in told), shown
    assert stored(here) == before
