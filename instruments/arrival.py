"""A folder is built beside its place and takes its name in one step, or nothing has changed."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from instruments.faults import Place, refuse

WORKBENCH = ".guopei-"
"""Beginning of the name of the folder in which a new one is built."""
Check = Callable[[Path], None]


@contextmanager
def arriving_folder(place: Path, *, check: Check) -> Iterator[Path]:
    """An empty folder that takes the name ``place`` when the block ends well.

    What was at ``place`` gives way in the same step. A block that fails, or a process that dies,
    leaves ``place`` as it was; what a dead process left beside it is cleared by the next. Before
    and after the block ``check`` may refuse to replace what is at ``place``. Raises FaultsFound
    when nothing can be written there or another process is writing the same folder.
    """
    place = place.resolve()
    with _workbench(place) as bench:
        fresh, former = bench / "new", bench / "former"
        _clear(fresh, former, place)
        check(place)
        fresh.mkdir()
        yield fresh
        check(place)
        _to_disk(fresh)
        _swap(fresh, former, place)


def check_empty(place: Path) -> None:
    """Refuse a place that holds anything."""
    if place.exists() and (not place.is_dir() or any(place.iterdir())):
        raise refuse("extract.exists", Place(file=place.name))


@contextmanager
def _workbench(place: Path) -> Iterator[Path]:
    """A folder of this process alone on the file system of ``place``; removed at the end."""
    parent = next((one for one in place.parents if one.is_dir()), place)
    bench = parent / f"{WORKBENCH}{place.name}"
    try:
        bench.mkdir(exist_ok=True)
        handle = os.open(bench, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError as error:
        raise refuse("extract.unwritable", Place(file=str(parent))) from error
    try:
        _lock(handle, bench)
        try:
            yield bench
        finally:
            shutil.rmtree(bench, ignore_errors=True)
    finally:
        os.close(handle)


def _lock(handle: int, bench: Path) -> None:
    """Hold the folder until the process ends, however it ends."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.samestat(os.fstat(handle), bench.stat()):
            return  # else its holder has just removed it
    except (BlockingIOError, FileNotFoundError):
        pass
    raise refuse("extract.being_written", Place(file=bench.name.removeprefix(WORKBENCH)))


def _clear(fresh: Path, former: Path, place: Path) -> None:
    """Undo what a process that died between two steps has left."""
    if former.exists() and not place.exists():
        former.rename(place)
    for left in (fresh, former):
        shutil.rmtree(left, ignore_errors=True)


def _to_disk(folder: Path) -> None:
    """Let a power cut after the swap find whole files."""
    for path in (*folder.rglob("*"), folder):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _swap(fresh: Path, former: Path, place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    try:
        if place.exists():
            place.rename(former)
        fresh.rename(place)
    except BaseException:
        if former.exists():
            former.rename(place)
        raise
