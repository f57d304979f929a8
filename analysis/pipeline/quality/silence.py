"""Who did not answer, what weights cost, and what the silent could have changed at most."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from analysis import bounds, composite, counts, disclosure, response
from analysis.pipeline.quality.among import Among
from analysis.results import Estimates
from instruments.quality_tables import (
    BOUND_RESULTS,
    EVERYWHERE,
    NONRESPONSE_RESULTS,
    RESPONSE_RESULTS,
)

STEP = 1e-3
"""Points by which leaves are moved to see how far the composite follows."""
LINEAR = "arithmetic"
"""The only mean that follows leaves in proportion, as bounds suppose."""


def frames(among: Among) -> dict[str, pd.DataFrame]:
    """``response``, ``nonresponse`` and ``bounds``; empty where the plan has no ``response``."""
    if among.plan.response is None:
        tables = (RESPONSE_RESULTS, NONRESPONSE_RESULTS, BOUND_RESULTS)
        return {table.name: pd.DataFrame(columns=table.names) for table in tables}
    level = among.plan.response.level
    return {
        "response": _response(among, level=level),
        "nonresponse": _nonresponse(among, level=level),
        "bounds": _bounds(among),
    }


def _response(among: Among, *, level: float) -> pd.DataFrame:
    """Rates as ``units`` prints them; deff, effective n and largest weight of all answers.

    They are blank where a class's number is, since two of them would tell it.
    """
    of = among.projects
    people = pd.DataFrame({"unit": of.index, "invited": of["enrolled"], "answered": of["n"]})
    people = people.reset_index(drop=True)
    known = people["answered"].notna()
    rates = response.response_rates(
        people.assign(invited=people["invited"].where(known)), level=level
    ).assign(invited=people["invited"])
    if among.counting is None:
        return rates.reindex(columns=RESPONSE_RESULTS.names)
    answers = among.weigh(among.counting, everything=True).answers
    spread = response.weight_spread(answers, keys=["project"]).drop(columns="n")
    out = rates.merge(spread.rename(columns={"project": "unit"}), on="unit", how="left")
    untold = among.classes.loc[among.classes["n"].isna(), "project"]
    hidden = out["unit"].isin(untold) | ~out["unit"].isin(among.shown)
    return disclosure.blank(out, where=hidden, columns=["deff", "effective_n", "max_weight"])


def _nonresponse(among: Among, *, level: float) -> pd.DataFrame:
    """Blanks per item of all answers: of each project, and of all projects together.

    Answers less blanks less the number scored, which ``items`` prints, are those that said 不适用
    or were left out: a project where they are fewer than ``min_cell``, none included, has no row,
    and the row of all projects is left out where those of such projects are few or one project's.
    """
    found = _blanks(among)
    few = found["others"] < among.cell
    of = found.assign(few=few, veiled=found["others"].where(few, 0.0))
    names = ["asked", "missing", "few", "veiled"]
    sums = of.groupby(["instrument", "item"], sort=True)[names].sum().reset_index()
    good = (sums["few"] == 0) | ((sums["few"] > 1) & (sums["veiled"] >= among.cell))
    parts = [sums[good].assign(unit=EVERYWHERE), found[~few]]
    full = [part for part in parts if len(part)] or parts[:1]
    every = pd.concat(full, ignore_index=True)
    every = every[every["asked"] > 0].astype({"asked": float, "missing": float})
    return response.item_nonresponse(every, keys=["unit", "instrument", "item"], level=level)


def _blanks(among: Among) -> pd.DataFrame:
    """unit, instrument, item, asked, missing, others, where ``items`` prints the number scored."""
    keys = ["unit", "instrument", "item"]
    scored = among.items.loc[among.items["n"].notna(), [*keys, "n"]].drop_duplicates(keys)
    scored = scored[scored["unit"].isin(among.shown)].astype({"n": float})
    parts = [pd.DataFrame(columns=[*keys, "asked", "missing"])]
    for c in among.data.trainee:
        found = counts.count_blanks(among.extract, scoring=c.scoring)
        found = found.rename(columns={"project": "unit"})
        parts.append(found.assign(instrument=c.scoring.instrument.code))
    full = [part for part in parts if len(part)]
    every = pd.concat(full or parts, ignore_index=True).merge(scored, on=keys)
    others = every["asked"].astype(float) - every["missing"].astype(float) - every["n"]
    return every.assign(others=others)


def _bounds(among: Among) -> pd.DataFrame:
    """Worst cases of ranked projects by the silence on the form whose response rate is printed."""
    ranked = among.projects[among.projects["ranked"].astype(bool)]
    curved = among.plan.composite.aggregation != LINEAR
    if among.counting is None or ranked.empty or curved:
        return pd.DataFrame(columns=BOUND_RESULTS.names)
    share, mean = _shares(among, [leaf.leaf for leaf in among.counting.scoring.leaves])
    of = pd.DataFrame(
        {
            "unit": ranked.index,
            "score": ranked["score"].to_numpy(dtype=float),
            "mean": mean.reindex(ranked.index).to_numpy(),
            "rate": ranked["response_rate"].to_numpy(dtype=float, na_value=np.nan),
            "share": share.reindex(ranked.index).to_numpy(),
        }
    ).dropna(ignore_index=True)
    plan = among.plan
    found = bounds.nonresponse_bounds(
        of,
        cuts=[band.cut for band in plan.bands],
        half_step=0.5 * 10.0**-plan.ranks.printed_decimals,
    )
    finite = found[["fall_at", "rise_at"]].replace([np.inf, -np.inf], np.nan)
    return of.merge(found.assign(**finite), on="unit")


def _shares(among: Among, leaves: list[str]) -> tuple[pd.Series, pd.Series]:
    """Per project: part of ``leaves`` in the composite, and their mean as weighted there.

    By moving the leaves a little, so that points by type, missing parts and lowest leaves count
    as they do in the composite; the mean is of raw values, which is what people answered.
    """
    kept, who = among.main.estimates, among.main.admitted[0].who
    main = kept.main
    chosen = np.isin(main.leaves, leaves)
    raw = np.where(chosen, np.nan_to_num(kept.raw.value), 0.0)
    base = _composed(among, main, np.zeros_like(main.value))
    ones = _composed(among, main, np.broadcast_to(chosen, main.value.shape) * STEP)
    toward = _composed(among, main, raw * (STEP / 100.0))
    share = np.clip((ones - base) / STEP, 0.0, 1.0)
    points = (toward - base) / (STEP / 100.0)
    mean = np.divide(points, share, out=np.full(share.shape, np.nan), where=share > STEP)
    index = pd.Index(who.units)
    return pd.Series(share, index), pd.Series(np.clip(mean, 0.0, 100.0), index)


def _composed(among: Among, estimates: Estimates, more: np.ndarray) -> np.ndarray:
    who, data = among.main.admitted[0].who, among.data
    moved = replace(
        estimates,
        value=estimates.value + more,
        own=np.zeros_like(estimates.own),
        panel_leaves=(),
        panel=np.zeros((0, 0)),
    )
    units = composite.combine(moved, units=who.units, weights=who.entering.astype(float))
    return composite.compose(
        units,
        framework=data.framework,
        points=composite.points_table(data.framework, [group or None for group in who.groups]),
        aggregation=LINEAR,
        missing=among.plan.composite.missing,
        floor=None,
    ).value[:, -1]
