"""Later versions of the frameworks that an extract holds: who changed what, beside the frozen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from instruments.faults import Fault, FaultsFound, Place, fault
from instruments.fit import check_fit
from instruments.framework import read_framework
from instruments.methods import Plan
from instruments.model import Instrument
from instruments.scorecard import Change, Framework


def with_later_versions(
    frozen: Sequence[Framework],
    files: Mapping[str, bytes],
    *,
    plan: Plan,
    instruments: Sequence[Instrument],
) -> tuple[Framework, ...]:
    """The ``frozen`` frameworks, each replaced by its later version where ``files`` has one.

    ``files``: name (shown in faults) to YAML. Raises FaultsFound with the faults of all files: what
    ``read_framework`` refuses; no frozen framework of this code and scorecard, two versions of one;
    no ``change``, a change without proposer or reason or on another base, the frozen version's own
    number; and what does not fit plan and instruments (``check_fit``): every item and formula must
    find its leaf.
    """
    if not files:
        return tuple(frozen)
    known = {(one.code, one.scorecard): one for one in frozen}
    later: list[tuple[str, Framework]] = []
    faults: list[Fault] = []
    for name, data in sorted(files.items()):
        try:
            later.append((name, read_framework(data, name)))
        except FaultsFound as found:
            faults += found.faults
    for name, one in later:
        faults += _faults(one, known, Place(file=name))
    times = Counter(one.scorecard for _, one in later)
    faults += [fault("framework.later_twice", scorecard=s) for s, n in times.items() if n > 1]
    if faults:
        raise FaultsFound(faults)
    newer = {one.scorecard: one for _, one in later}
    merged = tuple(newer.get(one.scorecard, one) for one in frozen)
    check_fit(merged, plan, instruments)
    return merged


def _faults(
    one: Framework, known: Mapping[tuple[str, str], Framework], place: Place
) -> Iterator[Fault]:
    base = known.get((one.code, one.scorecard))
    if base is None:
        listed = "、".join(f"{code}（评分表{scorecard}）" for code, scorecard in known)
        yield fault("framework.later_unknown", place, code=one.code, known=listed)
        return
    if one.version == base.version:
        yield fault("framework.later_version", place, version=one.version)
    if one.change is None:
        yield fault("framework.later_change", place)
    else:
        yield from _change_faults(one.change, base, place)


def _change_faults(change: Change, base: Framework, place: Place) -> Iterator[Fault]:
    if not (change.proposer.strip() and change.reason.strip()):
        yield fault("framework.later_change", place)
    if change.base != base.version:
        yield fault("framework.later_base", place, base=change.base, version=base.version)
