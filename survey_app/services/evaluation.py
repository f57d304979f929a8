"""The only door to the bulletin: extract in, results and bulletin out, in a child process."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from survey_app.config import Settings
from survey_app.printing_form import Printing

Progress = Callable[[str, int, int], None]
Files = Mapping[str, bytes]
"""Later versions of frameworks: file name → YAML."""
BULLETINS, MEETINGS = "bulletins", "meetings"
"""Folders of an instance: what is published, and the 送审稿 apart from it."""
FONTS, SEAL, PARTICULARS = "fonts.yaml", "seal.png", "particulars.yaml"
_UNSAID = {"status": Printing().status}


def child_environment(settings: Settings) -> dict[str, str]:
    """Environment of a job's process: its instance, and one linear-algebra kernel."""
    from reports.commands import KERNEL

    return {**os.environ, **KERNEL, "GUOPEI_HOME": str(settings.home)}


def evaluate(
    settings: Settings,
    extract_folder: Path,
    progress: Progress,
    *,
    frameworks: Files,
    printing: Printing,
) -> str:
    """Score an extract, by later versions of its frameworks where there are any, and write its
    bulletin; both appear whole, under one name, or not at all. Other points have another name."""
    from instruments.arrival import arriving_folder
    from instruments.extract import read_extract
    from reports.evaluation import publish_bulletin, score_extract

    extract = read_extract(extract_folder)
    name = "-".join([extract_folder.name, extract.sha256[:12], *_mark(frameworks)])
    place, printed = settings.home / "results" / name, settings.home / BULLETINS / name
    with (
        arriving_folder(place, check=_ours) as fresh,
        arriving_folder(printed, check=_ours) as fresh_print,
        _choices(settings, printing, meeting=False) as choices,
    ):
        results = score_extract(extract, fresh, progress=progress, frameworks=frameworks)
        published = published_beside(settings, name, cycle=extract.cycle.code)
        told = replace(choices, published=published)
        publish_bulletin(results, fresh_print, choices=told, progress=progress)
    return name


def publish(
    settings: Settings,
    extract_folder: Path,
    progress: Progress,
    *,
    evaluation: str,
    printing: Printing,
    meeting: bool,
) -> str:
    """Write the bulletin of an ``evaluation`` again, from its stored results and by ``printing``:
    in its place, or as a 送审稿 apart; returns ``evaluation``. What stood there stays unless the
    new one is whole."""
    from instruments.extract import read_extract
    from reports.evaluation import publish_bulletin
    from reports.folder import read_results

    extract = read_extract(extract_folder)
    results = read_results(settings.home / "results" / evaluation, extract)
    place = settings.home / (MEETINGS if meeting else BULLETINS) / evaluation
    with _choices(settings, printing, meeting=meeting) as choices:
        published = published_beside(settings, evaluation, cycle=extract.cycle.code)
        told = replace(choices, published=published)
        publish_bulletin(results, place, choices=told, progress=progress)
    return evaluation


@contextmanager
def _choices(settings: Settings, printing: Printing, *, meeting: bool) -> Iterator[Any]:
    """The printing as the files that the bulletin's writer takes; gone afterwards."""
    from reports.publication import Choices

    fonts = settings.home / FONTS
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        told = {"status": printing.status, **printing.particulars}
        if printing.seal:
            (place / SEAL).write_bytes(printing.seal)
            told["seal"] = SEAL
        particulars, texts = place / PARTICULARS, place / "texts"
        particulars.write_text(yaml.safe_dump(told, allow_unicode=True, sort_keys=False), "utf-8")
        texts.mkdir()
        for slot, text in printing.texts.items():
            (texts / f"{slot}.md").write_text(f"{text}\n", encoding="utf-8")
        yield Choices(
            particulars=particulars if told != _UNSAID else None,
            texts=texts if printing.texts else None,
            fonts=fonts if fonts.is_file() else None,
            meeting=meeting,
        )


def published_beside(settings: Settings, evaluation: str, *, cycle: str) -> tuple[Any, ...]:
    """Results of the cycle whose bulletins stand beside that of ``evaluation``."""
    from instruments.arrival import WORKBENCH
    from instruments.extract import read_extract
    from reports.evaluation import results_again
    from reports.folder import read_manifest

    found = []
    for place in sorted((settings.home / BULLETINS).glob("*")):
        results = settings.home / "results" / place.name
        arriving = place.name.startswith(WORKBENCH)
        if arriving or place.name == evaluation or read_manifest(results)["cycle"] != cycle:
            continue
        seal = str(read_manifest(results)["extract_sha256"])[:12]
        name = place.name.partition(f"-{seal}")[0]
        extract = read_extract(settings.home / "extracts" / name)
        found.append(results_again(results, extract))
    return tuple(found)


def preview(
    settings: Settings,
    extract_folder: Path,
    progress: Progress,
    *,
    frameworks: Files,
    published: str,
) -> str:
    """What ``frameworks`` would move, beside the ``published`` evaluation: JSON for
    ``previews.read_moves``. Nothing is kept of the results."""
    from instruments.extract import read_extract
    from reports.evaluation import score_extract
    from reports.folder import read_results

    extract = read_extract(extract_folder)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "results"
        after = score_extract(extract, place, progress=progress, frameworks=frameworks)
    before = read_results(settings.home / "results" / published, extract)
    return json.dumps(_moves(before, after), ensure_ascii=False)


def _moves(before: Any, after: Any) -> list[dict[str, Any]]:
    from reports.material import gather

    old = {_key(row): row for row in before.units.itertuples()}
    frozen = {_key(row): row.rank_frozen for row in after.reweighted.itertuples()}
    material = gather(after)
    return [
        {
            "title": group.title,
            "units": [
                {"name": unit.name, "frozen": _rank(frozen.get(_key(unit)))}
                | _standing("before", old.get(_key(unit)), material.decimals)
                | _standing("after", unit, material.decimals)
                for unit in group.units
            ],
        }
        for group in material.groups
    ]


def _standing(when: str, row: Any, decimals: int) -> dict[str, str]:
    from reports import tables

    if row is None:
        return {f"{name}_{when}": tables.MISSING for name in ("score", "rank", "band")}
    return {
        f"score_{when}": tables.score(row.score, decimals),
        f"rank_{when}": _rank(row.rank),
        f"band_{when}": tables.plain(row.band),
    }


def _rank(rank: object) -> str:
    from reports import tables

    return tables.count(rank)


def _key(row: Any) -> tuple[str, str, str]:
    return row.scorecard, row.group, row.unit


def _mark(frameworks: Files) -> list[str]:
    """Tells evaluations by other points apart, so that none replaces a published one."""
    whole = hashlib.sha256()
    for name, content in sorted(frameworks.items()):
        whole.update(name.encode() + b"\0" + content)
    return [whole.hexdigest()[:12]] if frameworks else []


def _ours(_place: Path) -> None:
    """Nobody else writes into the instance: a former scoring may go."""
