"""The only door to the bulletin: from a sealed extract to results and bulletin, in a child process."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from survey_app.config import Settings

Progress = Callable[[str, int, int], None]


def evaluate(settings: Settings, extract_folder: Path, progress: Progress) -> str:
    """Score an extract and write its bulletin; both appear whole, under one name, or not at all."""
    from analysis.pipeline import score
    from instruments.extract import read_extract
    from reports.bulletin import build_bulletin
    from reports.folder import write_results
    from reports.html import render_html

    extract = read_extract(extract_folder)
    results = score(extract, extract.plan, progress=progress)
    name = f"{extract_folder.name}-{extract.sha256[:12]}"
    staged = {kind: _staging(settings.home / kind / name) for kind in ("results", "bulletins")}
    write_results(results, staged["results"])
    bulletin = build_bulletin(results, sample=extract.cycle.sample)
    (staged["bulletins"] / "bulletin.html").write_text(render_html(bulletin), encoding="utf-8")
    for kind, folder in staged.items():
        _replace(folder, settings.home / kind / name)
    return name


def _staging(place: Path) -> Path:
    folder = place.with_name(place.name + ".partial")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def _replace(folder: Path, place: Path) -> None:
    former = place.with_name(place.name + ".former")
    shutil.rmtree(former, ignore_errors=True)
    if place.exists():
        place.rename(former)
    folder.rename(place)
    shutil.rmtree(former, ignore_errors=True)
