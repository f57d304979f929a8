"""Experts' ratings: fair unit values under random severities, with blocks that cannot be linked."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse import csgraph

from instruments.faults import refuse

CELL = ("project", "leaf")
"""Fixed part of the model: each site has an own mean on each dimension."""
FACTORS = ("rater", "rater_site", "session")
"""Random part: severity of a rater, rater x site, and the session that both raters saw."""


def panel_rows(ratings: pd.DataFrame, *, min_experts: int) -> pd.DataFrame:
    """Rating rows whose project x leaf was rated by at least ``min_experts`` different raters.

    In: ``rater``, ``project``, ``session``, ``leaf``, ``score``. Out: the same columns and
    ``rater_site`` (rater x project), same order.
    """
    raters = ratings.groupby(list(CELL), sort=True)["rater"].transform("nunique")
    kept = ratings[raters >= min_experts].reset_index(drop=True)
    return kept.assign(rater_site=kept["rater"] + " " + kept["project"])


def linked_blocks(rows: pd.DataFrame, *, disconnected: str) -> pd.Series:
    """Block number (1, 2, ...) of each rater: blocks share no site with one another.

    In: ``rater``, ``project``. Severities compare only within a block. Raises FaultsFound
    ``analysis.disconnected`` when there are several and ``disconnected`` is 'refuse'.
    Source: Eckes 2015, Introduction to Many-Facet Rasch Measurement, 9.3 (connected subsets).
    """
    raters, rater_names = pd.factorize(rows["rater"], sort=True)
    sites, site_names = pd.factorize(rows["project"], sort=True)
    size = len(rater_names) + len(site_names)
    links = sparse.coo_array(
        (np.ones(len(rows)), (raters, sites + len(rater_names))), shape=(size, size)
    )
    _, labels = csgraph.connected_components(links, directed=False)
    numbers = pd.factorize(labels[: len(rater_names)])[0] + 1
    if numbers.max(initial=1) > 1 and disconnected == "refuse":
        raise refuse("analysis.disconnected", blocks=int(numbers.max()))
    return pd.Series(numbers, index=pd.Index(rater_names, name="rater"), name="block")


def panel_factors(rows: pd.DataFrame) -> tuple[str, ...]:
    """Those of ``FACTORS`` whose variance the design can tell from the rest (``told_apart``).

    With two raters in one session and one dimension, rater x site is part of the residual; with
    one session a site there is no variance of sessions.
    """
    return told_apart(rows, factors=FACTORS, fixed=CELL)


def told_apart(
    rows: pd.DataFrame, *, factors: Sequence[str], fixed: Sequence[str]
) -> tuple[str, ...]:
    """Those of ``factors``, in order, that a mixed model with ``fixed`` cells can hold together.

    A factor is left out when it has one row per level (its variance is the residual's), one level
    in each cell of the fixed part (the means take it up), or splits the rows just as a factor kept
    before it does: exactly what ``mixed.fit_crossed`` refuses. Raises nothing; () without rows.
    """
    codes = {name: _numbers(rows[name]) for name in (*factors, *fixed)}
    cell = _joined([codes[name] for name in fixed], rows=len(rows))
    cells, kept = _levels(cell), list[str]()
    for factor in factors:
        own = codes[factor]
        levels = _levels(own)
        within = _levels(_joined([cell, own], rows=len(rows))) > cells
        same = any(
            levels == _levels(codes[k]) == _levels(_joined([own, codes[k]], rows=len(rows)))
            for k in kept
        )
        if levels < len(rows) and within and not same:
            kept.append(factor)
    return tuple(kept)


def _numbers(column: pd.Series) -> np.ndarray:
    return pd.factorize(column, use_na_sentinel=False)[0].astype(np.int64)


def _joined(codes: Sequence[np.ndarray], *, rows: int) -> np.ndarray:
    """One number for each combination that occurs, 0 where there is nothing to combine."""
    out = np.zeros(rows, dtype=np.int64)
    for one in codes:
        out = np.unique(out * (int(one.max(initial=0)) + 1) + one, return_inverse=True)[1]
    return out


def _levels(codes: np.ndarray) -> int:
    return int(codes.max(initial=-1)) + 1


def panel_values(
    cells: pd.DataFrame,
    *,
    covariance: np.ndarray,
    units: Sequence[str],
    leaves: Sequence[str],
    blocks: int,
    widen: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Place the model's site x dimension means into units x leaves.

    In: ``cells`` with project, leaf, estimate (generalised least squares: experts' random
    severities taken out in proportion to their reliability), ``covariance`` of the estimates.
    Out: values (NaN = not rated) and their covariance over unit x leaf, unit first. With several
    ``blocks`` standard errors are multiplied by ``widen`` (the plan's margin for the assumption
    that experts were assigned independently of quality).
    """
    row = {unit: i for i, unit in enumerate(units)}
    column = {leaf: i for i, leaf in enumerate(leaves)}
    value = np.full((len(units), len(leaves)), np.nan)
    places = [
        row[u] * len(leaves) + column[leaf]
        for u, leaf in zip(cells["project"], cells["leaf"], strict=True)
    ]
    value.reshape(-1)[places] = cells["estimate"].to_numpy(dtype=float)
    out = np.zeros((value.size, value.size))
    out[np.ix_(places, places)] = covariance * (widen**2 if blocks > 1 else 1.0)
    return value, out


def severities(effects: pd.DataFrame, *, rows: pd.DataFrame, blocks: pd.Series) -> pd.DataFrame:
    """Severity per rater: columns rater, severity (points, positive = strict), se, n, block,
    separable (False when the panel falls into several blocks).

    In: ``effects`` of the factor rater: level, effect, conditional_sd, comparative_sd; empty when
    the design cannot show severities. Then severity and se are missing, and also where the variance
    of severities is zero: an effect of 0 with an error of 0 would claim what nobody knows. ``se``:
    of severity - true severity, the sites' means being estimated from the same ratings; who shares
    few sites with others is known less well than the ratings alone would say.
    """
    n = rows.groupby("rater", sort=True).size()
    known = effects[effects["conditional_sd"] > 0].set_index("level").reindex(n.index)
    return pd.DataFrame(
        {
            "rater": n.index,
            "severity": -known["effect"].to_numpy(dtype=float),
            "se": known["comparative_sd"].to_numpy(dtype=float),
            "n": n.to_numpy(),
            "block": blocks.reindex(n.index).to_numpy(),
            "separable": bool(blocks.nunique() == 1) and len(effects) > 0,
        }
    )
