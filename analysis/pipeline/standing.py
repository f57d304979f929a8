"""What is said of the ranks of one group beyond its table: each unit's own set, who could lead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis import posterior, ranks, shrink
from instruments.methods import Plan
from instruments.standing_tables import LEADER_RESULTS, STANDING_RESULTS


@dataclass(frozen=True, eq=False)
class Ranked:
    """The ranked units of one group, by code: score, covariance, degrees of freedom, place."""

    scorecard: str
    group: str
    units: tuple[str, ...]
    score: np.ndarray
    covariance: np.ndarray
    df: float
    place: np.ndarray
    """Competition rank of the printed score."""
    seeds: Sequence[int]
    """Of the generator that the group's simultaneous sets were drawn with."""

    def generator(self) -> np.random.Generator:
        """A fresh generator with the group's seeds: the same draws, so that a unit's own set lies
        within the table's."""
        return np.random.default_rng(list(self.seeds))


def standing_rows(of: Ranked, plan: Plan) -> pd.DataFrame:
    """Rows of ``standing``: marginal rank sets, widened to hold the printed rank; expected rank and
    chance to be best by the joint posterior (``shrinkage.estimator``)."""
    own = ranks.marginal_sets(
        of.score,
        covariance=of.covariance,
        level=plan.ranks.level,
        draws=plan.ranks.draws,
        df=of.df,
        generator=of.generator(),
    )
    expected, best = _expected(of, plan)
    rows = _rows(of).assign(
        own_low=np.minimum(own.low, of.place),
        own_high=np.maximum(own.high, of.place),
        expected_rank=expected,
        best=best,
    )
    return rows[STANDING_RESULTS.names]


def leader_rows(of: Ranked, sets: ranks.RankSets, plan: Plan) -> pd.DataFrame:
    """Rows of ``leaders`` for every k of ``ranks.top`` that is less than the group's size."""
    parts = [
        _rows(of).assign(
            k=k, could_lead=ranks.top_set(sets, k=k), could_trail=ranks.bottom_set(sets, k=k)
        )
        for k in plan.ranks.top
        if k < len(of.units)
    ]
    return pd.concat(parts)[LEADER_RESULTS.names] if parts else NO_LEADERS


def _expected(of: Ranked, plan: Plan) -> tuple[np.ndarray, np.ndarray]:
    variance = np.diag(of.covariance)
    found = shrink.shrink(of.score, variance=variance, estimator=plan.shrinkage.estimator)
    between = 0.0 if np.isnan(found.tau2) else found.tau2  # of one unit nothing is known
    joint = posterior.joint_posterior(of.score, covariance=of.covariance, between=between)
    draws, generator = plan.ranks.draws, of.generator()
    leading = posterior.leading(joint, k=1, draws=draws, generator=generator)
    return (
        posterior.expected_ranks(joint)["expected_rank"].to_numpy(dtype=float),
        leading["p_best"].to_numpy(dtype=float),
    )


def _rows(of: Ranked) -> pd.DataFrame:
    return pd.DataFrame({"scorecard": of.scorecard, "group": of.group, "unit": list(of.units)})


NO_STANDING = pd.DataFrame(columns=STANDING_RESULTS.names)
NO_LEADERS = pd.DataFrame(columns=LEADER_RESULTS.names)
