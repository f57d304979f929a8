"""Rows of the robustness tables for one league, by the choices of the plan."""

from __future__ import annotations

import zlib
from collections.abc import Mapping

import numpy as np
import pandas as pd

from analysis import composite, ranks, robustness, tabulate
from analysis.pipeline.robust.leagues import League
from instruments.diagnostics import Robustness
from instruments.methods import Plan
from instruments.scorecard import Framework

NORMALISATION = "normalisation"
LEFT_OUT = ("expert", "item")
SHOWN = ("shift", "rank")
"""Outputs of Sobol shares that can be compared: on another scale scores cannot."""
LEAST = 3
"""Units without which nothing is said of how indicators go together."""
DECLARED = frozenset({0})


def league_frames(league: League, plan: Plan) -> dict[str, pd.DataFrame]:
    """Frames of all tables but ``effective``; empty where nothing may be chosen otherwise."""
    choice = plan.robustness
    assert choice is not None
    key = zlib.crc32(f"{league.scorecard}/{league.group}".encode())
    generator = np.random.default_rng([choice.seed, key])
    variants = _variants(league, plan, choice, generator)
    model = _model(league, plan, variants)
    found = robustness.monte_carlo(
        model,
        units=league.units,
        factors=variants.factors,
        draws=choice.draws,
        levels=(choice.levels[0], choice.levels[1]),
        bands=plan.bands,
        comparable={NORMALISATION: DECLARED},
        generator=generator,
    )
    frames = {
        "robust_units": found.units,
        "robust_bands": found.bands,
        "robust_pairs": _neighbours(league, found, level=choice.settled),
        "left_out": _left_out(league, plan, model),
        "sobol": _sobol(league, plan, choice, variants, model, generator),
    }
    of = {"scorecard": league.scorecard, "group": league.group}
    return {name: frame.assign(**of) for name, frame in frames.items()}


def effective_rows(card: tabulate.Card, framework: Framework, units: pd.DataFrame) -> pd.DataFrame:
    """Rows of ``effective``: groups of a card, from units whose score is published."""
    shown = units[(units["scorecard"] == card.scorecard) & units["score"].notna()]
    known = set(zip(shown["group"].fillna(""), shown["unit"], strict=True))
    parts = []
    for group in dict.fromkeys(card.groups):
        places = [p for p in card.members(group) if (group, card.units[p]) in known]
        if len(places) >= LEAST:
            names, value = tuple(card.units[p] for p in places), card.main.value[places]
            composed = composite.Composed(names, card.codes, value, np.zeros((0, 0, 0)))
            found = composite.effective_weights(
                composed, framework=framework, points=card.points[places]
            )
            parts.append(found.assign(scorecard=card.scorecard, group=group))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def _variants(
    league: League, plan: Plan, choice: Robustness, generator: np.random.Generator
) -> composite.Variants:
    own = (plan.composite.aggregation, plan.composite.floor)
    means = [(one.method, one.floor) for one in choice.aggregations if one.method != own[0]]
    scales = [(one.method, (one.target[0], one.target[1])) for one in choice.normalisations]
    return composite.Variants(
        league.framework,
        league.leaves,
        league.points,
        value=league.declared,
        sources=league.tables,
        multipliers=robustness.weight_draws(
            _declared_points(league),
            parents=[node.parent for node in league.framework.indicators],
            method=choice.weights.method,
            amount=choice.weights.amount,
            draws=choice.draws,
            generator=generator,
        ),
        normalisations=(("goalposts", None), *scales),
        aggregations=(own, *means),
        missing=plan.composite.missing,
    )


def _declared_points(league: League) -> np.ndarray:
    """Points around which weights are drawn: those of the group, of the framework where its units
    have different ones."""
    if (league.points == league.points[0]).all():
        return league.points[0]
    return composite.points_table(league.framework, [None])[0]


def _model(league: League, plan: Plan, variants: composite.Variants) -> robustness.Model:
    decimals = plan.ranks.printed_decimals

    def model(choices: Mapping[str, np.ndarray]) -> np.ndarray:
        score = composite.scores_under(variants, choices)
        if league.mix is not None:
            score = _mixed(score, league.mix)
        return ranks.printed_scores(score, decimals=decimals)

    return model


def _mixed(score: np.ndarray, mix: np.ndarray) -> np.ndarray:
    """draws x rows to draws x units: means over the parts that have a score."""
    known = (~np.isnan(score)).astype(float)
    mass, total = known @ mix.T, np.nan_to_num(score) @ mix.T
    return np.divide(total, mass, out=np.full(total.shape, np.nan), where=mass > 0)


def _neighbours(league: League, found: robustness.MonteCarlo, *, level: float) -> pd.DataFrame:
    declared = found.units["score"].to_numpy(dtype=float)
    pairs = robustness.order_shares(found.score, units=league.units, declared=declared, level=level)
    order = [league.units[k] for k in np.argsort(-declared, kind="stable")]
    after = dict(zip(order[:-1], order[1:], strict=True))
    return pairs[pairs["higher"].map(after) == pairs["lower"]]


def _left_out(league: League, plan: Plan, model: robustness.Model) -> pd.DataFrame:
    parts = [
        robustness.leave_one_out(
            model, factor=factor, names=names, units=league.units, bands=plan.bands
        )[0]
        for factor, names in league.names.items()
        if factor in LEFT_OUT
    ]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def _sobol(
    league: League,
    plan: Plan,
    choice: Robustness,
    variants: composite.Variants,
    model: robustness.Model,
    generator: np.random.Generator,
) -> pd.DataFrame:
    shares = robustness.sobol(
        model,
        units=league.units,
        factors=variants.factors,
        size=choice.sobol_size,
        resamples=choice.resamples,
        level=plan.ranks.level,
        generator=generator,
    )
    return shares[shares["output"].isin(SHOWN)]
