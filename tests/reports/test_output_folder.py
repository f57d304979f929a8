"""An output folder is swapped in whole, and foreign data is never touched."""

from __future__ import annotations

from pathlib import Path

import pytest
from sample_results import sample_results

from instruments.faults import FaultsFound
from reports.folder import write_results
from reports.output import KINDS, replaced_folder


def content(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def write(kind: str, folder: Path) -> None:
    """A former output of ``kind``."""
    if kind == "assess":
        write("results", folder / "results")
        write("bulletin", folder / "bulletin")
    elif kind == "results":
        write_results(sample_results(), folder)
    else:
        folder.mkdir(parents=True)
        (folder / "bulletin.html").write_text("x")


FOREIGN = {
    "results": ("thesis.doc", "units.csv.bak", "old/units.csv"),
    "bulletin": ("thesis.doc", "bulletin.html.bak", "old/bulletin.html"),
    "assess": ("thesis.doc", "results/mine.csv", "extract/mine.csv", "bulletin/a/b.html"),
}


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_former_output_is_replaced_whole(kind: str, tmp_path: Path) -> None:
    write(kind, tmp_path / "out")
    with replaced_folder(tmp_path / "out", kind=kind) as fresh:
        (fresh / "a").write_text("new")
        assert "a" not in content(tmp_path / "out")
    assert content(tmp_path / "out") == {"a": b"new"}
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize(("kind", "name"), [(k, n) for k in FOREIGN for n in FOREIGN[k]])
@pytest.mark.parametrize("formerly", [True, False])
def test_foreign_data_is_never_touched(
    kind: str, name: str, formerly: bool, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    if formerly:
        write(kind, out)
    (out / name).parent.mkdir(parents=True, exist_ok=True)
    (out / name).write_text("mine")
    before = content(tmp_path)
    with pytest.raises(FaultsFound) as found, replaced_folder(out, kind=kind):
        raise AssertionError("the work began")
    assert found.value.faults[0].code == "reports.occupied"
    assert content(tmp_path) == before


def test_data_that_arrives_meanwhile_is_kept(tmp_path: Path) -> None:
    with (
        pytest.raises(FaultsFound),
        replaced_folder(tmp_path / "out", kind="bulletin"),
    ):
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / "mine.txt").write_text("mine")
    assert content(tmp_path) == {"out/mine.txt": b"mine"}


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_failure_leaves_the_former_output(kind: str, tmp_path: Path) -> None:
    write(kind, tmp_path / "out")
    before = content(tmp_path)
    with (
        pytest.raises(RuntimeError),
        replaced_folder(tmp_path / "out", kind=kind) as fresh,
    ):
        (fresh / "half").write_text("x")
        raise RuntimeError
    assert content(tmp_path) == before


def test_failure_makes_no_folder(tmp_path: Path) -> None:
    with (
        pytest.raises(RuntimeError),
        replaced_folder(tmp_path / "a" / "b", kind="results") as fresh,
    ):
        (fresh / "half").write_text("x")
        raise RuntimeError
    assert not any(tmp_path.iterdir())


def test_foreign_manifest_and_links_are_foreign(tmp_path: Path) -> None:
    (tmp_path / "results.json").write_text("{}")
    with pytest.raises(FaultsFound), replaced_folder(tmp_path, kind="results"):
        pass
    assert content(tmp_path) == {"results.json": b"{}"}
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "bulletin.html").symlink_to(tmp_path / "results.json")
    with pytest.raises(FaultsFound), replaced_folder(tmp_path / "b", kind="bulletin"):
        pass
    assert (tmp_path / "b" / "bulletin.html").is_symlink()


def test_package_of_others_is_foreign(tmp_path: Path) -> None:
    (tmp_path / "extract").mkdir()
    package = '{"resources": [{"path": "mine.csv"}]}'
    (tmp_path / "extract" / "datapackage.json").write_text(package)
    (tmp_path / "extract" / "mine.csv").write_text("mine")
    with pytest.raises(FaultsFound), replaced_folder(tmp_path, kind="assess"):
        pass
    assert (tmp_path / "extract" / "mine.csv").exists()


def test_file_is_no_place(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("x")
    with pytest.raises(FaultsFound) as found, replaced_folder(tmp_path / "f", kind="results"):
        pass
    assert found.value.faults[0].code == "reports.out_is_file"
