"""The record of `make prove`, docs/proof.md: what was shown, by which command, at which commit.

The document itself is the record: a row stays until its own proof is done anew, so that a run of a
few proofs, an interrupted one, or several at once lose no row of the others.
"""

from __future__ import annotations

import fcntl
import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from project_root import ROOT

DOCUMENT = ROOT / "docs" / "proof.md"
STORE = "GUOPEI_TEST_STORE"
HEAD = """# Proofs at full count

Made by `make prove`, which can be stopped and goes on where it was; a row stays until its own
command is run anew. The commit is that of the code; `+` behind it: with changes not yet committed.
`make test` runs the same tests at reduced counts.

| command | figures | commit |
|---|---|---|
"""
_COMMAND = "python -m pytest --prove "
_ROW = re.compile(r"\| `(?P<command>.+)` \| (?P<figures>.*) \| (?P<commit>\w+\+?) \|")


@dataclass(frozen=True)
class Proof:
    """What a command has shown, at which commit of the code."""

    figures: str
    commit: str


def command_of(test: str) -> str:
    """The command that proves a test anew, on the store of this run."""
    store = os.environ.get(STORE, "sqlite")
    prefix = "" if store == "sqlite" else f"{STORE}={store} "
    return f"{prefix}{_COMMAND}'{test}'"


def commit() -> str:
    """The commit of the code that is being proved, leaving the documents out."""
    code = ("--", ".", ":!docs", ":(exclude,glob)*.md")
    changed = _git("status", "--porcelain", *code)
    return _git("log", "-1", "--format=%h", *code) + ("+" if changed else "")


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def read_all() -> dict[str, Proof]:
    """All recorded proofs by their commands."""
    if not DOCUMENT.exists():
        return {}
    rows = _ROW.finditer(DOCUMENT.read_text(encoding="utf-8"))
    return {row["command"]: Proof(row["figures"], row["commit"]) for row in rows}


def is_done(test: str, *, known: Mapping[str, Proof], now: str) -> bool:
    """Whether a test is proved at the commit ``now``, which has no changes beside it."""
    proof = known.get(command_of(test))
    return proof is not None and proof.commit == now and not now.endswith("+")


def record(test: str, figures: str, *, at: str) -> None:
    """Put the figures of a proof that held into the document, in place of its former row."""
    told = " ".join(figures.replace("|", "/").split())
    with _alone():
        known = read_all() | {command_of(test): Proof(told, at)}
        rows = [f"| `{c}` | {p.figures} | {p.commit} |\n" for c, p in sorted(known.items())]
        fresh = DOCUMENT.with_suffix(".new")
        fresh.write_text(HEAD + "".join(rows), encoding="utf-8")
        fresh.replace(DOCUMENT)


@contextmanager
def _alone() -> Iterator[None]:
    """Proofs may run side by side; one at a time changes the document."""
    folder = os.open(DOCUMENT.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)
