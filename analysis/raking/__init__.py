"""Weights that make the respondents look like the roster, with how far the margins are met."""

from __future__ import annotations

from analysis.raking.fit import Raked, rake
from analysis.raking.variance import RakedMeans, raked_means

__all__ = ["Raked", "RakedMeans", "rake", "raked_means"]
