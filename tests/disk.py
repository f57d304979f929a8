"""A disk that loses power: what of a folder is left when every write that was not synced is gone.

`power_cut.c`, preloaded into a server, notes its writes and syncs; this reads the notes. Names of
files (made, renamed, removed) are kept in order, as a journalling file system keeps them; bytes are
kept only up to a file's last sync that had ended, and of the others, if asked, some at random.
"""

from __future__ import annotations

import shutil
import struct
import subprocess
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from project_root import ROOT

NO_COMPILER = "no C compiler: install Debian's package `gcc`"
_HEAD = struct.Struct("<cQQII")
Change = tuple[str, int, bytes]
"""Letter, offset or length, bytes."""


def preloaded(folder: Path) -> Path:
    """The compiled library."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip(NO_COMPILER)
    library = folder / "power_cut.so"
    source = ROOT / "tests/power_cut.c"
    subprocess.run([compiler, "-shared", "-fPIC", "-O2", "-o", library, source, "-ldl"], check=True)
    return library


class Disk:
    """The contents of ``folder`` as they were, and as a power cut leaves them while notes go on."""

    def __init__(self, folder: Path, log: Path) -> None:
        self._folder, self._log, self._read = folder, log, 0
        paths = [path for path in folder.rglob("*") if path.is_file()]
        self._synced = {str(path): bytearray(path.read_bytes()) for path in paths}
        self._folders = [path for path in folder.rglob("*") if path.is_dir()]
        self._open: dict[str, list[Change]] = defaultdict(list)
        self._begun: dict[int, tuple[str, int]] = {}

    def go_on(self, size: int) -> None:
        """Read the notes up to ``size`` bytes of them."""
        with self._log.open("rb") as log:
            log.seek(self._read)
            notes = log.read(size - self._read)
        for length, record in _records(notes):
            self._note(*record)
            self._read += length

    def _note(self, letter: str, number: int, offset: int, path: str, data: bytes) -> None:
        if letter in "WTA":
            self._open[path].append((letter, offset, data))
        elif letter == "S":
            self._begun[number] = path, len(self._open.get(path, ()))
        elif letter == "E":
            self._sync(number)
        elif letter == "U":
            self._synced.pop(path, None)
            self._open.pop(path, None)
        elif letter == "R":
            for kept in (self._synced, self._open):
                if path in kept:
                    kept[data.decode()] = kept.pop(path)

    def _sync(self, number: int) -> None:
        path, count = self._begun.pop(number)
        if path not in self._open and path not in self._synced:
            return
        waiting = self._open[path]
        content = self._synced.setdefault(path, bytearray())
        for change in waiting[:count]:
            _apply(content, change)
        del waiting[:count]
        for other, (name, length) in self._begun.items():
            if name == path:
                self._begun[other] = name, max(0, length - count)

    def left(self, place: Path, rng: np.random.Generator | None = None) -> Path:
        """Write what a power cut now would leave to ``place``; with ``rng`` some unsynced writes
        have reached the disk all the same."""
        for folder in self._folders:
            (place / folder.relative_to(self._folder)).mkdir(parents=True, exist_ok=True)
        for path in sorted({*self._synced, *self._open}):
            content = bytearray(self._synced.get(path, b""))
            for change in self._open.get(path, ()):
                if rng is not None and rng.random() < 0.5:
                    _apply(content, change)
            target = place / Path(path).relative_to(self._folder)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        return place


def _apply(content: bytearray, change: Change) -> None:
    letter, offset, data = change
    if letter == "T":
        del content[offset:]
    end = offset + len(data)
    if len(content) < end:
        content.extend(bytes(end - len(content)))
    content[offset:end] = data


def _records(notes: bytes) -> Iterator[tuple[int, tuple[str, int, int, str, bytes]]]:
    """Each whole record with its length."""
    at = 0
    while at + _HEAD.size <= len(notes):
        letter, number, offset, path, data = _HEAD.unpack_from(notes, at)
        start = at + _HEAD.size
        end = start + path + data
        if end > len(notes):
            return  # it was being written
        name = notes[start : start + path].decode()
        yield end - at, (letter.decode(), number, offset, name, notes[start + path : end])
        at = end
