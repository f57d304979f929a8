"""Case-mix: benchmarks with a unit's own part; regression within classes against statsmodels."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from wide_cells import wide

from analysis.adjust import adjusted_totals, benchmarks, within_effects
from frames import frame
from instruments.methods import Adjustment

TRAITS = ["stage", "years"]


def people(
    seed: int, *, classes: int = 12, each: int = 30, confounded: float = 0.0
) -> pd.DataFrame:
    """Answers whose stage is worth 0, 6 or -4 points and years 0 or 3, whatever the class does."""
    generator = np.random.default_rng(seed)
    quality = generator.normal(0, 5, classes)
    parts = []
    for c in range(classes):
        lean = np.exp(confounded * quality[c] * np.array([-1.0, 0.0, 1.0]))
        stage = generator.choice(["a", "b", "c"], each, p=lean / lean.sum())
        years = generator.choice(["1", "2"], each)
        effect = pd.Series(stage).map({"a": 0.0, "b": 6.0, "c": -4.0}).to_numpy()
        y = 70 + quality[c] + effect + 3.0 * (years == "2") + generator.normal(0, 4, each)
        own = {"class_code": f"c{c:02}", "project": f"P{c // 2}", "stage": stage, "years": years}
        parts.append(pd.DataFrame({**own, "y": y, "quality": quality[c]}))
    return pd.concat(parts, ignore_index=True)


def cells_of(rows: pd.DataFrame) -> pd.DataFrame:
    keys = ["class_code", *TRAITS]
    grouped = rows.groupby(keys)["y"].agg(["size", "sum"]).reset_index()
    return grouped.rename(columns={"size": "n", "sum": "total"}).assign(leaf="L")


def weights_of(rows: pd.DataFrame, *, seed: int | None = None) -> pd.DataFrame:
    table = rows[["class_code", "project"]].drop_duplicates().reset_index(drop=True)
    weight = np.ones(len(table))
    if seed is not None:
        weight = np.random.default_rng(seed).uniform(0.5, 3, len(table))
    return table.assign(weight=weight)


def choice(method: str, minimum: int = 1) -> Adjustment:
    return Adjustment(method, tuple(TRAITS), minimum)


def adjusted(rows, weights, *, method="within", minimum=1, basis=None, cells=None) -> pd.Series:
    found = adjusted_totals(
        wide(cells_of(rows) if cells is None else cells),
        weights=weights[["class_code", "weight"]],
        traits=TRAITS,
        choice=choice(method, minimum),
        basis=set(rows["class_code"]) if basis is None else basis,
    ).set_index("class_code")
    return found["total"] / found["n"]


@pytest.mark.parametrize("seed", [1, None])
def test_coefficients_equal_statsmodels(seed: int | None) -> None:
    """WLS with a dummy for each class, cov_type='cluster': estimates and errors to 1e-8."""
    rows = people(3)
    weights = weights_of(rows, seed=seed)
    found = within_effects(
        wide(cells_of(rows)),
        weights=weights[["class_code", "weight"]],
        traits=TRAITS,
        minimum_cell=1,
        basis=set(rows["class_code"]),
    ).set_index(["trait", "level"])
    reference = {trait: found.loc[trait, "reference"].iloc[0] for trait in TRAITS}
    shown = [(t, one) for t in TRAITS for one in sorted(set(rows[t])) if one != reference[t]]
    x = np.column_stack(
        [(rows[t] == one).astype(float) for t, one in shown]
        + [pd.get_dummies(rows["class_code"]).to_numpy(dtype=float)]
    )
    weight = rows[["class_code"]].merge(weights, on="class_code")["weight"]
    groups = pd.factorize(rows["class_code"])[0]
    oracle = sm.WLS(rows["y"].to_numpy(), x, weights=weight.to_numpy())
    fit = oracle.fit(cov_type="cluster", cov_kwds={"groups": groups})
    for k, key in enumerate(shown):
        assert found.loc[key, "estimate"] == pytest.approx(fit.params[k], abs=1e-8)
        assert found.loc[key, "se"] == pytest.approx(fit.bse[k], rel=1e-8)
    slope = dict(zip(shown, fit.params, strict=False))
    means = rows.assign(w=weight)
    for _, one in means.groupby("class_code"):
        expected = one["y"].mean() - sum(
            b * ((one[t] == v).mean() - np.average(means[t] == v, weights=means["w"]))
            for (t, v), b in slope.items()
        )
        value = adjusted(rows, weights)[one["class_code"].iloc[0]]
        assert value == pytest.approx(expected, abs=1e-8)


def test_confounded_traits_are_told_from_quality_within_classes_only() -> None:
    """Good classes draw stage c, which answers low: within recovers them, indirect cannot."""
    rows = people(7, classes=60, each=80, confounded=0.25)
    weights = weights_of(rows)
    truth = rows.groupby("class_code")["quality"].first()
    truth = truth - truth.mean()
    errors = {}
    for method in ("none", "indirect", "within"):
        value = adjusted(rows, weights, method=method)
        errors[method] = float(np.abs(value - value.mean() - truth).mean())
    assert errors["within"] < 0.6 * errors["indirect"]
    assert errors["within"] < 0.6 * errors["none"]
    slope = np.polyfit(truth, adjusted(rows, weights) - truth, 1)[0]
    assert slope == pytest.approx(0.0, abs=0.03)


def test_equal_mixes_are_left_untouched() -> None:
    """Where every class has the same mix, adjusted is raw, however traits answer."""
    rows = people(5)
    rows["stage"] = np.tile(np.repeat(["a", "b", "c"], 10), 12)
    rows["years"] = np.tile(["1", "2"], 180)
    raw = rows.groupby("class_code")["y"].mean()
    np.testing.assert_allclose(adjusted(rows, weights_of(rows)), raw, atol=1e-9)


def test_a_trait_that_fills_whole_classes_has_no_effect() -> None:
    """What it does cannot be told from what the class did: it is said, and nothing is adjusted."""
    rows = people(5)
    rows["stage"] = np.where(rows["class_code"] < "c06", "a", "b")
    weights = weights_of(rows)
    found = within_effects(
        wide(cells_of(rows)),
        weights=weights,
        traits=["stage"],
        minimum_cell=1,
        basis=set(rows["class_code"]),
    ).set_index("level")
    assert found["effect"].tolist() == [0.0, 0.0]
    assert found["estimable"].tolist() == [True, False]
    assert np.isnan(found.loc["b", "estimate"])


def test_levels_with_few_answers_count_as_one() -> None:
    rows = people(5)
    rows.loc[:3, "stage"] = "rare"
    rows.loc[40:44, "stage"] = "odd"
    found = within_effects(
        wide(cells_of(rows)),
        weights=weights_of(rows),
        traits=["stage"],
        minimum_cell=6,
        basis=set(rows["class_code"]),
    )
    assert found["level"].tolist() == ["*", "a", "b", "c"]
    assert found["n"].tolist()[0] == 9
    none = adjusted(rows, weights_of(rows), minimum=10_000)
    np.testing.assert_allclose(none, rows.groupby("class_code")["y"].mean())


def test_what_is_withheld_moves_nobody() -> None:
    rows = people(5)
    basis = {c for c in rows["class_code"] if c != "c03"}
    other = rows.assign(y=rows["y"].mask(rows["class_code"] == "c03", 0.0))
    weights = weights_of(rows)
    for method in ("within", "indirect"):
        one = adjusted(rows, weights, method=method, basis=basis)
        two = adjusted(other, weights, method=method, basis=basis)
        pd.testing.assert_series_equal(one.drop("c03"), two.drop("c03"))


@pytest.mark.parametrize("method", ["within", "indirect", "none"])
def test_degenerate_mixes(method: str) -> None:
    """One class, equal answers, one answer, nobody in the basis, nothing at all: raw or defined."""
    rows = people(1, classes=1)
    raw = rows["y"].mean()
    weights = weights_of(rows)
    assert adjusted(rows, weights, method=method)["c00"] == pytest.approx(raw)
    assert adjusted(rows, weights, method=method, basis=set())["c00"] == pytest.approx(raw)
    equal = people(1).assign(y=80.0)
    np.testing.assert_allclose(adjusted(equal, weights_of(equal), method=method), 80.0)
    single = rows.iloc[:1]
    assert adjusted(single, weights, method=method)["c00"] == pytest.approx(rows["y"].iloc[0])
    assert adjusted(rows.iloc[:0], weights, method=method).empty
    with pytest.raises(ValueError, match="finite"):
        adjusted(rows, weights.assign(weight=np.inf), method=method)
    with pytest.raises(KeyError):
        adjusted(rows, weights, method="magic")


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10**6), st.floats(-20, 20), st.floats(0.2, 3), st.floats(0.1, 50))
def test_order_names_and_units(seed: int, shift: float, scale: float, factor: float) -> None:
    """Cells permuted, levels renamed, weights scaled: nothing; points moved: the scores move."""
    rows = people(seed, classes=5, each=12)
    weights = weights_of(rows, seed=seed)
    base = adjusted(rows, weights)
    cells = cells_of(rows)
    order = np.random.default_rng(seed).permutation(len(cells))
    other = cells.iloc[order].assign(
        stage=cells["stage"].map({"a": "z", "b": "k", "c": "m"}),
        total=lambda c: shift * c["n"] + scale * c["total"],
    )
    moved = adjusted(rows, weights.assign(weight=weights["weight"] * factor), cells=other)
    np.testing.assert_allclose(moved, shift + scale * base, rtol=1e-7, atol=1e-7)


CELLS = """
| class_code | stage   | years | leaf | n  | total |
| a          | primary | 1     | L    | 10 | 900   |
| a          | junior  | 1     | L    | 10 | 700   |
| b          | primary | 1     | L    | 5  | 425   |
| b          | junior  | 1     | L    | 15 | 1050  |
"""
UNITS = frame("| class_code | project | weight |\n| a | A | 1 |\n| b | B | 1 |")


def benchmark_table(*, basis="ab", method="indirect") -> pd.DataFrame:
    found = benchmarks(
        wide(frame(CELLS)),
        weights=UNITS,
        traits=["stage"],
        choice=choice(method),
        basis=set(basis),
    )
    return found.set_index("project")


def test_own_share_of_a_benchmark_by_hand() -> None:
    """Draper & Gittoes 2004: A is half primary (10 of 15 are its own), half junior (10 of 25)."""
    found = benchmark_table()
    assert found.loc["A", "own_share"] == pytest.approx(0.5 * 10 / 15 + 0.5 * 10 / 25)
    assert found.loc["B", "own_share"] == pytest.approx(0.25 * 5 / 15 + 0.75 * 15 / 25)
    primary, junior, overall = 1325 / 15, 1750 / 25, 3075 / 40
    assert found.loc["A", "benchmark"] == pytest.approx((primary + junior) / 2)
    assert found.loc["A", "overall"] == pytest.approx(overall)
    assert found.loc["A", "raw"] == 80.0
    assert found.loc["A", "adjusted"] == pytest.approx(80 - (primary + junior) / 2 + overall)


def test_own_share_at_its_ends() -> None:
    alone = benchmark_table(basis="a")
    assert alone.loc["A", "own_share"] == pytest.approx(1.0)
    assert alone.loc["B", "own_share"] == 0.0
    assert benchmark_table(method="within")["own_share"].isna().all()


@pytest.mark.parametrize("method", ["within", "indirect", "none"])
def test_benchmarks_and_totals_agree(method: str) -> None:
    rows = people(2)
    weights = weights_of(rows, seed=2)
    found = benchmarks(
        wide(cells_of(rows)),
        weights=weights,
        traits=TRAITS,
        choice=choice(method),
        basis=set(rows["class_code"]),
    ).set_index("project")
    per_class = weights.set_index("class_code").assign(y=adjusted(rows, weights, method=method))
    for project, own in per_class.groupby("project"):
        expected = np.average(own["y"], weights=own["weight"])
        assert found.loc[project, "adjusted"] == pytest.approx(expected)
    np.testing.assert_allclose(
        found["adjusted"], found["raw"] - found["benchmark"] + found["overall"]
    )
