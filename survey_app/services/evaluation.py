"""The only door to the bulletin: extract in, results and bulletin out, in a child process."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from survey_app.config import Settings

Progress = Callable[[str, int, int], None]


def child_environment(settings: Settings) -> dict[str, str]:
    """Environment of a job's process: its instance, and one linear-algebra kernel."""
    from reports.commands import KERNEL

    return {**os.environ, **KERNEL, "GUOPEI_HOME": str(settings.home)}


def evaluate(settings: Settings, extract_folder: Path, progress: Progress) -> str:
    """Score an extract and write its bulletin; both appear whole, under one name, or not at all."""
    from instruments.extract import read_extract
    from reports.evaluation import publish_bulletin, score_extract

    extract = read_extract(extract_folder)
    name = f"{extract_folder.name}-{extract.sha256[:12]}"
    staged = {kind: _staging(settings.home / kind / name) for kind in ("results", "bulletins")}
    results = score_extract(extract, staged["results"], progress=progress)
    publish_bulletin(results, staged["bulletins"])
    for kind, folder in staged.items():
        _replace(folder, settings.home / kind / name)
    return name


def _staging(place: Path) -> Path:
    folder = place.with_name(place.name + ".partial")
    shutil.rmtree(folder, ignore_errors=True)
    return folder


def _replace(folder: Path, place: Path) -> None:
    former = place.with_name(place.name + ".former")
    shutil.rmtree(former, ignore_errors=True)
    if place.exists():
        place.rename(former)
    folder.rename(place)
    shutil.rmtree(former, ignore_errors=True)
