"""Runs a command in a process of its own that dies, as by kill -9, before the n-th change it makes.

A change is a call that opens a file to write, makes, renames or removes a file or folder, or a
statement to the store. It is counted by the interpreter's audit events, so that no clock decides.
"""

from __future__ import annotations

import io
import multiprocessing
import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from itertools import count
from multiprocessing import forkserver
from multiprocessing.context import ForkServerContext
from pathlib import Path

import matplotlib.figure  # noqa: F401 - all is loaded once, before a run is forked
import pyarrow.dataset  # noqa: F401
import pytest
from sqlalchemy import Engine, event

import reports.evaluation  # noqa: F401
import survey_app.commands  # noqa: F401
import survey_app.instance  # noqa: F401
import survey_app.migration  # noqa: F401
import survey_app.services.accounts  # noqa: F401
import survey_app.services.extract  # noqa: F401
import survey_app.services.imports  # noqa: F401
from reports.commands import KERNEL
from survey_app import cli, clock

NEVER = 0
CHANGES = {"os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.link", "os.symlink", "os.chmod"}
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


@dataclass(frozen=True)
class Outcome:
    """How a run ended: ``status`` -9 when it was killed; what it changed and printed till then."""

    status: int
    changes: tuple[str, ...]
    said: str


def run(arguments: Sequence[str], *, home: Path, note: Path, kill_at: int = NEVER) -> Outcome:
    """Run `guopei` on the instance ``home``; ``note`` is a file for what it prints."""
    made = note.with_suffix(".changes")
    process = _server().Process(target=_child, args=(arguments, home, note, made, kill_at))
    process.start()
    process.join()
    status = process.exitcode
    process.close()
    changes = made.read_text(encoding="utf-8").split()
    return Outcome(status, tuple(changes), note.read_text(encoding="utf-8"))


@cache
def _server() -> ForkServerContext:
    """Starts the process that loads everything once and is forked for every run."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    with pytest.MonkeyPatch.context() as patch:  # it has a path of its own to this module
        patch.setenv("PYTHONPATH", str(Path(__file__).parent), prepend=os.pathsep)
        for name, value in KERNEL.items():
            patch.setenv(name, value)
        forkserver.ensure_running()
    return context


def _child(arguments: Sequence[str], home: Path, note: Path, made: Path, kill_at: int) -> None:
    os.environ["GUOPEI_HOME"] = str(home)
    clock.now = lambda: datetime(2021, 8, 1, tzinfo=UTC)
    sys.stdout = sys.stderr = io.TextIOWrapper(note.open("wb", 0), "utf-8", write_through=True)
    changes, number = made.open("wb", 0), count(1)

    def change(name: str) -> None:
        changes.write(f"{name}\n".encode())
        if next(number) == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def heard(name: str, details: tuple) -> None:
        if name in CHANGES or (name == "open" and _writes(*details)):
            change(name)

    def asked(_connection, _cursor, statement: str, *_rest: object) -> None:
        if not statement.startswith(("SELECT", "PRAGMA")):
            change("statement")

    event.listen(Engine, "before_cursor_execute", asked)
    event.listen(Engine, "commit", lambda _connection: change("commit"))
    sys.addaudithook(heard)
    sys.exit(cli.run(list(arguments)))


def _writes(path: object, mode: str | None, flags: int) -> bool:
    del path, mode
    return bool(flags & WRITING)
