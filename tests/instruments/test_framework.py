"""Framework and plan are refused, with line numbers, when they cannot mean what they say."""

from __future__ import annotations

import dataclasses

import pytest

from instruments.builtin import framework_source, instrument_sources, load_instruments, plan_source
from instruments.declaration import MAX_BYTES
from instruments.faults import Fault, FaultsFound
from instruments.fit import check_fit
from instruments.framework import read_framework
from instruments.plan import LEAST_CELL, read_plan

FRAMEWORK, PLAN = framework_source().decode(), plan_source().decode()


def framework_codes(old: str, new: str) -> list[str]:
    assert old in FRAMEWORK
    return [fault.code for fault in framework_faults_of(FRAMEWORK.replace(old, new))]


def framework_faults_of(text: str) -> tuple[Fault, ...]:
    with pytest.raises(FaultsFound) as found:
        read_framework(text.encode(), "A.yaml")
    return found.value.faults


def plan_faults(old: str, new: str) -> tuple[Fault, ...]:
    assert old in PLAN
    return plan_faults_of(PLAN.replace(old, new))


def plan_faults_of(text: str) -> tuple[Fault, ...]:
    with pytest.raises(FaultsFound) as found:
        read_plan(text.encode(), "plan.yaml")
    return found.value.faults


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("{code: A1.2, parent: A1,", "{code: A1.1, parent: A1,", "framework.repeated_code"),
        ("{code: A1.2, parent: A1,", "{code: A1.2, parent: A9,", "framework.unknown_parent"),
        ("{code: A1.2, parent: A1,", "{code: A1.2, parent: A1.1.1,", "framework.too_deep"),
        ("source: 观", "source: 猜", "framework.unknown_source"),
        ("管理, points: 16", "管理, points: 17", "framework.sum"),
        ("管理, points: 16", "管理, points: 0", "framework.points_not_positive"),
        ("total: 100", "total: 10", "framework.over_total"),
        ("status: 建议", "status: 已采用", "framework.adoption"),
        ("minimum_of: [A1.1.1", "minimum_of: [A1.1", "framework.bad_minimum"),
        ("total: 100", "total: 很多", "declaration.wrong_type"),
        ("total: 100", "totals: 100", "declaration.misspelt_key"),
        ("total: 100\n", "", "declaration.missing_key"),
        ("total: 100", "total: 100\ntotal: 100", "declaration.repeated_key"),
        ("total: 100", "total: *x", "declaration.alias"),
        ("total: 100", "total: [", "declaration.not_yaml"),
        ("total: 100", "total: !!float 'x'", "declaration.tag"),
        ("total: 100", "? [total]\n: 100", "declaration.bad_key"),
    ],
)
def test_framework_faults(old: str, new: str, code: str) -> None:
    assert code in framework_codes(old, new)


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("min_cell: 5", "min_cell: 4", "plan.min_cell"),
        ("method: indirect", "method: magic", "declaration.unknown_choice"),
        ("level: 0.95", "level: 95", "declaration.out_of_range"),
        ("label: 良, cut: 80", "label: 良, cut: 95", "plan.bands_order"),
        ("code: good", "code: excellent", "plan.repeated"),
        ('"5": 100', '"5": 101', "declaration.out_of_range"),
        ("floor: 20", "floor: 20, ceiling: 10", "plan.scaling_floor"),
        ("low: 0, low_score: 0, high: 10", "low: 0, low_score: 0", "plan.scaling_shape"),
        ("seed: 2021", "seed: 2021.5", "declaration.wrong_type"),
        ("sample: false", "sample: maybe", "declaration.wrong_type"),
        ("seed: 2021", "speed: 2021", "declaration.misspelt_key"),
    ],
)
def test_plan_faults(old: str, new: str, code: str) -> None:
    assert code in [fault.code for fault in plan_faults(old, new)]


def test_min_cell_is_never_below_five() -> None:
    """Design section 4: min_cell is never below 5."""
    assert LEAST_CELL == 5


def test_fault_names_the_line() -> None:
    (fault,) = plan_faults("min_cell: 5", "min_cell: 4")
    assert PLAN.splitlines()[fault.place.row - 1].strip().startswith("min_cell")  # type: ignore[operator]
    assert "低于5" in fault.message


BOMB = b"a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\n"


@pytest.mark.parametrize(
    ("data", "code", "row"),
    [
        (b"", "not_mapping", None),
        (b"- a\n", "not_mapping", None),
        (b"\xff\xfe", "not_utf8", None),
        (PLAN.encode("gb18030"), "not_utf8", None),
        (PLAN.encode("utf-16"), "not_utf8", None),
        (b"code: x\0", "not_yaml", None),
        (b"code: x\n---\ncode: y\n", "not_yaml", 2),
        (b"a: " + b"[" * 5000, "too_deep", 1),
        (b"a:\n" + b"".join(b" " * n + b"b:\n" for n in range(1, 40)), "too_deep", 21),
        (BOMB, "alias", 2),
        (b"a: " + b"x" * MAX_BYTES, "too_large", None),
    ],
)
def test_hostile_files_are_refused(data: bytes, code: str, row: int | None) -> None:
    for read in (read_framework, read_plan):
        with pytest.raises(FaultsFound) as found:
            read(data, "x.yaml")
        (fault,) = found.value.faults
        assert (fault.code, fault.place.file, fault.place.row) == (
            f"declaration.{code}",
            "x.yaml",
            row,
        )


NUMBERS = [
    ("1" + "0" * 400, "not_finite"),
    ("-1" + "0" * 400, "not_finite"),
    ("1" * 5000, "bad_value"),
    ("1.0e+400", "not_finite"),
    (".nan", "not_finite"),
    ("-.inf", "not_finite"),
    ("-1", "out_of_range"),
    ("true", "wrong_type"),
    ("'90'", "wrong_type"),
    ("2021-13-45", "bad_value"),
    ("1:30", "bad_value"),
    ("010", "bad_value"),
    ("0x1F", "bad_value"),
]
"""YAML's own readings of 1:30 (90), 010 (8) and 0x1F are not what a person meant."""
KEYS_OF_PLAN = {
    "ranks.level": "ranks: {level: 0.95",
    "bands.0.cut": "cut: 90",
    "scaling.0.points.5": '"5": 100',
    "scaling.3.floor": "floor: 20",
    "thresholds.rank_small_rate": "rank_small_rate: 0.8",
}


@pytest.mark.parametrize(("value", "code"), NUMBERS, ids=[n[0][:9] for n in NUMBERS])
def test_numbers_that_are_none_are_all_named(value: str, code: str) -> None:
    """Every one of them at once, by file, line and key."""
    text = PLAN
    for written in KEYS_OF_PLAN.values():
        assert text.count(written) == 1
        text = text.replace(written, f"{written.rpartition(' ')[0]} {value}")
    faults = plan_faults_of(text)
    assert [fault.code for fault in faults] == [f"declaration.{code}"] * len(KEYS_OF_PLAN)
    assert {fault.place.file for fault in faults} == {"plan.yaml"}
    lines = text.splitlines()
    assert all(value in lines[(fault.place.row or 0) - 1] for fault in faults)
    assert len({fault.place.row for fault in faults}) == len(KEYS_OF_PLAN)
    if code != "bad_value":
        assert [dict(fault.details)["key"] for fault in faults] == sorted(
            KEYS_OF_PLAN, key=lambda key: text.index(KEYS_OF_PLAN[key].rpartition(" ")[0])
        )
    assert all(len(fault.message) < 500 for fault in faults)


@pytest.mark.parametrize(("value", "code"), NUMBERS, ids=[n[0][:9] for n in NUMBERS])
def test_points_that_are_no_number_are_all_named(value: str, code: str) -> None:
    text = FRAMEWORK.replace("points: 4.5", f"points: {value}").replace(
        "total: 100", f"total: {value}"
    )
    found = [problem.code for problem in framework_faults_of(text)]
    assert found == [f"declaration.{code}"] * (1 + FRAMEWORK.count("points: 4.5"))


def test_different_kinds_of_fault_come_together() -> None:
    """Types, ranges, choices, unknown, missing and repeated keys in one reading."""
    text = PLAN.replace("ranks: {level: 0.95", "ranks: {level: 95")
    text = text.replace("method: indirect", "method: magic").replace("\ntitle:", "\nx:")
    text = text.replace("seed: 2021, printed", "seed: true, seed: 7, speed: 1, printed")
    faults = plan_faults_of(text)
    assert sorted(fault.code.removeprefix("declaration.") for fault in faults) == [
        "missing_key",
        "misspelt_key",
        "out_of_range",
        "repeated_key",
        "unknown_choice",
        "unknown_key",
    ]
    assert all(fault.place.row for fault in faults)


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("A1.1.1    | agree5", "A1.1      | agree5", "framework.unknown_indicator"),
        ("A1.1.1    | agree5", "A6.1.3    | agree5", "framework.unknown_indicator"),
        ("A1.1.1    | agree5", "A1.2.2    | agree5", "framework.wrong_instrument"),
        ("A1.1.1    | agree5", "A1.2.1    | agree5", "framework.leaf_without_items"),
        ("A1.1.1    | agree5", "A1.1.1    | agree7", "framework.unknown_scaling"),
        ("A1.1.1    | agree5", "A1.1.1    | rubric4", "framework.scaling_lacks_code"),
        ("| class |", "| session |", "framework.source_of_role"),
    ],
)
def test_misfits(old: str, new: str, code: str) -> None:
    """Section 00: an item mapped to an indicator that does not list its source is refused."""
    sources = instrument_sources()
    asks_code = "|          | self_code | ask |\n"  # which no form about a session may
    text = sources["trainee_core.md"].decode().replace(asks_code, "")
    assert old in text
    forms = load_instruments(sources | {"trainee_core.md": text.replace(old, new, 1).encode()})
    framework, plan = read_framework(FRAMEWORK.encode(), "A"), read_plan(PLAN.encode(), "p")
    with pytest.raises(FaultsFound) as found:
        check_fit((framework,), plan, forms)
    assert code in {fault.code for fault in found.value.faults}


def test_plan_traits_and_instruments_must_exist() -> None:
    framework, plan = read_framework(FRAMEWORK.encode(), "A"), read_plan(PLAN.encode(), "p")
    forms = load_instruments(instrument_sources())
    adjustment = dataclasses.replace(plan.adjustment, traits=("height",))
    with pytest.raises(FaultsFound) as found:
        check_fit((framework,), dataclasses.replace(plan, adjustment=adjustment), forms[:1])
    codes = {fault.code for fault in found.value.faults}
    assert {"framework.unknown_trait", "framework.unknown_instrument"} <= codes
