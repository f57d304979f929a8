"""Ranks that say how sure they are: competition ranks, confidence sets, letters, who may lead."""

from __future__ import annotations

from analysis.ranks.letters import letters
from analysis.ranks.printed import DECIDED, competition_ranks, printed_score, printed_scores
from analysis.ranks.sets import (
    MarginalSets,
    RankSets,
    bottom_set,
    marginal_sets,
    rank_sets,
    top_set,
)

__all__ = [
    "DECIDED",
    "MarginalSets",
    "RankSets",
    "bottom_set",
    "competition_ranks",
    "letters",
    "marginal_sets",
    "printed_score",
    "printed_scores",
    "rank_sets",
    "top_set",
]
