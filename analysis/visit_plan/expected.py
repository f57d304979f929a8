"""The standard error that a plan lets expect of each site, before anybody has rated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True, eq=False)
class Expected:
    """``sites``: project, se (of its mean over the dimensions, points), experts, sessions;
    ``difference``: of the difference of two sites, root of the mean variance over all pairs
    (NaN with one site)."""

    sites: pd.DataFrame
    covariance: np.ndarray
    difference: float


def expected_errors(
    rows: pd.DataFrame, *, sd: Mapping[str, float], dimensions: int, blocks: int, widen: float
) -> Expected:
    """Errors of the generalised least squares means of the sites of a design with known variances.

    In: ``rows`` with rater, project, session, one a rating sheet (an expert in a session, which is
    of one project); ``sd`` of severity, rater_site, session, residual in points, residual of one
    dimension; every sheet rates the same ``dimensions``. With several ``blocks`` errors are
    multiplied by ``widen``, as the scoring does. Covariance: (X'V^-1 X)^-1. But for severity V
    falls into a block for each project, so that only projects x raters are solved at once; any
    variance but the residual's may be zero. Raises ValueError for that, and for a session of two
    projects.
    Source: Searle, Casella & McCulloch 1992, Variance Components, 7.6 and appendix M.5.
    """
    if sd["residual"] <= 0 or dimensions < 1:
        raise ValueError(sd["residual"])
    who, raters = pd.factorize(rows["rater"], sort=True)
    site, projects = pd.factorize(rows["project"], sort=True)
    session, sessions = pd.factorize(rows["session"], sort=True)
    held = pd.unique(pd.Series(session * len(projects) + site))
    if len(held) > len(sessions):
        raise ValueError("session")
    sheets = {**sd, "residual": sd["residual"] / np.sqrt(dimensions)}
    places = [np.flatnonzero(site == number) for number in range(len(projects))]
    parts = [_of_site(who[at], session[at], sd=sheets, raters=len(raters)) for at in places]
    own = np.diag([part.own for part in parts])
    shared = np.array([part.shared for part in parts])
    among = np.eye(len(raters)) + sum(part.among for part in parts)
    covariance = np.linalg.inv(own - shared @ np.linalg.solve(among, shared.T))
    covariance = (covariance + covariance.T) / 2.0 * (widen**2 if blocks > 1 else 1.0)
    sites = pd.DataFrame(
        {
            "project": projects,
            "se": np.sqrt(np.diag(covariance)),
            "experts": [len(set(who[at])) for at in places],
            "sessions": [len(set(session[at])) for at in places],
        }
    )
    return Expected(sites, covariance, _difference(covariance))


@dataclass(frozen=True, eq=False)
class _Part:
    """One site's share of the equations: of its mean, of mean and severities, of severities, these
    in units of their deviation."""

    own: float
    shared: np.ndarray
    among: np.ndarray


def _of_site(
    who: np.ndarray, session: np.ndarray, *, sd: Mapping[str, float], raters: int
) -> _Part:
    """By the raters and sessions of a site's sheets, as numbers from 0."""
    within = sd["residual"] ** 2 * np.eye(len(who))
    within += sd["rater_site"] ** 2 * np.equal.outer(who, who)
    within += sd["session"] ** 2 * np.equal.outer(session, session)
    severity = np.zeros((len(who), raters))
    severity[np.arange(len(who)), who] = sd["severity"]
    mean = np.ones(len(who))
    solved = np.linalg.solve(within, np.column_stack([mean, severity]))
    return _Part(float(mean @ solved[:, 0]), mean @ solved[:, 1:], severity.T @ solved[:, 1:])


def _difference(covariance: np.ndarray) -> float:
    """Mean variance of v_i + v_j - 2 c_ij over pairs, in closed form, and its root."""
    k = len(covariance)
    if k < 2:
        return float("nan")
    variance = 2.0 * (k * np.trace(covariance) - covariance.sum()) / (k * (k - 1))
    return float(np.sqrt(max(variance, 0.0)))
