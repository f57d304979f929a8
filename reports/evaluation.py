"""The straight line behind an extract: score, results folder, bulletin folder."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from analysis.pipeline import score
from analysis.results import Results
from instruments.extract import Extract, read_extract, unpack_extract
from instruments.faults import refuse
from reports.assess import FRAMEWORK, file_day, original_scale, write_ratings_extract
from reports.bulletin import build_bulletin
from reports.folder import MANIFEST, clear_folder, csv, write_results
from reports.html import render_html
from reports.ratings import Columns, collect_ratings, parse_range, read_table
from reports.wording import phrase

DEFAULT_SCALE = "1:5"
MAPPED = ("value", "unit", "class", "respondent", "rater", "scale", "title")
"""Keys of a mapping file: the options of the command."""
Progress = Callable[[str, int, int], None]
BULLETIN = "bulletin.html"


def score_extract(extract: Extract, directory: Path, *, progress: Progress | None) -> Results:
    """Score ``extract`` by its own plan and write the results folder."""
    results = score(extract, extract.plan, progress=progress)
    clear_folder(directory, mark=MANIFEST, what=phrase("folders.results"))
    write_results(results, directory)
    if extract.framework.code == FRAMEWORK:
        (directory / "original_scale.csv").write_bytes(csv(original_scale(extract)))
    return results


def publish_bulletin(results: Results, directory: Path) -> Path:
    """Write the bulletin of ``results`` and return its path; invented data is marked 样例."""
    sample = results.cycle.sample or results.plan.sample
    text = render_html(build_bulletin(results, sample=sample))
    clear_folder(directory, mark=BULLETIN, what=phrase("folders.bulletin"))
    directory.mkdir(parents=True)
    path = directory / BULLETIN
    path.write_bytes(text.encode("utf-8"))
    return path


@contextmanager
def opened_extract(path: Path) -> Iterator[Extract]:
    """The extract in a folder, or in a zip that is unpacked for as long as it is used."""
    if path.is_dir():
        yield read_extract(path)
        return
    with tempfile.TemporaryDirectory() as folder:
        unpack_extract(path, Path(folder) / "extract")
        yield read_extract(Path(folder) / "extract")


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
    clear_folder(out, mark="extract", what=phrase("folders.assess"))
    extract = write_ratings_extract(
        ratings,
        scale=scale,
        title=chosen["title"] or file.stem,
        day=file_day(file),
        directory=out / "extract",
    )
    results = score_extract(extract, out / "results", progress=progress)
    return publish_bulletin(results, out / "bulletin")


def _chosen(mapping: Path | None, options: Mapping[str, Any]) -> dict[str, Any]:
    stored = _mapping(mapping) if mapping else {}
    given = {key.rstrip("_"): value for key, value in options.items() if value}
    chosen = {key: "" for key in MAPPED} | stored | given
    value = chosen["value"]
    return chosen | {"value": (value,) if isinstance(value, str) and value else tuple(value)}


def _mapping(path: Path) -> dict[str, Any]:
    try:
        stored = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise refuse("ratings.mapping", why=str(error).splitlines()[0]) from error
    if not isinstance(stored, dict):
        raise refuse("ratings.mapping", why=type(stored).__name__)
    unknown = [str(key) for key in stored if key not in MAPPED]
    if unknown:
        raise refuse("ratings.mapping", why="、".join(unknown))
    return {key: _words(value) for key, value in stored.items()}


def _words(value: object) -> Any:
    return tuple(map(str, value)) if isinstance(value, list) else str(value or "")
