"""Experts' ratings, a row each: scores, or the levels as they were given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from analysis.counts.engine import PROJECT, Tables, connect, literal, quoted
from analysis.results import Scoring


def rating_rows(extract: Tables, *, scoring: Scoring) -> pd.DataFrame:
    """Experts' scores: one row per response and leaf, sorted.

    Out: ``response``, ``rater``, ``project``, ``session`` (class and session, or class and visit
    where no session is named), ``leaf``, ``score`` (0-100). Only accepted records of visits
    without conflict of interest.
    """
    parts = [
        f"SELECT {_RATED}, {literal(leaf.leaf)} AS leaf, {leaf.score} AS score {_RATINGS}"
        for leaf in scoring.leaves
    ]
    union = f"SELECT * FROM ({' UNION ALL '.join(parts)}) WHERE score IS NOT NULL"
    rows = _rated(extract, scoring, union, order="response, leaf")
    return rows.assign(score=rows["score"].astype(float) / scoring.unit)


def level_rows(
    extract: Tables, *, scoring: Scoring, levels: Mapping[str, Sequence[str]]
) -> pd.DataFrame:
    """Experts' levels as given, before any scaling: one row per response and item, sorted.

    ``levels``: scored item to the codes that are levels; others (未观察到, blanks) are left out.
    Out: ``response``, ``rater``, ``project``, ``session`` as in ``rating_rows``, ``leaf``,
    ``item`` (instrument and item), ``level`` (whole number). Only accepted records of visits
    without conflict of interest. Raises ValueError for a code that is no whole number.
    """
    code = scoring.instrument.code
    parts = [
        f"SELECT {_RATED}, {literal(item.indicator)} AS leaf,"
        f" {literal(f'{code} {item.item}')} AS item,"
        f" CAST(r.{quoted(item.item)} AS VARCHAR) AS level {_RATINGS} AND ({item.asked})"
        f" AND CAST(r.{quoted(item.item)} AS VARCHAR) IN ({', '.join(map(literal, codes))})"
        for item in scoring.items
        if (codes := levels.get(item.item))
    ]
    rows = _rated(extract, scoring, " UNION ALL ".join(parts), order="response, item")
    return rows.assign(level=rows["level"].astype(int))


def _rated(extract: Tables, scoring: Scoring, union: str, *, order: str) -> pd.DataFrame:
    conflicted = extract.table("visits").query("conflict")[["visit"]]
    with connect(extract, scoring=scoring) as engine:
        engine.register("conflicted", conflicted)
        return engine.sql(f"SELECT * FROM ({union}) ORDER BY {order}").df()


_RATED = (
    "r.response, coalesce(r.rater, '') AS rater, u.unit AS project,"
    " r.class_code || ' ' || coalesce(r.session, r.visit, r.target) AS session"
)
_RATINGS = (
    f"FROM answers r {PROJECT}"
    " WHERE (r.visit IS NULL OR r.visit NOT IN (SELECT visit FROM conflicted))"
)
