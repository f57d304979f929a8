"""The study of the method on invented provinces: repetitions, tables, a picture, a document."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from instruments.faults import refuse
from reports.study.document import examine, write_document
from reports.study.repetitions import DRAWS, Progress, run_design, study_tools


def study(
    designs: Sequence[str],
    *,
    repetitions: int | None,
    seed: int,
    work: Path,
    out: Path,
    progress: Progress | None = None,
) -> Path:
    """Run the ``designs`` (all, when none is named) and write the document into ``out``.

    ``repetitions``: of each; None: as library/study.yaml says. Raises FaultsFound
    ``reports.no_design`` for a design that library/study.yaml does not have.
    """
    tools = study_tools()
    known = tools.study.designs
    for code in designs:
        if code not in known:
            raise refuse("reports.no_design", design=code, known="、".join(known))
    found = {}
    for code in designs or known:
        outcome = run_design(
            code,
            tools,
            repetitions=repetitions or tools.study.repetitions[known[code].holds],
            seed=seed,
            store=work,
            progress=progress,
        )
        found[code] = examine(outcome, known[code], level=tools.study.level, plan=tools.plan)
    return write_document(found, study=tools.study, seed=seed, draws=DRAWS, out=out)
