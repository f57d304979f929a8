"""Rows of ``careless``: how many answers each combined rule flags, after disclosure control."""

from __future__ import annotations

import pandas as pd

from analysis import disclosure, screen
from analysis.pipeline.combined import rule_names
from analysis.pipeline.evidence import untold
from analysis.pipeline.quality.among import Among
from instruments.quality_tables import CARELESS_RESULTS, EVERYWHERE


def careless_rows(among: Among) -> pd.DataFrame:
    """Per project whose score may be shown and rule: n that could be flagged, flagged, excluded.

    Hidden as flags are: fewer than ``min_cell``, none included. Where a flag that is shown lies
    within the rule, or the rule within it, the rule is hidden too unless their difference is not
    few: one less the other would tell those few.
    """
    cell = among.cell
    rows = among.data.flags[among.data.flags["project"].isin(among.shown)]
    if not rule_names(among.plan) or rows.empty:
        return pd.DataFrame(columns=CARELESS_RESULTS.names)
    size = rows.groupby(["project", "instrument"])["response"].transform("size")
    rows = rows[~disclosure.too_few(size, min_cell=cell)]
    each = _table(rows, among)
    whole = _table(rows.assign(project=EVERYWHERE), among)
    return pd.concat([_without_rest(whole, each, cell=cell), each], ignore_index=True)


def _table(rows: pd.DataFrame, among: Among) -> pd.DataFrame:
    rules, cell = rule_names(among.plan), among.cell
    parts, others = [], list(screen.FLAGS)
    for rule in rules:
        hidden = _hidden(rows, rule, others, cell=cell)
        others.append(rule)
        found = _counted(rows, rule, among.plan.screening.exclude)
        hidden = found["project"].map(hidden).astype(bool)
        parts.append(found.assign(all=found["flagged"], hidden=hidden))
    out = pd.concat(parts, ignore_index=True)
    out = disclosure.blank(out, where=out["hidden"], columns=["flagged", "excluded"])
    few = disclosure.too_few(out["n"], min_cell=cell)
    return disclosure.blank(out, where=few, columns=["n", "flagged", "excluded"])


def _without_rest(whole: pd.DataFrame, each: pd.DataFrame, *, cell: int) -> pd.DataFrame:
    """The sums without those that, less the projects' own, would tell of few or of one project."""
    veiled = each[each["flagged"].isna()].groupby("rule")["all"].agg(["size", "sum"])
    of = whole[["rule"]].join(veiled, on="rule").fillna(0.0)
    telling = (of["size"] > 0) & ((of["size"] < 2) | (of["sum"] < cell))
    return disclosure.blank(whole, where=telling, columns=["flagged", "excluded"])


def _hidden(rows: pd.DataFrame, rule: str, others: list[str], *, cell: int) -> pd.Series:
    """Projects where the rule's number is few, or differs by few from a nested one that may be
    told (of another rule: as if it were, whatever else hides it)."""
    hidden = untold(rows, rule, cell=cell)
    own = rows[rule].astype("boolean").fillna(False)
    for other in others:
        mark = rows[other].astype("boolean").fillna(False)
        for apart, rest in ((own & ~mark, mark & ~own), (mark & ~own, own & ~mark)):
            if not rest.any() and mark.any():
                shown = ~untold(rows, other, cell=cell)
                hidden |= shown & untold(rows.assign(apart=apart), "apart", cell=cell)
    return hidden


def _counted(rows: pd.DataFrame, rule: str, exclude: tuple[str, ...]) -> pd.DataFrame:
    of = rows.assign(mark=rows[rule].astype("boolean")).groupby("project", sort=True)["mark"]
    flagged = of.sum().astype(float)
    out = pd.DataFrame({"rule": rule, "n": of.count(), "flagged": flagged})
    return out.assign(excluded=flagged if rule in exclude else 0.0).reset_index()
