"""Indirect standardisation: what a unit's trainees would give an average unit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.adjust.frames import Weighed


@dataclass(frozen=True, eq=False)
class Compared:
    """Per cell and leaf: the mean of the trait group that it is compared with, and its weight."""

    mean: np.ndarray
    """NaN where no class of the basis can be compared with it."""
    mass: np.ndarray
    """Weighted answers of the group's basis."""
    own: np.ndarray
    """Those of them that are the cell's own unit's."""
    overall: np.ndarray
    """Mean of the whole basis."""


def indirect_shift(frame: Weighed, traits: list[str], minimum: int) -> np.ndarray:
    """Points added to each answer: the province's mean less the mean of the answer's trait cell.

    Out: cells x leaves. A cell with fewer than ``minimum`` answers in the basis takes the mean
    of the margin that drops the last trait, in the end the province's.
    Source: Draper & Gittoes 2004, JRSS A 167:449.
    """
    group = compare(frame, traits=traits, minimum=minimum)
    return np.nan_to_num(group.overall - group.mean)


def compare(
    frame: Weighed, *, traits: list[str], minimum: int, unit: str | None = None
) -> Compared:
    """The group of answers in the basis that each cell is compared with, cells of a leaf apart.

    ``own`` is the part of the unit that the column ``unit`` names; 0 without one.
    """
    answers = frame.n * frame.known[:, None]
    mass = frame.weight[:, None] * answers
    points = (frame.weight * frame.known)[:, None] * frame.total
    out = _group(frame, mass, points, keys=[], unit=unit)
    for depth in range(1, len(traits) + 1):
        keys = traits[:depth]
        by = frame.groups(keys)
        enough = frame.sums(answers, by)[by] >= minimum
        finer = _group(frame, mass, points, keys=keys, unit=unit)
        out = Compared(
            np.where(enough, finer.mean, out.mean),
            np.where(enough, finer.mass, out.mass),
            np.where(enough, finer.own, out.own),
            out.overall,
        )
    return out


def _group(
    frame: Weighed, mass: np.ndarray, points: np.ndarray, *, keys: list[str], unit: str | None
) -> Compared:
    by = frame.groups(keys)
    whole, summed = frame.sums(mass, by), frame.sums(points, by)
    mean = np.divide(summed, whole, out=np.full(whole.shape, np.nan), where=whole > 0)
    own = np.zeros(mass.shape)
    if unit is not None:
        of = frame.groups([*keys, unit])
        own = frame.sums(mass, of)[of]
    return Compared(mean[by], whole[by], own, mean[by])
