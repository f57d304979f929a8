"""Crossed and nested random-intercept models by REML or ML, with intervals of their variances."""

from analysis.mixed.fit import (
    NO_COMPONENTS,
    NO_EFFECTS,
    MixedFit,
    components,
    fit_crossed,
    fixed_at,
)
from analysis.mixed.intervals import (
    VarianceTest,
    bootstrap_intervals,
    profile_intervals,
    variance_test,
)

__all__ = [
    "NO_COMPONENTS",
    "NO_EFFECTS",
    "MixedFit",
    "VarianceTest",
    "bootstrap_intervals",
    "components",
    "fixed_at",
    "fit_crossed",
    "profile_intervals",
    "variance_test",
]
