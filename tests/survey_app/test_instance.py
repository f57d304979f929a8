"""The instance folder: private, whole or absent, every fault of it told before anything runs."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from instruments.catalogue import Checked
from instruments.catalogue_writer import write_catalogue
from instruments.faults import FaultsFound
from survey_app import cli, db, migration
from survey_app.config import SECRETS, load_settings
from survey_app.demo.people import Clerk
from survey_app.demo.programme import sample_catalogue
from survey_app.demo.run import make_instance
from survey_app.demo.server import free_port, running_site
from survey_app.models import AccountRow
from survey_app.services.accounts import check_password

pytestmark = pytest.mark.once


@pytest.fixture(scope="module")
def pattern(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An instance as the command makes it."""
    home = tmp_path_factory.mktemp("pattern") / "instance"
    make_instance(home)
    return home


@pytest.fixture
def home(pattern: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it, as the instance of the commands that a test runs."""
    copy = tmp_path / "instance"
    shutil.copytree(pattern, copy)
    monkeypatch.setenv("GUOPEI_HOME", str(copy))
    return copy


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A place where no instance is yet."""
    monkeypatch.setenv("GUOPEI_HOME", str(tmp_path / "new" / "instance"))
    return tmp_path / "new" / "instance"


def modes(folder: Path) -> dict[str, int]:
    paths = (folder, *folder.rglob("*"))
    return {path.name: path.stat().st_mode & 0o777 for path in paths}


def open_to_others(folder: Path) -> list[str]:
    return [name for name, mode in modes(folder).items() if mode & 0o077]


def snapshot(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def told(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Codes of the faults on stderr; a traceback is none."""
    shown = capsys.readouterr().err
    assert "Traceback" not in shown
    return re.findall(r"^\[([a-z._0-9]+)\]", shown, re.M)


def test_only_the_owner_may_read_it(tmp_path: Path) -> None:
    os.umask(0)
    home = tmp_path / "instance"
    credentials = make_instance(home)
    assert modes(home)["instance"] == 0o700 and open_to_others(home) == []
    workbook = write_catalogue(sample_catalogue(np.random.default_rng(1), trainees=120, classes=12))
    with running_site(home, free_port(0)) as address:
        visitor = Clerk(address, *credentials).visitor
        page = visitor.get("/province/import")
        upload = [("样例.xlsx", workbook, "application/octet-stream")]
        visitor.send(page, page.form(having="workbook"), workbook=upload)
        assert list((home / "imports").iterdir())
        assert open_to_others(home) == []


def test_init_makes_an_old_instance_private(home: Path) -> None:
    home.chmod(0o755)
    assert cli.run(["init", "--admin", "province"]) == 0
    assert modes(home)["instance"] == 0o700


DAMAGES = {
    "site.secret_missing": lambda path: path.unlink(),
    "site.secret_damaged": lambda path: path.write_bytes(b""),
    "site.secret_damaged#short": lambda path: path.write_bytes(path.read_bytes()[:-2]),
    "site.secret_damaged#odd": lambda path: path.write_bytes(path.read_bytes()[:-1]),
    "site.secret_damaged#bytes": lambda path: path.write_bytes(b"\xff" * 64),
}


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("command", [["serve", "--port", "1"], ["close"], ["run-job", "x"]])
def test_every_damaged_secret_is_told(home: Path, capsys, damage: str, command) -> None:
    for name in ("ticket", "rater"):
        DAMAGES[damage](home / "secrets" / name)
    assert cli.run(command) == 1
    assert told(capsys) == [damage.partition("#")[0]] * 2


def test_a_lost_secret_is_made_anew_by_init_alone_and_said(home: Path, capsys) -> None:
    kept = (home / "secrets" / "form").read_bytes()
    (home / "secrets" / "ticket").unlink()
    assert cli.run(["init", "--admin", "province"]) == 0
    assert "已另建密钥：ticket" in capsys.readouterr().out
    assert (home / "secrets" / "form").read_bytes() == kept
    assert len(load_settings(home).secret("ticket")) == 32
    (home / "secrets" / "form").write_text("")
    assert cli.run(["init", "--admin", "province"]) == 1
    assert told(capsys) == ["site.secret_damaged"]
    assert (home / "secrets" / "form").read_text() == ""


CONFIG_FAULTS: list[tuple[str, str, str, int | None]] = [
    ("threads = 16", 'threads = "16"', "site.config_number", 8),
    ("threads = 16", "threads = 0", "site.config_number", 8),
    ("threads = 16", "threads = true", "site.config_number", 8),
    ("threads = 16", "threads = 16.0", "site.config_number", 8),
    ("threads = 16", "threads = 65", "site.config_number", 8),
    ("threads = 16", "", "site.config_missing", None),
    ("threads = 16", "threads = 16\nthread = 3", "site.config_unknown", 9),
    ("proxies = 0", "proxies = 0\n[home]\na = 1", "site.config_unknown", 23),
    ("threads = 16", "threads 16", "site.config_unreadable", 8),
    ("form_days = 7", "form_days = -1", "site.config_number", 10),
    ("upload_mb = 20", "upload_mb = 5000", "site.config_number", 12),
    ("sign_in_hours = 12", "sign_in_hours = []", "site.config_number", 14),
    ('title = "教师培训绩效评估"', "title = 3", "site.config_title", 2),
    ('title = "教师培训绩效评估"', 'title = " "', "site.config_title", 2),
    ('title = "教师培训绩效评估"', 'title = "a\\u0007"', "site.config_title", 2),
    ("http://127", "ftp://127", "site.config_base_url", 4),
    ("http://127.0.0.1:8000", "http://", "site.config_base_url", 4),
    ("http://127.0.0.1:8000", "http://x:99999", "site.config_base_url", 4),
    ("http://127.0.0.1:8000", "https://[x", "site.config_base_url", 4),
    ('["localhost", "127.0.0.1"]', '"localhost"', "site.config_trusted_hosts", 6),
    ('["localhost", "127.0.0.1"]', '["http://x"]', "site.config_trusted_hosts", 6),
    ('["localhost", "127.0.0.1"]', "[1]", "site.config_trusted_hosts", 6),
]


@pytest.mark.parametrize(("old", "new", "code", "row"), CONFIG_FAULTS)
def test_each_fault_of_the_config_by_key_and_line(home: Path, old, new, code, row) -> None:
    config = home / "config.toml"
    text = config.read_text(encoding="utf-8")
    assert old in text
    config.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(FaultsFound) as found:
        load_settings(home)
    assert [(one.code, one.place.row) for one in found.value.faults] == [(code, row)]
    assert code != "site.config_number" or f"“{old.split()[0]}”" in str(found.value)


def test_all_faults_of_the_config_are_told_at_once(home: Path, capsys) -> None:
    (home / "config.toml").write_text('title = 1\nthreads = "x"\nextra = 2\n', encoding="utf-8")
    assert cli.run(["serve"]) == 1
    codes = told(capsys)
    assert codes[:3] == ["site.config_title", "site.config_number", "site.config_unknown"]
    assert codes[3:] == ["site.config_missing"] * 9


def test_a_config_that_is_not_utf8_is_told(home: Path, capsys) -> None:
    (home / "config.toml").write_bytes("title = “站点”".encode("gb18030"))
    assert cli.run(["close"]) == 1
    assert told(capsys) == ["site.config_not_utf8"]


@pytest.mark.parametrize(
    "command",
    [["serve"], ["close"], ["extract"], ["run-job", "x"], ["import", __file__], ["init"]],
    ids=" ".join,
)
def test_only_init_makes_a_store(home: Path, capsys, monkeypatch, command: list[str]) -> None:
    monkeypatch.setattr("survey_app.services.imports.check_path", lambda path: Checked(None, ()))
    (home / "site.db").unlink()
    code = cli.run(command)
    assert (code, (home / "site.db").exists()) == ((0, True) if command == ["init"] else (1, False))
    assert told(capsys) == ([] if command == ["init"] else ["site.no_store"])


def test_a_file_that_is_no_store_is_told(home: Path, capsys) -> None:
    (home / "site.db").write_bytes(b"no database at all, but long enough to have a header" * 20)
    assert cli.run(["close"]) == 1
    assert told(capsys) == ["site.store_unreadable"]


REFUSED = {
    "site.config_title": ["--title", "培训\x1b[31m评估"],
    "site.config_title#line": ["--title", "培训\n评估"],
    "site.config_title#empty": ["--title", ""],
    "site.config_base_url": ["--base-url", "pingjia.example.cn"],
    "site.login_unusable": ["--admin", "a\x00b"],
    "site.login_unusable#space": ["--admin", "省 级"],
    "site.password_file": ["--password-file", "gb.txt"],
    "site.password_short": ["--password-file", "empty.txt"],
}


@pytest.mark.parametrize("case", REFUSED)
def test_init_refuses_before_it_makes_anything(
    nowhere: Path, tmp_path: Path, capsys, monkeypatch, case: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "gb.txt").write_bytes("密码密码密码密码密码密码".encode("gb18030"))
    (tmp_path / "empty.txt").write_text("\n")
    assert cli.run(["init", *REFUSED[case]]) == 1
    assert told(capsys) == [case.partition("#")[0]]
    assert not nowhere.parent.exists()


def test_quotes_and_backslashes_of_a_title_are_kept(nowhere: Path) -> None:
    title = '“国培”\\ "2021"　绩效'
    assert cli.run(["init", "--title", title]) == 0
    assert load_settings(nowhere).title == title


def test_a_password_file_may_have_a_byte_order_mark(nowhere: Path, tmp_path: Path, capsys) -> None:
    (tmp_path / "note").write_text("\ufeffa-long-password\r\n", encoding="utf-8")
    assert cli.run(["init", "--password-file", str(tmp_path / "note")]) == 0
    assert "a-long-password" not in capsys.readouterr().out
    engine = migration.open_store(load_settings(nowhere))
    with db.look(engine) as session:
        assert check_password(session, login="admin", password="a-long-password")
    engine.dispose()


@pytest.mark.parametrize("what", ["file", "folder", "instance without config"])
def test_init_touches_nothing_foreign(nowhere: Path, pattern: Path, capsys, what: str) -> None:
    nowhere.parent.mkdir()
    if what == "file":
        nowhere.write_text("mine")
    elif what == "folder":
        nowhere.mkdir()
        (nowhere / "论文.doc").write_text("mine")
    else:
        shutil.copytree(pattern, nowhere)
        (nowhere / "config.toml").unlink()
    before = snapshot(nowhere.parent)
    assert cli.run(["init"]) == 1
    assert told(capsys) == [f"site.home_{'is_file' if what == 'file' else 'foreign'}"]
    assert snapshot(nowhere.parent) == before


def test_init_fills_an_empty_folder(nowhere: Path) -> None:
    nowhere.mkdir(parents=True, mode=0o755)
    assert cli.run(["init"]) == 0
    assert modes(nowhere)["instance"] == 0o700
    assert {path.name for path in (nowhere / "secrets").iterdir()} == set(SECRETS)


def test_an_init_that_fails_leaves_nothing(nowhere: Path, monkeypatch, capsys) -> None:
    def fail(_engine: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(migration, "upgrade", fail)
    assert cli.run(["init"]) == 3
    assert not nowhere.parent.exists()
    monkeypatch.undo()


def test_a_password_that_could_not_be_told_makes_no_account(home: Path) -> None:
    with Path("/dev/full").open("w") as full:
        words = [sys.executable, "-m", "survey_app", "init", "--admin", "another"]
        done = subprocess.run(words, stdout=full, capture_output=False, check=False)
    assert done.returncode != 0
    engine = migration.open_store(load_settings(home))
    with db.look(engine) as session:
        assert session.get(AccountRow, "another") is None
    engine.dispose()


def test_a_secret_that_another_process_has_renewed_is_read_anew(home: Path) -> None:
    settings = load_settings(home)
    former, fresh = settings.secret("pairing"), bytes(range(32))
    renewed = home / "secrets" / "renewed"
    renewed.write_text(fresh.hex())
    renewed.replace(home / "secrets" / "pairing")
    assert former != fresh == settings.secret("pairing")
