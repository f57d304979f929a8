"""A million answers of thirty items, from the sealed extract to results: time and memory.

Each measurement is a process of its own. No peer scores such a programme: the bars are 10 s and
1.5 GB; the floor is pandas' own reading of the answers and their means by class.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter, process_time

import numpy as np
import pandas as pd

from instruments.builtin import framework_sources, instrument_sources, load_instruments, plan_source
from instruments.extract import read_extract, write_extract
from instruments.model import Instrument
from instruments.programme import Cycle
from instruments.study import study_plan
from instruments.tables import FIXED_TABLES, instrument_tables, response_table
from instruments.types import module_for

FORM = "trainee_core"
PROJECTS, CLASSES, SIZE = 400, 50, 50
INSTITUTIONS = 80
SHARES = {"1": 0.01, "2": 0.03, "3": 0.12, "4": 0.34, "5": 0.47, "na": 0.01, "": 0.02}
"""How often each answer to an agreement item; blanks among them."""
MEGABYTE = 1e6


def _units() -> pd.DataFrame:
    kinds = study_plan().kinds
    rows: list[tuple[str | None, ...]] = []
    for place in range(PROJECTS):
        type_, mode = kinds[place % len(kinds)]
        code, parent = f"P{place:03d}", f"I{place % INSTITUTIONS:02d}"
        rows.append(
            ("project", code, code, parent, type_, type_, mode, module_for(type_, mode))
        )  # fmt: skip
    rows += [("institution", f"I{k:02d}", f"I{k:02d}", *[None] * 5) for k in range(INSTITUTIONS)]
    names = next(table for table in FIXED_TABLES if table.name == "units").names
    return pd.DataFrame(rows, columns=names)


def _answers(
    form: Instrument, units: pd.DataFrame, *, generator: np.random.Generator
) -> pd.DataFrame:
    """Everybody answers what the module of the project asks; classes differ a little."""
    projects = units[units["kind"] == "project"]
    n = PROJECTS * CLASSES * SIZE
    project = np.repeat(projects["unit"].to_numpy(), CLASSES * SIZE)
    class_ = np.repeat(np.arange(PROJECTS * CLASSES), SIZE)
    codes = np.array([f"C{k:05d}" for k in range(PROJECTS * CLASSES)], dtype=object)[class_]
    number = generator.permutation(n)
    columns: dict[str, object] = dict.fromkeys(response_table(form).names)
    columns |= {
        "response": [f"r{k:07d}" for k in number],
        "unit": project,
        "target": codes,
        "class_code": codes,
        "day": "2026-09-10",
        "duration": "3-10",
        "status": "accepted",
        "medium": "online",
    }
    module = np.repeat(projects["module"].to_numpy(), CLASSES * SIZE)
    good = generator.random(PROJECTS * CLASSES)[class_]
    own = generator.normal(0.0, 0.1, size=n)
    for section in form.sections:
        asked = np.ones(n, dtype=bool)
        for rule in section.relevant:
            asked &= (module == rule.value) == (rule.operator == "=")
        for item in section.items:
            if item.name in columns and item.scale is not None:
                codes_ = list(item.scale.codes)
                share = np.array([SHARES.get(code, 0.3) for code in (*codes_, "")])
                cut = np.cumsum(share / share.sum())
                drawn = np.clip(generator.random(n) * 0.9 + 0.1 * good + own, 0.0, 0.999)
                told = np.array([*codes_, None], dtype=object)[np.searchsorted(cut, drawn)]
                columns[item.name] = np.where(asked, told, None)
    return pd.DataFrame(columns)


def make(folder: Path) -> None:
    """Write the extract, sealed, into ``folder``."""
    sources = instrument_sources()
    forms = load_instruments(sources)
    generator = np.random.default_rng(1)
    units = _units()
    tables = {t.name: pd.DataFrame(columns=t.names) for t in FIXED_TABLES if t.name != "codebook"}
    tables |= {t.name: pd.DataFrame(columns=t.names) for f in forms for t in instrument_tables(f)}
    projects = units.loc[units["kind"] == "project", "unit"]
    tables["units"] = units
    tables["classes"] = pd.DataFrame(
        {
            "class_code": [f"C{k:05d}" for k in range(PROJECTS * CLASSES)],
            "name": "班",
            "project": np.repeat(projects.to_numpy(), CLASSES),
            "county": None,
            "enrolled": SIZE + 5,
        }
    )
    form = next(one for one in forms if one.code == FORM)
    tables[form.table] = _answers(form, units, generator=generator)
    cycle = Cycle("million", "百万份", 2026, True)
    write_extract(
        folder,
        cycle=cycle,
        day="2026-10-01",
        tables=tables,
        instruments=sources,
        frameworks=framework_sources(),
        plan=plan_source(),
    )


def measured(folder: Path, *, informing: bool) -> str:
    """Open and score, and say what it took."""
    from analysis.pipeline import score

    begun, spent = perf_counter(), process_time()
    extract = read_extract(folder)
    opened, used = perf_counter() - begun, process_time() - spent
    plan = extract.plan if informing else extract.plan.scores_alone()
    steps: list[tuple[str, float]] = []
    results = score(
        extract, plan, progress=lambda name, done, total: steps.append((name, perf_counter()))
    )
    wall, cpu = perf_counter() - begun, process_time() - spent
    pairs = zip(steps[:-1], steps[1:], strict=True)
    parts = "; ".join(f"{name} {after - before:.1f}" for (name, before), (_, after) in pairs)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / MEGABYTE
    return (
        f"{len(results.units)} rows of units: {wall:.1f} s, {cpu:.1f} s of processor, "
        f"{peak:,.0f} MB (opening {opened:.1f} s, {used:.1f} s of processor; {parts})"
    )


def _floor(folder: Path) -> str:
    forms = load_instruments(instrument_sources())
    form = next(one for one in forms if one.code == FORM)
    begun = perf_counter()
    frame = pd.read_parquet(folder / f"{form.table}.parquet")
    names = [mapping.item for mapping in form.mappings if mapping.item in frame]
    numbers = frame[names].apply(pd.to_numeric, errors="coerce")
    means = numbers.groupby(frame["class_code"]).mean()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / MEGABYTE
    return f"floor, {len(means):,} classes: {perf_counter() - begun:.1f} s, {peak:,.0f} MB"


def run() -> Iterator[str]:
    """Lines of the result table."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "extract"
        for what in ("make", "floor", "scores", "everything"):
            command = [sys.executable, "-m", "bench.million", str(folder), what]
            told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            if told.strip():
                yield f"{what}: {told.strip()}"


if __name__ == "__main__":
    place, what = Path(sys.argv[1]), sys.argv[2]
    if what == "make":
        make(place)
    elif what == "floor":
        print(_floor(place))
    else:
        print(measured(place, informing=what == "everything"))
