"""Weights that might have been declared instead, drawn around the declared ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np


def weight_draws(
    points: np.ndarray,
    *,
    parents: Sequence[str],
    method: str,
    amount: float,
    draws: int,
    generator: np.random.Generator,
) -> np.ndarray:
    """Factors by which to multiply the declared points: 1 + draws x indicators, the first all 1.

    ``points`` of the indicators and their ``parents``: only their ratio among siblings counts.
    'dirichlet': the siblings' shares are Dirichlet with mean the declared shares s and
    ``amount`` the concentration c, so that each has variance s (1 - s) / (c + 1); infinite: as
    declared. 'uniform': each weight times 1 + U(-amount, amount), e.g. 0.25, independently.
    Indicators without points keep none (factor 1).
    Raises KeyError for an unknown method, ValueError for an amount out of range, negative points
    or fewer than no draws.
    Source: Saisana, Saltelli & Tarantola 2005, JRSS A 168:307 (weights as an uncertain input);
    uniform noise as in R COINr, get_noisy_weights.
    """
    points = np.asarray(points, dtype=float)
    if not (np.isfinite(points) & (points >= 0)).all() or draws < 0:
        raise ValueError("points must be finite and not negative, draws not fewer than none")
    drawn = WEIGHT_DRAWS[method](points, list(parents), amount, draws, generator)
    return np.vstack([np.ones(len(points)), np.where(points > 0, drawn, 1.0)])


def _dirichlet(
    points: np.ndarray,
    parents: list[str],
    amount: float,
    draws: int,
    generator: np.random.Generator,
) -> np.ndarray:
    if not amount > 0:
        raise ValueError(f"concentration {amount}")
    out = np.ones((draws, len(points)))
    if np.isinf(amount):
        return out
    for parent in dict.fromkeys(parents):
        kids = [k for k, one in enumerate(parents) if one == parent and points[k] > 0]
        share = points[kids] / points[kids].sum()
        out[:, kids] = generator.dirichlet(amount * share, size=draws) / share if kids else 1.0
    return out


def _uniform(
    points: np.ndarray,
    parents: list[str],
    amount: float,
    draws: int,
    generator: np.random.Generator,
) -> np.ndarray:
    if not 0 <= amount < 1:
        raise ValueError(f"half-width {amount}")
    return 1.0 + generator.uniform(-amount, amount, size=(draws, len(points)))


Draws = Callable[[np.ndarray, list[str], float, int, np.random.Generator], np.ndarray]
WEIGHT_DRAWS: dict[str, Draws] = {"dirichlet": _dirichlet, "uniform": _uniform}
