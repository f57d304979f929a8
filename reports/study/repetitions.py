"""Repetitions of the study in files of their own, so that a run which stops can go on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from analysis.pipeline.repetition import Repetition, Tools, repeat_cycle
from instruments.builtin import framework_source, instrument_sources, load_instruments, plan_source
from instruments.framework import read_framework
from instruments.plan import read_plan
from instruments.study import study_plan

UNIT, RATER = "unit", "rater"
"""Kinds of rows in the file of a repetition."""
DRAWS = 2000
"""Of rank sets in one repetition; the plan's own number would only smooth each single one."""
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Outcome:
    """All repetitions of one design."""

    units: pd.DataFrame
    raters: pd.DataFrame


def study_tools() -> Tools:
    """Built-in forms, framework A and default plan. Records are left out: they have no sampling
    error; so the least of measured points is set aside. Parts of the plan that only inform are left
    out too: no score, interval, rank, band or severity depends on them."""
    study = study_plan()
    plan = read_plan(plan_source(), "default.yaml")
    plan = replace(
        plan.scores_alone(),
        composite=replace(plan.composite, minimum_points=0.0),
        ranks=replace(plan.ranks, draws=DRAWS),
        class_screens=None,
    )
    compiled = load_instruments(instrument_sources())
    forms = tuple(one for one in compiled if one.code in study.forms)
    return Tools(study, plan, read_framework(framework_source("A"), "A.yaml"), forms)


def run_design(
    design: str,
    tools: Tools,
    *,
    repetitions: int,
    seed: int,
    store: Path,
    progress: Progress | None = None,
) -> Outcome:
    """Do what is not done yet of ``repetitions`` and read all; number k is drawn from (seed, k)."""
    store.mkdir(parents=True, exist_ok=True)
    paths = [store / f"{design}-{seed}-{number:06d}.parquet" for number in range(repetitions)]
    for number, path in enumerate(paths):
        if not path.exists():
            with TemporaryDirectory() as folder:
                one = repeat_cycle(
                    tools.study.designs[design],
                    tools,
                    folder=Path(folder),
                    generator=np.random.default_rng([seed, number]),
                )
            _keep(_rows(one, number), path)
        if progress is not None:
            progress(tools.study.designs[design].title, number + 1, repetitions)
    return read_repetitions(paths)


def read_repetitions(paths: Sequence[Path]) -> Outcome:
    """Rows of finished repetitions, by kind."""
    rows = pd.concat([pd.read_parquet(path) for path in paths], ignore_index=True)
    kinds = [rows[rows["kind"] == kind].drop(columns="kind") for kind in (UNIT, RATER)]
    return Outcome(*(part.dropna(axis=1, how="all").reset_index(drop=True) for part in kinds))


def _rows(one: Repetition, number: int) -> pd.DataFrame:
    units = one.units.astype({"band": object}).assign(kind=UNIT)
    parts = [units, one.raters.assign(kind=RATER)]
    full = [part for part in parts if len(part)]
    return pd.concat(full, ignore_index=True).assign(repetition=number)


def _keep(rows: pd.DataFrame, path: Path) -> None:
    """Whole or not at all, however the process ends."""
    fresh = path.with_suffix(".new")
    rows.to_parquet(fresh, index=False)
    fresh.replace(path)
