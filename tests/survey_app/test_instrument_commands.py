"""The command `guopei instrument`: what it says, what it writes, how it ends."""

from __future__ import annotations

from pathlib import Path

import click
import pytest
from forms_of_others import changed, written, xlsx

from instruments.difference import same_content
from instruments.form_files import read_form
from survey_app import cli

FAULTY = {"survey": [["type", "name", "label"], ["geopoint", "q", "在哪里？"]]}


@pytest.fixture
def said(capsys, monkeypatch):
    """Runs the command; gives exit code, output and errors."""
    monkeypatch.setenv("LANGUAGE", "zh_CN")
    cli._speak_chinese()

    def run(*arguments: object) -> tuple[int, str, str]:
        code = cli.run(["instrument", *map(str, arguments)])
        told = capsys.readouterr()
        return code, told.out, told.err

    return run


@pytest.fixture
def forms(tmp_path: Path) -> dict[str, Path]:
    contents = {
        "good": written("session_form"),
        "worded": changed(written("session_form"), "survey", reworded),
        "faulty": xlsx(FAULTY),
    }
    for name, content in contents.items():
        (tmp_path / f"{name}.xlsx").write_bytes(content)
    return {name: tmp_path / f"{name}.xlsx" for name in contents}


def reworded(row: dict[str, object]) -> None:
    if row["name"] == "s1":
        row["label"] = f"总之，{row['label']}"


def test_a_good_form_is_summed_up(said, forms) -> None:
    code, out, err = said("check", forms["good"])
    assert (code, err) == (0, "")
    assert out == "场次即时评价（session_form 第1.0版）：1节6题，其中4题计分。没有问题。\n"


def test_the_faults_of_a_form_are_told_at_their_cells(said, forms) -> None:
    code, out, err = said("check", forms["faulty"])
    assert (code, out) == (1, "")
    assert "faulty.xlsx 工作表“survey” 第2行 “type”列：不支持题型“geopoint”。" in err


def test_what_was_assumed_is_told_and_who_fills_it_is_asked(said, tmp_path) -> None:
    path = tmp_path / "plain.xlsx"
    path.write_bytes(xlsx({"survey": [["type", "name", "label"], ["file", "q", "附件"]]}))
    code, _, err = said("check", path)
    assert code == 1 and "不能上传" in err
    code, out, err = said("check", path, "--for", "school/school")
    assert code == 0 and "没有问题" in out and "没有 _context 表" in err
    code, _, err = said("check", path, "--for", "nobody/nothing")
    assert code == 2 and "school/sending/followup" in err


def test_differences_are_told_with_the_verdict(said, forms) -> None:
    code, out, _ = said("diff", forms["good"], forms["worded"])
    assert code == 0 and "[需先证明等值] s1" in out and "措辞变了" in out
    assert "结论：需先证明等值（可合并5题，需先证明等值1题，不可合并0题）" in out
    assert said("diff", "--strict", forms["good"], forms["worded"])[0] == 1
    code, out, _ = said("diff", "--strict", "session_form", forms["good"])
    assert code == 0 and out.startswith("结论：可合并")


def test_a_form_is_exported_once(said, forms, tmp_path, monkeypatch) -> None:
    out = tmp_path / "session.xlsx"
    code, told, _ = said("export", "session_form", out)
    assert code == 0 and str(out) in told
    first = read_form(forms["good"].read_bytes(), "a.xlsx").instrument
    assert same_content(read_form(out.read_bytes(), "b.xlsx").instrument, first)
    code, _, err = said("export", "session_form", out)
    assert code == 2 and "文件已存在" in err
    monkeypatch.chdir(tmp_path)
    assert said("export", forms["worded"])[0] == 0 and Path("session_form.xlsx").exists()


@pytest.mark.parametrize("verb", ["check", "diff", "export"])
def test_what_is_neither_a_file_nor_a_form_is_told(said, verb: str) -> None:
    code, out, err = said(verb, *["nothere"] * (2 if verb == "diff" else 1))
    assert (code, out) == (2, "") and "没有文件“nothere”" in err


def test_help_of_each_part_is_chinese(said) -> None:
    for verb in ("check", "diff", "export"):
        code, out, _ = said(verb, "--help")
        assert code == 0 and "用法" in out and "[选项]" in out
        assert not {"Usage", "Options", "TEXT", "FILE"} & set(out.split())
    code, _, err = said("frob")
    assert code == 2 and "frob" in err
    assert isinstance(cli.guopei.get_command(click.Context(cli.guopei), "instrument"), click.Group)
