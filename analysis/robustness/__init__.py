"""Robustness: what the ranking would have been under choices that could have been others."""

from __future__ import annotations

from analysis.robustness.beside import with_and_without
from analysis.robustness.left_out import leave_one_out
from analysis.robustness.simulation import Model, MonteCarlo, monte_carlo, order_shares
from analysis.robustness.sobol import sobol
from analysis.robustness.weights import WEIGHT_DRAWS, weight_draws

__all__ = [
    "WEIGHT_DRAWS",
    "Model",
    "MonteCarlo",
    "leave_one_out",
    "monte_carlo",
    "order_shares",
    "sobol",
    "weight_draws",
    "with_and_without",
]
