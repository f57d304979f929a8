"""Parts of a plan that say how the data's quality is judged, and how rosters correct it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Sign:
    """One sign of carelessness: true, or for a number within the bounds that are given."""

    sign: str
    at_least: float | None = None
    at_most: float | None = None


@dataclass(frozen=True)
class CarelessRule:
    """A flag raised where in every clause at least one sign holds; one sign alone never does."""

    name: str
    title: str
    """As the bulletin names it."""
    clauses: tuple[tuple[Sign, ...], ...]


@dataclass(frozen=True)
class Careless:
    """Indices of careless answering and the combinations of them that flag a row.

    A flag leaves a row out of the main ranking only where ``screening.exclude`` names it.
    """

    synonym: float
    """Items that correlate by more than this over all rows are synonyms."""
    least_pairs: int
    """Pairs of values without which a row's own correlation is not taken."""
    rules: tuple[CarelessRule, ...]


@dataclass(frozen=True)
class Rake:
    """How raking to the roster's margins proceeds."""

    tolerance: float
    """Largest difference from a margin, as a share of the total, that counts as converged."""
    steps: int
    low: float
    high: float
    """Bounds of a factor, relative to the mean factor."""
    unknown: str
    """'keep' (who states no trait keeps the share of the weight) or 'refuse'."""


@dataclass(frozen=True)
class Response:
    """``level`` of the intervals of rates of response and of blanks."""

    level: float


@dataclass(frozen=True)
class Ordinal:
    """Distributions and top boxes beside means."""

    level: float
    least_deff: float
    """Design effect below which a share's exact interval is not narrowed."""
    top: int
    """How many of the highest answers of a scale make the top box."""


@dataclass(frozen=True)
class Scales:
    """How reliability, one-factor fit and invariance of scales are found and judged."""

    missing: str
    """'listwise' or 'pairwise', for alpha."""
    method: str
    """'ml' or 'minres', for the factor."""
    level: float
    least_residual: float
    least_n: int
    """Complete answers without which a group is not compared."""
    least_cfi: float
    most_fall: float
    """Fall of CFI at most, from one step of invariance to the next."""
    target: float
    """Reliability of a unit for which the answers needed are told."""
