"""The demo's full scoring, robustness included, from the sealed extract to results.

No peer scores such a programme: the bar is 15 s of one idle processor.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from time import perf_counter, process_time

from analysis.pipeline import score
from instruments.builtin import plan_source
from instruments.extract import read_extract
from instruments.plan import read_plan

EXTRACT = Path(__file__).parents[1] / "demo" / "extract"


def run(folder: Path = EXTRACT) -> Iterator[str]:
    """Lines of the result table."""
    if not folder.is_dir():
        yield f"!!! NOT MEASURED: there is no {EXTRACT.parent.name}/extract; run `make demo` first"
        return
    extract = read_extract(folder)
    own = replace(extract.plan, robustness=read_plan(plan_source(), "default.yaml").robustness)
    for words, plan in (("with robustness", own), ("without", replace(own, robustness=None))):
        steps: list[tuple[str, float]] = []

        def tell(step: str, done: int, total: int, told: list[tuple[str, float]] = steps) -> None:
            told.append((step, process_time()))

        begun = perf_counter()
        results = score(extract, plan, progress=tell)
        wall, spent = perf_counter() - begun, steps[-1][1] - steps[0][1]
        each = zip(steps[:-1], steps[1:], strict=True)
        parts = "; ".join(f"{name} {after - before:.1f}" for (name, before), (_, after) in each)
        yield (
            f"{len(results.units)} rows of units {words}: {spent:.1f} s of processor, "
            f"{wall:.1f} s of clock ({parts})"
        )
