"""The only door to the bulletin: extract in, results and bulletin out, in a child process."""

from __future__ import annotations

import os
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
    from instruments.arrival import arriving_folder
    from instruments.extract import read_extract
    from reports.evaluation import publish_bulletin, score_extract

    extract = read_extract(extract_folder)
    name = f"{extract_folder.name}-{extract.sha256[:12]}"
    place, printed = settings.home / "results" / name, settings.home / "bulletins" / name
    with (
        arriving_folder(place, check=_ours) as fresh,
        arriving_folder(printed, check=_ours) as fresh_print,
    ):
        publish_bulletin(score_extract(extract, fresh, progress=progress), fresh_print)
    return name


def _ours(_place: Path) -> None:
    """Nobody else writes into the instance: a former scoring may go."""
