"""The accepted answers of an extract as views of the query engine."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import duckdb
import pandas as pd

from analysis.results import Scoring
from instruments.tables import repeat_table

PROJECT = "JOIN units u ON r.unit = u.unit"
"""Between the rows r of answers and what they are about."""
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


def connect(extract: Tables, *, scoring: Scoring, first: bool = True) -> duckdb.DuckDBPyConnection:
    """An engine with the views ``units`` and ``answers``: accepted responses of one form.

    ``first``: with ``scoring.columns``, of which expressions of leaves may speak.
    """
    engine = duckdb.connect()
    units = extract.table("units")
    local = units["kind"].isin(["county", "city"])
    chosen = units[local if scoring.instrument.per in LOCAL else units["kind"] == "project"]
    engine.register("units", chosen[["unit", "type", "mode", "module"]])
    engine.execute(f"CREATE VIEW filled AS {_answers_sql(extract, scoring)}")
    columns = scoring.columns if first else ()
    told = ["r.*", *(f"{expression} AS {quoted(name)}" for name, expression in columns)]
    joined = PROJECT if columns else ""
    answers = f"SELECT {', '.join(told)} FROM filled r {joined}"
    engine.execute(f"CREATE {'TABLE' if columns else 'VIEW'} answers AS {answers}")
    return engine


def _answers_sql(extract: Tables, scoring: Scoring) -> str:
    """Accepted responses; of a form whose rows are rated, one row per row of the repeat, whose
    first item tells what is rated: it stands in place of the session."""
    main = literal(str(extract.parquet(scoring.instrument.table)))
    cluster = f"coalesce(class_code, {literal(SCHOOL)} || target) AS class_code"
    head = f"SELECT * REPLACE ({cluster}) FROM read_parquet({main}) WHERE status = 'accepted'"
    scored = {item.item for item in scoring.items}
    for section in scoring.instrument.repeats:
        if scored & {item.name for item in section.items}:
            rows = literal(str(extract.parquet(repeat_table(scoring.instrument, section).name)))
            rated = f"CAST(x.{quoted(section.items[0].name)} AS VARCHAR)"
            return (
                f"SELECT h.* REPLACE (h.response || ' ' || x.row AS response,"
                f" {rated} AS session), x.* EXCLUDE (response)"
                f" FROM ({head}) h JOIN read_parquet({rows}) x ON h.response = x.response"
            )
    return head


def quoted(name: str) -> str:
    """A column's name as the engine reads it."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text constant as the engine reads it."""
    return "'" + text.replace("'", "''") + "'"
