"""A framework changed after sealing: only a version that says who, why and of which base."""

from __future__ import annotations

import pytest

from instruments.builtin import framework_sources, instrument_sources, load_instruments, plan_source
from instruments.faults import FaultsFound
from instruments.framework import read_framework
from instruments.later import with_later_versions
from instruments.plan import read_plan

FROZEN = tuple(read_framework(data, name) for name, data in framework_sources().items())
FORMS = load_instruments(instrument_sources())
PLAN = read_plan(plan_source(), "default")
A = next(data for name, data in framework_sources().items() if name.startswith("A")).decode()
CHANGE = (
    "change: {proposer: 教师工作处, reason: 需求诊断更重要, results_visible: true, base: '1.0'}\n"
)
MOVED = (
    A.replace('version: "1.0"', 'version: "1.1"')
    .replace("name: 训前诊断回应需求, points: 1", "name: 训前诊断回应需求, points: 1.5")
    .replace("name: 训前诊断有数据, points: 1", "name: 训前诊断有数据, points: 0.5")
    + CHANGE
)


def merged(**files: str) -> dict[str, str]:
    found = with_later_versions(
        FROZEN, {k: v.encode() for k, v in files.items()}, plan=PLAN, instruments=FORMS
    )
    return {one.scorecard: one.version for one in found}


def codes(**files: str) -> list[str]:
    with pytest.raises(FaultsFound) as found:
        merged(**files)
    return [one.code for one in found.value.faults]


def test_the_later_version_takes_the_place_of_its_base() -> None:
    assert merged() == {one.scorecard: "1.0" for one in FROZEN}
    assert merged(later=MOVED) == {one.scorecard: "1.0" for one in FROZEN} | {"A": "1.1"}


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("code: A\n", "code: Z\n", "framework.later_unknown"),
        ('version: "1.1"', 'version: "1.0"', "framework.later_version"),
        (CHANGE, "", "framework.later_change"),
        ("reason: 需求诊断更重要", "reason: ' '", "framework.later_change"),
        ("base: '1.0'", "base: '0.9'", "framework.later_base"),
        ("instrument: plan_review", "instrument: nothing", "framework.unknown_instrument"),
    ],
)
def test_what_does_not_say_who_why_and_of_what_is_refused(old: str, new: str, code: str) -> None:
    assert old in MOVED
    assert code in codes(later=MOVED.replace(old, new))


def test_all_files_are_told_at_once() -> None:
    assert codes(one=MOVED, two=MOVED) == ["framework.later_twice"]
    broken = codes(one=MOVED.replace("base: '1.0'", "base: '2'"), two=MOVED.replace(CHANGE, ""))
    assert {"framework.later_base", "framework.later_change"} <= set(broken)
