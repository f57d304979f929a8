"""Weights of answers by the plan: to the class's enrolment and, where raked, to roster traits."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from analysis import raking, weights
from analysis.counts import Counts
from analysis.results import Cells
from instruments.faults import fault
from instruments.methods import Plan
from instruments.quality_methods import Rake
from instruments.quality_tables import RAKING_RESULTS

RAKE = "rake"
CLASS = "class"
"""Name of the class among the margins, so that classes keep their enrolment."""
BASE = "poststratify"
"""What a project is weighted by where raking is refused."""

NO_RAKING = pd.DataFrame(columns=RAKING_RESULTS.names)


@dataclass(frozen=True, eq=False)
class Weighed:
    """One form's counts with what each answer weighs."""

    classes: pd.DataFrame
    """class_code, project, n, weight: of one answer, before raking."""
    cells: Cells
    """Cells of the form, raked with a key ``factor`` on that weight."""
    answers: pd.DataFrame
    """class_code, project, n, weight: as it is in the end; a row per cell of traits where raked."""
    report: pd.DataFrame
    """Rows of ``raking``; none where nothing is raked."""


def weigh(
    counted: Counts,
    *,
    everything: bool,
    classes: pd.DataFrame,
    margins: pd.DataFrame,
    plan: Plan,
) -> Weighed:
    """Weigh the kept rows of one form, or ``everything``; ``margins``: of the roster, per class.

    A project whose roster has no margins of the traits that the form asks for, or whose answers
    cannot be raked to them, keeps its class weights; its row of ``raking`` says why.
    """
    rows, mix = counted.rows, counted.mix
    cells, how = counted.cells, plan.weighting.rake
    if not everything:
        rows, mix = rows[rows["kept"]], mix[mix["kept"]]
        cells = cells.where(cells.keys["kept"].to_numpy(dtype=bool))
    w = weights.class_weights(rows, classes=classes, method=plan.weighting.method)
    if plan.weighting.method != RAKE or how is None:
        return Weighed(w, cells, w, NO_RAKING)
    traits = sorted(set(counted.scoring.traits) & set(margins["trait"]))
    keys = ["class_code", *counted.scoring.traits]
    mix = _levels(mix, keys[1:]).groupby(keys, sort=True)["n"].sum().reset_index()
    mix = mix.merge(w[["class_code", "project", "weight"]], on="class_code")
    of = margins.merge(classes[["class_code", "project"]], on="class_code")
    factor, rows = np.ones(len(mix)), []
    for project, places in mix.groupby("project", sort=True).indices.items():
        part = mix.iloc[places].reset_index(drop=True)
        targets = _targets(part, of[of["project"] == project], classes, traits)
        found, told = _raked(part, targets, traits, how)
        factor[places] = found
        rows.append({"unit": project, "instrument": counted.scoring.instrument.code, **told})
    mix = mix.assign(factor=factor)
    joined = _with_factor(cells, mix[[*keys, "factor"]], keys)
    answers = mix.assign(weight=mix["weight"] * mix["factor"])
    report = pd.DataFrame(rows, columns=RAKING_RESULTS.names)
    return Weighed(w, joined, answers, report)


def _with_factor(cells: Cells, mix: pd.DataFrame, keys: list[str]) -> Cells:
    """The cells of classes that are weighed, with their factor among the keys."""
    of = _levels(cells.keys, keys[1:]).astype({"class_code": object})
    found = of.merge(mix.astype({"class_code": object}), on=keys, how="left")["factor"]
    known = found.notna().to_numpy(dtype=bool)
    held = cells.where(known)
    return replace(held, keys=of[known].assign(factor=found[known].to_numpy(dtype=float)))


def folded(cells: Cells) -> pd.DataFrame:
    """Class totals of ``cells``: n answers, total = n times their mean under the factors."""
    if "factor" not in cells.keys:
        return cells.by_class()
    sums = _sums(cells)
    mean = sums["points"] / sums["mass"].where(sums["mass"] > 0)
    out = sums.assign(total=(sums["n"] * mean).fillna(0.0)).reset_index()
    return out[["class_code", "leaf", "n", "total"]]


def leaf_weights(weighed: Weighed, leaves: list[str]) -> pd.DataFrame:
    """class_code, project, n, weight, leaf: the class's weight times the mean factor of those who
    have the leaf."""
    codes = dict.fromkeys(["class_code", "project"], "category")  # of each class, many times
    named = pd.DataFrame({"leaf": pd.Categorical(leaves, categories=leaves)})
    out = weighed.classes.astype(codes).merge(named, how="cross")
    if "factor" not in weighed.cells.keys or not leaves:
        return out
    sums = _sums(weighed.cells)
    mean = (sums["mass"] / sums["n"].where(sums["n"] > 0)).rename("mean").reset_index()
    out = out.astype(dict.fromkeys(["class_code", "leaf"], object))
    joined = out.merge(mean[["class_code", "leaf", "mean"]], on=["class_code", "leaf"], how="left")
    return joined.assign(weight=joined["weight"] * joined["mean"].fillna(1.0)).drop(columns="mean")


def _sums(cells: Cells) -> pd.DataFrame:
    row, place = np.nonzero(cells.n)
    factor = cells.keys["factor"].to_numpy(dtype=float)[row]
    n, total = cells.n[row, place], cells.total[row, place]
    of = {
        "class_code": cells.keys["class_code"].to_numpy(dtype=object)[row],
        "leaf": np.array(cells.leaves, dtype=object)[place],
    }
    parts = pd.DataFrame(of).assign(n=n, mass=factor * n, points=factor * total)
    return parts.groupby(["class_code", "leaf"], sort=True)[["n", "mass", "points"]].sum()


def _levels(frame: pd.DataFrame, traits: list[str]) -> pd.DataFrame:
    return frame.assign(**{trait: frame[trait].astype("string").fillna("") for trait in traits})


def _targets(
    part: pd.DataFrame, roster: pd.DataFrame, classes: pd.DataFrame, traits: list[str]
) -> pd.DataFrame | None:
    """trait, level, count of the classes that answered; None where the roster lacks any."""
    codes = sorted(set(part["class_code"]))
    enrolled = classes.set_index("class_code")["enrolled"].reindex(codes).astype("Float64")
    own = roster[roster["class_code"].isin(codes) & roster["trait"].isin(traits)]
    known = own.groupby("trait")["class_code"].nunique().reindex(traits, fill_value=0)
    if not traits or enrolled.isna().any() or (enrolled <= 0).any() or (known < len(codes)).any():
        return None
    sums = own.groupby(["trait", "level"], sort=True)["count"].sum().astype(float).reset_index()
    of = pd.DataFrame({"trait": CLASS, "level": codes, "count": enrolled.to_numpy(dtype=float)})
    return pd.concat([of, sums], ignore_index=True)


def _raked(
    part: pd.DataFrame, targets: pd.DataFrame | None, traits: list[str], how: Rake
) -> tuple[np.ndarray, dict[str, object]]:
    """Factors on the class weights and what ``raking`` says; ones where it is refused."""
    refused = {"method": BASE, "converged": False}
    if targets is None:
        return np.ones(len(part)), refused | {"note": fault("analysis.raking_no_roster").message}
    rows = part[traits].replace({"": pd.NA}).assign(**{CLASS: part["class_code"]})
    rows = rows.assign(weight=part["weight"] * part["n"])
    total = float(targets.loc[targets["trait"] == CLASS, "count"].sum())
    try:
        fit = raking.rake(
            rows,
            margins=targets,
            tolerance=how.tolerance,
            steps=how.steps,
            low=how.low,
            high=how.high,
            unknown=how.unknown,
            collapse={},
            total=total,
        )
    except ValueError:  # its words name levels of few people: say only what is done instead
        return np.ones(len(part)), refused | {"note": fault("analysis.raking_refused").message}
    told = {"traits": "、".join(traits), "steps": fit.steps, "discrepancy": fit.discrepancy}
    told["held"] = fit.at_low + fit.at_high
    if not fit.converged:
        note = fault("analysis.raking_open").message
        return np.ones(len(part)), refused | told | {"note": note}
    return fit.factor, told | {"method": RAKE, "converged": True}
