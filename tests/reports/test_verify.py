"""What `verify` finds, and what it says of that which it lets pass."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from foreign_table import run
from openpyxl.comments import Comment
from openpyxl.formatting.rule import CellIsRule
from openpyxl.styles import Font

from instruments.extract import pack_extract, read_extract
from instruments.folder import file_entry
from reports.commands import FAULTS, OK
from reports.evaluation import publish_bulletin
from reports.folder import manifest, read_results, writers
from reports.publication import WRITERS
from reports.verification.compare import difference
from reports.verification.verify import examine, verify

OLDER = "3.11.99"
"""A version that this machine does not have."""


def test_verify_holds(done: Path) -> None:
    verdict = examine(done)
    assert (verdict.faults, verdict.scope, verdict.equality) == ((), "whole", "bytes")
    result = run("verify", done)
    assert result.exit_code == OK
    assert "逐字节相同" in result.output


FILES = (
    "extract/plan.yaml", "extract/classes.parquet", "extract/datapackage.json",
    "extract/instruments/ratings.md", "results/units.csv", "results/units.xlsx",
    "results/units.parquet", "results/pairs.csv", "results/results.json",
    "results/original_scale.csv", "results/class_screens.json", "bulletin/bulletin.html",
    "bulletin/bulletin.json", "bulletin/bulletin.pdf", "bulletin/short.docx",
)  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_one_changed_byte_is_found_and_named(done: Path, tmp_path: Path, name: str) -> None:
    shutil.copytree(done, tmp_path / "copy")
    path = tmp_path / "copy" / name
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))
    faults = verify(tmp_path / "copy")
    assert any(Path(name).name in fault.place.file for fault in faults), faults


def test_missing_and_extra_files_are_named(done: Path, tmp_path: Path) -> None:
    shutil.copytree(done, tmp_path / "copy")
    (tmp_path / "copy" / "results" / "bands.csv").unlink()
    (tmp_path / "copy" / "bulletin" / "note.txt").write_text("x")
    found = {(f.code, f.place.file) for f in verify(tmp_path / "copy")}
    assert found == {
        ("reports.missing_file", "results/bands.csv"),
        ("reports.extra_file", "bulletin/note.txt"),
    }
    shutil.rmtree(tmp_path / "copy" / "bulletin")
    assert [f.code for f in verify(tmp_path / "copy")] == ["reports.missing_file"]


def test_a_foreign_folder_is_refused_before_anything_is_computed(
    done: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "thesis.doc").write_text("mine")
    monkeypatch.setattr("reports.evaluation.score", lambda *_, **__: pytest.fail("computed"))
    result = run("score", done / "extract", "--out", tmp_path)
    assert result.exit_code == FAULTS
    assert "thesis.doc" in result.output


def edited(path: Path, old: str, new: str, *, after: str = "") -> None:
    """Change the first ``old`` after ``after`` in a text file; it must be there."""
    text = path.read_text(encoding="utf-8")
    at = text.index(old, text.index(after))
    path.write_text(text[:at] + new + text[at + len(old) :], encoding="utf-8")


@pytest.fixture
def elsewhere(done: Path, tmp_path: Path) -> Path:
    """The same, as another version of Python would have named itself in it."""
    folder = Path(shutil.copytree(done, tmp_path / "copy"))
    extract = read_extract(folder / "extract")
    results = read_results(folder / "results", extract)
    claimed = tuple((n, OLDER if n == "python" else v) for n, v in results.provenance)
    results = replace(results, provenance=claimed)
    (folder / "results" / "results.json").write_bytes(manifest(results, writers(), {}))
    named = tuple((n, OLDER if n == "typst" else v) for n, v in writers(WRITERS))
    publish_bulletin(results, folder / "bulletin", named=named)
    return folder


def places(folder: Path) -> list[str]:
    return [fault.place.file for fault in verify(folder)]


def test_another_software_version_is_told_and_no_other_result(elsewhere: Path) -> None:
    verdict = examine(elsewhere)
    assert (verdict.faults, verdict.alike) == ((), ())
    result = run("verify", elsewhere)
    assert result.exit_code == OK
    assert "除软件版本的自述外" in result.output
    assert f"python {OLDER}（本机" in result.output
    assert f"typst {OLDER}（本机" in result.output
    assert "自述无法核验" in result.output


def reset(path: Path, old: str, new: str) -> None:
    """Change what every part of a Word file says."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data.replace(old.encode(), new.encode()))


BULLETIN = "bulletin/bulletin.html"
FORGERIES: dict[str, tuple[str, Callable[[Path], None]]] = {
    "figure": ("results/units.csv", lambda p: edited(p, "80", "81", after="甲校")),
    "last digit": ("results/units.csv", lambda p: edited(p, ",80,", ",80.0000001,")),
    "other print of a figure": ("results/units.csv", lambda p: edited(p, ",80,", ",80.0,")),
    "unit code": ("results/units.csv", lambda p: edited(p, "甲校", "甲 校")),
    "figure of the bulletin": (BULLETIN, lambda p: edited(p, ">80.0<", ">80.1<")),
    "word": (BULLETIN, lambda p: edited(p, "无法核验", "已经核验")),
    "drawn point": (BULLETIN, lambda p: edited(p, ' x="', ' x="1', after="<use")),
    "drawn line": (BULLETIN, lambda p: edited(p, "M ", "M 1", after="<svg")),
    "drawn word": (BULLETIN, lambda p: edited(p, "#f1-3", "#f1-3.01", after="<svg")),
    "drawn size": (BULLETIN, lambda p: edited(p, "scale(0.009 ", "scale(0.005 ")),
    "colour": (BULLETIN, lambda p: edited(p, "#0b4f71", "#0b04f71", after="<svg")),
    "part more": (BULLETIN, lambda p: edited(p, "</svg>", '<text x="1" y="1">90</text></svg>')),
    "drawing more": (BULLETIN, lambda p: edited(p, "</svg>", "</svg><svg ></svg>")),
    "cell of the Word file": ("bulletin/bulletin.docx", lambda p: reset(p, ">80.0<", ">80.1<")),
    "seal of a file": ("bulletin/bulletin.json", lambda p: edited(p, '"mark": "', '"mark": "x')),
    "hidden": (BULLETIN, lambda p: edited(p, "fill: #", "fill: none; x: #", after="<svg")),
}


@pytest.mark.parametrize("how", FORGERIES)
def test_every_change_of_content_is_found(done: Path, tmp_path: Path, how: str) -> None:
    name, change = FORGERIES[how]
    copy = Path(shutil.copy(done / name, tmp_path))
    assert difference(copy, done / name) == ""
    change(copy)
    assert difference(copy, done / name)


@pytest.mark.parametrize("forged", [False, True], ids=["own version", "forged version"])
def test_a_forged_version_weakens_nothing(
    done: Path, elsewhere: Path, tmp_path: Path, forged: bool
) -> None:
    """A changed figure, word and drawing are found whatever software the files claim."""
    folder = elsewhere if forged else shutil.copytree(done, tmp_path / "own")
    for how in ("figure", "word", "drawn point"):
        name, change = FORGERIES[how]
        kept = (folder / name).read_bytes()
        change(folder / name)
        assert places(folder) == [name]
        assert run("verify", folder).exit_code == FAULTS
        (folder / name).write_bytes(kept)
    assert run("verify", folder).exit_code == OK


def rewritten(path: Path, step: float) -> None:
    frame = pd.read_parquet(path)
    frame.assign(score=frame["score"] * (1 + step)).to_parquet(path, index=False)


@pytest.mark.parametrize("forged", [False, True], ids=["own version", "forged version"])
def test_numbers_agree_to_the_ninth_digit_or_are_named(
    done: Path, elsewhere: Path, tmp_path: Path, forged: bool
) -> None:
    """Design, what must always be true: 3. Another processor changes last bits, a forger more."""
    folder = elsewhere if forged else shutil.copytree(done, tmp_path / "own")
    path = folder / "results" / "units.parquet"
    rewritten(path, 1e-13)
    result = run("verify", folder)
    assert result.exit_code == OK
    assert "1e-9" in result.output
    assert "字节不同、内容相同的文件：results/units.parquet" in result.output
    assert "没有比较压缩方式和附加信息" in result.output
    rewritten(path, 5e-9)
    assert places(folder) == ["results/units.parquet"]


def test_printed_number_may_differ_in_its_last_digit_only(done: Path, tmp_path: Path) -> None:
    path = Path(shutil.copy(done / "results" / "variance.csv", tmp_path))
    value = pd.read_csv(path, dtype=str)["points"].iloc[-1]
    assert len(value.replace(".", "")) == 10, value
    last = value[:-1] + str((int(value[-1]) + 1) % 10)
    edited(path, value, last)
    assert difference(path, done / "results" / "variance.csv") is None
    edited(path, last, last[:-2] + "00")
    where = difference(path, done / "results" / "variance.csv")
    assert where
    assert "points" in where


def test_another_kernel_gives_the_same_numbers(tmp_path: Path) -> None:
    """Design, what must always be true: 3, by another linear-algebra kernel in another process."""
    rows = [
        (site, f"R{rater}", 3 + (place + rater * turn + turn * turn) % 5 / 2)
        for place, site in enumerate("ABCDEF") for rater in range(4) for turn in range(5)
    ]  # fmt: skip
    pd.DataFrame(rows, columns=["unit", "rater", "y"]).to_csv(tmp_path / "a.csv", index=False)
    arguments = ["--value", "y", "--unit", "unit", "--rater", "rater", "--out", tmp_path / "o"]
    assert run("assess", tmp_path / "a.csv", *arguments).exit_code == OK
    code = "import sys; from reports.commands import COMMANDS; COMMANDS['verify']([sys.argv[1]])"
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "o")], capture_output=True, text=True,
        env={**os.environ, "OPENBLAS_CORETYPE": "Nehalem"}, check=False,
    )  # fmt: skip
    assert done.returncode == OK, done.stderr
    assert "blas_kernel" in done.stdout


def test_last_digit_of_a_drawing_may_round_the_other_way(done: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(done, tmp_path / "copy")
    page = folder / BULLETIN
    text = page.read_text(encoding="utf-8")
    at = text.index(' x="', text.index("<use")) + 4
    end = text.index('"', at)
    page.write_text(f"{text[:at]}{float(text[at:end]) + 0.01:.2f}{text[end:]}", encoding="utf-8")
    assert [fault.code for fault in verify(folder)] == ["reports.unsealed"]
    sealed = folder / "bulletin" / "bulletin.json"
    stored = json.loads(sealed.read_text(encoding="utf-8"))
    stored["files"]["bulletin.html"] = file_entry(page.read_bytes())
    sealed.write_text(json.dumps(stored), encoding="utf-8")
    result = run("verify", folder)
    assert result.exit_code == OK
    assert "图按内容比较" in result.output
    page.write_text(f"{text[:at]}{float(text[at:end]) + 0.1:.2f}{text[end:]}", encoding="utf-8")
    where = difference(page, done / BULLETIN)
    assert where
    assert "图的构成、文字、颜色或坐标不同" in where


def forge(book: openpyxl.Workbook, how: str) -> None:
    page = book.active
    acts: dict[str, Callable[[], object]] = {
        "sheet": lambda: book.create_sheet("说明").append(["甲校第一"]),
        "column": lambda: setattr(page.column_dimensions["C"], "hidden", True),
        "narrow": lambda: setattr(page.column_dimensions["C"], "width", 0.1),
        "row": lambda: setattr(page.row_dimensions[3], "hidden", True),
        "low": lambda: setattr(page.row_dimensions[3], "height", 0.1),
        "far": lambda: setattr(page["AZ99"], "value", "甲校第一"),
        "cell": lambda: setattr(page["D2"], "value", "甲校第一"),
        "white": lambda: setattr(page["D2"], "font", Font(color="FFFFFF")),
        "format": lambda: setattr(page["K2"], "number_format", '"99"'),
        "note": lambda: setattr(page["D2"], "comment", Comment("甲校第一", "x")),
        "rule": lambda: page.conditional_formatting.add(
            "K2:K9", CellIsRule("greaterThan", ["0"], font=Font(color="FFFFFF"))
        ),
    }
    acts[how]()


HOWS = ["sheet", "column", "narrow", "row", "low", "far", "cell", "white", "format", "note", "rule"]


@pytest.mark.parametrize("how", HOWS)
def test_forged_workbook_is_found(done: Path, tmp_path: Path, how: str) -> None:
    path = Path(shutil.copy(done / "results" / "units.xlsx", tmp_path))
    book = openpyxl.load_workbook(path)
    book.save(path)
    assert difference(path, done / "results" / "units.xlsx") is None
    forge(book, how)
    book.save(path)
    assert difference(path, done / "results" / "units.xlsx")


def test_workbook_saved_by_another_program_is_told(done: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(done, tmp_path / "copy")
    path = folder / "results" / "units.xlsx"
    openpyxl.load_workbook(path).save(path)
    result = run("verify", folder)
    assert result.exit_code == OK
    assert "没有比较压缩方式和文件属性" in result.output


def test_workbook_extension_that_our_reader_drops_is_found(done: Path, tmp_path: Path) -> None:
    path = Path(shutil.copy(done / "results" / "units.xlsx", tmp_path))
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    parts[sheet] = parts[sheet].replace(b"</worksheet>", b"<extLst/></worksheet>")
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    assert difference(path, done / "results" / "units.xlsx")


def test_versions_hold_no_other_words(elsewhere: Path) -> None:
    for name in ("results/results.json", "bulletin/bulletin.html"):
        text = (elsewhere / name).read_text(encoding="utf-8")
        (elsewhere / name).write_text(text.replace("3.11.99", "结果作废"), encoding="utf-8")
    forms = ("html", "pdf", "docx")  # the two that were left alone name another version still
    found = {fault.place.file for fault in verify(elsewhere)}
    assert found == {"results/results.json", *(f"bulletin/bulletin.{form}" for form in forms)}


def test_difference_names_the_value(tmp_path: Path) -> None:
    for name, score in (("a", "81.5"), ("b", "81.6")):
        (tmp_path / name).mkdir()
        head = "scorecard,group,unit,score\nA-project,t,P1,"
        (tmp_path / name / "units.csv").write_text(f"{head}{score}\n", encoding="utf-8")
    where = difference(tmp_path / "a" / "units.csv", tmp_path / "b" / "units.csv")
    assert where == "第2行（A-project t P1）的“综合得分”（score），所存81.5，重算81.6"


def test_a_changed_figure_is_told_alike_in_every_form(done: Path, tmp_path: Path) -> None:
    """Row and label as the table shows them, what is stored, what was recomputed."""
    results = Path(shutil.copytree(done / "results", tmp_path / "results"))
    frame = pd.read_parquet(results / "units.parquet")
    was = frame["score"].iloc[0]
    frame.loc[0, "score"] = was + 1
    frame.to_parquet(results / "units.parquet", index=False)
    where = difference(results / "units.parquet", done / "results" / "units.parquet")
    assert where
    assert where.startswith("第2行（")
    assert where.endswith(f"的“综合得分”（score），所存{was + 1}，重算{was}")
    book = openpyxl.load_workbook(results / "units.xlsx")
    page = book.active
    [cell] = [one for one in page[2] if page.cell(1, one.column).value == "综合得分"]
    cell.value = None
    book.save(results / "units.xlsx")
    where = difference(results / "units.xlsx", done / "results" / "units.xlsx")
    assert where
    assert where.startswith(f"工作表“{page.title}”{cell.coordinate}格，所存空，重算")


def test_extract_alone_is_checked_and_said_so(done: Path, tmp_path: Path) -> None:
    assert "未作重算" in run("verify", done / "extract").output
    pack_extract(done / "extract", tmp_path / "extract.zip")
    result = run("verify", tmp_path / "extract.zip")
    assert result.exit_code == OK
    assert "未作重算" in result.output
    (tmp_path / "empty").mkdir()
    assert run("verify", tmp_path / "empty").exit_code == FAULTS
    (tmp_path / "bad.zip").write_bytes(b"no zip")
    assert run("verify", tmp_path / "bad.zip").exit_code == FAULTS


def test_verify_imports_neither_web_nor_database(done: Path) -> None:
    code = (
        "import sys; from reports.commands import COMMANDS\n"
        "assert 'numpy' not in sys.modules\n"
        "try: COMMANDS['verify']([sys.argv[1]])\n"
        "except SystemExit as end: assert not end.code, end.code\n"
        "bad = {'flask', 'sqlalchemy', 'matplotlib.pyplot'} & set(sys.modules)\n"
        "assert not bad, bad"
    )
    subprocess.run([sys.executable, "-c", code, str(done)], check=True, capture_output=True)
