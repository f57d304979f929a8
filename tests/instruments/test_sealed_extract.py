"""An extract is the same bytes twice, valid Frictionless, and every change in it is named."""

from __future__ import annotations

import json
import re
import shutil
import warnings
import zipfile
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from instruments.builtin import framework_source, instrument_sources, load_instruments, plan_source
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
from instruments.tables import FIXED_TABLES, response_table

CYCLE = Cycle("2021-S", "样例年度", 2021, True)


def frames() -> dict[str, pd.DataFrame]:
    forms = load_instruments(instrument_sources())
    contracts = [t for t in (*FIXED_TABLES, *map(response_table, forms)) if t.name != "codebook"]
    made = {table.name: pd.DataFrame(columns=table.names) for table in contracts}
    unit = {"kind": "project", "unit": "P1", "name": "样例项目", "mode": "residential"}
    made["units"] = pd.DataFrame([unit]).reindex(columns=made["units"].columns)
    classes = [{"class_code": c, "name": c, "project": "P1", "enrolled": 30} for c in ("C2", "C1")]
    made["classes"] = pd.DataFrame(classes).reindex(columns=made["classes"].columns)
    row = {"class_code": "C1", "day": "2021-09-05", "status": "accepted", "q01": "5", "q20": "na"}
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
        "framework": framework_source(),
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
    assert (extract.cycle, extract.day, extract.framework.code) == (CYCLE, "2021-09-30", "A")
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
    (copy / "plan.yaml").symlink_to(copy / "framework.yaml")
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


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"resources": [{"path": 1, "hash": 2}]}', "[" * 9999]
)
def test_broken_manifest(copy: Path, text: str) -> None:
    (copy / MANIFEST).write_text(text)
    assert faults_of(copy) == [("changed", MANIFEST)]


def test_foreign_folders_are_refused(tmp_path: Path) -> None:
    assert faults_of(tmp_path) == [("not_an_extract", tmp_path.name)]
    assert faults_of(tmp_path / "nothing") == [("not_an_extract", "nothing")]
    seal_folder(tmp_path, {"name": "other", "resources": []})
    assert faults_of(tmp_path) == [("other_format", tmp_path.name)]


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


@pytest.mark.parametrize(
    ("member", "code"),
    [("../evil", "workbook.zip_bad_path"), ("x.txt", "extract.not_an_extract")],
)
def test_hostile_zip_is_refused(tmp_path: Path, member: str, code: str) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr(member, "x")
    with pytest.raises(FaultsFound) as found:
        unpack_extract(tmp_path / "x.zip", tmp_path / "out")
    assert found.value.faults[0].code == code
    assert not (tmp_path / "out").exists()


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
