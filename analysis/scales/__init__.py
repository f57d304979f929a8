"""Scales: how reliably items measure one thing, and whether they measure the same everywhere."""

from analysis.scales.confirmatory import ConfirmatoryFit, confirmatory, group_moments
from analysis.scales.fit import FitMeasures
from analysis.scales.invariance import Invariance, invariance
from analysis.scales.likelihood import GroupMoments
from analysis.scales.moments import ItemMoments, item_moments
from analysis.scales.one_factor import OneFactor, omega_of, one_factor
from analysis.scales.reliability import (
    Reliability,
    alpha_of,
    answers_needed,
    scale_reliability,
    spearman_brown,
    unit_reliability,
)

__all__ = [
    "ConfirmatoryFit",
    "FitMeasures",
    "GroupMoments",
    "Invariance",
    "ItemMoments",
    "OneFactor",
    "Reliability",
    "alpha_of",
    "answers_needed",
    "confirmatory",
    "group_moments",
    "invariance",
    "item_moments",
    "omega_of",
    "one_factor",
    "scale_reliability",
    "spearman_brown",
    "unit_reliability",
]
