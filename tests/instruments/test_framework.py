"""Framework and plan are refused, with line numbers, when they cannot mean what they say."""

from __future__ import annotations

import dataclasses

import pytest

from instruments.builtin import framework_source, instrument_sources, load_instruments, plan_source
from instruments.faults import Fault, FaultsFound
from instruments.framework import check_fit, read_framework, read_plan
from instruments.plan import LEAST_CELL

FRAMEWORK, PLAN = framework_source().decode(), plan_source().decode()


def framework_codes(old: str, new: str) -> list[str]:
    assert old in FRAMEWORK
    with pytest.raises(FaultsFound) as found:
        read_framework(FRAMEWORK.replace(old, new).encode(), "A.yaml")
    return [fault.code for fault in found.value.faults]


def plan_faults(old: str, new: str) -> tuple[Fault, ...]:
    assert old in PLAN
    with pytest.raises(FaultsFound) as found:
        read_plan(PLAN.replace(old, new).encode(), "plan.yaml")
    return found.value.faults


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("{code: A1.2, parent: A1,", "{code: A1.1, parent: A1,", "framework.repeated_code"),
        ("{code: A1.2, parent: A1,", "{code: A1.2, parent: A9,", "framework.unknown_parent"),
        ("{code: A1.2, parent: A1,", "{code: A1.2, parent: A1.1.1,", "framework.too_deep"),
        ("source: 观", "source: 猜", "framework.unknown_source"),
        ("points: 4.5", "points: 5", "framework.sum"),
        ("points: 4.5", "points: -1", "framework.points_not_positive"),
        ("total: 100", "total: 10", "framework.over_total"),
        ("status: 建议", "status: 已采用", "framework.adoption"),
        ("minimum_of: [A1.1.1", "minimum_of: [A1.1", "framework.bad_minimum"),
        ("total: 100", "total: 很多", "declaration.wrong_type"),
        ("total: 100", "totals: 100", "declaration.unknown_key"),
        ("total: 100\n", "", "declaration.missing_key"),
        ("total: 100", "total: 100\ntotal: 100", "declaration.repeated_key"),
        ("total: 100", "total: *x", "declaration.alias"),
        ("total: 100", "total: [", "declaration.not_yaml"),
        ("total: 100", "total: .inf", "declaration.wrong_type"),
    ],
)
def test_framework_faults(old: str, new: str, code: str) -> None:
    assert code in framework_codes(old, new)


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("min_cell: 5", "min_cell: 4", "plan.min_cell"),
        ("method: indirect", "method: magic", "plan.unknown_method"),
        ("level: 0.95", "level: 95", "plan.out_of_range"),
        ("label: 良, cut: 80", "label: 良, cut: 95", "plan.bands_order"),
        ("code: good", "code: excellent", "plan.repeated"),
        ('"5": 100', '"5": 101', "plan.scaling_range"),
        ("low: 0, low_score: 0, high: 10", "low: 0, low_score: 0", "plan.scaling_shape"),
        ("seed: 2021", "seed: 2021.5", "declaration.wrong_type"),
        ("sample: false", "sample: maybe", "declaration.wrong_type"),
        ("seed: 2021", "speed: 2021", "declaration.unknown_key"),
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


def test_no_data_is_refused() -> None:
    for data in (b"", b"- a\n", b"\xff\xfe", b"a: " + b"[" * 5000):
        with pytest.raises(FaultsFound):
            read_framework(data, "x.yaml")


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
    text = sources["trainee_core.md"].decode()
    assert old in text
    forms = load_instruments(sources | {"trainee_core.md": text.replace(old, new, 1).encode()})
    framework, plan = read_framework(FRAMEWORK.encode(), "A"), read_plan(PLAN.encode(), "p")
    with pytest.raises(FaultsFound) as found:
        check_fit(framework, plan, forms)
    assert code in {fault.code for fault in found.value.faults}


def test_plan_traits_and_instruments_must_exist() -> None:
    framework, plan = read_framework(FRAMEWORK.encode(), "A"), read_plan(PLAN.encode(), "p")
    forms = load_instruments(instrument_sources())
    adjustment = dataclasses.replace(plan.adjustment, traits=("height",))
    with pytest.raises(FaultsFound) as found:
        check_fit(framework, dataclasses.replace(plan, adjustment=adjustment), forms[:1])
    codes = {fault.code for fault in found.value.faults}
    assert {"framework.unknown_trait", "framework.unknown_instrument"} <= codes
