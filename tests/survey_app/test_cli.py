"""The command: Chinese help and errors, exit codes, no traceback, nothing loaded in vain."""

from __future__ import annotations

import gettext
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import select

import survey_app
from instruments.catalogue import write_catalogue
from site_for_tests import Site, catalogue
from survey_app import cli, db
from survey_app.models import AuditRow, ClassRow
from survey_app.services import programme

pytest_plugins = ("site_fixtures",)

LOCALE = Path(survey_app.__file__).parent / "locale" / "zh_CN" / "LC_MESSAGES"


def guopei(*arguments: str, home: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "survey_app", *arguments],
        env={**os.environ, "GUOPEI_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def at(site: Site, monkeypatch) -> Site:
    """The site as the commands' instance, and click speaking Chinese."""
    monkeypatch.setenv("GUOPEI_HOME", str(site.home))
    monkeypatch.setenv("LANGUAGE", "zh_CN")
    cli._speak_chinese()
    return site


def test_help_is_chinese(at: Site, capsys) -> None:
    for command in ("init", "import", "serve", "close", "extract"):
        assert cli.run([command, "--help"]) == 0
        text = capsys.readouterr().out
        assert "用法" in text and "[选项]" in text
        assert not re.search(r"Usage|Options|Show this|TEXT|INTEGER|default:", text)


def test_usage_errors_are_chinese_and_exit_2(at: Site, capsys) -> None:
    for words in (["frob"], ["serve", "--port", "x"], ["import", "nothere"], ["close", "--x"]):
        assert cli.run(words) == 2
        assert re.search(r"没有命令|不是数字|不存在|没有选项", capsys.readouterr().err)


def enrolled(site: Site) -> int:
    with db.look(site.engine) as session:
        return session.get_one(ClassRow, "C1").enrolled


def test_import_close_by_command(at: Site, tmp_path: Path, capsys) -> None:
    at.state("准备")
    book = tmp_path / "x.xlsx"
    book.write_bytes(write_catalogue(catalogue(enrolled=9)))
    assert cli.run(["import", str(book), "--dry-run"]) == 0
    assert "没有改动数据" in capsys.readouterr().out
    assert enrolled(at) == 6
    assert cli.run(["import", str(book)]) == 0
    assert enrolled(at) == 9
    assert cli.run(["close"]) == 1  # not open yet
    assert "不能关闭" in capsys.readouterr().err
    at.state("开放")
    assert cli.run(["close"]) == 0
    with db.look(at.engine) as session:
        assert programme.current_cycle(session).state == "关闭"
        rows = session.scalars(select(AuditRow).order_by(AuditRow.at.desc()).limit(2))
        assert [(row.by, row.action) for row in rows] == [("", "close"), ("", "import")]


def test_init_twice_keeps_everything(tmp_path: Path) -> None:
    home = tmp_path / "instance"
    secret = tmp_path / "password"
    secret.write_text("a-long-password\n", encoding="utf-8")
    first = guopei("init", "--password-file", str(secret), home=home)
    assert first.returncode == 0 and "a-long-password" not in first.stdout
    key = (home / "secrets" / "ticket").read_bytes()
    again = guopei("init", home=home)
    assert again.returncode == 0 and "已存在" in again.stdout
    assert (home / "secrets" / "ticket").read_bytes() == key


def test_commands_without_an_instance_say_what_to_do(tmp_path: Path) -> None:
    done = guopei("close", home=tmp_path)
    assert done.returncode == 1 and "guopei init" in done.stderr
    assert "Traceback" not in done.stderr


def test_verify_loads_neither_web_nor_store(tmp_path: Path) -> None:
    (tmp_path / "datapackage.json").write_text("{}", encoding="utf-8")
    code = (
        "import sys; from survey_app import cli\n"
        "try: cli.run(['verify', sys.argv[1]])\n"
        "finally: print('reports.verify' in sys.modules, {'flask', 'sqlalchemy'} & {*sys.modules})"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1 and "内容与封存时不同" in done.stdout + done.stderr
    assert done.stdout.rstrip().endswith("True set()")


def test_compiled_words_equal_their_source() -> None:
    source = (LOCALE / "messages.po").read_text(encoding="utf-8")
    pairs = re.findall(
        r'^msgid "(.+)"\n(?:msgid_plural .*\n)?msgstr(?:\[0\])? "(.*)"$', source, re.M
    )
    with (LOCALE / "messages.mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    unescaped = [tuple(x.replace("\\n", "\n").replace("\\t", "\t") for x in p) for p in pairs]
    assert len(unescaped) > 40
    for words, translated in unescaped:
        assert translated in (compiled.gettext(words), compiled.ngettext(words, words, 1))


def test_unexpected_failure_is_told_without_traceback(at: Site, monkeypatch, capsys) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("坏了")

    monkeypatch.setattr(db, "make_engine", fail)
    assert cli.run(["close"]) == 3
    shown = capsys.readouterr().err
    assert "坏了" in shown and "Traceback" not in shown
