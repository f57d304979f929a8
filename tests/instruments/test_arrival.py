"""A folder arrives whole, alone, and after a process that died on the way."""

from __future__ import annotations

from pathlib import Path

import pytest

from instruments.arrival import WORKBENCH, arriving_folder, check_empty
from instruments.faults import FaultsFound


def anything(_place: Path) -> None:
    """Whatever is there may be replaced."""


def content(folder: Path) -> dict[str, str]:
    return {str(p.relative_to(folder)): p.read_text() for p in folder.rglob("*") if p.is_file()}


def test_it_arrives_whole_and_leaves_nothing_beside(tmp_path: Path) -> None:
    with arriving_folder(tmp_path / "a" / "out", check=check_empty) as fresh:
        (fresh / "x").write_text("1")
        assert not (tmp_path / "a").exists()
    assert content(tmp_path) == {"a/out/x": "1"}
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_an_empty_folder_may_be_there_and_anything_else_may_not(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    with arriving_folder(tmp_path / "out", check=check_empty) as fresh:
        (fresh / "x").write_text("1")
    with (
        pytest.raises(FaultsFound, match=r"extract\.exists"),
        arriving_folder(tmp_path / "out", check=check_empty),
    ):
        raise AssertionError("the work began")
    assert content(tmp_path) == {"out/x": "1"}


@pytest.mark.parametrize("swapping", [True, False])
def test_what_a_dead_process_left_is_cleared_and_nothing_is_lost(
    tmp_path: Path, swapping: bool
) -> None:
    """It died while it built, or between the two steps of the swap."""
    bench, out = tmp_path / f"{WORKBENCH}out", tmp_path / "out"
    for folder, text in ((bench / "new", "half"), (bench / "former" if swapping else out, "old")):
        folder.mkdir(parents=True)
        (folder / "x").write_text(text)
    with pytest.raises(RuntimeError), arriving_folder(out, check=anything) as fresh:
        assert content(fresh) == {}
        raise RuntimeError
    assert content(tmp_path) == {"out/x": "old"}
    assert not bench.exists()


def test_two_never_write_the_same_folder(tmp_path: Path) -> None:
    with arriving_folder(tmp_path / "out", check=anything) as fresh:
        (fresh / "x").write_text("first")
        with (
            pytest.raises(FaultsFound, match=r"extract\.being_written"),
            arriving_folder(tmp_path / "out", check=anything),
        ):
            raise AssertionError("the work began")
    assert content(tmp_path) == {"out/x": "first"}


def test_a_place_that_cannot_be_written_is_told_before_the_work(tmp_path: Path) -> None:
    (tmp_path / f"{WORKBENCH}out").write_text("a file where the folder would be built")
    with (
        pytest.raises(FaultsFound, match=r"extract\.unwritable"),
        arriving_folder(tmp_path / "out", check=anything),
    ):
        raise AssertionError("the work began")
