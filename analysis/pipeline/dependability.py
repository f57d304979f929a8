"""What the experts' variances tell: their intervals, reliability by form, how many experts do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np
import pandas as pd

from analysis import generalizability, intraclass, mixed, raters
from analysis.pipeline.evidence import Evidence
from instruments.diagnostics import PanelStudy
from instruments.faults import fault
from instruments.panel_tables import DECISION_RESULTS, OF_POINTS

UNIT_FACTORS = ("project", "project_leaf", *raters.FACTORS)
"""Random part beside the means of type x dimension: what projects of a type differ by, overall and
on a dimension, then what experts do."""
UNIT_FIXED = ("type", "leaf")
_MODEL = "observation"
_RESIDUAL = "residual"


@dataclass(frozen=True, eq=False)
class PanelVariances:
    """Ratings of enough experts, and the components that were fitted to them."""

    rows: pd.DataFrame
    """All that the experts' model rests on (``raters.panel_rows``)."""
    shown: pd.DataFrame
    """Those of projects whose score may be shown, with ``type`` and ``project_leaf``."""
    components: pd.DataFrame
    """Rows of ``mixed.components``; empty where nothing was fitted."""

    @property
    def squared(self) -> dict[str, float]:
        """Variance in squared points by component."""
        points = self.components["points"].to_numpy(dtype=float)
        return dict(zip(self.components["component"], points**2, strict=True))

    @cached_property
    def between(self) -> float:
        """Variance between projects of one type of their mean over the dimensions, which are
        fixed; NaN where the ratings cannot tell it from the rest."""
        rows = self.shown
        factors = raters.told_apart(rows, factors=UNIT_FACTORS, fixed=UNIT_FIXED)
        cells = len(rows[list(UNIT_FIXED)].drop_duplicates())
        if "project" not in factors or len(rows) <= cells:
            return float("nan")
        fit = mixed.fit_crossed(rows, value="score", factors=factors, fixed=UNIT_FIXED)
        leaves = float(rows.groupby("project")["leaf"].nunique().mean())
        return fit.sd["project"] ** 2 + fit.sd.get("project_leaf", 0.0) ** 2 / leaves

    @property
    def counts(self) -> dict[str, float]:
        """Experts and sessions of a project (harmonic means), and dimensions that an expert rates
        in a session (mean), as the panel was."""
        each = self.shown.groupby("project")[["rater", "session"]].nunique()
        forms = self.shown.groupby(["project", "rater", "session"])["leaf"].nunique()
        harmonic = (len(each) / (1.0 / each).sum()).to_dict()
        return {**harmonic, "dimension": float(forms.mean())}


def panel_variances(
    data: Evidence, components: pd.DataFrame, *, shown: np.ndarray, min_experts: int
) -> PanelVariances:
    """The rows of the experts' model, and those of the ``shown`` projects for what is new."""
    rows = raters.panel_rows(data.ratings, min_experts=min_experts)
    types = {p: t for p, t, good in zip(data.projects, data.types, shown, strict=True) if good}
    own = rows[rows["project"].isin(types)].reset_index(drop=True)
    own = own.assign(
        type=own["project"].map(types).astype(object),
        project_leaf=own["project"].astype(object) + " " + own["leaf"].astype(object),
    )
    return PanelVariances(rows, own, components)


def variance_rows(of: PanelVariances, *, choice: PanelStudy | None) -> pd.DataFrame:
    """Rows of ``variance``: sd, and by ``choice`` its profile interval, the test of zero for what
    experts and sessions add, and the variance between projects."""
    out = of.components.assign(low=np.nan, high=np.nan, p=np.nan)
    if choice is None or out.empty:
        return out
    found = mixed.profile_intervals(
        of.rows,
        value="score",
        factors=raters.panel_factors(of.rows),
        fixed=raters.CELL,
        method="reml",
        level=choice.level,
    )
    by = found.set_index("component").reindex(out["component"])[["low", "high", "p_value"]]
    out = out.assign(**dict(zip(("low", "high", "p"), by.to_numpy().T, strict=True)))
    if np.isnan(of.between):
        return out
    sd, levels = float(np.sqrt(of.between)), of.shown["project"].nunique()
    whole = {"model": _MODEL, "component": "project", "sd": sd, "points": sd, "levels": levels}
    return pd.concat([out, pd.DataFrame([whole])], ignore_index=True)


def reliability_rows(of: PanelVariances) -> pd.DataFrame:
    """Rows of ``panel_agreement`` that rest on variances: one rating's intraclass correlations by
    name, the mean of the panel as it was, and the share of site x expert in what experts add.

    Errors as in ``intraclass_of_components``: a rating of one expert in one session. A value is
    missing, with the reason, where the design cannot tell projects, or the interaction, apart.
    """
    if of.components.empty:
        return pd.DataFrame(columns=["measure", "form", "value", "reason"])
    rows = [*_single(of), *_mean(of)]
    known = {"rater", "rater_site"} <= set(of.squared)
    both = of.squared.get("rater", 0.0) + of.squared.get("rater_site", 0.0)
    share = of.squared["rater_site"] / both if known and both > 0 else np.nan
    why = None if known else fault("analysis.panel_no_interaction").message
    why = fault("analysis.panel_no_severity").message if known and not both > 0 else why
    rows.append(("interaction_share", "rater_site/(rater+rater_site)", share, why))
    out = pd.DataFrame(rows, columns=["measure", "form", "value", "reason"])
    return out.assign(
        scaling=OF_POINTS,
        units=of.shown["project"].nunique(),
        ratings=len(of.shown),
        raters=of.shown["rater"].nunique(),
    )


def _single(of: PanelVariances) -> list[tuple[str, str, float, str | None]]:
    names, values = ("ICC(A,1)", "ICC(C,1)"), [np.nan, np.nan]
    if not np.isnan(of.between):
        rest = sum(of.squared.get(name, 0.0) for name in ("rater_site", "session", _RESIDUAL))
        severity = of.squared.get("rater", 0.0)
        found = intraclass.intraclass_of_components(
            unit=of.between, rater=severity, interaction=rest, raters=1
        )
        values = found.drop_duplicates("mcgraw_wong").set_index("mcgraw_wong")["value"][[*names]]
    return [("icc", n, float(v), _unknown(of)) for n, v in zip(names, values, strict=True)]


def _mean(of: PanelVariances) -> list[tuple[str, str, float, str | None]]:
    names, values = ("erho2", "phi"), (np.nan, np.nan)
    if not np.isnan(of.between):
        found = generalizability.coefficients(_effects(of), unit="unit", counts=of.counts)
        values = (found.erho2, found.phi)
    told = zip(names, ("ICC(C,k)", "ICC(A,k)"), values, strict=True)
    return [(name, form, value, _unknown(of)) for name, form, value in told]


def _unknown(of: PanelVariances) -> str | None:
    return fault("analysis.panel_units_alike").message if np.isnan(of.between) else None


def _effects(of: PanelVariances) -> Mapping[str, float]:
    """Severity cancels between units ('same'): relative errors are without it, absolute ones with
    it, which is what units that have experts of their own are compared by."""
    unit = 0.0 if np.isnan(of.between) else of.between
    return generalizability.visit_effects({"unit": unit, **of.squared}, experts="same")


def decision_rows(of: PanelVariances, *, choice: PanelStudy) -> pd.DataFrame:
    """Rows of ``decision``: errors and coefficients of a project's mean over its dimensions, by
    numbers of sessions and experts; the fewest experts that reach the target."""
    if of.components.empty or of.shown.empty:
        return pd.DataFrame(columns=DECISION_RESULTS.names)
    effects, dimension = _effects(of), of.counts["dimension"]
    pairs = product(range(1, choice.most_sessions + 1), range(1, choice.most_experts + 1))
    designs = pd.DataFrame(pairs, columns=["session", "rater"]).assign(dimension=dimension)
    found = generalizability.decision_study(effects, unit="unit", designs=designs)
    needs = [
        generalizability.needed(
            effects,
            unit="unit",
            facet="rater",
            counts={"session": session, "dimension": dimension},
            target=choice.target,
            coefficient=choice.coefficient,
        )
        for session in designs["session"]
    ]
    numbers = [np.nan if need.number is None else float(need.number) for need in needs]
    out = found.rename(columns={"session": "sessions", "rater": "experts"}).assign(
        needed=numbers, ceiling=[need.ceiling for need in needs], reason=_unknown(of)
    )
    blank = {name: np.nan for name in ("erho2", "phi", "needed", "ceiling")}
    return out.assign(**blank if np.isnan(of.between) else {})[DECISION_RESULTS.names]
