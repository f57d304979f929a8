"""Screening, adjustment, composite, bands and panels: by hand, by definition and against COINr."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wide_cells import wide

from analysis.adjust import adjusted_totals
from analysis.bands import band_of, band_probabilities, nearest_band
from analysis.composite import average, combine, points_table
from analysis.composite import compose as compose_by
from analysis.mixed import fit_crossed
from analysis.raters import linked_blocks, panel_factors, panel_rows, panel_values, severities
from analysis.results import Estimates
from analysis.screen import flag_responses, longest_run_share, screened_items
from frames import frame
from instruments.faults import FaultsFound
from instruments.methods import Adjustment
from instruments.scorecard import Adoption, Framework, Indicator
from project_root import ROOT
from province import FRAMEWORK, INSTRUMENTS, TRAINEE, default_plan

REFERENCE = ROOT / "tests" / "reference"
compose = partial(compose_by, missing="renormalise", floor=None)


def test_longest_run_equals_careless() -> None:
    """R careless 1.2.2, longstring()."""
    table = pd.read_csv(REFERENCE / "careless.csv")
    answers = table.drop(columns="longstr").astype(str)
    share = longest_run_share(answers)
    np.testing.assert_allclose(share * answers.shape[1], table["longstr"])


def test_longest_run_skips_blanks() -> None:
    answers = pd.DataFrame(
        {"a": ["5", None], "b": [None, None], "c": ["5", None], "d": ["4", None]}
    )
    assert longest_run_share(answers).tolist() == pytest.approx([2 / 3, 0.0])


def test_honest_straight_line_is_no_flag() -> None:
    """Domain section 7: all fives is often honest; only with a failed check is it careless."""
    names = screened_items(TRAINEE)
    rows = pd.DataFrame(
        [dict.fromkeys(names, "5") | {"check": c, "turned": t} for c, t in (("2", "1"), ("5", "5"))]
    ).assign(response=["a", "b"], class_code="c", project="p", project_mode="residential")
    found = flag_responses(rows, instrument=TRAINEE, screening=default_plan().screening)
    assert found["straight_line_failed_check"].tolist() == [False, True]
    assert found["excluded"].tolist() == [False, True]
    assert found["reversed"].tolist() == [False, True]


def test_blanks_count_only_where_asked() -> None:
    names = screened_items(TRAINEE)
    answers = dict.fromkeys(names, None) | {"a1": "3", "a2": "3", "b1": "na"}
    rows = pd.DataFrame([answers, answers]).assign(
        response=["a", "b"], class_code="c", project="p", project_mode=["residential", "workshop"]
    )
    plan = default_plan(screening__item_nonresponse=0.3)
    found = flag_responses(rows, instrument=TRAINEE, screening=plan.screening)
    assert found["item_nonresponse"].tolist() == [True, False]


CELLS = """
| class_code | stage   | leaf | n  | total |
| a          | primary | L    | 10 | 900   |
| a          | junior  | L    | 10 | 700   |
| b          | primary | L    | 5  | 425   |
| b          | junior  | L    | 15 | 1050  |
"""
WEIGHTS = frame("| class_code | weight |\n| a | 1 |\n| b | 1 |")
INDIRECT = Adjustment("indirect", ("stage",), 1)


def test_indirect_standardisation_by_hand() -> None:
    """Province: primary 1325/15, junior 1750/25, overall 3075/40 (OfS benchmark)."""
    found = adjusted_totals(
        wide(frame(CELLS)), weights=WEIGHTS, traits=["stage"], choice=INDIRECT, basis="ab"
    )
    mean = (found["total"] / found["n"]).tolist()
    primary, junior, overall = 1325 / 15, 1750 / 25, 3075 / 40
    a = 80 - (10 * primary + 10 * junior) / 20 + overall
    b = 73.75 - (5 * primary + 15 * junior) / 20 + overall
    assert mean == pytest.approx([a, b])


def test_small_cells_take_the_margin() -> None:
    choice = Adjustment("indirect", ("stage",), 100)
    found = adjusted_totals(
        wide(frame(CELLS)), weights=WEIGHTS, traits=["stage"], choice=choice, basis="ab"
    )
    assert found["total"].tolist() == pytest.approx([1600.0, 1475.0])


def test_equal_mix_leaves_the_raw_values() -> None:
    cells = wide(frame(CELLS).assign(n=10))
    found = adjusted_totals(cells, weights=WEIGHTS, traits=["stage"], choice=INDIRECT, basis="ab")
    assert found["total"].tolist() == pytest.approx([1600.0, 1475.0])


def test_composite_equals_coinr() -> None:
    """R COINr 1.1.14: aggregates of the ASEM index from its normalised indicators."""
    tree = pd.read_csv(REFERENCE / "asem_tree.csv").sort_values("level", ascending=False)
    expected = pd.read_csv(REFERENCE / "asem_expected.csv").set_index("unit").sort_index()
    table = pd.read_csv(REFERENCE / "asem_normalised.csv").set_index("uCode").sort_index()
    nodes = tuple(
        Indicator(
            r.code, "" if r.level == 4 else r.parent, r.code, r.weight, "问" if r.level == 1 else ""
        )
        for r in tree.itertuples()
    )
    framework = Framework("X", "1", "", "A", 100.0, Adoption("建议"), "", nodes)
    codes = tuple(node.code for node in framework.leaves)
    size = (len(table), len(codes), len(codes))
    values = table[list(codes)].to_numpy()
    estimates = Estimates(tuple(table.index), codes, values, np.zeros(size), (), np.zeros((0, 0)))
    points = points_table(framework, [None] * len(table))
    found = compose(estimates, framework=framework, points=points, aggregation="arithmetic")
    for name in ("Index", "Conn", "Sust", "Physical", "P2P", "Environ"):
        column = found.value[:, found.codes.index(name)]
        np.testing.assert_allclose(column, expected[name], atol=0.0051)


LEAVES = ("T1.1.1", "T1.2.1", "T1.2.2", "T2.1.1", "T1.1.2", "T1.1.3", "T2.1.2")


def estimates(seed: int = 0, *, units: int = 3) -> Estimates:
    generator = np.random.default_rng(seed)
    value = generator.uniform(40, 100, (units, len(LEAVES)))
    root = generator.normal(0, 1, (units, 5, 5))
    own = np.zeros((units, 7, 7))
    own[:, :5, :5] = root @ root.transpose(0, 2, 1)
    panel = generator.normal(0, 1, (units * 2, units * 2))
    names = tuple(f"U{i}" for i in range(units))
    return Estimates(names, LEAVES, value, own, LEAVES[5:], panel @ panel.T)


def composed(of: Estimates):
    points = points_table(FRAMEWORK, [None] * len(of.units))
    return compose(of, framework=FRAMEWORK, points=points, aggregation="arithmetic")


def test_delta_method_equals_simulation() -> None:
    base, generator = estimates(), np.random.default_rng(1)
    whole = np.zeros((21, 21))
    for u in range(3):
        whole[u * 7 : u * 7 + 5, u * 7 : u * 7 + 5] = base.own[u, :5, :5]
    experts = [u * 7 + 5 + k for u in range(3) for k in range(2)]
    whole[np.ix_(experts, experts)] = base.panel
    noise = generator.multivariate_normal(np.zeros(21), whole * 1e-4, 4000).reshape(-1, 3, 7)
    from dataclasses import replace

    totals = [composed(replace(base, value=base.value + e)).value[:, -1] for e in noise]
    np.testing.assert_allclose(
        np.cov(np.array(totals).T) * 1e4, composed(base).covariance[-1], rtol=0.2, atol=0.15
    )


def test_missing_leaf_gives_its_points_to_its_siblings() -> None:
    """Domain section 00, missing data: inside the second level, then the first."""
    base = estimates()
    base.value[0, 2] = np.nan
    base.value[1, [1, 2]] = np.nan
    found = composed(base)
    at = found.codes.index
    assert found.value[0, at("T1.2")] == pytest.approx(base.value[0, 1])
    assert np.isnan(found.value[1, at("T1.2")])
    assert found.value[1, at("T1")] == pytest.approx(found.value[1, at("T1.1")])


def test_goalposts_agree_with_bands() -> None:
    """Domain section 00, scaling: 同意 and level 3 make 良; 一般 and level 2 make 中."""
    plan = default_plan()
    agree, rubric = plan.scale("agree5").points, plan.scale("rubric4").points
    for likert, level, label in (("4", "3", "良"), ("3", "2", "中")):
        base = estimates(units=1)
        base.value[0] = [agree[likert]] * 5 + [rubric[level]] * 2
        total = composed(base).value[0, -1]
        assert plan.bands[band_of(total, bands=plan.bands)].label == label


def test_nothing_measured_is_missing() -> None:
    base = estimates()
    base.value[:] = np.nan
    assert np.isnan(composed(base).value).all()


@settings(max_examples=20, deadline=None)
@given(st.permutations(range(3)), st.integers(0, 50))
def test_units_do_not_disturb_one_another(order: list[int], seed: int) -> None:
    """No unit's score depends on who else is in the table (fixed goalposts)."""
    base = estimates(seed)
    chosen = np.eye(3)[order]
    moved = combine(base, units=[base.units[i] for i in order], weights=chosen)
    np.testing.assert_allclose(composed(moved).value, composed(base).value[order])
    np.testing.assert_allclose(
        composed(moved).covariance[-1], composed(base).covariance[-1][np.ix_(order, order)]
    )


def test_linear_maps_agree() -> None:
    """Without missing leaves and minima, averaging composites equals composing averages."""
    nodes = tuple(node for node in FRAMEWORK.indicators if not node.minimum_of)
    framework = Framework("T", "1", "", "A", 100.0, Adoption("建议"), "", nodes)
    base, weights = estimates(), np.array([[30.0, 10.0, 0.0], [0.0, 0.0, 5.0]])

    def up(of: Estimates):
        points = points_table(framework, [None] * len(of.units))
        return compose(of, framework=framework, points=points, aggregation="arithmetic")

    first = up(combine(base, units="AB", weights=weights))
    last = average(up(base), units="AB", weights=weights)
    np.testing.assert_allclose(first.value, last.value)
    np.testing.assert_allclose(first.covariance, last.covariance, atol=1e-9)


def test_band_probabilities_equal_the_normal_table() -> None:
    """Standard normal: P(Z > 1) = .158655, P(Z > 2) = .022750."""
    bands = default_plan().bands
    found = band_probabilities(
        np.array([85.0]), se=np.array([5.0]), df=np.array([np.inf]), bands=bands
    )[0]
    assert found[0] == pytest.approx(0.158655, abs=1e-6)
    assert found[0] + found[1] == pytest.approx(1 - 0.158655, abs=1e-6)
    assert found.sum() == pytest.approx(1.0)
    assert nearest_band(found, band=1) in (0, 2)
    exact = band_probabilities(
        np.array([90.0001]), se=np.zeros(1), df=np.full(1, np.inf), bands=bands
    )[0]
    assert exact.tolist() == [1.0, 0.0, 0.0, 0.0]
    assert [band_of(x, bands=bands) for x in (90, 89.9, 60, 0)] == [0, 1, 2, 3]


def ratings(seed: int, *, sites: int = 8, severity: float = 6.0) -> pd.DataFrame:
    generator = np.random.default_rng(seed)
    strict = generator.normal(0, severity, 5)
    rows = [
        (f"R{r}", f"P{p}", f"P{p} {s}", leaf, 60 + 3.0 * p - strict[r] + generator.normal(0, 2))
        for p in range(sites)
        for s in range(2)
        for r in ((p + s) % 5, (p + s + 1) % 5)
        for leaf in ("E1", "E2")
    ]
    return pd.DataFrame(rows, columns=["rater", "project", "session", "leaf", "score"])


def test_panel_recovers_sites_and_severities() -> None:
    rows = panel_rows(ratings(4), min_experts=2)
    fit = fit_crossed(rows, value="score", factors=panel_factors(rows), fixed=["project", "leaf"])
    blocks = linked_blocks(rows, disconnected="refuse")
    units, leaves = tuple(f"P{p}" for p in range(8)), ("E1", "E2")
    arguments = {"units": units, "leaves": leaves, "widen": 2.0}
    value, covariance = panel_values(
        fit.fixed, covariance=fit.fixed_covariance, blocks=1, **arguments
    )
    site = value.mean(axis=1) - value.mean()
    expected = 3.0 * np.arange(8) - 10.5
    raw = rows.groupby("project")["score"].mean().to_numpy()
    assert np.abs(site - expected).max() < np.abs(raw - raw.mean() - expected).max()
    assert np.abs(site - expected).max() < 3
    assert covariance[0, 2] > 0
    wide = panel_values(fit.fixed, covariance=fit.fixed_covariance, blocks=2, **arguments)[1]
    np.testing.assert_allclose(wide, 4 * covariance)
    found = severities(fit.effects["rater"], rows=rows, blocks=blocks)
    strict = np.random.default_rng(4).normal(0, 6, 5)
    assert np.corrcoef(found["severity"], strict)[0, 1] > 0.9
    assert found["separable"].all()


def test_blocks_are_found_and_may_be_refused() -> None:
    rows = ratings(1)
    apart = pd.concat([rows, rows.assign(rater="X" + rows["rater"], project="X" + rows["project"])])
    assert linked_blocks(apart, disconnected="random").nunique() == 2
    with pytest.raises(FaultsFound, match="2块"):
        linked_blocks(apart, disconnected="refuse")


def test_factors_that_the_design_cannot_tell_apart_are_left_out() -> None:
    """Domain section 00: two raters in one session cannot split site x expert from residual."""
    rows = panel_rows(ratings(2), min_experts=2)
    assert panel_factors(rows) == ("rater", "rater_site", "session")
    once = rows[rows["leaf"] == "E1"].drop_duplicates(["rater", "project"])
    assert "rater_site" not in panel_factors(once)
    assert "session" not in panel_factors(rows.assign(session=rows["project"]))


def test_cells_of_one_rater_do_not_enter() -> None:
    rows = ratings(3)
    alone = rows.drop(rows[(rows["project"] == "P0") & (rows["rater"] != "R0")].index)
    kept = panel_rows(alone, min_experts=2)
    assert "P0" not in set(kept["project"])
    assert len(INSTRUMENTS) == 3
