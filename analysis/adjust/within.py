"""Case-mix by regression within classes: what a trait does where everything else is the same."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.adjust.frames import Weighed, prepare, sums
from analysis.results import Cells

FEW = "*"
"""Level into which all levels with too few answers are merged."""
RANK, ESTIMABLE, VARIES = 1e-10, 1e-7, 1e-12
"""Relative limits: of an eigenvalue, of a contrast outside the data, of variation in classes."""
EFFECTS = (
    *("leaf", "trait", "level", "n", "share", "reference", "estimable"),
    *("estimate", "se", "effect", "classes"),
)


@dataclass(frozen=True, eq=False)
class _Design:
    """Dummies of all levels (cells x columns) of one leaf, and which trait and level each is."""

    x: np.ndarray
    trait: np.ndarray
    level: np.ndarray
    n: np.ndarray
    """Answers of the basis at the level."""


def within_shift(frame: Weighed, traits: list[str], minimum: int) -> np.ndarray:
    """Points added to each answer: minus the effects of its levels, measured within classes.

    Out: cells x leaves. For a unit's mean this is y - b'(x_u - x): b from the classes of the
    basis with an effect for every class, so that what units do differently is no trait's effect;
    x the weighted mean of the basis. Levels as in ``within_effects``.
    """
    shift = np.zeros(frame.n.shape)
    for place, at, part in frame.parts():
        design = _design(part, traits, minimum)
        effects = _fit(part, design, leaf=frame.leaves[place])["effect"]
        shift[at, place] = -design.x @ effects.to_numpy(dtype=float)
    return shift


def within_effects(
    cells: Cells,
    *,
    weights: pd.DataFrame,
    traits: Sequence[str],
    minimum_cell: int,
    basis: Collection[str],
) -> pd.DataFrame:
    """Coefficients of the regression of answers on declared traits with an effect for each class.

    In: as ``adjusted_totals``. Out, columns ``EFFECTS``, sorted: per leaf, trait and level the
    answers ``n`` of the basis and their weighted ``share`` (0-1); ``estimate``, points above the
    ``reference`` level (the one with most answers) for people of one class, with its
    cluster-robust ``se`` (clusters = classes, CR1: C/(C-1) · (N-1)/(N-K)); ``estimable``: false
    where no chain of classes has both levels, then estimate and se are missing; ``effect``: points
    above the mean of the basis, which every answer at this level loses; ``classes``: C.

    Levels with fewer than ``minimum_cell`` answers count as one level '*', and have no effect
    when even together they are fewer. A level that only fills whole classes has none either: what
    it does cannot be told from what the class did. Coefficients are those of least norm among all
    that fit, so that neither order nor names of levels matter.
    Sources: Mundlak 1978, Econometrica 46:69 (effects within units); O'Malley et al. 2005, Health
    Serv. Res. 40:2162 (case-mix of CAHPS); Cameron & Miller 2015, J. Hum. Resour. 50:317 (CR1).
    """
    frame = prepare(cells, weights=weights, traits=traits, basis=basis)
    tables = [
        _fit(part, _design(part, list(traits), minimum_cell), leaf=frame.leaves[place])
        for place, _, part in frame.parts()
    ]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=list(EFFECTS))


def _design(part: pd.DataFrame, traits: list[str], minimum: int) -> _Design:
    counted = (part["n"] * part["known"]).to_numpy(dtype=float)
    columns, names, numbers = [np.zeros((len(part), 0))], [], []
    for trait in traits:
        level = _merged(part[trait].array, counted, minimum)
        for code in np.unique(level.codes):
            one, at = level.categories[code], (level.codes == code).astype(float)
            held = float(counted @ at)
            if held >= max(minimum, 1):
                columns.append(at[:, None])
                names.append((trait, one))
                numbers.append(held)
    pairs = np.array(names, dtype=object).reshape(-1, 2)
    return _Design(np.hstack(columns), pairs[:, 0], pairs[:, 1], np.array(numbers))


def _merged(level: pd.Categorical, counted: np.ndarray, minimum: int) -> pd.Categorical:
    """Levels with those of fewer than ``minimum`` answers as one, sorted."""
    names = list(level.categories)
    n = np.bincount(level.codes, weights=counted, minlength=len(names))
    merged = [FEW if few else name for name, few in zip(names, n < minimum, strict=True)]
    known = sorted(set(merged))
    place = np.array([known.index(name) for name in merged], dtype=int)
    return pd.Categorical.from_codes(place[level.codes], known)


def _fit(part: pd.DataFrame, design: _Design, *, leaf: str) -> pd.DataFrame:
    mass = (part["weight"] * part["n"] * part["known"]).to_numpy(dtype=float)
    points = (part["weight"] * part["total"] * part["known"]).to_numpy(dtype=float)
    names, codes = np.unique(part["class_code"].cat.codes.to_numpy(), return_inverse=True)
    inner = _centred(design.x, mass, codes, size=len(names))
    gram, whole = inner.T @ (inner * mass[:, None]), max(mass.sum(), 1e-300)
    inverse, rank = _pseudo_inverse(gram / whole)
    inverse = inverse / whole
    beta = inverse @ (inner.T @ points)
    scores = sums(inner * (points - mass * (design.x @ beta))[:, None], codes)
    answers, size = float(part["n"][mass > 0].sum()), len(np.unique(codes[mass > 0]))
    spare = answers - size - rank
    factor = size / (size - 1.0) * (answers - 1.0) / spare if size > 1 and spare > 0 else np.nan
    covariance = inverse @ (scores.T @ scores) @ inverse * factor
    seen = np.diag(gram) / whole > VARIES
    share = (design.x.T @ mass) / whole
    return _table(
        design,
        leaf=leaf,
        beta=beta,
        covariance=covariance,
        seen=seen,
        share=share,
        space=inverse @ gram,
        classes=size,
    )


def _table(
    design: _Design,
    *,
    leaf: str,
    beta: np.ndarray,
    covariance: np.ndarray,
    seen: np.ndarray,
    share: np.ndarray,
    space: np.ndarray,
    classes: int,
) -> pd.DataFrame:
    rows = []
    for trait in dict.fromkeys(design.trait):
        own = np.flatnonzero(design.trait == trait)
        compared = own[seen[own]]
        base = compared if len(compared) else own
        reference = base[np.argmax(design.n[base])]
        middle = np.average(beta[base], weights=share[base])
        for k in own:
            contrast = np.zeros(len(beta))
            contrast[k] += 1.0
            contrast[reference] -= 1.0
            off = np.abs(contrast - space.T @ contrast).max()
            told = bool(off < ESTIMABLE and (seen[k] or k == reference))
            variance = float(contrast @ covariance @ contrast)
            rows.append(
                (
                    *(leaf, trait, design.level[k], design.n[k], share[k]),
                    *(design.level[reference], told),
                    float(contrast @ beta) if told else np.nan,
                    float(np.sqrt(max(variance, 0.0))) if told and variance == variance else np.nan,
                    float(beta[k] - middle) if seen[k] else 0.0,
                    classes,
                )
            )
    return pd.DataFrame(rows, columns=list(EFFECTS))


def _centred(x: np.ndarray, mass: np.ndarray, codes: np.ndarray, *, size: int) -> np.ndarray:
    """Dummies less their weighted mean in the class; 0 for a class without weight."""
    total = np.bincount(codes, mass, size)
    mean = sums(x * mass[:, None], codes) / np.where(total > 0, total, 1.0)[:, None]
    return np.where((total > 0)[codes][:, None], x - mean[codes], 0.0)


def _pseudo_inverse(gram: np.ndarray) -> tuple[np.ndarray, int]:
    if not gram.size:
        return gram, 0
    values, vectors = np.linalg.eigh(gram)
    kept = values > RANK * max(float(values[-1]), VARIES)
    return (vectors[:, kept] / values[kept]) @ vectors[:, kept].T, int(kept.sum())
