"""Composite: leaves brought to one scale and averaged up a tree, with their covariance."""

from __future__ import annotations

from analysis.composite.effective import effective_weights
from analysis.composite.linear import average, combine, combine_values
from analysis.composite.normalise import NORMALISATIONS, normalise
from analysis.composite.tree import METHODS, MISSING, TOTAL, Composed, compose, points_table
from analysis.composite.variants import Variants, scores_under

__all__ = [
    "METHODS",
    "MISSING",
    "NORMALISATIONS",
    "TOTAL",
    "Composed",
    "Variants",
    "average",
    "combine",
    "combine_values",
    "compose",
    "effective_weights",
    "normalise",
    "points_table",
    "scores_under",
]
