"""From an extract to sufficient statistics, in the query engine; sums run over integers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.counts.answers import read_answers
from analysis.counts.engine import PROJECT, SCHOOL, Tables, connect, quoted
from analysis.counts.points import Points, read_scored
from analysis.counts.products import Products, multiply
from analysis.counts.ratings import level_rows, rating_rows
from analysis.counts.tally import count_asked, count_in_cells, count_items, group
from analysis.results import Cells, Scoring

__all__ = [
    "Counts",
    "Points",
    "IDENTITY",
    "SCHOOL",
    "count_blanks",
    "count_cells",
    "count_codes",
    "count_scores",
    "identifies",
    "level_rows",
    "person_rows",
    "rating_rows",
    "read_answers",
    "read_scored",
]

IDENTITY = "respondent"
"""Header item that tells people apart when one person may fill several forms (assess)."""


@dataclass(frozen=True, eq=False)
class Counts:
    """Sufficient statistics of one trainee instrument; totals in points of 0-100.

    ``cells``: by class_code, kept and traits; ``products``: by class_code and kept. ``rows``:
    class_code, kept, n. ``items``: class_code, unit, item, indicator, asked, n, not_applicable,
    missing, total (kept rows). ``asked``: class_code, leaf, asked (rows asked any of its items).
    ``mix``: class_code, kept, one column per trait, n (rows). Codes are categories.
    """

    scoring: Scoring
    cells: Cells
    products: Products
    rows: pd.DataFrame
    items: pd.DataFrame
    asked: pd.DataFrame
    mix: pd.DataFrame


def count_cells(extract: Tables, *, scoring: Scoring, flags: pd.DataFrame) -> Cells:
    """The ``cells`` of ``count_scores`` alone, for leaves that are scored otherwise.

    ``flags``: ``response`` and ``excluded``; responses without are left out.
    """
    points, kept = _flagged(read_scored(extract, scoring=scoring, items=()), flags)
    scores = [points.leaf(leaf) for leaf in scoring.leaves]
    return count_in_cells(scores, scoring, group(_keys(points, kept)))


def count_scores(read: Points, *, flags: pd.DataFrame) -> Counts:
    """Count and sum scores of one instrument per class, trait cell and leaf.

    ``flags``: ``response`` and ``excluded``; rows flagged so have kept = False in the output, none
    is dropped but those that ``flags`` does not have.
    """
    points, kept = _flagged(read, flags)
    scoring, keys = points.scoring, _keys(points, kept)
    cells, rows = group(keys), group(keys[["class_code", "kept"]])
    scores = [points.leaf(leaf) for leaf in scoring.leaves]
    return Counts(
        scoring,
        count_in_cells(scores, scoring, cells),
        multiply(scores, scoring, rows),
        rows.keys.assign(n=rows.size),
        count_items(points, kept),
        count_asked(points),
        cells.keys.assign(n=cells.size),
    )


def _keys(points: Points, kept: np.ndarray) -> pd.DataFrame:
    rows = points.answers
    traits = {trait: rows[trait] for trait in points.scoring.traits}
    return pd.DataFrame({"class_code": rows["class_code"], "kept": kept, **traits})


def _flagged(points: Points, flags: pd.DataFrame) -> tuple[Points, np.ndarray]:
    """The responses that ``flags`` has, and which of them are kept."""
    response, excluded = points.answers["response"], flags["excluded"].to_numpy(dtype=bool)
    if response.equals(flags["response"].reset_index(drop=True)):
        return points, ~excluded
    place = pd.Index(flags["response"]).get_indexer(response)
    known = place >= 0
    return points.where(known), ~excluded[place[known]]


def count_codes(
    extract: Tables, *, scoring: Scoring, flags: pd.DataFrame, items: tuple[str, ...]
) -> pd.DataFrame:
    """How often each code was chosen by rows that are kept: class_code, project, item, code, n.

    ``flags`` as ``count_scores``; ``items``: single choices, at least one. Blanks, and answers to
    a scored item that was not asked, are left out. Errors as ``read_answers``.
    """
    asked = {item.item: item.asked for item in scoring.items}
    columns = ", ".join(
        f"CASE WHEN {asked.get(item, 'TRUE')} THEN CAST(r.{quoted(item)} AS VARCHAR) END"
        f" AS {quoted(item)}"
        for item in items
    )
    with connect(extract, scoring=scoring) as engine:
        engine.register("flags", flags[["response", "excluded"]])
        given = (
            f"SELECT r.class_code, u.unit AS project, {columns} FROM answers r {PROJECT}"
            " JOIN flags f ON f.response = r.response WHERE NOT f.excluded"
        )
        names = ", ".join(map(quoted, items))
        return engine.sql(
            f"SELECT class_code, project, item, code, count(*) AS n FROM"
            f" (UNPIVOT ({given}) ON {names} INTO NAME item VALUE code) GROUP BY ALL ORDER BY ALL"
        ).df()


def count_blanks(extract: Tables, *, scoring: Scoring) -> pd.DataFrame:
    """Per project and scored item the rows, flagged ones too, that were asked and left it blank.

    Out, sorted: project, item, asked, missing. Errors as ``read_answers``.
    """
    asked = {item.item: item.asked for item in scoring.items}
    columns = [
        f"count(*) FILTER ({rule}) AS {quoted('asked ' + item)},"
        f" count(*) FILTER (({rule}) AND r.{quoted(item)} IS NULL) AS {quoted('blank ' + item)}"
        for item, rule in asked.items()
    ]
    query = f"SELECT u.unit AS project, {', '.join(columns)} FROM answers r {PROJECT} GROUP BY 1"
    with connect(extract, scoring=scoring) as engine:
        wide = engine.sql(f"{query} ORDER BY 1").df()
    parts = [
        pd.DataFrame(
            {
                "project": wide["project"],
                "item": item,
                "asked": wide[f"asked {item}"],
                "missing": wide[f"blank {item}"],
            }
        )
        for item in sorted(asked)
    ]
    return pd.concat(parts, ignore_index=True).sort_values(["project", "item"], ignore_index=True)


def identifies(scoring: Scoring) -> bool:
    """Whether the instrument asks who answers, so that people can be told apart."""
    return IDENTITY in {item.name for item in scoring.instrument.items}


def person_rows(extract: Tables, *, scoring: Scoring) -> pd.DataFrame | None:
    """Who answered in which class, when the instrument identifies people; else None.

    Out: ``class_code``, ``respondent``, ``value`` (mean of the scored items' own codes, on the
    scale that people saw), one row per accepted response with a value, sorted.
    """
    if not identifies(scoring):
        return None
    codes = ", ".join(f"TRY_CAST(r.{quoted(item.item)} AS DOUBLE)" for item in scoring.items)
    with connect(extract, scoring=scoring) as engine:
        return engine.sql(
            f"SELECT r.class_code, CAST(r.{quoted(IDENTITY)} AS VARCHAR) AS respondent,"
            f" list_avg([{codes}]) AS value FROM answers r"
            f" WHERE value IS NOT NULL AND r.{quoted(IDENTITY)} IS NOT NULL"
            " ORDER BY r.class_code, respondent, r.response"
        ).df()
