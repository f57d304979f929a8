"""The accepted answers of one form as codes: a row a response, a small number an answer."""

from __future__ import annotations

from collections.abc import Iterable

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from analysis.counts.engine import PROJECT, Tables, connect, literal, quoted
from analysis.results import Scoring
from instruments.tables import DURATIONS

DAY, DURATION = "day", "duration"
CLASS, UNIT, LEVELS = "codes of classes", "codes of units", "levels of "
"""Names of the engine's types."""


def read_answers(extract: Tables, *, scoring: Scoring, items: tuple[str, ...]) -> pd.DataFrame:
    """Read accepted responses: ``response``, ``class_code``, ``project``, context names, ``items``.

    Codes of closed items, classes, projects and contexts are categories, other answers text;
    blanks are null; rows are sorted by response. ``items`` may name the columns ``day`` and
    ``duration`` too. Raises duckdb.Error for a file that breaks the contract of
    ``instruments.tables.response_table``.
    """
    with connect(extract, scoring=scoring) as engine:
        return in_order(engine, answer_columns(engine, scoring, items))


def answer_columns(
    engine: duckdb.DuckDBPyConnection, scoring: Scoring, items: Iterable[str]
) -> dict[str, str]:
    """Columns of ``read_answers`` and the expressions that give them."""
    for name, query in (
        (CLASS, "SELECT DISTINCT class_code AS level FROM answers"),
        (UNIT, "SELECT DISTINCT unit AS level FROM units"),
    ):
        _make_type(engine, name, query)
    columns = {
        "response": "r.response",
        "class_code": f"CAST(r.class_code AS {quoted(CLASS)})",
        "project": f"CAST(u.unit AS {quoted(UNIT)})",
    }
    for name, expression in scoring.context:
        query = f"SELECT DISTINCT CAST({expression} AS VARCHAR) AS level FROM units u"
        columns[name] = _levelled(engine, expression, name=name, query=query)
    return columns | {item: _coded(engine, scoring, item) for item in items}


def in_order(engine: duckdb.DuckDBPyConnection, columns: dict[str, str]) -> pd.DataFrame:
    """Columns (name to expression) of ``answers``, sorted by response.

    Files hold them in this order, so that they seldom need sorting.
    """
    head = ", ".join(f"{expression} AS {quoted(name)}" for name, expression in columns.items())
    rows = engine.sql(f"SELECT {head} FROM answers r {PROJECT}").df()
    response = pa.array(rows["response"], type=pa.string())
    if pc.all(pc.less_equal(response[:-1], response[1:])).as_py() is not False:
        return rows
    return rows.sort_values("response", kind="stable", ignore_index=True)


def closed(scoring: Scoring, item: str) -> tuple[str, ...]:
    """Codes of an item that is answered by one of them; () where it is not."""
    found = next((one for one in scoring.instrument.items if one.name == item), None)
    if found is None:
        return DURATIONS if item == DURATION else ()
    return found.scale.codes if found.scale and found.type == "select_one" else ()


def _coded(engine: duckdb.DuckDBPyConnection, scoring: Scoring, item: str) -> str:
    column = f"r.{quoted(item)}"
    codes = closed(scoring, item)
    if codes:
        known = ", ".join(map(literal, codes))
        return f"CAST(CAST({column} AS VARCHAR) AS ENUM({known}))"
    if item == DAY:
        query = f"SELECT DISTINCT CAST({column} AS VARCHAR) AS level FROM answers r"
        return _levelled(engine, column, name=item, query=query)
    return f"CAST({column} AS VARCHAR)"


def _levelled(engine: duckdb.DuckDBPyConnection, expression: str, *, name: str, query: str) -> str:
    _make_type(engine, LEVELS + name, query)
    return f"CAST(CAST({expression} AS VARCHAR) AS {quoted(LEVELS + name)})"


def _make_type(engine: duckdb.DuckDBPyConnection, name: str, query: str) -> None:
    chosen = f"SELECT level FROM ({query}) WHERE level IS NOT NULL ORDER BY level"
    engine.execute(f"CREATE TYPE {quoted(name)} AS ENUM ({chosen})")
