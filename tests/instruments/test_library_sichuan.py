"""Another province's scheme needs no code: the Sichuan preset is two data files."""

from __future__ import annotations

import dataclasses

import pytest

from instruments.builtin import framework_source, instrument_sources, load_instruments, plan_source
from instruments.fit import check_fit
from instruments.framework import read_framework
from instruments.methods import Plan
from instruments.plan import read_plan
from instruments.scorecard import Framework


def framework(name: str) -> Framework:
    return read_framework(framework_source(name), f"{name}.yaml")


def plan(name: str) -> Plan:
    return read_plan(plan_source(name), f"{name}.yaml")


SICHUAN = framework("sichuan")


def test_the_preset_takes_the_place_of_scorecard_a() -> None:
    forms = load_instruments(instrument_sources())
    check_fit((SICHUAN, framework("B")), plan("sichuan"), forms)
    assert (SICHUAN.scorecard, SICHUAN.adoption.status) == ("A", "建议")


def test_only_what_was_published_is_called_so() -> None:
    nodes = {node.name: node.points for node in SICHUAN.children("")}
    assert nodes == {"过程性视导": 30, "学员匿名满意度": 30, "培训成效": 40}
    ours = [node for node in SICHUAN.indicators if node.parent]
    assert {node.basis for node in ours} == {"本项目对应"}
    assert SICHUAN.modifiers == ()
    assert sum(leaf.points for leaf in SICHUAN.leaves) == pytest.approx(100)


def test_nobody_fails_a_cut_that_was_not_found() -> None:
    bands = [(band.label, band.cut) for band in plan("sichuan").bands]
    assert bands == [("优秀", 95), ("良好", 85), ("合格或以下（未公布合格线）", 0)]


def test_the_end_of_training_alone_suffices_to_rank() -> None:
    due = sum(leaf.points for leaf in SICHUAN.leaves if leaf.source != "跟")
    assert due >= plan("sichuan").composite.minimum_points


def test_leaves_are_measured_as_in_scorecard_a() -> None:
    def measure(card: Framework) -> dict[str, tuple[str, ...]]:
        return {
            leaf.code: (leaf.name, leaf.source, leaf.instrument, leaf.formula, leaf.scaling)
            for leaf in card.leaves
        }

    assert measure(SICHUAN).items() <= measure(framework("A")).items()


def test_the_plan_differs_in_its_bands_only() -> None:
    one, other = plan("default"), plan("sichuan")
    differing = {
        field.name
        for field in dataclasses.fields(Plan)
        if getattr(one, field.name) != getattr(other, field.name)
    }
    assert differing == {"code", "title", "source", "reason", "bands"}
