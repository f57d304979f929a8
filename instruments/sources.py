"""Forms, frameworks and plan read together: they fit one another, or every fault of all is told."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from instruments.builtin import load_instruments
from instruments.faults import Fault, FaultsFound, Place, fault
from instruments.fit import check_fit
from instruments.framework import read_framework
from instruments.methods import Plan
from instruments.model import Instrument
from instruments.plan import read_plan
from instruments.scorecard import Framework

File = tuple[str, bytes]
"""Name and content."""
_NAME = re.compile(r"[\w-](?:[\w.()\uff08\uff09 -]{0,98}[\w)\uff09])?")


def compile_files(
    instruments: Sequence[File], frameworks: Sequence[File], plan: File
) -> tuple[tuple[Instrument, ...], tuple[Framework, ...], Plan]:
    """Compile form files, frameworks and plan of one evaluation, and check that they fit.

    Raises FaultsFound with the faults of all files at once: form files of one name or with a name
    that an extract cannot keep, what ``load_instruments``, ``read_framework`` and ``read_plan``
    refuse; and, when each is good by itself, all that ``check_fit`` refuses.
    """
    faults = [*_name_faults([name for name, _ in instruments])]
    faults += _name_faults([name for name, _ in frameworks])
    readers: tuple[Callable[[], Any], ...] = (
        lambda: load_instruments(dict(instruments)),
        *(partial(read_framework, content, name) for name, content in sorted(frameworks)),
        lambda: read_plan(plan[1], plan[0]),
    )
    parts = []
    for read in readers:
        try:
            parts.append(read())
        except FaultsFound as found:
            faults += found.faults
    if faults:
        raise FaultsFound(faults)
    compiled, *trees, choices = parts
    check_fit(trees, choices, compiled)
    return compiled, tuple(trees), choices


def _name_faults(names: Sequence[str]) -> Iterator[Fault]:
    """An extract keeps every form under its name, also where letters' case is not told apart."""
    seen: set[str] = set()
    for name in names:
        if not _NAME.fullmatch(name):
            yield fault("extract.bad_file_name", Place(file=name), name=name)
        folded = unicodedata.normalize("NFC", name).casefold()
        if folded in seen:
            yield fault("instruments.repeated_file", Place(file=name))
        seen.add(folded)
