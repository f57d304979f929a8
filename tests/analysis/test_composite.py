"""Normalisation, means, missing rules and effective weights, against R COINr and by property."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import product

import asem
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.composite import (
    TOTAL,
    Variants,
    average,
    effective_weights,
    normalise,
    scores_under,
)
from analysis.composite import compose as compose_by
from analysis.results import Estimates
from instruments.scorecard import Adoption, Framework, Indicator

TREE = Framework(
    "T",
    "1",
    "",
    "A",
    100.0,
    Adoption("建议"),
    "",
    (
        Indicator("A", "", "", 60.0),
        Indicator("A.1", "A", "", 40.0, "问"),
        Indicator("A.2", "A", "", 20.0, "问"),
        Indicator("B", "", "", 40.0),
        Indicator("B.1", "B", "", 30.0, "观"),
        Indicator("B.2", "B", "", 10.0, "问"),
    ),
)
compose = partial(compose_by, missing="renormalise", floor=None)
"""As the default plan has it; a test that means another rule says so."""
LEAVES = ("A.1", "A.2", "B.1", "B.2")
POINTS = np.array([[60.0, 40.0, 20.0, 40.0, 30.0, 10.0]])
TARGETS = {"goalposts": None, "minmax": (0.0, 100.0), "z": (50.0, 10.0)}


def sample(seed: int = 0, *, units: int = 5) -> Estimates:
    """Leaves with covariance within units, and among all units for the experts' leaf B.1."""
    generator = np.random.default_rng(seed)
    root = generator.normal(0, 1, (units, 4, 4)) * np.array([1, 1, 0, 1])[:, None]
    panel = generator.normal(0, 1, (units, units))
    names = tuple(f"U{i}" for i in range(units))
    value = generator.uniform(30, 95, (units, 4))
    return Estimates(
        names, LEAVES, value, root @ root.transpose(0, 2, 1), ("B.1",), panel @ panel.T
    )


def whole(of: Estimates) -> np.ndarray:
    """Covariance of all unit x leaf values."""
    size, width = of.value.shape
    out = np.zeros((size, width, size, width))
    for u in range(size):
        out[u, :, u, :] = of.own[u]
    columns = [of.leaves.index(leaf) for leaf in of.panel_leaves]
    shape = (size, len(columns), size, len(columns))
    for i, one in enumerate(columns):
        for j, other in enumerate(columns):
            out[:, one, :, other] += of.panel.reshape(shape)[:, i, :, j]
    return out.reshape(size * width, size * width)


def up(of: Estimates, aggregation: str = "arithmetic", **choices):
    points = np.repeat(POINTS, len(of.units), axis=0)
    return compose(of, framework=TREE, points=points, aggregation=aggregation, **choices)


def slope_of(function: Callable[[np.ndarray], np.ndarray], at: np.ndarray) -> np.ndarray:
    """Central differences: outputs x inputs."""
    columns = []
    for k in range(at.size):
        step = np.zeros(at.size)
        step[k] = 1e-5
        move = step.reshape(at.shape)
        columns.append((function(at + move) - function(at - move)).ravel() / 2e-5)
    return np.array(columns).T


def test_whole_chain_of_the_asem_index_equals_coinr() -> None:
    """R COINr 1.1.14, build_example_coin(), from the raw indicators: index to 0.01, ranks exact."""
    scaled = normalise(asem.estimates(asem.treated()), method="minmax", target=(0.0, 100.0))
    np.testing.assert_allclose(
        scaled.value, asem.read("asem_normalised")[list(asem.leaves())], atol=5.1e-7
    )
    found = compose(
        scaled, framework=asem.framework(), points=asem.points(51), aggregation="arithmetic"
    )
    expected = asem.read("asem_expected")
    for name in expected.columns:
        place = found.codes.index(name)
        np.testing.assert_allclose(found.value[:, place], expected[name], atol=0.0051)
    index = found.value[:, found.codes.index("Index")]
    published = [list(expected.index).index(unit) for unit in asem.read_order()]
    assert np.argsort(-index).tolist() == published


@pytest.mark.parametrize(
    ("method", "target", "aggregation", "column"),
    [("z", (50.0, 10.0), "arithmetic", "z"), ("minmax", (1.0, 100.0), "geometric", "geometric")],
)
def test_other_scales_and_means_equal_coinr(
    method: str, target: tuple[float, float], aggregation: str, column: str
) -> None:
    """R COINr 1.1.14: n_zscore(50, 10) with a_amean, and n_minmax(1, 100) with a_gmean."""
    scaled = normalise(asem.estimates(asem.treated()), method=method, target=target)
    found = compose(
        scaled, framework=asem.framework(), points=asem.points(51), aggregation=aggregation
    )
    np.testing.assert_allclose(found.value[:, -1], asem.read("asem_variants")[column], atol=1e-7)


@pytest.mark.parametrize("method", ["minmax", "z"])
@pytest.mark.parametrize("holes", [False, True])
def test_covariance_of_a_scale_equals_its_derivative(method: str, holes: bool) -> None:
    """Every unit's value moves with the others' minimum, maximum, mean and spread."""
    base = sample(3)
    if holes:
        base.value[1, 0] = np.nan
        base.own[1, 0] = base.own[1, :, 0] = 0.0

    def scaled(x: np.ndarray) -> np.ndarray:
        moved = normalise(replace(base, value=x), method=method, target=TARGETS[method])
        return np.nan_to_num(moved.value)

    jacobian = slope_of(scaled, base.value)
    np.nan_to_num(jacobian, copy=False)
    found = normalise(base, method=method, target=TARGETS[method])
    np.testing.assert_allclose(whole(found), jacobian @ whole(base) @ jacobian.T, atol=1e-5)


@pytest.mark.parametrize("method", ["goalposts", "minmax", "z"])
@pytest.mark.parametrize("aggregation", ["arithmetic", "geometric"])
def test_covariance_of_the_composite_equals_its_derivative(method: str, aggregation: str) -> None:
    base, target = sample(8), TARGETS[method]
    target = (10.0, 100.0) if method == "minmax" else target

    def total(x: np.ndarray) -> np.ndarray:
        scaled = normalise(replace(base, value=x), method=method, target=target)
        return up(scaled, aggregation).value[:, -1]

    jacobian = slope_of(total, base.value)
    found = up(normalise(base, method=method, target=target), aggregation)
    expected = jacobian @ whole(base) @ jacobian.T
    np.testing.assert_allclose(found.covariance[-1], expected, atol=1e-5)


@settings(max_examples=25)
@given(st.integers(0, 200), st.integers(0, 4))
def test_a_unit_less_changes_nobody_under_goalposts_and_everybody_under_minmax(
    seed: int, gone: int
) -> None:
    base = sample(seed)
    keep = [u for u in range(5) if u != gone]
    fewer = replace(base, units=tuple(base.units[u] for u in keep), value=base.value[keep])
    fewer = replace(fewer, own=base.own[keep], panel=base.panel[np.ix_(keep, keep)])
    assert np.array_equal(up(fewer).value, up(base).value[keep])
    ends = (base.value.argmin(axis=0) == gone) | (base.value.argmax(axis=0) == gone)
    scaled = [normalise(of, method="minmax", target=(0.0, 100.0)) for of in (fewer, base)]
    moved = np.abs(up(scaled[0]).value[:, -1] - up(scaled[1]).value[keep, -1])
    assert (moved.max() > 1e-6) == bool(ends.any())


def test_minmax_turns_the_order_of_two_units_when_a_third_leaves() -> None:
    """Why goalposts are fixed: X is ahead of Y only as long as Z, worst in A.1, takes part."""
    base = replace(sample(0, units=3), units=("X", "Y", "Z"), own=np.zeros((3, 4, 4)))
    base = replace(base, panel=np.zeros((3, 3)))
    rows = [[60, 80, 70, 70], [72, 40, 70, 70], [10, 60, 70, 70]]
    base = replace(base, value=np.array(rows, dtype=float))
    fewer = replace(base, units=("X", "Y"), value=base.value[:2], own=base.own[:2])
    fewer = replace(fewer, panel=np.zeros((2, 2)))
    all_three, two = (
        up(normalise(of, method="minmax", target=(0.0, 100.0))).value[:, -1] for of in (base, fewer)
    )
    assert all_three[0] > all_three[1]
    assert two[0] < two[1]


@settings(max_examples=25)
@given(st.permutations(range(5)), st.integers(0, 50), st.sampled_from(list(TARGETS)))
def test_order_of_units_does_not_matter(order: list[int], seed: int, method: str) -> None:
    base = sample(seed)
    moved = replace(
        base,
        units=tuple(base.units[i] for i in order),
        value=base.value[order],
        own=base.own[order],
        panel=base.panel[np.ix_(order, order)],
    )
    first, last = (up(normalise(of, method=method, target=TARGETS[method])) for of in (moved, base))
    assert np.array_equal(first.value, last.value[order])
    np.testing.assert_allclose(
        first.covariance[-1], last.covariance[-1][np.ix_(order, order)], atol=1e-9
    )


@settings(max_examples=25)
@given(st.floats(0.01, 100.0), st.sampled_from(["arithmetic", "geometric"]))
def test_weights_scale_out(factor: float, aggregation: str) -> None:
    base = sample(2)
    points = np.repeat(POINTS, 5, axis=0)
    more = compose(base, framework=TREE, points=points * factor, aggregation=aggregation)
    np.testing.assert_allclose(more.value, up(base, aggregation).value, rtol=1e-12)
    np.testing.assert_allclose(more.covariance, up(base, aggregation).covariance, rtol=1e-9)


@settings(max_examples=25)
@given(st.integers(0, 100), st.sampled_from(list(TARGETS)))
def test_two_identical_units_tie(seed: int, method: str) -> None:
    base = sample(seed)
    base.value[3] = base.value[1]
    for aggregation in ("arithmetic", "geometric"):
        floor = 0.5 if aggregation == "geometric" else None
        scaled = normalise(base, method=method, target=TARGETS[method])
        total = up(scaled, aggregation, floor=floor).value[:, -1]
        assert total[3] == total[1]


@settings(max_examples=25)
@given(st.integers(0, 100), st.floats(0.1, 5.0), st.floats(0.0, 50.0))
def test_scale_and_shift_of_a_leaf_leave_minmax_and_z(
    seed: int, factor: float, shift: float
) -> None:
    base = sample(seed)
    other = replace(base, value=base.value * factor + shift)
    for method in ("minmax", "z"):
        first, last = (normalise(of, method=method, target=TARGETS[method]) for of in (base, other))
        np.testing.assert_allclose(first.value, last.value, atol=1e-9)


@settings(max_examples=25)
@given(st.integers(0, 100))
def test_geometric_lies_below_arithmetic_and_equals_it_where_all_are_equal(seed: int) -> None:
    base = sample(seed)
    base.value[0] = 70.0
    low, high = up(base, "geometric"), up(base)
    assert (low.value <= high.value + 1e-9).all()
    assert low.value[0, -1] == pytest.approx(70.0)
    np.testing.assert_allclose(low.covariance[-1][0, 0], high.covariance[-1][0, 0])


def test_a_zero_makes_the_geometric_mean_zero_and_its_error_unknown() -> None:
    base = sample(1)
    base.value[0, 0] = base.value[1, 1] = 0.0
    base.own[1, 1] = base.own[1, :, 1] = 0.0
    found = up(base, "geometric")
    assert found.value[:2, -1].tolist() == [0.0, 0.0]
    error = found.standard_error()[:, -1]
    assert np.isnan(error[0]) and error[1] == 0.0 and (error[2:] > 0).all()
    assert np.isnan(found.covariance[-1][0]).all() and not np.isnan(found.covariance[-1][2, 3])
    over = average(found, units="XY", weights=np.array([[0, 1, 1, 0, 0], [1, 0, 1, 0, 0.0]]))
    assert np.isnan(over.covariance[-1]).tolist() == [[False, True], [True, True]]


def test_a_floor_holds_up_and_carries_no_error() -> None:
    base = sample(1)
    base.value[0, 0] = 0.0
    found = up(base, "geometric", floor=1.0)
    raised = replace(base, value=np.maximum(base.value, 1.0), own=base.own.copy())
    raised.own[0, 0] = raised.own[0, :, 0] = 0.0
    other = up(raised, "geometric")
    np.testing.assert_allclose(found.value[:, -1], other.value[:, -1])
    np.testing.assert_allclose(found.covariance[-1], other.covariance[-1])
    assert found.value[0, found.codes.index("A.1")] == 0.0


@pytest.mark.parametrize(
    ("aggregation", "floor", "lowest"),
    [("geometric", None, -1.0), ("geometric", 0.0, 5.0), ("arithmetic", 1.0, 5.0)],
)
def test_what_has_no_geometric_mean_is_refused(
    aggregation: str, floor: float | None, lowest: float
) -> None:
    base = sample(1)
    base.value[0, 0] = lowest
    with pytest.raises(ValueError, match="negative|floor"):
        up(base, aggregation, floor=floor)


def test_missing_is_renormalised_or_refused() -> None:
    base = sample(1)
    base.value[0, 0] = np.nan
    kept, refused = up(base), up(base, missing="refuse")
    at = kept.codes.index
    assert kept.value[0, at("A")] == pytest.approx(base.value[0, 1])
    assert np.isnan(refused.value[0, [at("A"), at(TOTAL)]]).all()
    assert refused.value[0, at("B")] == kept.value[0, at("B")]
    assert np.array_equal(refused.value[1:], kept.value[1:])


def test_what_carries_no_points_may_be_missing() -> None:
    base = sample(1)
    base.value[0, 0] = np.nan
    points = np.repeat(POINTS, 5, axis=0)
    points[0, [0, 1]] = [20.0, 0.0]
    found = compose(base, framework=TREE, points=points, aggregation="arithmetic", missing="refuse")
    assert not np.isnan(found.value[:, -1]).any()


@pytest.mark.parametrize("method", ["minmax", "z"])
def test_a_leaf_that_tells_nobody_apart_is_in_the_middle(method: str) -> None:
    base = sample(1)
    base.value[:, 0] = 80.0
    base.value[1:, 1] = np.nan
    base.value[:, 3] = np.nan
    base.own[:, 0] = base.own[:, :, 0] = 0.0
    found = normalise(base, method=method, target=TARGETS[method])
    assert (found.value[:, 0] == 50.0).all() and found.value[0, 1] == 50.0
    assert np.isnan(found.value[1:, 1]).all() and np.isnan(found.value[:, 3]).all()
    assert (whole(found).reshape(5, 4, 5, 4)[:, [0, 1, 3]] == 0.0).all()
    one = normalise(sample(1, units=1), method=method, target=TARGETS[method])
    assert (one.value == 50.0).all() and (one.panel == 0.0).all()


@pytest.mark.parametrize(
    ("method", "target"),
    [("goalposts", (0.0, 1.0)), ("minmax", None), ("minmax", (1.0, 1.0)), ("z", (50.0, 0.0))],
)
def test_a_target_that_does_not_fit_is_refused(
    method: str, target: tuple[float, float] | None
) -> None:
    with pytest.raises(ValueError, match=method):
        normalise(sample(), method=method, target=target)


def test_effective_weights_of_independent_components() -> None:
    """Paruolo, Saisana & Saltelli 2013, section 3.1: uncorrelated, S_i = w_i^2 s_i^2 / sum."""
    signs = np.array(list(product((-1, 1), repeat=4)))
    spread = np.array([5.0, 10.0, 5.0, 5.0])
    base = sample(0, units=16)
    found = up(replace(base, value=60.0 + signs * spread))
    points = np.repeat(POINTS, 16, axis=0)
    table = effective_weights(found, framework=TREE, points=points).set_index("node")
    expected = np.array([4.0, 2.0]) ** 2 * spread[:2] ** 2
    assert table.loc[["A.1", "A.2"], "declared"].tolist() == pytest.approx([2 / 3, 1 / 3])
    assert table.loc[["A.1", "A.2"], "importance"].tolist() == pytest.approx(
        list(expected / expected.sum())
    )
    assert table.loc[["A", "B"], "importance"].sum() == pytest.approx(1.0)
    assert (table.groupby("parent")["effective"].sum() - 1.0).abs().max() < 1e-12


def test_effective_weights_of_the_asem_index_are_its_squared_correlations() -> None:
    expected = asem.read("asem_expected")
    scaled = normalise(asem.estimates(asem.treated()), method="minmax", target=(0.0, 100.0))
    found = compose(
        scaled, framework=asem.framework(), points=asem.points(51), aggregation="arithmetic"
    )
    table = effective_weights(found, framework=asem.framework(), points=asem.points(51))
    table = table.set_index("node")
    for node, parent in (("Conn", "Index"), ("Sust", "Index"), ("P2P", "Conn")):
        square = np.corrcoef(expected[node], expected[parent])[0, 1] ** 2
        assert table.loc[node, "importance"] == pytest.approx(square, abs=1e-3)


def test_effective_weights_where_nothing_differs() -> None:
    base = sample(0)
    base.value[:, 2:] = 70.0
    points = np.repeat(POINTS, 5, axis=0)
    table = effective_weights(up(base), framework=TREE, points=points).set_index("node")
    assert np.isnan(table.loc[["B.1", "B.2"], "effective"]).all()
    assert table.loc["B", ["correlation", "importance", "effective"]].tolist() == [0.0, 0.0, 0.0]
    assert table.loc["A", "effective"] == 1.0
    two = sample(0, units=2)
    few = effective_weights(up(two), framework=TREE, points=points[:2])
    assert few["effective"].isna().all() and (few["n"] == 2).all()


def variants(base: Estimates, **other) -> Variants:
    given_ = {
        "sources": {},
        "multipliers": np.ones((1, 6)),
        "normalisations": (("goalposts", None), ("minmax", (1.0, 100.0)), ("z", (50.0, 10.0))),
        "aggregations": (("arithmetic", None), ("geometric", 0.5)),
        "missing": "renormalise",
    }
    points = np.repeat(POINTS, len(base.units), axis=0)
    return Variants(TREE, LEAVES, points, base.value, **(given_ | other))


@settings(max_examples=20)
@given(st.integers(0, 100), st.integers(0, 2), st.integers(0, 1), st.booleans())
def test_variants_are_what_composing_each_alone_gives(
    seed: int, scale: int, mean: int, hole: bool
) -> None:
    base, generator = sample(seed), np.random.default_rng(seed)
    if hole:
        base.value[2, 1] = np.nan
    other = np.stack([base.value, base.value + generator.normal(0, 3, base.value.shape)])
    weights = np.vstack([np.ones(6), generator.uniform(0.5, 1.5, (2, 6))])
    chosen = variants(base, sources={"expert": other}, multipliers=weights)
    choices = {"expert": [0, 1, 1], "weights": [2, 1, 0]}
    choices |= {"normalisation": [0, scale, scale], "aggregation": [0, 0, mean]}
    found = scores_under(chosen, {name: np.array(c) for name, c in choices.items()})
    for draw in range(3):
        method, target = chosen.normalisations[choices["normalisation"][draw]]
        aggregation, floor = chosen.aggregations[choices["aggregation"][draw]]
        leaves = replace(base, value=other[choices["expert"][draw]])
        expected = compose(
            normalise(leaves, method=method, target=target),
            framework=TREE,
            points=POINTS * weights[choices["weights"][draw]] * np.ones((5, 1)),
            aggregation=aggregation,
            floor=floor,
        )
        np.testing.assert_allclose(found[draw], expected.value[:, -1], rtol=1e-12)


def test_differences_of_two_sources_add() -> None:
    base = sample(4)
    one, two = base.value + np.array([1.0, 0, 0, 0]), base.value + np.array([0, 2.0, 0, 0])
    two[3, 1] = np.nan
    sources = {"expert": np.stack([base.value, one]), "item": np.stack([base.value, two])}
    chosen = variants(base, sources=sources)
    assert chosen.factors == {"expert": 2, "item": 2, "normalisation": 3, "aggregation": 2}
    found = scores_under(chosen, {"expert": np.array([0, 1]), "item": np.array([0, 1])})
    np.testing.assert_allclose(found[0], up(base).value[:, -1])
    rest = [0, 1, 2, 4]
    np.testing.assert_allclose(found[1, rest] - found[0, rest], 0.4 * 1.0 + 0.2 * 2.0)
    assert not np.isnan(found).any()


@pytest.mark.parametrize(
    "bad",
    [
        {"multipliers": np.full((1, 6), 2.0)},
        {"sources": {"expert": np.zeros((1, 5, 4))}},
        {"normalisations": (("z", None),)},
        {"aggregations": (("arithmetic", 1.0),)},
    ],
)
def test_variants_whose_first_is_not_the_declared_are_refused(bad: dict) -> None:
    with pytest.raises(ValueError, match=r"."):
        variants(sample(), **bad)


def test_an_unknown_factor_is_refused() -> None:
    with pytest.raises(KeyError, match="luck"):
        scores_under(variants(sample()), {"luck": np.zeros(1, dtype=int)})


@settings(max_examples=25)
@given(st.integers(0, 30))
def test_a_zero_weight_is_no_weight(seed: int) -> None:
    base = sample(seed)
    points = np.repeat(POINTS, 5, axis=0)
    points[:, 2] = 0.0
    for aggregation in ("arithmetic", "geometric"):
        found = compose(base, framework=TREE, points=points, aggregation=aggregation)
        np.testing.assert_allclose(found.value[:, 0], base.value[:, 0], rtol=1e-12)
