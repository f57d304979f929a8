"""A backup of a running site: whole, without keys, without order; restored, it is the same site."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from site_for_tests import Site, answer_all
from survey_app import create_app, db
from survey_app.cli import guopei
from survey_app.migration import open_store
from survey_app.models import ResponseRow

pytest_plugins = ("site_fixtures",)


def run(site: Site, monkeypatch: pytest.MonkeyPatch, out: Path):
    monkeypatch.setenv("GUOPEI_HOME", str(site.home))
    return CliRunner().invoke(guopei, ["backup", "--out", str(out)])


def test_a_backup_is_restored_by_putting_the_keys_back(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent, out = answer_all(site), tmp_path / "backup"
    done = run(site, monkeypatch, out)
    assert done.exit_code == 0 and "不含密钥" in done.output
    assert not (out / "secrets").exists()
    assert {path.name for path in out.iterdir() if path.name.startswith("site.db")} == {"site.db"}
    shutil.copytree(site.home / "secrets", out / "secrets")
    restored = create_app(out)
    with db.look(restored.extensions["engine"]) as session:
        assert set(session.scalars(select(ResponseRow.id))) == set(sent)
    assert restored.test_client().get("/c/C1").status_code == 200
    restored.extensions["engine"].dispose()


def test_the_copy_s_layout_is_that_of_its_keys(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent, out = answer_all(site), tmp_path / "backup"
    assert run(site, monkeypatch, out).exit_code == 0
    data = (out / "site.db").read_bytes()
    lying = sorted(sent, key=lambda one: data.find(one.encode()))
    assert lying in (sorted(sent), sorted(sent, reverse=True))


def test_nothing_is_written_over(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "backup"
    out.mkdir()
    (out / "mine").write_text("x")
    done = run(site, monkeypatch, out)
    assert done.exit_code == 1 and [path.name for path in out.iterdir()] == ["mine"]
    open_store(site.settings).dispose()  # the site is untouched
