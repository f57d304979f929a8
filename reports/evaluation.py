"""The straight line behind an extract: score, results folder, bulletin folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml

from analysis.pipeline import score
from analysis.results import Results
from instruments.extract import Extract
from instruments.faults import FaultsFound, Place, refuse
from instruments.framework import read_framework
from instruments.later import with_later_versions
from reports.before import comparable_year
from reports.folder import ORIGINAL_SCALE, Pairs, csv, read_results, write_results
from reports.foreign.assess import FRAMEWORK, original_scale, write_ratings_extract
from reports.foreign.ratings import Columns, collect_ratings, parse_range
from reports.foreign.tables import read_table
from reports.output import replaced_folder
from reports.publication import BULLETIN, Choices, Progress, write_bulletin
from reports.wording import phrase

DEFAULT_SCALE = "1:5"
NO_CHOICES = Choices()
MAPPED = ("value", "unit", "class", "respondent", "rater", "scale", "title")
"""Keys of a mapping file: the options of the command."""


def score_extract(
    extract: Extract,
    directory: Path,
    *,
    progress: Progress | None = None,
    frameworks: Mapping[str, bytes] = MappingProxyType({}),
    before: Mapping[str, bytes] = MappingProxyType({}),
) -> Results:
    """Score ``extract`` by its own plan and write the results folder.

    ``frameworks``: later versions of the extract's (file name, shown in faults, to YAML), by which
    the results are computed; the ranks under the frozen points stand beside, and the folder
    carries the files. ``before``: files of an earlier cycle's results (``reports.before``) that the
    scores are compared with; the folder carries them too. Raises FaultsFound, before anything is
    computed, for a version that ``instruments.later`` refuses or a year on another scale.
    """
    final = with_later_versions(
        extract.frameworks, frameworks, plan=extract.plan, instruments=extract.instruments
    )
    chosen = final if frameworks else None
    earlier = comparable_year(before, extract, final)
    later = {
        f"{read_framework(data, name).scorecard}.yaml": data for name, data in frameworks.items()
    }
    with replaced_folder(directory, kind="results") as fresh:  # refused before the long work
        results = score(extract, extract.plan, frameworks=chosen, progress=progress, before=earlier)
        write_results(results, fresh, later=dict(sorted(later.items())), before=before)
        if [one.code for one in extract.frameworks] == [FRAMEWORK]:
            (fresh / ORIGINAL_SCALE).write_bytes(csv(original_scale(extract, results.units)))
    return results


def results_again(directory: Path, extract: Extract) -> Results:
    """Results that were published before. What another version of this software kept otherwise is
    scored anew: it told no less."""
    try:
        return read_results(directory, extract)
    except FaultsFound:
        return score(extract, extract.plan)


def publish_bulletin(
    results: Results,
    directory: Path,
    *,
    choices: Choices = NO_CHOICES,
    progress: Progress | None = None,
    named: Pairs = (),
) -> Path:
    """Write every form of the bulletin of ``results`` and return the path of its page.

    ``named``: what is told to have written the files, instead of this machine's software. Raises
    FaultsFound, and leaves ``directory`` as it was, for choices that ``write_bulletin`` refuses.
    """
    with replaced_folder(directory, kind="bulletin") as fresh:
        write_bulletin(results, fresh, choices=choices, progress=progress, named=named)
    return directory / BULLETIN


def assess_table(
    file: Path,
    *,
    mapping: Path | None,
    options: Mapping[str, Any],
    out: Path,
    progress: Progress | None,
) -> Path:
    """Table to extract, results and bulletin below ``out``; returns the bulletin's path.

    ``options`` win over the mapping file. Raises FaultsFound; nothing is written then.
    """
    chosen = _chosen(mapping, options)
    scale = parse_range(chosen["scale"] or DEFAULT_SCALE)
    names = {key: chosen[key] for key in ("unit", "respondent", "rater")}
    columns = Columns(value=tuple(chosen["value"]), class_=chosen["class"], **names)
    ratings = collect_ratings(read_table(file), columns=columns, scale=scale)
    title = chosen["title"] or phrase("ratings.title")
    with replaced_folder(out, kind="assess") as fresh:
        place = fresh / "extract"
        extract = write_ratings_extract(
            ratings, scale=scale, title=title, file=file, directory=place
        )
        results = score_extract(extract, fresh / "results", progress=progress)
        publish_bulletin(results, fresh / "bulletin", progress=progress)
    return out / "bulletin" / BULLETIN


def _chosen(mapping: Path | None, options: Mapping[str, Any]) -> dict[str, Any]:
    stored = _mapping(mapping) if mapping else {}
    given = {key.rstrip("_"): value for key, value in options.items() if value}
    chosen = {key: "" for key in MAPPED} | stored | given
    value = chosen["value"]
    return chosen | {"value": (value,) if isinstance(value, str) and value else tuple(value)}


def _mapping(path: Path) -> dict[str, Any]:
    if path.is_dir():
        raise refuse("ratings.mapping_is_folder", name=path.name)
    place = Place(file=path.name)
    try:
        text = path.read_text(encoding="utf-8-sig")
        stored = yaml.load(text, Loader=yaml.BaseLoader)  # texts only: 1:5 is no number
    except UnicodeDecodeError as error:
        raise refuse("ratings.mapping_encoding", place) from error
    except yaml.MarkedYAMLError as error:
        row = error.problem_mark.line + 1 if error.problem_mark else None
        raise refuse("ratings.mapping", Place(file=path.name, row=row)) from error
    except yaml.YAMLError as error:
        raise refuse("ratings.mapping", place) from error
    if not isinstance(stored, dict):
        raise refuse("ratings.mapping", place)
    unknown = [str(key) for key in stored if key not in MAPPED]
    if unknown:
        raise refuse("ratings.mapping_key", place, keys="、".join(unknown))
    return {key: _words(key, value) for key, value in stored.items()}


def _words(key: str, value: object) -> Any:
    """BaseLoader gives texts, lists and mappings; only ``value`` may list columns."""
    if isinstance(value, str):
        return value
    if key == "value" and isinstance(value, list) and all(isinstance(one, str) for one in value):
        return tuple(value)
    raise refuse("ratings.mapping_value", key=key)
