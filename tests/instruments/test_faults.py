"""Every fault that code can raise has a text, and every text is raised somewhere."""

from __future__ import annotations

import re

import pytest
import yaml

from instruments.faults import FaultsFound, Place, fault, refuse
from project_root import ROOT

AREAS = (
    *("declaration", "framework", "formula", "plan", "instruments", "workbook", "catalogue"),
    "extract",
)


def test_texts_and_code_agree() -> None:
    code = "\n".join(p.read_text(encoding="utf-8") for p in (ROOT / "instruments").rglob("*.py"))
    raised = set(re.findall(rf'"((?:{"|".join(AREAS)})\.[a-z0-9_]+)"', code))
    written: set[str] = set()
    for area in AREAS:
        path = ROOT / "instruments" / "library" / "faults" / f"{area}.yaml"
        written |= set(yaml.safe_load(path.read_text(encoding="utf-8")))
    assert raised - {f"{area}.yaml" for area in AREAS} == written


def test_place_reads_as_a_clerk_would_say_it() -> None:
    found = fault(
        "catalogue.not_whole", Place("目录.xlsx", "班级", 7, "参训人数(人)"), value="三十"
    )
    assert str(found.place) == "目录.xlsx 工作表“班级” 第7行 “参训人数(人)”列"
    assert (found.message, found.remedy) == ("“三十”不是整数。", "请填写阿拉伯数字。")


def test_a_place_is_told_only_where_there_is_one() -> None:
    nowhere = fault("catalogue.no_rows")
    assert str(nowhere) == "[catalogue.no_rows] 没有任何内容。 处理办法：请至少填写一行。"
    somewhere = fault("catalogue.no_rows", Place("目录.xlsx", "班级"))
    assert str(somewhere).startswith("[catalogue.no_rows] 目录.xlsx 工作表“班级”：没有任何内容。")


def test_unknown_code_is_a_programming_error() -> None:
    with pytest.raises(KeyError):
        fault("catalogue.nonsense")
    assert isinstance(refuse("catalogue.no_rows"), FaultsFound)
