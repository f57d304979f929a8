"""How a bulletin is printed: its mark, what only the issuing office can give, texts of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from analysis.results import Results
from instruments.faults import Fault, FaultsFound, fault, refuse
from reports.document import Imprint
from reports.particulars import parse_particulars
from reports.wording import entry

SAMPLE, DRAFT, MEETING, ISSUED = "sample", "draft", "meeting", "issued"
"""Keys of ``marks`` in the phrases; an issued bulletin bears none."""
SAMPLE_MEETING = "sample_meeting"
"""The 送审稿 of invented data, which stays marked as such."""


@dataclass(frozen=True)
class Printing:
    """The choices of one printing."""

    mark: str = DRAFT
    imprint: Imprint = field(default_factory=Imprint)
    addressees: str = ""
    """主送, instead of the edition's own; '' = the edition's."""
    texts: Mapping[str, str] = field(default_factory=dict)
    """Slot name → Markdown that replaces what the rules would say."""


def default_printing(results: Results) -> Printing:
    """样例 for invented data, else 征求意见稿."""
    return settled(results, Printing())


def read_particulars(path: Path, name: str = "") -> Printing:
    """The printing that an office's 印发信息 ask for; raises FaultsFound with all that is wrong, in
    which the file is called ``name`` (its own name, if none is given)."""
    found = parse_particulars(path, name)
    return Printing(ISSUED if found.issued else DRAFT, found.imprint, found.addressees)


def meeting(printing: Printing) -> Printing:
    """The 送审稿 of ``printing``; refused where the particulars say 印发."""
    if printing.mark == ISSUED:
        raise refuse("issue.meeting")
    return replace(printing, mark=MEETING)


def settled(results: Results, printing: Printing) -> Printing:
    """``printing`` with the mark that ``results`` demand: invented data always say so.

    Raises FaultsFound, with every reason, where an issued bulletin may not be made of them.
    """
    if printing.mark == ISSUED:
        faults = [*_not_issuable(results, printing.imprint)]
        if faults:
            raise FaultsFound(faults)
        return printing
    if not _sample(results):
        return printing
    marks = {DRAFT: SAMPLE, MEETING: SAMPLE_MEETING}
    return replace(printing, mark=marks.get(printing.mark, printing.mark))


def _sample(results: Results) -> bool:
    return results.cycle.sample or results.plan.sample


def _not_issuable(results: Results, imprint: Imprint) -> Iterator[Fault]:
    if _sample(results):
        yield fault("issue.sample")
    adopted = entry("particulars.adopted")
    for one in results.frameworks:
        if one.adoption.status != adopted:
            details = {"title": one.title, "version": one.version, "status": one.adoption.status}
            yield fault("issue.not_adopted", **details)
    if not imprint.organ:
        yield fault("issue.no_organ")
    if not imprint.date:
        yield fault("issue.no_date")
