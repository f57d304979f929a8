"""The rules of planning: the built-in ones are whole, and each fault of a file is named."""

from __future__ import annotations

from importlib.resources import files

import pytest
import yaml

from instruments.faults import FaultsFound
from instruments.visit_rules import COMPONENTS, TRAVEL, read_visit_rules, visit_rules

BUILTIN = files("instruments").joinpath("library/visit_planning.yaml").read_bytes()


def changed(**values: object) -> bytes:
    return yaml.safe_dump({**yaml.safe_load(BUILTIN), **values}, allow_unicode=True).encode()


def test_the_built_in_rules_are_whole() -> None:
    rules = visit_rules()
    assert rules == read_visit_rules(BUILTIN, "visit_planning.yaml")
    assert set(rules.travel) == set(TRAVEL) and set(rules.planned_sd) == set(COMPONENTS)
    assert rules.travel["same_county"] <= rules.travel["same_city"] <= rules.travel["other_city"]
    assert rules.source and rules.planned_sd_source and rules.seconds < 10


def test_other_rules_are_read() -> None:
    rules = read_visit_rules(changed(visits_most=5, match={"outreach": ["语文"]}), "own.yaml")
    assert (rules.visits_most, rules.match) == (5, {"outreach": ("语文",)})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("visits_most", 0),
        ("visits_most", "8"),
        ("day_most", True),
        ("seconds", 2.5),
        ("load", -1),
        ("load", float("nan")),
        ("travel", {"same_county": 0}),
        ("planned_sd", {**dict.fromkeys(COMPONENTS, 1), "session": float("inf")}),
        ("planned_sd", {**dict.fromkeys(COMPONENTS, 1), "residual": 0}),
        ("match", {"unknown": ["管理"]}),
        ("match", {"outreach": "管理"}),
        ("source", " "),
        ("source", None),
        ("extra", 1),
    ],
)
def test_what_is_wrong_is_named(key: str, value: object) -> None:
    with pytest.raises(FaultsFound) as found:
        read_visit_rules(changed(**{key: value}), "own.yaml")
    [fault] = found.value.faults
    assert (fault.code, fault.place.file, fault.place.column) == (
        "planning.rules_wrong",
        "own.yaml",
        key,
    )
    assert f"“{key}”" in fault.message and fault.remedy


@pytest.mark.parametrize("data", [b"", b"\xff\xfe", b"- 1", b"a: [", b"x"])
def test_what_is_no_file_of_rules_is_told(data: bytes) -> None:
    with pytest.raises(FaultsFound) as found:
        read_visit_rules(data, "own.yaml")
    assert found.value.faults[0].code == "planning.rules_unreadable"
