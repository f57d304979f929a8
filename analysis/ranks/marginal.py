"""One unit against all others: the exact critical value of its own family of comparisons."""

from __future__ import annotations

import numpy as np

from analysis.ranks.errors import Errors
from analysis.ranks.maxima import open_t, order_statistic


def own_critical_value(
    errors: Errors, *, unit: int, above: np.ndarray, below: np.ndarray, level: float
) -> float:
    """Quantile ``level`` of the largest open t of ``unit`` against the others in each draw.

    ``above[j]``, ``below[j]``: "unit is not above j", "not below j" is still to be tested. Found as
    in ``maxima.critical_value``: partners that cannot exceed a lower bound are never looked at.
    """
    draw = np.arange(len(errors.sample))
    best = np.zeros(len(draw))
    for partner in (errors.top, errors.bottom, *_tight_partners(errors, unit)):
        values = _t(errors, unit=unit, draw=draw, partner=partner, above=above, below=below)
        np.maximum(best, values, out=best)
    least = order_statistic(best, level)
    own = errors.reach[:, unit]
    farthest = np.maximum(errors.reach[draw, errors.top], errors.reach[draw, errors.bottom])
    need = errors.floor(np.maximum(best, least)) - own
    rows = np.flatnonzero(farthest > need)
    line, partner = np.nonzero(errors.reach[rows] > need[rows, None])
    row = rows[line]
    values = _t(errors, unit=unit, draw=row, partner=partner, above=above, below=below)
    np.maximum.at(best, row, values)
    return order_statistic(best, level)


def _tight_partners(errors: Errors, unit: int) -> list[np.ndarray]:
    first, second = errors.tight
    partners = np.concatenate([second[first == unit], first[second == unit]])
    return [np.full(len(errors.sample), partner) for partner in partners]


def _t(
    errors: Errors,
    *,
    unit: int,
    draw: np.ndarray,
    partner: np.ndarray,
    above: np.ndarray,
    below: np.ndarray,
) -> np.ndarray:
    return open_t(
        errors.sample[draw, unit] - errors.sample[draw, partner],
        se=errors.se[unit, partner],
        above=above[partner],
        below=below[partner],
    )
