"""From an extract to sufficient statistics, in the query engine; sums run over integers."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import pandas as pd

from analysis.counts.engine import PROJECT, SCHOOL, Tables, connect, literal, quoted
from analysis.counts.ratings import level_rows, rating_rows
from analysis.results import Scoring

__all__ = [
    "Counts",
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
]

IDENTITY = "respondent"
"""Header item that tells people apart when one person may fill several forms (assess)."""


@dataclass(frozen=True, eq=False)
class Counts:
    """Sufficient statistics of one trainee instrument; totals in points of 0-100.

    ``cells``: class_code, kept, one column per trait, leaf, n, total. ``products``: class_code,
    kept, leaf_a, leaf_b, n, total_a, total_b, product (rows with both scores). ``rows``:
    class_code, kept, n. ``items``: class_code, unit, item, indicator, asked, n, not_applicable,
    missing, total (kept rows). ``asked``: class_code, leaf, asked (rows asked any of its items).
    ``mix``: class_code, kept, one column per trait, n (rows).
    """

    scoring: Scoring
    cells: pd.DataFrame
    products: pd.DataFrame
    rows: pd.DataFrame
    items: pd.DataFrame
    asked: pd.DataFrame
    mix: pd.DataFrame


def count_cells(extract: Tables, *, scoring: Scoring, flags: pd.DataFrame) -> pd.DataFrame:
    """The ``cells`` of ``count_scores`` alone, for leaves that are scored otherwise."""
    with connect(extract, scoring=scoring) as engine:
        engine.register("flags", flags[["response", "excluded"]])
        engine.execute(f"CREATE TABLE scored AS {_scored_sql(scoring)}")
        engine.execute(f"CREATE TABLE long AS {_long_sql(scoring)}")
        return _cells(engine, scoring)


def read_answers(extract: Tables, *, scoring: Scoring, items: tuple[str, ...]) -> pd.DataFrame:
    """Read accepted responses: ``response``, ``class_code``, ``project``, context names, ``items``.

    Codes stay text, blanks null; rows are sorted by response. Raises duckdb.Error for a file that
    breaks the contract of ``instruments.tables.response_table``.
    """
    head = ["r.response", "r.class_code", "u.unit AS project"]
    head += [f"{expression} AS {quoted(name)}" for name, expression in scoring.context]
    head += [f"CAST(r.{quoted(item)} AS VARCHAR) AS {quoted(item)}" for item in items]
    with connect(extract, scoring=scoring) as engine:
        query = f"SELECT {', '.join(head)} FROM answers r {PROJECT} ORDER BY r.response"
        return engine.sql(query).df()


def count_scores(extract: Tables, *, scoring: Scoring, flags: pd.DataFrame) -> Counts:
    """Count and sum scores of one trainee instrument per class, trait cell and leaf.

    ``flags``: ``response`` and ``excluded`` per accepted response; rows flagged so have kept =
    False in the output, none is dropped. Errors as ``read_answers``.
    """
    with connect(extract, scoring=scoring) as engine:
        engine.register("flags", flags[["response", "excluded"]])
        engine.execute(f"CREATE TABLE scored AS {_scored_sql(scoring)}")
        engine.execute(f"CREATE TABLE long AS {_long_sql(scoring)}")
        rows = "SELECT class_code, kept, count(*) AS n FROM scored GROUP BY ALL ORDER BY ALL"
        return Counts(
            scoring,
            _cells(engine, scoring),
            _products(engine, scoring),
            engine.sql(rows).df(),
            _items(engine, scoring),
            _asked(engine, scoring),
            _mix(engine, scoring),
        )


def count_codes(
    extract: Tables, *, scoring: Scoring, flags: pd.DataFrame, items: tuple[str, ...]
) -> pd.DataFrame:
    """How often each code was chosen by rows that are kept: class_code, project, item, code, n.

    ``flags`` as ``count_scores``; ``items``: single choices, at least one. Blanks are left out.
    Errors as ``read_answers``.
    """
    columns = ", ".join(f"CAST(r.{quoted(item)} AS VARCHAR) AS {quoted(item)}" for item in items)
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


def _scored_sql(scoring: Scoring) -> str:
    columns = [f"{leaf.score} AS {quoted('leaf ' + leaf.leaf)}" for leaf in scoring.leaves]
    columns += [f"r.{quoted(trait)} AS {quoted('trait ' + trait)}" for trait in scoring.traits]
    for item in scoring.items:
        columns += [
            f"{item.score} AS {quoted('score ' + item.item)}",
            f"({item.asked}) AS {quoted('asked ' + item.item)}",
            f"r.{quoted(item.item)} IS NULL AS {quoted('blank ' + item.item)}",
        ]
    return (
        f"SELECT r.response, r.class_code, u.unit, NOT f.excluded AS kept, {', '.join(columns)}"
        f" FROM answers r {PROJECT} JOIN flags f ON f.response = r.response"
    )


def _long_sql(scoring: Scoring) -> str:
    traits = "".join(f", {quoted('trait ' + t)} AS {quoted(t)}" for t in scoring.traits)
    return " UNION ALL ".join(
        f"SELECT response, class_code, kept{traits}, {literal(leaf.leaf)} AS leaf,"
        f" {quoted('leaf ' + leaf.leaf)} AS score FROM scored"
        f" WHERE {quoted('leaf ' + leaf.leaf)} IS NOT NULL"
        for leaf in scoring.leaves
    )


def _cells(engine: duckdb.DuckDBPyConnection, scoring: Scoring) -> pd.DataFrame:
    keys = ", ".join(["class_code", "kept", *map(quoted, scoring.traits), "leaf"])
    query = f"SELECT {keys}, count(*) AS n, sum(score) AS total FROM long GROUP BY ALL"
    cells = engine.sql(f"{query} ORDER BY ALL").df()
    return cells.assign(total=cells["total"].astype(float) / scoring.unit)


def _products(engine: duckdb.DuckDBPyConnection, scoring: Scoring) -> pd.DataFrame:
    frame = engine.sql(
        "SELECT a.class_code, a.kept, a.leaf AS leaf_a, b.leaf AS leaf_b, count(*) AS n,"
        " sum(a.score) AS total_a, sum(b.score) AS total_b, sum(a.score * b.score) AS product"
        " FROM long a JOIN long b ON a.response = b.response GROUP BY ALL ORDER BY ALL"
    ).df()
    unit = {"total_a": scoring.unit, "total_b": scoring.unit, "product": scoring.unit**2}
    return frame.assign(**{name: frame[name].astype(float) / size for name, size in unit.items()})


def _items(engine: duckdb.DuckDBPyConnection, scoring: Scoring) -> pd.DataFrame:
    parts = []
    for item in scoring.items:
        score, asked, blank = (
            quoted(f"{part} {item.item}") for part in ("score", "asked", "blank")
        )
        parts.append(
            f"SELECT class_code, unit, {literal(item.item)} AS item, {literal(item.indicator)} AS"
            f" indicator, count(*) FILTER ({asked}) AS asked, count({score}) AS n,"
            f" count(*) FILTER ({asked} AND NOT {blank} AND {score} IS NULL) AS not_applicable,"
            f" count(*) FILTER ({asked} AND {blank}) AS missing,"
            f" coalesce(sum({score}), 0) AS total FROM scored WHERE kept"
            " GROUP BY class_code, unit"
        )
    frame = engine.sql(" UNION ALL ".join(parts) + " ORDER BY class_code, item").df()
    return frame.assign(total=frame["total"].astype(float) / scoring.unit)


def _asked(engine: duckdb.DuckDBPyConnection, scoring: Scoring) -> pd.DataFrame:
    parts = []
    for leaf in scoring.leaves:
        anything = " OR ".join(quoted(f"asked {item}") for item in leaf.items)
        parts.append(
            f"SELECT class_code, {literal(leaf.leaf)} AS leaf,"
            f" count(*) FILTER ({anything}) AS asked FROM scored GROUP BY class_code"
        )
    return engine.sql(" UNION ALL ".join(parts) + " ORDER BY class_code, leaf").df()


def _mix(engine: duckdb.DuckDBPyConnection, scoring: Scoring) -> pd.DataFrame:
    traits = "".join(f", {quoted('trait ' + t)} AS {quoted(t)}" for t in scoring.traits)
    query = f"SELECT class_code, kept{traits}, count(*) AS n FROM scored GROUP BY ALL ORDER BY ALL"
    return engine.sql(query).df()
