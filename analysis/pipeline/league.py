"""The table of one scorecard: who is published and ranked, intervals, rank sets, letters, bands."""

from __future__ import annotations

import zlib

import numpy as np
import pandas as pd
from scipy import stats

from analysis import bands, disclosure, eligibility, ranks, shrink, tabulate
from analysis.pipeline import standing
from instruments.faults import fault
from instruments.methods import Plan
from instruments.result_tables import LOCALITIES
from instruments.scorecard import Framework

SCALE = (0.0, 100.0)
"""No score lies outside, so no interval reaches outside."""
TABLES = ("units", "indicators", "pairs", "bands", "standing", "leaders")
SCORED = ["scorecard", "group", "unit", "score"]
SCORES = ["raw", "raw_se", "adjusted", "adjusted_se", "score", "score_se", "score_df"]
SCORES += ["score_low", "score_high", "reliability", "shrunken"]
"""Columns of ``units`` that stay empty where no score may be shown."""


def decide(card: tabulate.Card, framework: Framework, plan: Plan) -> dict[str, pd.DataFrame]:
    """Rows of ``TABLES`` for one card, by the plan's thresholds, ranks and bands."""
    own, group_points = tabulate.measured_points(card, framework=framework)
    verdicts = _verdicts(card, plan, points=own)
    published = np.array([verdict.published for verdict in verdicts], dtype=bool)
    units = _with_intervals(tabulate.unit_rows(card), card, plan)
    units = units.assign(measured=own, measurable=group_points)
    reliability, shrunken = _shrink(card, plan, published=published)
    units = units.assign(
        reliability=reliability[:, -1],
        shrunken=shrunken[:, -1],
        ranked=[verdict.ranked for verdict in verdicts],
        note=[verdict.note for verdict in verdicts],
    )
    empty = {"rank": np.nan, "rank_low": np.nan, "rank_high": np.nan, "band_probability": np.nan}
    units = units.assign(**empty, letters=None, band=None).astype(
        {"letters": object, "band": object}
    )
    ranked, banded = [(_no_pairs(), standing.NO_STANDING, standing.NO_LEADERS)], [_no_bands()]
    for group in dict.fromkeys(card.groups):
        places = np.array([p for p in card.members(group) if verdicts[p].ranked], dtype=int)
        if len(places):
            ranked.append(_rank(units, card, plan, group=group, places=places))
            banded.append(_band(units, card, plan, group=group, places=places))
    indicators = tabulate.indicator_rows(
        card,
        framework=framework,
        reliability=reliability,
        shrunken=shrunken,
        hidden=~published,
    )
    names = ("pairs", "standing", "leaders", "bands")
    parts = zip(names, (*zip(*ranked, strict=True), banded), strict=True)
    stacked = {name: pd.concat(p[1:] or p, ignore_index=True) for name, p in parts}
    units = _disclose(units, plan, published=published, telling=card.telling)
    return {"units": units, "indicators": indicators} | stacked


def placed(card: tabulate.Card, framework: Framework, plan: Plan) -> pd.DataFrame:
    """``SCORED`` of a card's units and ``rank``, as ``decide`` gives them, and nothing else."""
    verdicts = _verdicts(card, plan, points=tabulate.measured_points(card, framework=framework)[0])
    rows = tabulate.unit_rows(card)[SCORED]
    score, rank = rows["score"].round(ranks.DECIDED), np.full(len(rows), np.nan)
    for group in dict.fromkeys(card.groups):
        places = [place for place in card.members(group) if verdicts[place].ranked]
        printed = _printed(score.to_numpy(dtype=float)[places], plan)
        rank[places] = ranks.competition_ranks(printed)
    shown = np.array([verdict.published for verdict in verdicts], dtype=bool)
    return rows.assign(score=score.where(shown), rank=rank)


def rank_again(rows: pd.DataFrame, main: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """``SCORED`` of a card's ``rows`` and rank, among the units that ``main`` ranks."""
    keys = SCORED[:3]
    rows = rows.merge(main[[*keys, "ranked", "score"]], on=keys, suffixes=("", "_main"))
    rows["score"] = rows["score"].mask(rows["score_main"].isna())
    rows["rank"] = np.nan
    ranked = rows["ranked"].astype(bool) & rows["score"].notna()
    for _, part in rows[ranked].groupby("group", sort=True):
        printed = _printed(part["score"].to_numpy(dtype=float), plan)
        rows.loc[part.index, "rank"] = ranks.competition_ranks(printed)
    return rows[[*keys, "score", "rank"]]


def _verdicts(card: tabulate.Card, plan: Plan, *, points: np.ndarray) -> list[eligibility.Verdict]:
    found = [_judge(card, plan, place=i, points=own) for i, own in enumerate(points)]
    errors = card.main.se[:, -1]
    return [_with_error(verdict, se) for verdict, se in zip(found, errors, strict=True)]


def _judge(card: tabulate.Card, plan: Plan, *, place: int, points: float) -> eligibility.Verdict:
    rate = card.rate[place]
    nodes = {code: k for k, code in enumerate(card.codes)}
    observed = [not np.isnan(card.main.value[place, nodes[leaf]]) for leaf in card.leaf_raters]
    evidence = eligibility.Evidence(
        n=int(card.n[place]),
        rate=None if np.isnan(rate) else float(rate),
        classes=int(card.classes[place]),
        experts_due=bool(card.leaf_raters),
        observed=any(observed),
        scored=not np.isnan(card.main.value[place, -1]),
        founded=bool(card.founded[place]),
        left_out=card.left_out[place],
        points=float(points),
    )
    judge = eligibility.judge_locality if card.scorecard in LOCALITIES else eligibility.judge
    return judge(evidence, plan=plan)


def _with_error(verdict: eligibility.Verdict, se: float) -> eligibility.Verdict:
    """Not ranked where the score's error is unknown, as of a geometric mean with an uncertain 0."""
    if not verdict.ranked or not np.isnan(se):
        return verdict
    reasons = (*verdict.reasons, fault("analysis.no_error"))
    return eligibility.Verdict(verdict.published, False, reasons)


def _with_intervals(units: pd.DataFrame, card: tabulate.Card, plan: Plan) -> pd.DataFrame:
    half = stats.t.ppf(0.5 + plan.ranks.level / 2.0, card.df) * units["score_se"]
    score = units["score"].round(ranks.DECIDED)
    low, high = (score - half).clip(*SCALE), (score + half).clip(*SCALE)
    return units.assign(score=score, score_df=card.df, score_low=low, score_high=high)


def _shrink(
    card: tabulate.Card, plan: Plan, *, published: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    known = published[:, None] & ~np.isnan(card.main.se)
    value = np.where(known, card.main.value, np.nan)
    reliability, shrunken = np.full(value.shape, np.nan), np.full(value.shape, np.nan)
    for group in dict.fromkeys(card.groups):
        rows = card.members(group)
        for node in range(value.shape[1]):
            found = shrink.shrink(
                value[rows, node],
                variance=card.main.se[rows, node] ** 2,
                estimator=plan.shrinkage.estimator,
            )
            reliability[rows, node], shrunken[rows, node] = found.reliability, found.value
    return reliability, shrunken


def _printed(score: np.ndarray, plan: Plan) -> np.ndarray:
    return ranks.printed_scores(score, decimals=plan.ranks.printed_decimals)


def _rank(
    units: pd.DataFrame, card: tabulate.Card, plan: Plan, *, group: str, places: np.ndarray
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    score = units["score"].to_numpy(dtype=float)[places]
    of = standing.Ranked(
        card.scorecard,
        group,
        tuple(card.units[p] for p in places),
        score,
        card.covariance[np.ix_(places, places)],
        float(card.df[places].min()),
        ranks.competition_ranks(_printed(score, plan)),
        (plan.ranks.seed, zlib.crc32(f"{card.scorecard}/{group}".encode())),
    )
    sets = ranks.rank_sets(
        score,
        covariance=of.covariance,
        level=plan.ranks.level,
        draws=plan.ranks.draws,
        df=of.df,
        generator=of.generator(),
    )
    units.loc[places, "rank"] = of.place
    units.loc[places, "rank_low"] = np.minimum(sets.low, of.place)
    units.loc[places, "rank_high"] = np.maximum(sets.high, of.place)
    units.loc[places, "letters"] = ranks.letters(score, separable=sets.separable)
    pairs = tabulate.pair_rows(
        of.units,
        scorecard=card.scorecard,
        group=group,
        score=score,
        se=sets.se,
        separable=sets.separable,
    )
    return pairs, standing.standing_rows(of, plan), standing.leader_rows(of, sets, plan)


def _band(
    units: pd.DataFrame, card: tabulate.Card, plan: Plan, *, group: str, places: np.ndarray
) -> pd.DataFrame:
    score = units["score"].to_numpy(dtype=float)[places]
    se = units["score_se"].to_numpy(dtype=float)[places]
    probability = bands.band_probabilities(score, se=se, df=card.df[places], bands=plan.bands)
    for row, (place, printed) in enumerate(zip(places, _printed(score, plan), strict=True)):
        band = bands.band_of(printed, bands=plan.bands)
        units.loc[place, "band"] = band_label(plan, band=band, probability=probability[row])
        units.loc[place, "band_probability"] = probability[row, band]
    return tabulate.band_rows(
        [card.units[p] for p in places],
        scorecard=card.scorecard,
        group=group,
        bands=[band.code for band in plan.bands],
        probability=probability,
    )


def band_label(plan: Plan, *, band: int, probability: np.ndarray) -> str:
    """The band as printed: with the nearest other one where its probability is too low."""
    label = plan.bands[band].label
    near = bands.nearest_band(probability, band=band)
    if probability[band] >= plan.band_probability or near == band:
        return label
    return fault("analysis.borderline", band=label, near=plan.bands[near].label).message


def _disclose(
    units: pd.DataFrame, plan: Plan, *, published: np.ndarray, telling: np.ndarray
) -> pd.DataFrame:
    hidden = pd.Series(~published, index=units.index)
    few = disclosure.too_few(units["n"], min_cell=plan.thresholds.min_cell) | telling
    out = disclosure.blank(units, where=hidden, columns=SCORES)
    return disclosure.blank(out, where=few, columns=["n", "response_rate"])


def _no_pairs() -> pd.DataFrame:
    none = np.zeros((0, 0))
    return tabulate.pair_rows(
        (), scorecard="", group="", score=np.zeros(0), se=none, separable=none.astype(bool)
    )


def _no_bands() -> pd.DataFrame:
    return tabulate.band_rows((), scorecard="", group="", bands=(), probability=np.zeros((0, 0)))
