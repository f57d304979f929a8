"""The command: Chinese help and errors, exit codes, no traceback, nothing loaded in vain."""

from __future__ import annotations

import gettext
import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import openpyxl
import pytest
from sqlalchemy import select

import survey_app
from instruments.catalogue_writer import write_catalogue
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
        stdin=subprocess.DEVNULL,
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


NOT_PROSE = re.compile(r"'[^']*'|--?[a-z][a-z-]*|\bguopei( [a-z-]+)?|\b[A-Z]{2,}\b|UTF-8|GB18030")
"""What may be Latin in a Chinese message: quoted words, options, commands, file formats."""


def english(said: str) -> list[str]:
    return re.findall(r"[A-Za-z]{3,}", NOT_PROSE.sub("", said))


def misuses() -> Iterator[list[str]]:
    """Every built-in complaint of the command-line library, of every command."""
    yield ["frob"]
    yield ["inti"]
    for name in ("", *cli.PLACES):
        words = [name] if name else []
        command = cli.guopei.get_command(None, name) if name else cli.guopei
        yield [*words, "--frob"]
        yield [*words, "--help=3"]
        for parameter in command.params:
            option = isinstance(parameter, click.Option)
            if option and not parameter.is_flag:
                yield [*words, parameter.opts[0]]
            if option and isinstance(parameter.type, click.types.IntParamType):
                yield [*words, parameter.opts[0], "x"]
                yield [*words, parameter.opts[0], "-1"]
            if parameter.required:
                yield words
            if isinstance(parameter.type, click.Path) and parameter.type.exists:
                given = [parameter.opts[0]] if option else []
                yield [*words, *given, "nothere"]
        if not any(isinstance(one, click.Argument) for one in command.params) and name:
            yield [*words, "多余"]


EACH = """
import contextlib, io, json, sys
from survey_app import cli
cli._speak_chinese()
said = []
for words in json.load(sys.stdin):
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = cli.run(words)
    said.append([words, code, out.getvalue(), err.getvalue()])
json.dump(said, sys.stdout)
"""
"""Runs many commands in one new process, where nothing was worded before we speak Chinese."""


def said_by(commands: list[list[str]]) -> list[tuple[list[str], int, str, str]]:
    """What each of the commands says: words, exit code, output, errors."""
    asked = json.dumps(commands)
    told = subprocess.run(
        [sys.executable, "-c", EACH], input=asked, capture_output=True, text=True, check=True
    )
    return json.loads(told.stdout)


def test_help_is_chinese() -> None:
    for words, code, text, _ in said_by([[name, "--help"] for name in cli.PLACES]):
        assert code == 0, words
        assert "用法" in text and "[选项]" in text and "显示本说明后退出" in text
        assert not re.search(r"Usage|Options|Show this|TEXT|INTEGER|default:|Path|File", text)


def test_every_complaint_is_chinese_and_exits_2() -> None:
    complaints = said_by(list(misuses()))
    assert len(complaints) > 60
    for words, code, out, err in complaints:
        assert code == 2, words
        assert re.search("[\u4e00-\u9fff]", err), words
        assert english(err) == [] and out == "", (words, err)


def test_without_a_command_the_help_is_shown() -> None:
    (_, code, _, bare), (_, asked, shown, _) = said_by([[], ["--help"]])
    assert (code, asked) == (2, 0) and bare == shown
    assert "guopei [选项] 命令" in bare and "建立或升级站点实例" in bare


def test_version_is_told_in_chinese() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "survey_app", "--version"], capture_output=True, text=True
    )
    assert re.fullmatch(r"guopei，版本 [\d.]+\n", done.stdout)


def test_a_password_is_asked_for_only_on_a_terminal(tmp_path: Path) -> None:
    done = guopei("init", "--prompt", home=tmp_path / "instance")
    assert done.returncode == 2 and "--password-file" in done.stderr
    assert english(done.stderr) == [] and not (tmp_path / "instance").exists()


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
        "finally: print('reports.verification.verify' in sys.modules,"
        " {'flask', 'sqlalchemy'} & {*sys.modules})"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1 and "是别的程序的数据包" in done.stdout + done.stderr
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


@pytest.mark.parametrize(
    ("host", "code"), [("127.0.0.1", "site.port_taken"), ("192.0.2.1", "site.host_unusable")]
)
def test_serve_says_why_it_cannot_listen(at: Site, capsys, host: str, code: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert cli.run(["serve", "--host", host, "--port", port]) == 3
    said = capsys.readouterr().err
    assert code in said and "站点没有启动" in said and english(said.replace(code, "")) == []


def test_a_template_is_filled_checked_and_handed_back_marked(
    tmp_path, monkeypatch, capsys, preparing
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GUOPEI_HOME", str(preparing.home))
    assert cli.run(["template"]) == 0 and cli.run(["template", "--sample"]) == 0
    assert (tmp_path / "目录模板.xlsx").exists()
    assert cli.run(["template"]) == 2  # never over another file
    assert "文件已存在" in capsys.readouterr().err
    book = openpyxl.load_workbook("目录样例.xlsx")
    book["班级"]["A2"] = "一 班"
    book.save("改坏.xlsx")
    assert cli.run(["import", "改坏.xlsx", "--dry-run", "--marked", "标注.xlsx"]) == 1
    assert openpyxl.load_workbook("标注.xlsx").sheetnames[0] == "问题清单"
    assert cli.run(["import", "目录样例.xlsx", "--dry-run"]) == 0
