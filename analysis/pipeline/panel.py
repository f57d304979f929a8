"""What is said of the experts' panel beside its scores: how far they agree, what it takes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis import agreement, counts, raters
from analysis.pipeline import dependability, estimation, many_facets
from analysis.pipeline.rounds import Round
from analysis.results import Scoring
from instruments.diagnostics import PanelStudy
from instruments.faults import Fault, fault
from instruments.methods import Plan
from instruments.panel_tables import (
    AGREEMENT_RESULTS,
    CATEGORY_RESULTS,
    DECISION_RESULTS,
    FACET_RESULTS,
    FACET_SUMMARY_RESULTS,
    VARIANCE_RESULTS,
)

_TABLES = (
    *(AGREEMENT_RESULTS, DECISION_RESULTS),
    *(FACET_RESULTS, CATEGORY_RESULTS, FACET_SUMMARY_RESULTS),
)
_COUNTED = ["units", "ratings", "raters"]


@dataclass(frozen=True, eq=False)
class Levels:
    """Ratings on one table of levels; ``codes`` empty where the scaling is no such table."""

    scaling: str
    codes: tuple[int, ...]
    rows: pd.DataFrame
    """project, session, leaf, item, rater, level."""


def frames(main: Round, extract: Any) -> dict[str, pd.DataFrame]:
    """Result tables of the panel: ``raters``, ``variance``, and by the plan's part ``panel`` the
    agreement, decision study and many-facet model.

    These rest on projects whose score may be shown, and where ``raters`` lists no severity of an
    expert, no other table tells one.
    """
    plan, panel, shown = main.plan, main.panel, main.admitted[0].shown
    of = dependability.panel_variances(
        main.data, panel.variance, shown=shown, min_experts=plan.thresholds.min_experts
    )
    own = dependability.variance_rows(of, choice=plan.panel)
    people = estimation.people_variance(main.data, shown=shown)
    parts = [part for part in (own, people) if len(part)] or [own]
    variance = pd.concat(parts, ignore_index=True).reindex(columns=VARIANCE_RESULTS.names)
    out = {"raters": panel.severities, "variance": variance}
    if plan.panel is None:
        return out | {table.name: pd.DataFrame(columns=table.names) for table in _TABLES}
    told = panel.severities.dropna(subset=["severity"])["rater"]
    found = [*_levels(main, extract, projects=set(of.shown["project"]))]
    fits = [_diagnosed(one, choice=plan.panel, severe=set(told)) for one in found]
    agreed = [_agreed(one, choice=plan.panel) for one in found]
    return out | {
        "panel_agreement": _stack([*agreed, dependability.reliability_rows(of)], AGREEMENT_RESULTS),
        "decision": dependability.decision_rows(of, choice=plan.panel),
        "facets": _stack([fit.elements for fit in fits], FACET_RESULTS),
        "facet_categories": _stack([fit.categories for fit in fits], CATEGORY_RESULTS),
        "facet_summary": _stack([fit.summary for fit in fits], FACET_SUMMARY_RESULTS),
    }


def _stack(parts: list[pd.DataFrame], table: Any) -> pd.DataFrame:
    full = [part.reindex(columns=table.names).astype(object) for part in parts if len(part)]
    return pd.concat(full, ignore_index=True) if full else pd.DataFrame(columns=table.names)


def _levels(main: Round, extract: Any, *, projects: set[str]) -> Iterator[Levels]:
    """Ratings by scaling: forms on one table of levels are taken together."""
    scorings = [c.scoring for c in main.data.expert]
    used = {n for s in scorings for n in _scalings(s).values()}
    for name in sorted(used):
        codes = _codes(main.plan, name)
        parts = [_read(extract, s, name, codes) for s in scorings if codes]
        rows = pd.concat([part for part in parts if part is not None] or [_NO_ROWS])
        kept = raters.panel_rows(
            rows[rows["project"].isin(projects)], min_experts=main.plan.thresholds.min_experts
        )
        yield Levels(name, tuple(sorted(map(int, codes))), kept)


def _scalings(scoring: Scoring) -> dict[str, str]:
    """Scored item to the scaling of its first mapping."""
    names = {m.item: m.scaling for m in reversed(scoring.instrument.mappings)}
    return {item.item: names[item.item] for item in scoring.items}


def _codes(plan: Plan, scaling: str) -> tuple[str, ...]:
    """Codes of a table of two or more whole numbers; () where the scaling is none."""
    points = plan.scale(scaling).points or {}
    whole = len(points) > 1 and all(code.isdecimal() for code in points)
    return tuple(points) if whole else ()


def _read(extract: Any, scoring: Scoring, name: str, codes: tuple[str, ...]) -> pd.DataFrame | None:
    levels = {item: codes for item, scaling in _scalings(scoring).items() if scaling == name}
    return counts.level_rows(extract, scoring=scoring, levels=levels) if levels else None


def _diagnosed(of: Levels, *, choice: PanelStudy, severe: set[str]) -> many_facets.Diagnosis:
    if not of.codes:
        return many_facets.refused(of.scaling, fault("analysis.panel_no_levels"))
    return many_facets.diagnose(
        of.rows, scaling=of.scaling, levels=of.codes, choice=choice, severe=severe
    )


def _agreed(of: Levels, *, choice: PanelStudy) -> pd.DataFrame:
    """Rows of ``panel_agreement`` of one scaling: an object is one dimension of one session, and
    errors take projects as independent, since an expert's view of a project lasts over sessions."""
    if not of.codes:
        return _disagreed(of, fault("analysis.panel_no_levels"))
    unit = of.rows["session"] + " " + of.rows["item"]
    rows = of.rows.assign(cluster=of.rows["project"], unit=unit)
    rows = rows[~rows.duplicated(["unit", "rater"], keep=False)]
    shared = rows[rows.groupby("unit")["rater"].transform("size") > 1]
    if shared.empty:
        return _disagreed(of, fault("analysis.panel_no_pairs"))
    found = agreement.panel_agreement(
        shared, levels=of.codes, metric=choice.metric, weights=choice.weights, level=choice.level
    )
    undefined = fault("analysis.panel_alike").message
    why = [undefined if m == "alpha" and np.isnan(v) else None for m, v in _pairs(found)]
    out = found.assign(scaling=of.scaling, raters=shared["rater"].nunique(), reason=why)
    out = out[(out["measure"] != "w") | out["value"].notna()]
    return out.assign(form=out["measure"].map(_forms(choice)))


def _pairs(found: pd.DataFrame) -> Iterator[tuple[str, float]]:
    return zip(found["measure"], found["value"], strict=True)


def _forms(choice: PanelStudy) -> dict[str, str]:
    alike = {"exact": "identity", "adjacent": "adjacent", "ac1": "identity", "w": "ranks"}
    return alike | {"ac2": choice.weights, "alpha": choice.metric}


def _disagreed(of: Levels, why: Fault) -> pd.DataFrame:
    row = {"scaling": of.scaling, "measure": "exact", "form": "identity", "reason": why.message}
    return pd.DataFrame([row | dict.fromkeys(_COUNTED, 0)])


_NO_ROWS = pd.DataFrame(
    columns=["response", "rater", "project", "session", "leaf", "item", "level"]
)
