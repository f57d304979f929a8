"""Results of an earlier cycle, as a results folder carries them for the comparison of years."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from analysis.results import Earlier
from instruments.faults import Fault, FaultsFound, fault, refuse
from instruments.result_tables import UNIT_RESULTS
from instruments.tables import conform
from instruments.yardstick import yardstick

YARDSTICK = "yardstick"
"""Key of a results folder's manifest."""
MANIFEST = "results.json"
UNITS = f"{UNIT_RESULTS.name}.parquet"
FILES = (MANIFEST, UNITS)
"""What is carried of the earlier folder: its manifest and the table of units, as they are."""
Files = Mapping[str, bytes]


def before_files(directory: Path) -> dict[str, bytes]:
    """The files of an earlier results folder; raises FaultsFound where it is none."""
    try:
        return {name: (directory / name).read_bytes() for name in FILES}
    except OSError as error:
        raise refuse("reports.not_results", name=directory.name) from error


def earlier_of(files: Files) -> Earlier | None:
    """The earlier cycle that ``files`` hold; None of no files. Raises FaultsFound for files that
    are no results, or of a version that kept less."""
    if not files:
        return None
    try:
        stored = json.loads(files[MANIFEST])
        units = pd.read_parquet(io.BytesIO(files[UNITS]))
        if YARDSTICK not in stored or "score_df" not in units:
            raise refuse("reports.before_old")
        return Earlier(
            cycle=str(stored["cycle"]),
            title=str(stored["title"]),
            day=str(stored["day"]),
            extract_sha256=str(stored["extract_sha256"]),
            instruments=tuple((str(code), str(version)) for code, version in stored["instruments"]),
            units=conform(units, table=UNIT_RESULTS),
        )
    except (ValueError, KeyError, TypeError, pa.ArrowException) as error:
        raise refuse("reports.before_unread") from error


def comparable_year(files: Files, extract: Any, frameworks: Any) -> Earlier | None:
    """``earlier_of`` the files, where its scores and those of ``extract`` are on one scale.

    ``frameworks``: those that the extract is scored by. Raises FaultsFound, all at once: the plan
    compares no years, the same extract, other leaves or points, other goalposts, another way to
    put scores together, another edition.
    """
    found = earlier_of(files)
    if found is None:
        return None
    own = yardstick(frameworks, extract.plan, edition=extract.cycle.edition)
    faults = [*_differences(json.loads(files[MANIFEST])[YARDSTICK], own)]
    if extract.plan.years is None:
        faults.append(fault("reports.before_no_plan"))
    if found.extract_sha256 == extract.sha256:
        faults.append(fault("reports.before_same"))
    if faults:
        raise FaultsFound(faults)
    return found


def _differences(was: Any, now: Mapping[str, Any]) -> Iterator[Fault]:
    """Why scores by the yardstick ``was`` cannot be set against those by ``now``."""
    was = was if isinstance(was, dict) else {}
    for key, own in now.items():
        other = was.get(key)
        if key.startswith("scorecard "):
            yield from _scorecard(key.removeprefix("scorecard "), other, own)
        elif other != own:
            yield fault(f"reports.before_{key}")


def _scorecard(name: str, was: Any, now: Mapping[str, str]) -> Iterator[Fault]:
    if not isinstance(was, dict):
        yield fault("reports.before_scorecard", scorecard=name)
    elif (was.get("code"), was.get("version")) != (now["code"], now["version"]):
        told = {"scorecard": name, "was": f"{was.get('code')} {was.get('version')}"}
        yield fault("reports.before_framework", **told, now=f"{now['code']} {now['version']}")
    elif was.get("digest") != now["digest"]:
        told = {"scorecard": name, "version": f"{now['code']} {now['version']}"}
        yield fault("reports.before_points", **told)
