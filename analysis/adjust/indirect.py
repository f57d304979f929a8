"""Indirect standardisation: what a unit's trainees would give an average unit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.adjust.frames import Weighed, sums


@dataclass(frozen=True, eq=False)
class Compared:
    """Per group of cells and leaf: the mean of the trait group that they are compared with, and
    its weight."""

    of: np.ndarray
    """Group of each cell: cells of the same traits, and of the same unit if one is named."""
    mean: np.ndarray
    """NaN where no class of the basis can be compared with it."""
    mass: np.ndarray
    """Weighted answers of the trait group's basis."""
    own: np.ndarray
    """Those of them that are the cells' own unit's; 0 without one."""
    overall: np.ndarray
    """By leaf: mean of the whole basis."""


def indirect_shift(frame: Weighed, traits: list[str], minimum: int) -> np.ndarray:
    """Points added to each answer: the province's mean less the mean of the answer's trait cell.

    Out: cells x leaves. A cell with fewer than ``minimum`` answers in the basis takes the mean
    of the margin that drops the last trait, in the end the province's.
    Source: Draper & Gittoes 2004, JRSS A 167:449.
    """
    return shift_of(compare(frame, traits=traits, minimum=minimum))


def shift_of(group: Compared) -> np.ndarray:
    """The shift of ``indirect_shift`` from what cells are compared with."""
    return np.nan_to_num(group.overall - group.mean)[group.of]


def compare(
    frame: Weighed, *, traits: list[str], minimum: int, unit: str | None = None
) -> Compared:
    """The group of answers in the basis that each cell is compared with, cells of a leaf apart.

    ``own`` is the part of the unit that the column ``unit`` names. Cells are summed once, by the
    finest groups; margins are sums of these.
    """
    units = [] if unit is None else [unit]
    of = frame.groups([*traits, *units])
    first = np.unique(of, return_index=True)[1]
    mass, points = (sums(part, of, frame.weight * frame.known) for part in (frame.n, frame.total))
    answers = sums(frame.n, of, frame.known)
    out: Compared | None = None
    for depth in range(len(traits) + 1):
        by = frame.groups(traits[:depth])[first]
        whole, summed = (sums(part, by)[by] for part in (mass, points))
        beside = frame.groups([*traits[:depth], *units])[first]
        own = sums(mass, beside)[beside] if units else np.zeros(mass.shape)
        mean = _ratio(summed, whole)
        if out is None:
            out = Compared(of, mean, whole, own, mean[:1])
            continue
        enough = (sums(answers, by) >= minimum)[by]
        out = Compared(
            of,
            np.where(enough, mean, out.mean),
            np.where(enough, whole, out.mass),
            np.where(enough, own, out.own),
            out.overall,
        )
    assert out is not None
    return out


def _ratio(summed: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.divide(summed, whole, out=np.full(whole.shape, np.nan), where=whole > 0)
