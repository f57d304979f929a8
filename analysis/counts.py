"""From an extract to sufficient statistics, in the query engine; sums run over integers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import duckdb
import pandas as pd

from analysis.results import Scoring
from instruments.tables import repeat_table

IDENTITY = "respondent"
"""Header item that tells people apart when one person may fill several forms (assess)."""
_PROJECT = "JOIN units u ON r.unit = u.unit"
LOCAL = ("school", "locality")
"""What a form is about whose answers speak of a county or city, not of a project."""
SCHOOL = "school "
"""Before the code of a school, where schools are the clusters: no class is called so."""


class Tables(Protocol):
    """What this module needs of an extract: its tables and where their Parquet files are."""

    def table(self, name: str) -> pd.DataFrame:
        """One table as a frame."""

    def parquet(self, name: str) -> Path:
        """The file that holds one table."""


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
    with _connect(extract, scoring=scoring) as engine:
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
    head += [f"{expression} AS {_name(name)}" for name, expression in scoring.context]
    head += [f"CAST(r.{_name(item)} AS VARCHAR) AS {_name(item)}" for item in items]
    with _connect(extract, scoring=scoring) as engine:
        query = f"SELECT {', '.join(head)} FROM answers r {_PROJECT} ORDER BY r.response"
        return engine.sql(query).df()


def count_scores(extract: Tables, *, scoring: Scoring, flags: pd.DataFrame) -> Counts:
    """Count and sum scores of one trainee instrument per class, trait cell and leaf.

    ``flags``: ``response`` and ``excluded`` per accepted response; rows flagged so have kept =
    False in the output, none is dropped. Errors as ``read_answers``.
    """
    with _connect(extract, scoring=scoring) as engine:
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
    columns = ", ".join(f"CAST(r.{_name(item)} AS VARCHAR) AS {_name(item)}" for item in items)
    with _connect(extract, scoring=scoring) as engine:
        engine.register("flags", flags[["response", "excluded"]])
        given = (
            f"SELECT r.class_code, u.unit AS project, {columns} FROM answers r {_PROJECT}"
            " JOIN flags f ON f.response = r.response WHERE NOT f.excluded"
        )
        names = ", ".join(map(_name, items))
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
        f"count(*) FILTER ({rule}) AS {_name('asked ' + item)},"
        f" count(*) FILTER (({rule}) AND r.{_name(item)} IS NULL) AS {_name('blank ' + item)}"
        for item, rule in asked.items()
    ]
    query = f"SELECT u.unit AS project, {', '.join(columns)} FROM answers r {_PROJECT} GROUP BY 1"
    with _connect(extract, scoring=scoring) as engine:
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


def rating_rows(extract: Tables, *, scoring: Scoring) -> pd.DataFrame:
    """Experts' scores: one row per response and leaf, sorted.

    Out: ``response``, ``rater``, ``project``, ``session`` (class and session, or class and visit
    where no session is named), ``leaf``, ``score`` (0-100). Only accepted records of visits
    without conflict of interest.
    """
    parts = [
        f"SELECT {_RATED}, {_text(leaf.leaf)} AS leaf, {leaf.score} AS score {_RATINGS}"
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
        f"SELECT {_RATED}, {_text(item.indicator)} AS leaf, {_text(f'{code} {item.item}')} AS item,"
        f" CAST(r.{_name(item.item)} AS VARCHAR) AS level {_RATINGS} AND ({item.asked})"
        f" AND CAST(r.{_name(item.item)} AS VARCHAR) IN ({', '.join(map(_text, codes))})"
        for item in scoring.items
        if (codes := levels.get(item.item))
    ]
    rows = _rated(extract, scoring, " UNION ALL ".join(parts), order="response, item")
    return rows.assign(level=rows["level"].astype(int))


def _rated(extract: Tables, scoring: Scoring, union: str, *, order: str) -> pd.DataFrame:
    conflicted = extract.table("visits").query("conflict")[["visit"]]
    with _connect(extract, scoring=scoring) as engine:
        engine.register("conflicted", conflicted)
        return engine.sql(f"SELECT * FROM ({union}) ORDER BY {order}").df()


_RATED = (
    "r.response, coalesce(r.rater, '') AS rater, u.unit AS project,"
    " r.class_code || ' ' || coalesce(r.session, r.visit, r.target) AS session"
)
_RATINGS = (
    f"FROM answers r {_PROJECT}"
    " WHERE (r.visit IS NULL OR r.visit NOT IN (SELECT visit FROM conflicted))"
)


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
    codes = ", ".join(f"TRY_CAST(r.{_name(item.item)} AS DOUBLE)" for item in scoring.items)
    with _connect(extract, scoring=scoring) as engine:
        return engine.sql(
            f"SELECT r.class_code, CAST(r.{_name(IDENTITY)} AS VARCHAR) AS respondent,"
            f" list_avg([{codes}]) AS value FROM answers r"
            f" WHERE value IS NOT NULL AND r.{_name(IDENTITY)} IS NOT NULL"
            " ORDER BY r.class_code, respondent, r.response"
        ).df()


def _connect(extract: Tables, *, scoring: Scoring) -> duckdb.DuckDBPyConnection:
    engine = duckdb.connect()
    units = extract.table("units")
    local = units["kind"].isin(["county", "city"])
    chosen = units[local if scoring.instrument.per in LOCAL else units["kind"] == "project"]
    engine.register("units", chosen[["unit", "type", "mode", "module"]])
    engine.execute(f"CREATE VIEW filled AS {_answers_sql(extract, scoring)}")
    first = ["r.*", *(f"{expression} AS {_name(name)}" for name, expression in scoring.columns)]
    joined = _PROJECT if scoring.columns else ""
    answers = f"SELECT {', '.join(first)} FROM filled r {joined}"
    engine.execute(f"CREATE {'TABLE' if scoring.columns else 'VIEW'} answers AS {answers}")
    return engine


def _answers_sql(extract: Tables, scoring: Scoring) -> str:
    """Accepted responses; of a form whose rows are rated, one row per row of the repeat, whose
    first item tells what is rated: it stands in place of the session."""
    main = _text(str(extract.parquet(scoring.instrument.table)))
    cluster = f"coalesce(class_code, {_text(SCHOOL)} || target) AS class_code"
    head = f"SELECT * REPLACE ({cluster}) FROM read_parquet({main}) WHERE status = 'accepted'"
    scored = {item.item for item in scoring.items}
    for section in scoring.instrument.repeats:
        if scored & {item.name for item in section.items}:
            rows = _text(str(extract.parquet(repeat_table(scoring.instrument, section).name)))
            rated = f"CAST(x.{_name(section.items[0].name)} AS VARCHAR)"
            return (
                f"SELECT h.* REPLACE (h.response || ' ' || x.row AS response,"
                f" {rated} AS session), x.* EXCLUDE (response)"
                f" FROM ({head}) h JOIN read_parquet({rows}) x ON h.response = x.response"
            )
    return head


def _name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _scored_sql(scoring: Scoring) -> str:
    columns = [f"{leaf.score} AS {_name('leaf ' + leaf.leaf)}" for leaf in scoring.leaves]
    columns += [f"r.{_name(trait)} AS {_name('trait ' + trait)}" for trait in scoring.traits]
    for item in scoring.items:
        columns += [
            f"{item.score} AS {_name('score ' + item.item)}",
            f"({item.asked}) AS {_name('asked ' + item.item)}",
            f"r.{_name(item.item)} IS NULL AS {_name('blank ' + item.item)}",
        ]
    return (
        f"SELECT r.response, r.class_code, u.unit, NOT f.excluded AS kept, {', '.join(columns)}"
        f" FROM answers r {_PROJECT} JOIN flags f ON f.response = r.response"
    )


def _long_sql(scoring: Scoring) -> str:
    traits = "".join(f", {_name('trait ' + t)} AS {_name(t)}" for t in scoring.traits)
    return " UNION ALL ".join(
        f"SELECT response, class_code, kept{traits}, {_text(leaf.leaf)} AS leaf,"
        f" {_name('leaf ' + leaf.leaf)} AS score FROM scored"
        f" WHERE {_name('leaf ' + leaf.leaf)} IS NOT NULL"
        for leaf in scoring.leaves
    )


def _cells(engine: duckdb.DuckDBPyConnection, scoring: Scoring) -> pd.DataFrame:
    keys = ", ".join(["class_code", "kept", *map(_name, scoring.traits), "leaf"])
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
        score, asked, blank = (_name(f"{part} {item.item}") for part in ("score", "asked", "blank"))
        parts.append(
            f"SELECT class_code, unit, {_text(item.item)} AS item, {_text(item.indicator)} AS"
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
        anything = " OR ".join(_name(f"asked {item}") for item in leaf.items)
        parts.append(
            f"SELECT class_code, {_text(leaf.leaf)} AS leaf, count(*) FILTER ({anything}) AS asked"
            " FROM scored GROUP BY class_code"
        )
    return engine.sql(" UNION ALL ".join(parts) + " ORDER BY class_code, leaf").df()


def _mix(engine: duckdb.DuckDBPyConnection, scoring: Scoring) -> pd.DataFrame:
    traits = "".join(f", {_name('trait ' + t)} AS {_name(t)}" for t in scoring.traits)
    query = f"SELECT class_code, kept{traits}, count(*) AS n FROM scored GROUP BY ALL ORDER BY ALL"
    return engine.sql(query).df()
