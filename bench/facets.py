"""Many-facet Rasch models on designs of the sizes that TAM 4.4-2 was timed on.

TAM's seconds are recorded figures (R 4.2.2, 2 cores, tam.mml.mfr with item + rater + step), not of
this run, unless PEERS names a folder where R finds TAM: then it fits the same ratings here. The
ratings are simulated: as many rows (an object seen by a rater on all items), raters and objects.
Ours are processor seconds of one thread, which other work on the machine does not stretch.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import process_time

import numpy as np
import pandas as pd

from analysis.facets import fit_facets

ROUNDS = 5
STEPS = np.array([-2.8, 0.1, 2.7])


@dataclass(frozen=True)
class Size:
    """One design, and the seconds that TAM took on the public data of that size."""

    name: str
    rows: int
    objects: int
    raters: int
    items: int
    tam: float


SIZES = (
    Size("data.ratings1", 274, 135, 7, 5, 0.2),
    Size("data.ratings3", 3169, 561, 52, 4, 1.5),
    Size("data.immer01b", 4244, 1500, 20, 4, 1.8),
    Size("data.immer01a, type E", 12080, 8510, 57, 4, 10.2),
)
R = """
library(TAM, lib.loc = c(commandArgs(TRUE)[2], .libPaths()))
d <- read.csv(commandArgs(TRUE)[1])
s <- system.time(tam.mml.mfr(d[, -(1:2)], facets = d[, "rater", drop = FALSE], pid = d$object,
  formulaA = ~ item + rater + step, control = list(progress = FALSE)))
cat(s[["elapsed"]])
"""


def ratings_of(size: Size, *, generator: np.random.Generator) -> pd.DataFrame:
    """Simulated ratings: object, rater, item, value 0-3; each object has at least one rater.

    No rater sees an object twice: TAM would need a pseudo facet, which fails on some designs.
    """
    first = np.arange(size.objects) * size.raters
    first += generator.integers(0, size.raters, size.objects)
    others = np.setdiff1d(np.arange(size.objects * size.raters), first)
    pairs = [first, generator.choice(others, size.rows - size.objects, replace=False)]
    objects, raters = np.divmod(np.concatenate(pairs), size.raters)
    place = generator.normal(0, 1.9, size.objects)[objects][:, None]
    place = place - generator.normal(0, 0.6, size.raters)[raters][:, None]
    place = place - np.linspace(-0.5, 0.5, size.items)
    weight = np.exp(np.arange(4) * place[..., None] - np.concatenate([[0.0], np.cumsum(STEPS)]))
    chance = np.cumsum(weight / weight.sum(axis=-1, keepdims=True), axis=-1)
    value = (generator.random(place.shape)[..., None] > chance).sum(axis=-1)
    wide = pd.DataFrame(value, columns=[f"item{i}" for i in range(size.items)])
    names = np.array([f"rater{k:02d}" for k in range(size.raters)])
    return wide.assign(object=objects, rater=names[raters]).melt(
        ["object", "rater"], var_name="item", value_name="value"
    )


def fit(ratings: pd.DataFrame, estimator: str) -> None:
    """The whole way from a frame to tables."""
    fit_facets(
        ratings,
        object="object",
        item="item",
        rater="rater",
        value="value",
        levels=range(4),
        model="rating_scale",
        estimator=estimator,
        correction="none" if estimator == "mml" else "modified_profile",
        extreme=0.3,
        min_objects=30,
    )


def seconds(work: Callable[[], object]) -> float:
    """Median processor seconds of ``ROUNDS`` runs after one warm-up; one thread."""
    work()
    times = []
    for _ in range(ROUNDS):
        start = process_time()
        work()
        times.append(process_time() - start)
    return median(times)


def tam_seconds(ratings: pd.DataFrame, *, library: str) -> float:
    """Wall seconds of tam.mml.mfr on the same ratings, by R's own clock."""
    wide = ratings.pivot(index=["object", "rater"], columns="item", values="value")
    with tempfile.TemporaryDirectory() as folder:
        table, script = Path(folder, "d.csv"), Path(folder, "fit.R")
        wide.reset_index().to_csv(table, index=False)
        script.write_text(R, encoding="utf-8")
        command = ["Rscript", str(script), str(table), library]
        told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        return float(told.split()[-1])


def run() -> Iterator[str]:
    """Lines of the result table."""
    library = os.environ.get("PEERS")
    for number, size in enumerate(SIZES):
        ratings = ratings_of(size, generator=np.random.default_rng(number))
        mml, jml = (seconds(lambda e=e, r=ratings: fit(r, e)) for e in ("mml", "jml"))  # type: ignore[misc]
        tam = tam_seconds(ratings, library=library) if library else size.tam
        yield (
            f"{size.name}: {size.rows} rows, {size.raters} raters: mml {mml:.3f} s, jml {jml:.3f}"
            f" s, TAM {tam:.1f} s ({'this run' if library else 'recorded'}), ratios"
            f" {tam / mml:.0f} and {tam / jml:.0f}"
        )
