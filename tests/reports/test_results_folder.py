"""The results folder: exact header, full precision back, same bytes, nothing dated."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from sample_results import HOSTILE, sample_results

from analysis.results import Results
from instruments.faults import FaultsFound
from reports import evaluation
from reports.evaluation import results_again
from reports.folder import read_results, write_results

HEADER = (
    "scorecard,group,unit,name,n,enrolled,response_rate,raw,raw_se,adjusted,score,score_low,"
    "score_high,reliability,rank,rank_low,rank_high,letters,band,note"
)


@dataclass(frozen=True)
class Source:
    """What read_results asks of an extract."""

    sha256: str
    cycle: Any
    day: str
    frameworks: Any
    plan: Any
    instruments: Any


def source(results: Results, sha256: str = "") -> Source:
    return Source(
        sha256 or results.extract_sha256, results.cycle, results.day, results.frozen,
        results.plan, results.instruments,
    )  # fmt: skip


def test_units_csv(tmp_path: Path) -> None:
    write_results(sample_results(), tmp_path)
    data = (tmp_path / "units.csv").read_bytes()
    assert data.splitlines()[0].decode() == HEADER
    rows = list(csv.DictReader(data.decode("utf-8").splitlines()))
    assert [row["unit"] for row in rows if row["scorecard"] == "A-project"] == ["P1", "P2", "P3"]
    one = next(row for row in rows if row["unit"] == "P1")
    assert (one["n"], one["score"], one["rank"]) == ("40", "91.25", "1")
    hidden = next(row for row in rows if row["unit"] == "P3")
    assert hidden["score"] == hidden["rank"] == hidden["raw"] == ""
    assert hidden["note"]


def test_full_precision_comes_back(tmp_path: Path) -> None:
    results = sample_results()
    units = results.units.assign(score=results.units["score"] + 1 / 3 * 1e-9)
    write_results(sample_results(units=units), tmp_path)
    back = read_results(tmp_path, source(results))
    pd.testing.assert_frame_equal(back.units, sample_results(units=units).units, check_exact=True)
    assert back.provenance == results.provenance


def test_what_another_version_kept_is_scored_again(tmp_path: Path, monkeypatch) -> None:
    results = sample_results()
    write_results(results, tmp_path)
    monkeypatch.setattr(evaluation, "score", lambda extract, plan: (extract.sha256, plan))
    assert results_again(tmp_path, source(results)).units.equals(results.units)
    (tmp_path / "flags.parquet").unlink()
    assert results_again(tmp_path, source(results)) == (results.extract_sha256, results.plan)


def test_same_bytes_twice(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_results(sample_results(), tmp_path / name)
    files = sorted(p.name for p in (tmp_path / "a").iterdir())
    assert "units.xlsx" in files
    for name in files:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name


def test_workbook_holds_texts_never_formulas(tmp_path: Path) -> None:
    units = sample_results().units.copy()
    units.loc[units["unit"] == "P1", "name"] = "=1+1"
    write_results(sample_results(units=units), tmp_path)
    page = openpyxl.load_workbook(tmp_path / "units.xlsx").active
    cells = [cell for row in page.iter_rows() for cell in row]
    assert "=1+1" in [cell.value for cell in cells]
    assert all(cell.data_type != "f" for cell in cells)
    assert HOSTILE in [cell.value for cell in cells]


def test_other_extract_and_foreign_folder_are_refused(tmp_path: Path) -> None:
    results = sample_results()
    with pytest.raises(FaultsFound) as found:
        read_results(tmp_path, source(results))
    assert found.value.faults[0].code == "reports.not_results"
    write_results(results, tmp_path)
    with pytest.raises(FaultsFound) as found:
        read_results(tmp_path, source(results, sha256="f" * 64))
    assert found.value.faults[0].code == "reports.other_extract"
    (tmp_path / "pairs.parquet").write_bytes(b"broken")
    with pytest.raises(FaultsFound) as found:
        read_results(tmp_path, source(results))
    assert found.value.faults[0].code == "reports.not_results"
