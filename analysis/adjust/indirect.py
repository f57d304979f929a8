"""Indirect standardisation: what a unit's trainees would give an average unit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True, eq=False)
class Compared:
    """Per cell: the mean of the trait group that it is compared with, and that group's weight."""

    mean: np.ndarray
    """NaN where no class of the basis can be compared with it."""
    mass: np.ndarray
    """Weighted answers of the group's basis."""
    own: np.ndarray
    """Those of them that are the cell's own unit's."""


def indirect_shift(frame: pd.DataFrame, traits: list[str], minimum: int) -> np.ndarray:
    """Points added to each answer: the province's mean less the mean of the answer's trait cell.

    In: ``frames.prepare``. A cell with fewer than ``minimum`` answers in the basis takes the mean
    of the margin that drops the last trait, in the end the province's.
    Source: Draper & Gittoes 2004, JRSS A 167:449.
    """
    overall = compare(frame, traits=[], minimum=minimum).mean
    return np.nan_to_num(overall - compare(frame, traits=traits, minimum=minimum).mean)


def compare(frame: pd.DataFrame, *, traits: list[str], minimum: int) -> Compared:
    """The group of answers in the basis that each cell is compared with, cells of a leaf apart.

    In: ``frames.prepare``; where it has a column ``project``, ``own`` is that unit's part.
    """
    answers = frame["n"] * frame["known"]
    parts = frame.assign(
        answers=answers,
        mass=frame["weight"] * answers,
        points=frame["weight"] * frame["known"] * frame["total"],
    )
    unit = ["project"] if "project" in frame else ["class_code"]
    out = _group(parts, keys=["leaf"], unit=unit)
    for depth in range(1, len(traits) + 1):
        keys = ["leaf", *traits[:depth]]
        count = parts.groupby(keys, sort=True)["answers"].transform("sum").to_numpy(dtype=float)
        finer, enough = _group(parts, keys=keys, unit=unit), count >= minimum
        out = Compared(
            np.where(enough, finer.mean, out.mean),
            np.where(enough, finer.mass, out.mass),
            np.where(enough, finer.own, out.own),
        )
    return out


def _group(parts: pd.DataFrame, *, keys: list[str], unit: list[str]) -> Compared:
    sums = parts.groupby(keys, sort=True)[["points", "mass"]].transform("sum")
    points, mass = (sums[name].to_numpy(dtype=float) for name in ("points", "mass"))
    own = parts.groupby([*keys, *unit], sort=True)["mass"].transform("sum").to_numpy(dtype=float)
    mean = np.divide(points, mass, out=np.full(len(parts), np.nan), where=mass > 0)
    return Compared(mean, mass, own)
