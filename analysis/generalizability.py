"""Generalizability coefficients and decision studies: how many experts, sessions, items suffice."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

COEFFICIENTS = ("erho2", "phi")
"""For comparing units with one another, and for a unit's level on its own (as against cuts)."""
EXPERTS = {"same": "rater", "own": "rater:unit"}
"""Effect of severity: the same experts judge every unit (it cancels between units), or each unit
has experts of its own (it does not)."""
_SLACK = 1e-12
"""A target is reached when it is missed by the arithmetic only."""


@dataclass(frozen=True)
class Generalizability:
    """Variances of a design and its two coefficients; variances in squared units of the score."""

    universe: float
    """Variance of the units' universe scores: the truth that the scores stand for."""
    relative: float
    """Error variance when units are compared."""
    absolute: float
    """Error variance of a unit's own level; never below the relative one."""
    erho2: float
    """universe / (universe + relative); NaN where both are zero."""
    phi: float
    """universe / (universe + absolute); NaN where both are zero."""


@dataclass(frozen=True)
class Need:
    """The smallest number of a facet that reaches a target, and what no number can exceed."""

    number: int | None
    """None where no number reaches the target."""
    reached: float
    """Coefficient at ``number``; NaN where there is none."""
    ceiling: float
    """Limit of the coefficient for ever more of the facet."""


def coefficients(
    components: Mapping[str, float],
    *,
    unit: str,
    counts: Mapping[str, float],
    fixed: Collection[str] = (),
) -> Generalizability:
    """Erho2 and Phi of a design from variance components.

    ``components``: variance by effect, an effect named by its facets joined with ':' in any order;
    nested facets carry those they are nested in ('rater:task' = raters within tasks, or their
    interaction where raters cross tasks; 'person:rater:task' = the residual). ``unit``: the facet
    that is measured, with a component of its own. ``counts``: how many of each other facet a unit's
    score averages, a nested facet within one level of its nest (4 raters a task). An effect's
    variance is divided by the counts of all its facets but the unit. ``fixed`` facets are
    not generalised over: unit x fixed belongs to the truth. What does not hold the unit is error of
    the level only.
    Raises ValueError for a negative or missing variance, a facet without a count of at least one,
    an effect told twice, no component of the unit, or all facets fixed.
    Source: Brennan 2001, Generalizability Theory, ch. 4 (random and fixed facets); Cronbach,
    Gleser, Nanda & Rajaratnam 1972.
    """
    effects = _effects(components, unit=unit)
    _check_counts(effects, unit=unit, counts=counts, fixed=fixed)
    universe: list[float] = []
    relative: list[float] = []
    level: list[float] = []
    for facets, variance in effects.items():
        others = facets - {unit}
        share = variance / math.prod(counts[facet] for facet in sorted(others))
        if others <= set(fixed):
            universe += [share] if unit in facets else []
        else:
            (relative if unit in facets else level).append(share)
    truth, error, more = math.fsum(universe), math.fsum(relative), math.fsum(level)
    erho2, phi = (_ratio(truth, one) for one in (error, error + more))
    return Generalizability(truth, error, error + more, erho2, phi)


def _ratio(truth: float, error: float) -> float:
    return truth / (truth + error) if truth + error > 0 else math.nan


def _effects(components: Mapping[str, float], *, unit: str) -> dict[frozenset[str], float]:
    effects = {frozenset(name.split(":")): float(v) for name, v in components.items()}
    if len(effects) < len(components) or frozenset({unit}) not in effects:
        raise ValueError("an effect is told twice, or the unit has no component")
    if not all(math.isfinite(v) and v >= 0 for v in effects.values()):
        raise ValueError("variances must be known and not negative")
    return effects


def _check_counts(
    effects: Mapping[frozenset[str], float],
    *,
    unit: str,
    counts: Mapping[str, float],
    fixed: Collection[str],
) -> None:
    facets = set().union(*effects) - {unit}
    wrong = sorted(facet for facet in facets if not counts.get(facet, 0) >= 1)
    if wrong:
        raise ValueError(f"how many of {', '.join(wrong)}? at least one")
    if facets and facets <= set(fixed):
        raise ValueError("all facets are fixed: nothing is generalised over")


def decision_study(
    components: Mapping[str, float],
    *,
    unit: str,
    designs: pd.DataFrame,
    fixed: Collection[str] = (),
) -> pd.DataFrame:
    """Erho2 and Phi for each of several designs: a D study.

    In: ``designs`` one row a design, one column a facet with its number. Out: the same columns and
    ``universe``, ``relative``, ``absolute`` (variances), ``relative_se``, ``absolute_se`` (their
    roots, in units of the score), ``erho2``, ``phi``; same order. Raises ValueError as
    ``coefficients`` does.
    """
    rows = []
    for design in designs.to_dict("records"):
        counts = {str(facet): float(number) for facet, number in design.items()}
        g = coefficients(components, unit=unit, counts=counts, fixed=fixed)
        roots = math.sqrt(g.relative), math.sqrt(g.absolute)
        rows.append((g.universe, g.relative, g.absolute, *roots, g.erho2, g.phi))
    names = ["universe", "relative", "absolute", "relative_se", "absolute_se", "erho2", "phi"]
    found = pd.DataFrame(rows, columns=names, index=designs.index, dtype=float)
    return pd.concat([designs, found], axis=1)


def needed(
    components: Mapping[str, float],
    *,
    unit: str,
    facet: str,
    counts: Mapping[str, float],
    target: float,
    coefficient: str,
    fixed: Collection[str] = (),
) -> Need:
    """The smallest number of ``facet`` (as experts a unit) whose coefficient reaches ``target``.

    ``counts`` of the other facets stay; ``coefficient`` of ``COEFFICIENTS``; ``target`` in (0, 1).
    Solves for the number in closed form: error variance = a + b / number. Where other errors alone
    exceed what the target leaves, or the units do not differ, no number suffices (``number`` None)
    and ``ceiling`` says what could be had.
    Raises ValueError as ``coefficients`` does, for an unknown coefficient, a target outside (0, 1)
    or a fixed facet. Source: Brennan 2001, ch. 4.
    """
    if coefficient not in COEFFICIENTS or not 0 < target < 1 or facet in fixed:
        raise ValueError("needs erho2 or phi, a target between 0 and 1, a facet that is not fixed")

    def design(number: float) -> Generalizability:
        chosen = {**counts, facet: number}
        return coefficients(components, unit=unit, counts=chosen, fixed=fixed)

    def value(number: float) -> float:
        return float(getattr(design(number), coefficient))

    ceiling = value(math.inf)
    if not ceiling > target:
        reached = value(1) if value(1) >= target - _SLACK else math.nan
        return Need(None if math.isnan(reached) else 1, reached, ceiling)
    kind = "relative" if coefficient == "erho2" else "absolute"
    one, least = design(1), getattr(design(math.inf), kind)
    room = one.universe * (1.0 - target) / target - least
    number = max(1, math.ceil((getattr(one, kind) - least) / room * (1.0 - _SLACK)))
    return Need(number, value(number), ceiling)


def visit_effects(variances: Mapping[str, float], *, experts: str) -> dict[str, float]:
    """Effects of field visits, for ``coefficients``, from the panel model's variances.

    In: variances (squared points) ``unit`` (between sites), ``rater`` (severity), ``rater_site``
    (expert x site), ``session`` (session of a site), ``residual``; a factor that the model left out
    is left out or 0. ``experts`` of ``EXPERTS``: 'same' where the same experts judge all units,
    'own' where each unit has experts of its own, so that severity blurs comparisons too; a panel
    whose experts share some sites lies between. Facets of the result: ``unit``, ``rater``,
    ``session`` (a site), ``dimension`` (a session; each expert rates all). Variances of dimensions
    are no part: they are the fixed means of the model.
    Raises ValueError for an unknown name of ``experts`` or a component that is not of the model.
    """
    if experts not in EXPERTS or not set(variances) <= set(_VISIT):
        raise ValueError("experts are 'same' or 'own'; components those of the panel model")
    effects: dict[str, float] = {}
    for name in _VISIT:
        effect = EXPERTS[experts] if name == "rater" else _VISIT[name]
        effects[effect] = effects.get(effect, 0.0) + float(variances.get(name, 0.0))
    return effects


_VISIT = {
    "unit": "unit",
    "rater": "rater",
    "rater_site": "rater:unit",
    "session": "session:unit",
    "residual": "rater:session:dimension:unit",
}
"""Component of the panel model: its effect."""


def composite_coefficients(
    *, universe: np.ndarray, relative: np.ndarray, absolute: np.ndarray, weights: np.ndarray
) -> Generalizability:
    """Erho2 and Phi of a weighted sum of several scores, as of a scorecard's indicators.

    In: covariance matrices over the scores: ``universe`` (truths), ``relative`` and ``absolute``
    errors (diagonal where scores share no experts or items), ``weights``. Quadratic forms in
    the weights. Raises ValueError where shapes differ, or a form is negative.
    Source: Brennan 2001, ch. 10 (composites).
    """
    w = np.asarray(weights, dtype=float)
    forms = []
    for matrix in (universe, relative, absolute):
        values = np.asarray(matrix, dtype=float)
        if values.shape != (len(w), len(w)):
            raise ValueError("covariances must be square over the weights")
        forms.append(float(w @ values @ w))
    truth, error, level = forms
    if not min(forms) >= 0:
        raise ValueError("a variance of the sum is negative")
    return Generalizability(truth, error, level, _ratio(truth, error), _ratio(truth, level))
