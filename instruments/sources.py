"""Forms, framework and plan read together: they fit one another, or every fault of all is told."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from instruments.builtin import load_instruments
from instruments.faults import Fault, FaultsFound, Place, fault
from instruments.framework import check_fit, read_framework
from instruments.model import Instrument
from instruments.plan import read_plan
from instruments.scorecard import Framework, Plan

File = tuple[str, bytes]
"""Name and content."""
_NAME = re.compile(r"[\w-](?:[\w.()\uff08\uff09 -]{0,98}[\w)\uff09])?")


def compile_files(
    instruments: Sequence[File], framework: File, plan: File
) -> tuple[tuple[Instrument, ...], Framework, Plan]:
    """Compile form files, framework and plan of one evaluation, and check that they fit.

    Raises FaultsFound with the faults of all files at once: form files of one name or with a name
    that an extract cannot keep, what ``load_instruments``, ``read_framework`` and ``read_plan``
    refuse; and, when each is good by itself, all that ``check_fit`` refuses.
    """
    faults = list(_name_faults([name for name, _ in instruments]))
    readers: tuple[Callable[[], Any], ...] = (
        lambda: load_instruments(dict(instruments)),
        lambda: read_framework(framework[1], framework[0]),
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
    compiled, tree, choices = parts
    check_fit(tree, choices, compiled)
    return compiled, tree, choices


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
