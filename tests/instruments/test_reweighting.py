"""Other points for a framework: exact sums, modifiers carried along, YAML that reads back."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from instruments.builtin import framework_source, framework_sources
from instruments.framework import read_framework
from instruments.reweighting import (
    apportion,
    framework_yaml,
    leaf_points,
    node_points,
    reweighted,
    weighted,
)
from instruments.scorecard import Change, points_of

NAMES = ["A", "B", "sichuan"]
CHANGE = Change("甲: 'x'", "理由 # {a}", True, "1.0")
A = read_framework(framework_source(), "A.yaml")


@pytest.mark.parametrize("name", NAMES)
def test_written_and_read_back_it_is_the_same(name: str) -> None:
    framework = read_framework(framework_source(name), name)
    assert read_framework(framework_yaml(framework), name) == framework


@given(st.integers(0, 10_000), st.lists(st.floats(0.001, 50), min_size=1, max_size=9))
def test_apportioned_numbers_sum_and_stay_near(total: int, shares: list[float]) -> None:
    found = apportion(total, shares)
    assert sum(found) == total
    exact = [total * share / sum(shares) for share in shares]
    assert all(abs(n - x) < 1 + 1e-6 for n, x in zip(found, exact, strict=True))


def test_largest_remainders_first() -> None:
    """Hamilton's method: 10 seats for 1.6, 1.5, 6.9 of 10 parts; equal remainders by order."""
    assert apportion(10, [1.6, 1.5, 6.9]) == [2, 1, 7]
    assert apportion(10, [1, 1, 1]) == [4, 3, 3]
    assert apportion(8, [4.0, 0.0]) == [8, 0]


def test_a_changed_leaf_changes_the_nodes_above_and_nothing_else() -> None:
    points = leaf_points(A) | {"A6.1.1": Decimal(5), "A1.1.3": Decimal(1)}
    changed = reweighted(A, points, version="1.0-1", change=CHANGE)
    assert read_framework(framework_yaml(changed), "A.yaml") == changed
    moved = {n.code for n in changed.indicators if n.points != A.indicator(n.code).points}
    assert moved == {"A6", "A6.1", "A6.1.1", "A1", "A1.1", "A1.1.3"}
    assert changed.modifiers == A.modifiers


def test_modifiers_share_the_new_sum_as_before() -> None:
    """Domain: 提升工程2.0 moves 2 points from 师资结构 to 技术融合; with 9 points to share, too."""
    points = leaf_points(A) | {"A3.4.1": Decimal(3), "A6.1.1": Decimal(3)}
    changed = reweighted(A, points, version="1.0-1", change=CHANGE)
    assert changed.modifiers[0].points == pytest.approx(
        {"A3.2.1": 0.56, "A3.2.2": 1.13, "A3.2.3": 0.56, "A3.4.1": 3.38, "A3.4.2": 3.37}
    )
    assert points_of(changed, "it_team")["A3"] == pytest.approx(23)
    assert points_of(changed, None)["A3"] == 23
    assert read_framework(framework_yaml(changed), "A.yaml") == changed


def test_weights_of_children_are_shared_below_them() -> None:
    found = weighted(A, "A2", [0.5, 0.25, 0.25])
    sums = node_points(A, found)
    assert [sums[code] for code in ("A2.1", "A2.2", "A2.3")] == [6, 3, 3]
    assert [found[f"A2.1.{n}"] for n in (1, 2, 3)] == list(map(Decimal, ("1.2", "1.2", "3.6")))
    assert {c: p for c, p in found.items() if not c.startswith("A2")} == {
        c: p for c, p in leaf_points(A).items() if not c.startswith("A2")
    }


@pytest.mark.parametrize("name", sorted(framework_sources()))
@settings(deadline=None, max_examples=20)
@given(data=st.data())
def test_any_weights_of_the_first_level_make_a_framework(name: str, data: st.DataObject) -> None:
    framework = read_framework(framework_sources()[name], name)
    size = len(framework.children(""))
    weights = data.draw(st.lists(st.floats(0.02, 1), min_size=size, max_size=size))
    found = weighted(framework, "", weights)
    assert sum(found.values()) == Decimal(str(framework.measurable))
    if min(found.values()) > 0:
        changed = reweighted(framework, found, version="1.0-1", change=CHANGE)
        assert read_framework(framework_yaml(changed), name) == changed
