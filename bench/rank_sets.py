"""Rank sets of 100, 300 and 1,000 units, 1,000 draws, each in a process of its own; csranks beside.

csranks runs in the same run where `Rscript` is there and PEERS=DIR names a library that holds it;
else its recorded figures stand beside (csranks 1.2.2.9001, 2 cores, quiet machine), and it is said.
Peak memory is of the whole process, libraries included; ``base`` is the same process without work.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator
from time import perf_counter, process_time

import numpy as np

from analysis import ranks

SIZES = (100, 300, 1000)
DRAWS = 1000
RECORDED = {
    ("simultaneous", 100): 1.1,
    ("simultaneous", 300): 29.0,
    ("marginal", 100): 6.1,
    ("marginal", 300): 97.0,
}
"""Seconds of csranks; 1,000 units, simultaneous: killed at 24 GB."""
FUNCTIONS = {"simultaneous": ranks.rank_sets, "marginal": ranks.marginal_sets}
CSRANKS = """
.libPaths(c("{peers}", .libPaths())); suppressMessages(library(csranks))
set.seed(1); p <- {size}; se <- runif(p, 1, 5); x <- rnorm(p, 80, 6) + rnorm(p, 0, se)
took <- system.time(csranks(x, diag(se^2), R = {draws}, simul = {simultaneous}))
cat(took[["elapsed"]])
"""
CHILD = "from bench.rank_sets import measure; measure('{kind}', {size})"


def measure(kind: str, size: int) -> None:
    """Print seconds by the clock, seconds of the processor, and peak megabytes; size 0: no work."""
    generator = np.random.default_rng(1)
    se = generator.uniform(1, 5, size)
    score = generator.normal(80, 6, size) + generator.normal(0, se)
    start, busy = perf_counter(), process_time()
    FUNCTIONS[kind](
        score,
        covariance=np.diag(se**2),
        level=0.95,
        draws=DRAWS,
        df=np.inf,
        generator=generator,
    )
    took, used = perf_counter() - start, process_time() - busy
    print(took, used, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def ours(kind: str, size: int) -> tuple[float, float, float]:
    """Seconds, processor seconds, megabytes of a child process."""
    code = CHILD.format(kind=kind, size=size)
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    took, used, peak = map(float, told.stdout.split())
    return took, used, peak


def peer(kind: str, size: int) -> tuple[float | None, str]:
    """Seconds of csranks, and whether they were measured now or are the recorded ones."""
    peers = os.environ.get("PEERS", "")
    if not (peers and shutil.which("Rscript")) or (kind, size) not in RECORDED:
        return RECORDED.get((kind, size)), "recorded"
    simultaneous = "TRUE" if kind == "simultaneous" else "FALSE"
    code = CSRANKS.format(peers=peers, size=size, draws=DRAWS, simultaneous=simultaneous)
    told = subprocess.run(["Rscript", "-e", code], capture_output=True, text=True, check=False)
    if told.returncode:
        return RECORDED[kind, size], "recorded"
    return float(told.stdout), "this run"


def run() -> Iterator[str]:
    """Lines of the result table."""
    yield f"a process without work: {ours('simultaneous', 0)[2]:.0f} MB"
    for kind in FUNCTIONS:
        for size in SIZES:
            took, used, peak = ours(kind, size)
            theirs, when = peer(kind, size)
            beside = "killed at 24 GB" if kind == "simultaneous" else "not measured"
            if theirs is not None:
                beside = f"{theirs:.1f} s ({when}), {theirs / took:.0f} times as long"
            yield (
                f"{kind}, {size} units: {took:.2f} s ({used:.2f} s of processor), "
                f"{peak:.0f} MB; csranks {beside}"
            )
