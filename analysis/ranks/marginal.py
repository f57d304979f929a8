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
    mine = errors.sample[:, unit]

    def t_of(difference: np.ndarray, partner: np.ndarray | int) -> np.ndarray:
        se = errors.se[unit, partner]
        return open_t(difference, se=se, above=above[partner], below=below[partner])

    best = np.zeros(len(mine))
    for partner, value in zip((errors.top, errors.bottom), errors.ends, strict=True):
        np.maximum(best, t_of(mine - value, partner), out=best)
    for one in _tight_partners(errors, unit):
        np.maximum(best, t_of(mine - errors.sample[:, one], one), out=best)
    least = order_statistic(best, level)
    own = errors.reach[:, unit]
    need = errors.floor(np.maximum(best, least)) - own
    rows = np.flatnonzero(errors.farthest > need)
    line, partner = np.nonzero(errors.reach[rows] > need[rows, None])
    row = rows[line]
    np.maximum.at(best, row, t_of(mine[row] - errors.sample[row, partner], partner))
    return order_statistic(best, level)


def _tight_partners(errors: Errors, unit: int) -> list[int]:
    first, second = errors.tight
    return [int(one) for one in (*second[first == unit], *first[second == unit])]
