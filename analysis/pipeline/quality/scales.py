"""Tables of scales: reliability of answers and of units, one factor, the same in every group."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analysis import counts, mixed
from analysis import scales as scale
from analysis.pipeline.answer_scales import WHOLE, as_scores, scales_of
from analysis.pipeline.quality.among import Among
from instruments.faults import fault
from instruments.quality_methods import Scales
from instruments.scale_tables import INVARIANCE_RESULTS, SCALE_ITEM_RESULTS, SCALE_RESULTS

GROUPS = ("type", "mode")
"""Columns of units over which means are compared."""
FEW_ITEMS = "few items"
ROLE = "trainee"


def frames(among: Among) -> dict[str, pd.DataFrame]:
    """``scale_reliability``, ``scale_items`` and ``invariance``; empty without ``scales``.

    From the kept answers to trainees' forms of projects whose score may be shown.
    """
    found: dict[str, list[pd.DataFrame]] = {table.name: [] for table in TABLES}
    if among.plan.scales is not None:
        for c in among.data.trainee:
            if c.scoring.instrument.role == ROLE:
                for name, rows in _of_form(among, c, among.plan.scales).items():
                    found[name].append(rows)
    return {table.name: _stack(found[table.name], table.names) for table in TABLES}


TABLES = (SCALE_RESULTS, SCALE_ITEM_RESULTS, INVARIANCE_RESULTS)


def _stack(parts: list[pd.DataFrame], names: list[str]) -> pd.DataFrame:
    full = [part for part in parts if len(part)]
    return pd.concat(full, ignore_index=True) if full else pd.DataFrame(columns=names)


def _of_form(among: Among, counted: counts.Counts, how: Scales) -> dict[str, pd.DataFrame]:
    form = counted.scoring.instrument
    scales = scales_of(form)
    if not scales:
        return {}
    rows = _answers(among, counted, sorted({i for items in scales.values() for i in items}))
    told, items, groups = [], [], []
    for code, names in scales.items():
        names = [item for item in names if rows[item].notna().any()]
        if len(names) < 2:
            continue
        summary, table = _reliability(rows, names, how)
        told.append({"scale": code, **summary})
        items.append(table.assign(scale=code))
        if code != WHOLE and len(names) >= LEAST_ITEMS:
            groups += [_invariance(rows, names, by, how).assign(scale=code) for by in GROUPS]
    found = {
        SCALE_RESULTS.name: pd.DataFrame(told),
        SCALE_ITEM_RESULTS.name: _stack(items, SCALE_ITEM_RESULTS.names),
        INVARIANCE_RESULTS.name: _stack(groups, INVARIANCE_RESULTS.names),
    }
    return {name: frame.assign(instrument=form.code) for name, frame in found.items()}


LEAST_ITEMS = 3
"""Two items have no factor model."""


def _answers(among: Among, counted: counts.Counts, items: list[str]) -> pd.DataFrame:
    """class_code, project, type, mode and items in points, of kept answers of projects shown."""
    scoring = counted.scoring
    read = counts.read_answers(among.extract, scoring=scoring, items=tuple(items))
    flags = among.excluded()
    out = set(flags.loc[flags["excluded"].astype(bool), "response"])
    read = read[read["project"].isin(among.shown) & ~read["response"].isin(out)]
    points = as_scores(read, items, instrument=scoring.instrument, plan=among.plan)
    units = among.data.units.drop_duplicates("unit").set_index("unit")
    groups = {by: read["project"].map(units[by]) for by in GROUPS}
    return pd.concat([read[["class_code", "project"]].assign(**groups), points], axis=1)


def _reliability(
    rows: pd.DataFrame, items: list[str], how: Scales
) -> tuple[dict[str, Any], pd.DataFrame]:
    complete = int(rows[items].notna().all(axis=1).sum())
    told: dict[str, Any] = {"items": len(items)}
    if complete < how.least_n:
        told["reason"] = fault("analysis.scale_few", least=how.least_n).message
        return told, pd.DataFrame(columns=SCALE_ITEM_RESULTS.names)
    alpha = scale.scale_reliability(
        rows, items=items, missing=how.missing, level=how.level, clusters=rows["class_code"]
    )
    told |= {"n": complete, "alpha": alpha.alpha, "alpha_low": alpha.low, "alpha_high": alpha.high}
    factor = scale.one_factor(
        rows,
        items=items,
        method=how.method,
        missing="listwise",
        least_residual=how.least_residual,
        level=how.level,
    )
    told |= _factor(factor) | _of_units(rows, items, how)
    loadings = factor.items.set_index("item")["standardised"]
    table = alpha.items[["item", "item_rest", "alpha_without"]]
    return told, table.assign(loading=table["item"].map(loadings).astype(float))


def _factor(found: scale.OneFactor) -> dict[str, Any]:
    if found.reason:
        key = "scale_few_items" if found.reason == FEW_ITEMS else "scale_unfit"
        return {"reason": fault(f"analysis.{key}").message}
    told = {"omega": found.omega, "omega_low": found.omega_low, "omega_high": found.omega_high}
    if found.fit is None:
        return told
    if found.fit.df == 0:
        return told | {"df": 0, "reason": fault("analysis.scale_exact").message}
    return told | {
        name: getattr(found.fit, name) for name in ("chi2", "df", "cfi", "rmsea", "srmr")
    }


def _of_units(rows: pd.DataFrame, items: list[str], how: Scales) -> dict[str, Any]:
    """Reliability of a project's mean of the scale, at the usual number of answers and classes.

    Of n answers in classes of b on average the mean varies by (class b + person) / n.
    """
    mean = rows[items].mean(axis=1)
    own = rows[["project", "class_code"]].assign(value=mean)[mean.notna()]
    n = own.groupby("project").size()
    if len(n) < 2 or not own["value"].std() > 0 or own["class_code"].nunique() == len(own):
        return {}
    factors = ["project"]
    if own["class_code"].nunique() > len(n):
        factors.append("class_code")
    fit = mixed.fit_crossed(own, value="value", factors=factors)
    variance = {name: float(sd) ** 2 for name, sd in fit.sd.items()}
    size = len(own) / own["class_code"].nunique()
    within = variance["residual"] + size * variance.get("class_code", 0.0)
    usual = float(np.median(n.to_numpy(dtype=float)))
    between = variance["project"]
    if not within > 0:
        return {"unit_n": usual}
    reached = scale.unit_reliability(between=between, within=within, n=np.array([usual]))
    needed = scale.answers_needed(between=between, within=within, target=how.target)
    return {"unit_n": usual, "unit_reliability": float(reached[0]), "needed": needed}


def _invariance(rows: pd.DataFrame, items: list[str], by: str, how: Scales) -> pd.DataFrame:
    known = rows[rows[by].notna()]
    sizes = known[items].notna().all(axis=1).groupby(known[by].astype(str)).sum()
    if (sizes >= how.least_n).sum() < 2:
        why = fault("analysis.groups_few").message
        told = {"by": by, "step": "configural", "groups": int((sizes >= how.least_n).sum())}
        out = "、".join(sorted(sizes.index[sizes < how.least_n])) or None
        told |= {"holds": False, "verdict": "unknown", "left_out": out, "reason": why}
        return pd.DataFrame([told])
    found = scale.invariance(
        known.assign(**{by: known[by].astype(str)}),
        group=by,
        factors={"scale": items},
        least_n=how.least_n,
        least_cfi=how.least_cfi,
        most_fall=how.most_fall,
        least_residual=how.least_residual,
        level=how.level,
    )
    out = found.groups.loc[found.groups["reason"] != "", "group"]
    told = {"by": by, "verdict": found.verdict, "left_out": "、".join(sorted(out)) or None}
    told |= {"groups": int((found.groups["reason"] == "").sum())}
    if found.steps.empty:
        why = fault("analysis.groups_few").message
        return pd.DataFrame([{**told, "step": "configural", "holds": False, "reason": why}])
    unfit = fault("analysis.scale_unfit").message
    reason = found.steps["reason"].map(lambda text: unfit if text else None)
    return found.steps.assign(**told, reason=reason)
