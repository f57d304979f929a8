"""A checked table of ratings becomes a sealed extract, so that it is scored like any other."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd
import yaml
from jinja2 import Environment, StrictUndefined

from instruments.builtin import framework_source, load_instruments, plan_source
from instruments.extract import Extract, write_extract
from instruments.model import Instrument
from instruments.programme import Cycle
from instruments.tables import FIXED_TABLES, Table, conform, response_table
from reports import tables
from reports.foreign.ratings import Range
from reports.foreign.tables import clean
from reports.wording import phrase

FRAMEWORK = "ratings"
"""Code of the framework of extracts made here: they get results on their original scale too."""
SOURCE = {False: ("trainee", "class", "assess"), True: ("expert", "visit", "assess_raters")}
"""With raters or not -> role and unit of the form, name of the framework's data file."""


def write_ratings_extract(
    ratings: pd.DataFrame, *, scale: Range, title: str, file: Path, directory: Path
) -> Extract:
    """Seal ``ratings`` (columns of ``collect_ratings``) of ``file`` as an extract in ``directory``.

    Units and classes of rows without a rating are kept, so that they are reported as such.
    """
    rated = bool((ratings["rater"] != "").any())
    source = instrument_source(scale, rated=rated, respondent=has_respondents(ratings))
    instrument = load_instruments({"ratings.md": source})[0]
    day = file_day(file)
    frames = _frames(ratings.pipe(_classed), instrument, day)
    return write_extract(
        directory,
        cycle=Cycle(code="ratings", title=title, year=int(day[:4]), sample=False),
        day=day,
        tables=frames,
        instruments={"ratings.md": source},
        frameworks={"ratings.yaml": named_framework(SOURCE[rated][2], file.name)},
        plan=scaled_plan(scale),
    )


def has_respondents(ratings: pd.DataFrame) -> bool:
    """Whether rows tell who rated, so that people rather than rows are counted."""
    return bool((ratings["respondent"] != "").any())


def file_day(path: Path) -> str:
    """Data cut-off of a foreign table: the civil date of its last change."""
    changed = datetime.fromtimestamp(path.stat().st_mtime, ZoneInfo("Asia/Shanghai"))
    return changed.date().isoformat()


def instrument_source(scale: Range, *, rated: bool, respondent: bool) -> bytes:
    """XLSForm of the one-item instrument ``ratings`` on this scale."""
    text = files("reports").joinpath("templates/ratings.md.j2").read_text(encoding="utf-8")
    environment = Environment(undefined=StrictUndefined, autoescape=False)
    role, per, _ = SOURCE[rated]
    limits = {"low": tables.full(scale.low), "high": tables.full(scale.high)}
    return environment.from_string(text).render(
        role=role, per=per, respondent=respondent, **limits
    ).encode()  # fmt: skip


def named_framework(library: str, file: str) -> bytes:
    """The library's framework with a note that names the file, which is all that is known of it."""
    framework = yaml.safe_load(framework_source(library))
    framework["note"] = phrase("ratings.note", name=clean(file))
    return yaml.safe_dump(framework, allow_unicode=True, sort_keys=False).encode()


def scaled_plan(scale: Range) -> bytes:
    """The library's plan ``assess`` with the goalposts of this scale."""
    plan = yaml.safe_load(plan_source("assess"))
    plan["scaling"] = [
        {
            "name": "rating",
            "low": scale.low,
            "low_score": scale.low_score,
            "high": scale.high,
            "high_score": 100.0,
        }
    ]
    return yaml.safe_dump(plan, allow_unicode=True, sort_keys=False).encode()


def _classed(ratings: pd.DataFrame) -> pd.DataFrame:
    """Class codes that belong to one unit each: a class seen in several units is split."""
    given = ratings["class"] if (ratings["class"] != "").any() else _people(ratings)
    out = ratings.assign(class_name=given.where(given != "", ratings["unit"]))
    spread = out.groupby("class_name")["unit"].transform("nunique") > 1
    split = phrase("ratings.split_class")
    joined = out["unit"] + split + out["class_name"]
    return out.assign(class_code=out["class_name"].where(~spread, joined))


def _people(ratings: pd.DataFrame) -> pd.Series:
    """Without classes the person is the cluster, under a number: many ratings, one opinion."""
    number = pd.factorize(ratings["respondent"], sort=True)[0] + 1
    names = pd.Series(number, index=ratings.index).map((phrase("ratings.person") + "{:06d}").format)
    return names.where(ratings["respondent"] != "", "")


def _frames(listed: pd.DataFrame, instrument: Instrument, day: str) -> dict[str, pd.DataFrame]:
    label = phrase("ratings.group")
    ratings = listed[listed["value"].notna()]
    units = pd.DataFrame({"unit": sorted(listed["unit"].unique())})
    classes = listed[["class_code", "class_name", "unit"]].drop_duplicates("class_code")
    visits = _visits(ratings, day)
    found = {
        "units": units.assign(kind="project", name=units["unit"], type="ratings", type_label=label),
        "classes": classes.rename(columns={"class_name": "name", "unit": "project"}),
        "visits": visits,
        "raters": visits.groupby("rater", as_index=False).agg(visits=("visit", "count")),
        instrument.table: _responses(ratings, visits, instrument, day),
    }
    contracts = {table.name: table for table in (*FIXED_TABLES, response_table(instrument))}
    contracts.pop("codebook")
    return {name: _shaped(found, table) for name, table in contracts.items()}


def _shaped(found: Mapping[str, pd.DataFrame], table: Table) -> pd.DataFrame:
    frame = found.get(table.name, pd.DataFrame(columns=table.names))
    return conform(frame.reindex(columns=table.names), table=table)


def _visits(ratings: pd.DataFrame, day: str) -> pd.DataFrame:
    rated = ratings[ratings["rater"] != ""]
    keys = (
        rated[["class_code", "unit", "rater"]]
        .drop_duplicates()
        .sort_values(["class_code", "rater"])
    )
    numbered = keys.assign(visit=[f"V{number:07d}" for number in range(1, len(keys) + 1)])
    return numbered.rename(columns={"unit": "project"}).assign(
        date=day, signed=True, conflict=False
    )


def _responses(
    ratings: pd.DataFrame, visits: pd.DataFrame, instrument: Instrument, day: str
) -> pd.DataFrame:
    frame = ratings[["unit", "class_code", "rater", "respondent"]].assign(
        response=[f"r{row:08d}" for row in ratings.index],
        day=day,
        status="accepted",
        rating=ratings["value"].astype(float),
    )
    joined = frame.merge(visits[["class_code", "rater", "visit"]], how="left", validate="m:1")
    joined["target"] = joined["class_code" if instrument.per == "class" else "visit"]
    people = {name: number for number, name in enumerate(sorted(set(joined["respondent"])), 1)}
    joined["respondent"] = joined["respondent"].map(people)
    joined["rater"] = joined["rater"].where(joined["rater"] != "")
    return joined.reindex(columns=response_table(instrument).names)


def original_scale(extract: Extract, units: pd.DataFrame) -> pd.DataFrame:
    """Rows, people, mean and sd per unit on the ratings' own scale.

    Nothing is shown of units below the smallest cell, and neither mean nor sd where ``units`` (the
    results' frame) withholds the score.
    """
    instrument = extract.instruments[0]
    rows = extract.table(instrument.table)
    people = "respondent" if "respondent" in rows.columns else "response"
    grouped = rows.groupby("unit", sort=True)
    summary = grouped.agg(
        n=("rating", "count"),
        respondents=(people, "nunique"),
        mean=("rating", "mean"),
        sd=("rating", "std"),
    ).reset_index()
    shown = summary["respondents"] >= extract.plan.thresholds.min_cell
    columns = ["n", "respondents", "mean", "sd"]
    summary[columns] = summary[columns].where(shown, pd.NA)
    published = summary["unit"].isin(units.loc[units["score"].notna(), "unit"])
    summary[columns[2:]] = summary[columns[2:]].where(published, pd.NA)
    return summary
