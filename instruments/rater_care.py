"""How experts' agreement and drift are reckoned and when they are shown, from
library/rater_care.yaml."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from instruments.declaration import Declaration, build


@dataclass(frozen=True)
class Least:
    """Fewer than these, and no figure is shown."""

    training_sessions: int
    shared_sessions: int
    shared_visits: int
    drift_visits: int


@dataclass(frozen=True)
class Talk:
    """From where on a figure deserves a conversation: shares and coefficients below, distances in
    levels from it on."""

    adjacent: float
    kappa: float
    severity: float
    drift: float


@dataclass(frozen=True)
class RaterCare:
    """Content of library/rater_care.yaml. ``level`` of the intervals; ``weights`` of kappa."""

    level: float
    weights: str
    source: str
    least: Least
    talk: Talk


WEIGHTS = ("linear", "quadratic")
RANGES = {
    "level": (0.5, 0.999),
    "least.training_sessions": (2, 1000),
    "least.shared_sessions": (2, 1000),
    "least.shared_visits": (2, 1000),
    "least.drift_visits": (4, 1000),
    "talk.adjacent": (0, 1),
    "talk.kappa": (-1, 1),
    "talk.severity": (0, 10),
    "talk.drift": (0, 10),
}
"""Inclusive bounds: an interval needs two clusters, each half of a drift two visits."""


def read_rater_care(data: bytes, name: str) -> RaterCare:
    """Read the choices from YAML ``data``; raises FaultsFound with every fault."""
    declaration = Declaration(data, name, ranges=RANGES, choices={"weights": WEIGHTS})
    found: RaterCare = build(RaterCare, declaration, declaration.value)
    declaration.settle()
    return found


@cache
def rater_care() -> RaterCare:
    """The choices that come with the program."""
    path = files("instruments").joinpath("library/rater_care.yaml")
    return read_rater_care(path.read_bytes(), "rater_care.yaml")
