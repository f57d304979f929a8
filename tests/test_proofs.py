"""The record of proofs: a run of some keeps the others, and says by which command each was made."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import proofs
from project_root import ROOT
from proofs import Proof

ONE, OTHER = "tests/test_a.py::test_x[sqlite]", "tests/survey_app/test_b.py::test_y"


@pytest.fixture(autouse=True)
def document(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv(proofs.STORE, raising=False)
    monkeypatch.setattr(proofs, "DOCUMENT", tmp_path / "proof.md")
    return tmp_path / "proof.md"


def test_a_row_stays_until_its_own_proof_is_done_anew(document: Path) -> None:
    proofs.record(OTHER, "40 of 40", at="aaaa111")
    proofs.record(ONE, "1 |\n of 1", at="aaaa111")
    proofs.record(ONE, "2 of 2", at="bbbb222")
    command = "python -m pytest --prove "
    assert proofs.read_all() == {
        f"{command}'{OTHER}'": Proof("40 of 40", "aaaa111"),
        f"{command}'{ONE}'": Proof("2 of 2", "bbbb222"),
    }
    assert document.read_text("utf-8").startswith(proofs.HEAD)


def test_each_store_has_a_row_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    proofs.record(OTHER, "here", at="aaaa111")
    monkeypatch.setenv(proofs.STORE, "postgresql")
    assert not proofs.is_done(OTHER, known=proofs.read_all(), now="aaaa111")
    proofs.record(OTHER, "there", at="aaaa111")
    assert [proof.figures for proof in proofs.read_all().values()] == ["there", "here"]
    assert "GUOPEI_TEST_STORE=postgresql python -m pytest --prove" in min(proofs.read_all())


def test_what_is_done_at_this_commit_is_not_done_again() -> None:
    proofs.record(ONE, "held", at="aaaa111")
    known = proofs.read_all()
    assert proofs.is_done(ONE, known=known, now="aaaa111")
    assert not proofs.is_done(ONE, known=known, now="bbbb222")
    assert not proofs.is_done(OTHER, known=known, now="aaaa111")


def test_what_ran_with_changes_beside_the_commit_says_so_and_is_never_done() -> None:
    proofs.record(ONE, "held", at="aaaa111+")
    assert proofs.read_all()[proofs.command_of(ONE)].commit == "aaaa111+"
    assert not proofs.is_done(ONE, known=proofs.read_all(), now="aaaa111+")


def test_proofs_side_by_side_lose_none() -> None:
    tests = [f"tests/test_a.py::test_{number}" for number in range(24)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda test: proofs.record(test, "held", at="aaaa111"), tests))
    assert set(proofs.read_all()) == {proofs.command_of(test) for test in tests}


def test_the_document_of_the_project_can_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every row of it, and each names a test that is there."""
    document = ROOT / "docs" / "proof.md"
    monkeypatch.setattr(proofs, "DOCUMENT", document)
    rows = [line for line in document.read_text("utf-8").splitlines() if line.startswith("| `")]
    known = proofs.read_all()
    assert len(known) == len(rows) > 0
    for command in known:
        place, name = command.split("'")[1].split("::")
        assert f"def {name.partition('[')[0]}(" in (ROOT / place).read_text("utf-8"), command
