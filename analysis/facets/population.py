"""What marginal estimation says about the population of objects."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Population:
    """The normal population that objects come from; in logits."""

    mean: float
    mean_se: float
    variance: float
    reliability: float
    """Variance of the posterior means over that and the mean posterior variance; NaN where both
    are 0 (Adams 2005, Stud. Educ. Eval. 31:162, with the population's variance taken as the sum).
    """
    deviance: float
    nodes: int
