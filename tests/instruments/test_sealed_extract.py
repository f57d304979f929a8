"""An extract is the same bytes twice, valid Frictionless, and every change in it is named."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import warnings
import zipfile
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from instruments.builtin import (
    framework_sources,
    instrument_sources,
    load_instruments,
    plan_source,
)
from instruments.extract import (
    Extract,
    pack_extract,
    read_extract,
    unpack_extract,
    write_extract,
)
from instruments.faults import FaultsFound
from instruments.folder import MANIFEST, seal_folder
from instruments.programme import Cycle
from instruments.tables import FIXED_TABLES, instrument_tables
from survey_app import cli

CYCLE = Cycle("2021-S", "样例年度", 2021, True)


def frames() -> dict[str, pd.DataFrame]:
    forms = load_instruments(instrument_sources())
    answers = [table for form in forms for table in instrument_tables(form)]
    contracts = [t for t in (*FIXED_TABLES, *answers) if t.name != "codebook"]
    made = {table.name: pd.DataFrame(columns=table.names) for table in contracts}
    unit = {"kind": "project", "unit": "P1", "name": "样例项目", "mode": "residential"}
    made["units"] = pd.DataFrame([unit]).reindex(columns=made["units"].columns)
    classes = [{"class_code": c, "name": c, "project": "P1", "enrolled": 30} for c in ("C2", "C1")]
    made["classes"] = pd.DataFrame(classes).reindex(columns=made["classes"].columns)
    about = {"unit": "P1", "target": "C1", "class_code": "C1", "day": "2021-09-05"}
    row = about | {"status": "accepted", "q01": "5", "q20": "na"}
    name = "responses_trainee_core_v1_0"
    rows = [row | {"response": key} for key in ("b", "a")]
    made[name] = pd.DataFrame(rows).reindex(columns=made[name].columns)
    return made


def write(directory: Path, **changes: Any) -> Extract:
    arguments: dict[str, Any] = {
        "cycle": CYCLE,
        "day": "2021-09-30",
        "tables": frames(),
        "instruments": instrument_sources(),
        "frameworks": framework_sources(),
        "plan": plan_source(),
    }
    return write_extract(directory, **(arguments | changes))


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("extract") / "e").path


@pytest.fixture
def copy(sealed: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(sealed, tmp_path / "copy"))


def faults_of(path: Path) -> list[tuple[str, str]]:
    with pytest.raises(FaultsFound) as found:
        read_extract(path)
    return [(f.code.removeprefix("extract."), f.place.file) for f in found.value.faults]


def content(directory: Path) -> dict[str, bytes]:
    paths = [path for path in directory.rglob("*") if path.is_file()]
    return {path.relative_to(directory).as_posix(): path.read_bytes() for path in paths}


def test_same_arguments_same_bytes(sealed: Path, tmp_path: Path) -> None:
    shuffled = {name: frame.iloc[::-1] for name, frame in frames().items()}
    again = write(tmp_path / "again", tables=shuffled)
    assert content(again.path) == content(sealed)


def test_reads_what_was_written(sealed: Path) -> None:
    extract = read_extract(sealed)
    assert (extract.cycle, extract.day, extract.framework("A").code) == (CYCLE, "2021-09-30", "A")
    responses = extract.table(extract.instrument("trainee_core").table)
    assert list(responses["response"]) == ["a", "b"]
    assert responses["q20"].tolist() == ["na", "na"] and responses["q02"].isna().all()
    assert extract.table("classes")["enrolled"].dtype == "Int64"
    assert extract.parquet("codebook").is_file() and len(extract.table("codebook"))
    manifest = json.loads((sealed / MANIFEST).read_text(encoding="utf-8"))
    assert manifest["sha256"] == extract.sha256
    assert manifest["origin"]["title"].startswith("样例")


def test_one_changed_byte_in_any_file_is_named(sealed: Path, tmp_path: Path) -> None:
    names = content(sealed)
    for number, (name, data) in enumerate(sorted(names.items())):
        copy = Path(shutil.copytree(sealed, tmp_path / str(number)))
        place = len(data) // 2
        changed = data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
        (copy / name).write_bytes(changed)
        assert ("changed", name) in faults_of(copy), name


def test_missing_extra_and_replaced_files_are_all_named(copy: Path) -> None:
    (copy / "units.parquet").unlink()
    (copy / "notes.txt").write_text("x")
    (copy / "plan.yaml").unlink()
    (copy / "plan.yaml").symlink_to(copy / "frameworks" / "A.yaml")
    assert faults_of(copy) == [
        ("missing_file", "units.parquet"),
        ("extra_file", "notes.txt"),
        ("changed", "plan.yaml"),
    ]


def test_manifest_may_not_be_rewritten(copy: Path) -> None:
    manifest = json.loads((copy / MANIFEST).read_text(encoding="utf-8"))
    manifest["extract"]["cycle"]["title"] = "别的年度"
    (copy / MANIFEST).write_text(json.dumps(manifest, ensure_ascii=False), encoding="utf-8")
    assert faults_of(copy) == [("changed", MANIFEST)]


OURS = '{"sha256": "0", "extract": {"format": 3}, "resources": '


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "changed"),
        ("[" * 9999, "changed"),
        (OURS + "[" * 800 + "]" * 800 + "}", "changed"),
        (OURS + '[{"path": 1, "hash": 2}]}', "changed"),
        (OURS + '[{"path": [1], "hash": "2"}]}', "changed"),
        (OURS + '[{"path": "a.parquet"}]}', "changed"),
        (OURS + "7}", "changed"),
        ("[]", "foreign"),
        ("{}", "foreign"),
        ('{"name": "x", "resources": [{"name": "a", "path": "a.csv"}]}', "foreign"),
        ('{"sha256": "0", "resources": []}', "other_format"),
        ('{"sha256": "0", "extract": 1, "resources": []}', "other_format"),
        ('{"sha256": "0", "extract": {"format": 9, "files": {}}}', "other_format"),
    ],
)
def test_manifests_of_others_and_broken_ones(copy: Path, text: str, code: str) -> None:
    (copy / MANIFEST).write_text(text)
    assert faults_of(copy) == [(code, MANIFEST)]


def test_a_later_layout_is_told_from_a_change(copy: Path) -> None:
    """Sealed as we seal, but by a program that has gone on: no accusation, another program."""
    manifest = json.loads((copy / MANIFEST).read_text(encoding="utf-8"))
    manifest["extract"]["format"] += 1
    del manifest["sha256"]
    seal_folder(copy, manifest)
    assert faults_of(copy) == [("other_format", MANIFEST)]


def test_foreign_folders_are_refused(tmp_path: Path) -> None:
    assert faults_of(tmp_path) == [("not_an_extract", tmp_path.name)]
    assert faults_of(tmp_path / "nothing") == [("not_an_extract", "nothing")]
    seal_folder(tmp_path, {"name": "other", "resources": []})
    assert faults_of(tmp_path) == [("other_format", MANIFEST)]
    header = {"format": 3, "cycle": {"code": "x"}, "day": "2021-09-30"}
    seal_folder(tmp_path, {"name": "other", "extract": header, "resources": []})
    assert faults_of(tmp_path) == [("other_format", MANIFEST)]


def test_an_extract_of_the_former_layout_is_refused(copy: Path) -> None:
    manifest = json.loads((copy / MANIFEST).read_text(encoding="utf-8"))
    del manifest["sha256"]
    manifest["extract"]["format"] = 1
    seal_folder(copy, manifest)
    assert faults_of(copy) == [("other_format", MANIFEST)]
    manifest["extract"] |= {"format": 3, "cycle": manifest["extract"]["cycle"] | {"edition": "x"}}
    seal_folder(copy, manifest)
    assert faults_of(copy) == [("other_format", MANIFEST)]


def test_frictionless_accepts_the_description(sealed: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from frictionless import Package

        report = Package.validate_descriptor(json.loads((sealed / MANIFEST).read_text("utf-8")))
    assert report.valid, report.to_summary()


def test_forms_with_chinese_names_have_names_of_their_own(tmp_path: Path) -> None:
    renamed = {f"工具 {n}（省）.md": text for n, text in enumerate(instrument_sources().values())}
    extract = write(tmp_path / "e", instruments=renamed)
    manifest = json.loads((extract.path / MANIFEST).read_text(encoding="utf-8"))
    names = [resource["name"] for resource in manifest["resources"]]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[-a-z0-9._/]+", name) for name in names)  # Frictionless: resource
    assert read_extract(extract.path).sha256 == extract.sha256


def test_zip_is_the_same_bytes_and_comes_back(sealed: Path, tmp_path: Path) -> None:
    for name in ("one.zip", "two.zip"):
        pack_extract(sealed, tmp_path / name)
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    unpack_extract(tmp_path / "one.zip", tmp_path / "again")
    assert read_extract(tmp_path / "again").sha256 == read_extract(sealed).sha256


LINK = zipfile.ZipInfo("units.parquet")
LINK.create_system, LINK.external_attr = 3, 0o120777 << 16
BOMB = zipfile.ZipInfo("units.parquet")
BOMB.compress_type = zipfile.ZIP_DEFLATED
HOSTILE: list[tuple[list[tuple[str | zipfile.ZipInfo, bytes]], str]] = [
    ([("../evil", b"x")], "workbook.zip_bad_path"),
    ([("/tmp/evil", b"x")], "workbook.zip_bad_path"),
    ([("a/../../evil", b"x")], "workbook.zip_bad_path"),
    ([("..\\evil", b"x")], "workbook.zip_bad_path"),
    ([("./units.parquet", b"x")], "workbook.zip_bad_path"),
    ([("n" * 300, b"x")], "workbook.zip_bad_path"),
    ([("instruments/a.md", b"x"), ("instruments", b"x")], "workbook.zip_bad_path"),
    ([(LINK, b"/etc/passwd")], "workbook.zip_bad_path"),
    ([(BOMB, b"0" * 5_000_000)], "workbook.zip_too_large"),
    ([(f"{n}.md", b"") for n in range(2001)], "workbook.zip_too_large"),
    ([("x.txt", b"x")], "extract.not_an_extract"),
]


@pytest.mark.parametrize(("members", "code"), HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_zip_is_refused(
    tmp_path: Path, members: list[tuple[str | zipfile.ZipInfo, bytes]], code: str
) -> None:
    """By the command: a Chinese fault, exit status 1, and not one file unpacked anywhere."""
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(MANIFEST if code != "extract.not_an_extract" else "y.txt", "{}")
        for name, content in members:
            archive.writestr(name, content)
    with pytest.raises(FaultsFound) as found:
        unpack_extract(path, tmp_path / "out")
    assert found.value.faults[0].code == code
    assert [entry.name for entry in tmp_path.iterdir()] == ["x.zip"]
    assert told_by_verify(path) == [(code, "x.zip")]


def told_by_verify(path: Path) -> list[tuple[str, str]]:
    """(code, file) of each fault that `guopei verify` tells; none when it finds nothing."""
    shown = StringIO()
    with redirect_stderr(shown), redirect_stdout(StringIO()):
        try:
            status = cli.run(["verify", str(path)])
        except SystemExit as ended:
            status = ended.code
    told = re.findall(r"^\[([\w.]+)\] (\S+?)[:：]", shown.getvalue(), re.MULTILINE)
    assert status == (1 if told else 0), shown.getvalue()
    return told


def test_verify_names_one_changed_byte_wherever_it_is(sealed: Path, tmp_path: Path) -> None:
    """First, last and middle byte of every file; of the manifest every 101st.

    A hash changed in the manifest accuses its file as well, after the manifest.
    """
    copy = Path(shutil.copytree(sealed, tmp_path / "copy"))
    for name, data in sorted(content(sealed).items()):
        step = 101 if name == MANIFEST else max(len(data) // 2, 1)
        for at in {*range(0, len(data), step), len(data) - 1}:
            (copy / name).write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
            files = [file for _, file in told_by_verify(copy)]
            assert files == [name] or (name == MANIFEST and files[0] == name), (name, at, files)
        (copy / name).write_bytes(data)
    assert told_by_verify(copy) == []


def test_verify_names_every_file_lost_or_added(sealed: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(sealed, tmp_path / "copy"))
    for name, data in sorted(content(sealed).items()):
        if name != MANIFEST:  # without it, it is no extract: test_foreign_folders_are_refused
            (copy / name).unlink()
            assert told_by_verify(copy) == [("extract.missing_file", name)]
            (copy / name).write_bytes(data)
        added = f"{name}.bak"
        (copy / added).write_bytes(data)
        assert told_by_verify(copy) == [("extract.extra_file", added)]
        (copy / added).unlink()
    (copy / "instruments" / "empty").mkdir()  # no file, so nothing was added
    assert told_by_verify(copy) == []


def members(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_a_changed_byte_in_the_zip_is_found(sealed: Path, tmp_path: Path) -> None:
    """In a member it is named; in the zip's own records the zip is, if it changes a member."""
    pack_extract(sealed, tmp_path / "e.zip")
    data = (tmp_path / "e.zip").read_bytes()
    path = tmp_path / "changed.zip"
    for at in range(0, len(data), len(data) // 60):
        path.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
        assert len(told_by_verify(path)) == 1 or members(path) == members(tmp_path / "e.zip"), at
    path.write_bytes(data[: len(data) // 2])
    assert told_by_verify(path) == [("workbook.bad_zip", "changed.zip")]


def test_verify_works_where_there_is_no_site(sealed: Path) -> None:
    """An assessor has neither Flask nor SQLAlchemy: an import of either would fail here."""
    code = (
        "import sys\n"
        "for name in ('flask', 'sqlalchemy', 'wtforms', 'alembic', 'werkzeug'):\n"
        "    sys.modules[name] = None\n"
        "from survey_app import cli\n"
        f"sys.exit(cli.run(['verify', {str(sealed)!r}]))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_what_does_not_fit_is_not_written(tmp_path: Path) -> None:
    tables = frames()
    del tables["raters"]
    tables["surprise"] = tables["units"]
    tables["classes"] = tables["classes"].assign(project=None)
    with pytest.raises(FaultsFound) as found:
        write(tmp_path / "e", tables=tables)
    assert sorted(f.code for f in found.value.faults) == [
        "extract.missing_table",
        "extract.table_contract",
        "extract.unknown_table",
    ]
    assert not (tmp_path / "e").exists()


def test_unknown_references_are_refused(tmp_path: Path) -> None:
    tables = frames()
    tables["classes"] = tables["classes"].assign(project="P9")
    with pytest.raises(FaultsFound) as found:
        write(tmp_path / "e", tables=tables)
    assert [f.code for f in found.value.faults] == ["extract.unknown_reference"]


def test_nothing_is_overwritten(copy: Path) -> None:
    with pytest.raises(FaultsFound) as found:
        write(copy)
    assert found.value.faults[0].code == "extract.exists"


def test_form_names_cannot_leave_the_folder(tmp_path: Path) -> None:
    with pytest.raises(FaultsFound) as found:
        write(tmp_path / "e", instruments={"../a.md": b""})
    assert found.value.faults[0].code == "extract.bad_file_name"
