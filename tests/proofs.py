"""The record of `make prove`: what was shown, at which commit; resumed where it stopped."""

from __future__ import annotations

import json
import subprocess

from project_root import ROOT

STATE = ROOT / ".proofs.json"
DOCUMENT = ROOT / "docs" / "proof.md"
HEAD = """# Proofs at full count

Made by `make prove`, which can be stopped and goes on where it was.
`make test` runs the same tests at reduced counts.

| proof | figures | commit |
|---|---|---|
"""


def commit() -> str:
    """The commit of the code that is being proved, leaving the record itself out."""
    command = ["git", "log", "-1", "--format=%h", "--", ".", ":!docs"]
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.strip()


def read_all() -> dict[str, dict[str, str]]:
    """All recorded proofs by test."""
    return json.loads(STATE.read_text(encoding="utf-8")) if STATE.exists() else {}


def read_done() -> set[str]:
    """Tests proved at this commit."""
    now = commit()
    return {test for test, proof in read_all().items() if proof["commit"] == now}


def record(test: str, figures: str) -> None:
    """Keep the figures of a proof that held."""
    known = read_all() | {test: {"commit": commit(), "figures": figures}}
    STATE.write_text(json.dumps(known, ensure_ascii=False, indent=1), encoding="utf-8")


def write_document() -> None:
    """Write docs/proof.md from the record."""
    rows = [f"| `{t}` | {p['figures']} | {p['commit']} |" for t, p in sorted(read_all().items())]
    DOCUMENT.write_text(HEAD + "\n".join(rows) + "\n", encoding="utf-8")
