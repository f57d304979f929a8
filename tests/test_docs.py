"""Documents stay true: every command, item, indicator, plan key and glossary word is explained."""

from __future__ import annotations

import dataclasses
import re
import subprocess
import sys

import pytest

from instruments import scorecard
from instruments.builtin import framework_sources, instrument_sources, load_instruments, plan_source
from instruments.codebook import codebook_markdown
from instruments.framework import read_framework
from instruments.methods import GateRule
from instruments.plan import read_plan
from project_root import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
METHOD = (ROOT / "docs" / "method.md").read_text(encoding="utf-8")


def commands() -> list[str]:
    from survey_app.cli import PLACES

    return sorted(PLACES)


@pytest.mark.parametrize("command", commands())
def test_command_is_in_the_readme_and_has_chinese_help(command: str) -> None:
    assert f"guopei {command}" in README
    shown = subprocess.run(
        [sys.executable, "-m", "survey_app", command, "--help"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert re.search("[\u4e00-\u9fff]", shown)
    assert "Usage" not in shown
    assert "Show this message" not in shown


def test_codebook_is_fresh() -> None:
    frameworks = [read_framework(data, name) for name, data in framework_sources().items()]
    instruments = load_instruments(instrument_sources())
    expected = codebook_markdown(instruments, frameworks)
    assert (ROOT / "docs" / "codebook.md").read_text(encoding="utf-8") == expected


def test_plan_keys_are_explained_in_the_method() -> None:
    plan = read_plan(plan_source(), "default")
    parts = ["screening", "weighting", "means", "adjustment", "raters", "shrinkage", "composite"]
    quality = ["careless", "response", "ordinal", "scales", "natural", "years", "fuzzy"]
    missing = [
        f"gates: {field.name}"
        for field in dataclasses.fields(GateRule)
        if f"`{field.name}`" not in METHOD
    ]
    missing += [
        f"{part}.{field.name}"
        for part in [
            *parts,
            "ranks",
            "thresholds",
            "class_screens",
            "robustness",
            "panel",
            *quality,
        ]
        for field in dataclasses.fields(getattr(plan, part))
        if f"{part}.{field.name}" not in METHOD
    ]
    assert missing == []


def test_method_follows_the_pipeline() -> None:
    """Section order is stage order, so that a statistician can read code and text side by side."""
    order = ["筛查", "加权", "均值", "调整", "评审专家", "收缩", "综合得分", "名次", "等次", "披露"]
    headings = re.findall(r"^## (.+)$", METHOD, flags=re.M)
    positions = [next(i for i, h in enumerate(headings) if word in h) for word in order]
    assert positions == sorted(positions)


def test_layers_speak_the_glossary() -> None:
    glossary = (ROOT / "GLOSSARY.md").read_text(encoding="utf-8")
    for word in ("rank set", "letters", "extract", "plan", "framework", "severity", "reliability"):
        assert f"| {word} |" in glossary or f"{word}," in glossary
    assert scorecard.SOURCES


def test_every_picture_of_the_readme_exists() -> None:
    for path in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", README):
        assert (ROOT / path).is_file(), path


ROLES = ("trainee", "expert", "recorder", "institution", "locality", "school", "province")


def test_every_role_has_a_guide_with_pictures_that_the_browser_tests_take() -> None:
    guide = ROOT / "docs" / "guide"
    for role in (*ROLES, "assessor"):
        text = (guide / f"{role}.md").read_text(encoding="utf-8")
        assert f"({role}.md)" in (guide / "README.md").read_text(encoding="utf-8")
        shown = re.findall(r"\((pictures/[a-z0-9-]+\.png)\)", text)
        assert shown or role == "assessor", "an assessor works at the command line"
        for name in shown:
            assert (guide / name).read_bytes().startswith(b"\x89PNG"), name
