"""Which published values to withhold, at least cost, so that the attacker learns too little."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

from analysis.disclosure.attack import attack
from analysis.disclosure.system import SLACK, System, join_systems

NEEDS = ("width", "below", "above")
"""Per target: least width of its interval, and values that the interval must reach down and up to
(lower and upper protection levels taken off and put on the true value); missing = no demand."""


@dataclass(frozen=True, eq=False)
class Withheld:
    """What is withheld, and the proof that it is enough and that little more would not do."""

    relations: tuple[str, ...]
    cost: float
    bound: float
    """No choice costs less; equal to ``cost`` where the choice is proved to be the cheapest."""
    intervals: pd.DataFrame
    """``target``, ``low``, ``high``: what the attacker finds afterwards, of every target."""


def withhold(
    system: System,
    *,
    targets: pd.DataFrame,
    needs: pd.DataFrame,
    costs: pd.DataFrame,
    rounds: int,
) -> Withheld:
    """The cheapest relations of ``system`` to withhold so that every target is protected.

    ``targets`` as ``attack`` takes them; ``needs``: ``target``, ``width``, ``below``, ``above``
    (see ``NEEDS``), one row a target; ``costs``: ``relation``, ``cost`` (> 0) of the relations
    that may be withheld: all others stay (sums that anybody knows, earlier publications).

    An attack that succeeds is a proof from some relations; one of those must go. So each round
    attacks, adds a cut for each proof and solves the covering programme again: an implicit hitting
    set, whose last cover is the cheapest of all. After ``rounds`` the cover is completed greedily,
    and relations that turn out not to be needed are told again; ``bound`` then says how far off
    that may be. Deterministic, and the order of rows changes nothing. Raises ValueError when
    targets stay disclosed with everything withheld that may be.
    Source: Fischetti & Salazar 2001, Manag. Sci. 47:1008 (master and attacker), with covering cuts
    in place of capacity cuts; Moreno-Centeno & Karp 2013, Oper. Res. 61:453 (implicit hitting set).
    """
    price = costs.sort_values("relation").set_index("relation")["cost"].astype(float)
    _check(system, price, needs)
    if _faults(_attacked(system, targets, tuple(price.index), needs), needs):
        raise ValueError("targets stay disclosed with everything withheld that may be")
    cuts: list[frozenset[str]] = []
    chosen, bound = _cover(price, cuts)
    for _ in range(rounds):
        found = _attacked(system, targets, chosen, needs)
        faults = _faults(found, needs)
        if not faults:
            return _told(system, targets, chosen, price, bound)
        cuts += _proofs(system.without(chosen), targets, faults, price)
        chosen, bound = _cover(price, cuts)
    chosen = _spared(
        system, targets, needs, _completed(system, targets, needs, chosen, price), price
    )
    return _told(system, targets, chosen, price, bound)


def withhold_now(
    earlier: Sequence[System],
    present: System,
    *,
    targets: pd.DataFrame,
    needs: pd.DataFrame,
    costs: pd.DataFrame,
    rounds: int,
) -> Withheld:
    """``withhold`` for a reader who kept earlier publications: what to withhold of the ``present``.

    What is out cannot be called back: relations of ``earlier`` stay whatever ``costs`` says.
    Systems join by the names of cells (``join_systems``), so cells of one name must be the same
    people with the same answers. Raises ValueError also when the earlier ones alone disclose.
    """
    open_ = set(present.relations)
    own = costs[costs["relation"].isin(open_)]
    whole = join_systems([*earlier, present])
    return withhold(whole, targets=targets, needs=needs, costs=own, rounds=rounds)


def _check(system: System, price: pd.Series, needs: pd.DataFrame) -> None:
    if not price.index.is_unique or needs["target"].duplicated().any():
        raise ValueError("a relation or a target is named twice")
    if not set(price.index) <= set(system.relations):
        raise ValueError("a cost is given for a relation that is not there")
    if not (price > 0).all():
        raise ValueError("a cost is missing or not above zero")


def _attacked(
    system: System, targets: pd.DataFrame, gone: Sequence[str], needs: pd.DataFrame
) -> pd.DataFrame:
    """Intervals; only as far as the widths asked for, where nothing else is."""
    only = needs[["below", "above"]].isna().all().all()
    enough = float(needs["width"].max()) if only else np.inf
    return attack(system.without(gone), targets=targets, enough=enough)


def _faults(found: pd.DataFrame, needs: pd.DataFrame) -> dict[str, tuple[bool, bool]]:
    """Targets that are disclosed, and whether by the lower, by the upper end of the interval."""
    both = found.merge(needs, on="target", how="inner", validate="one_to_one")
    narrow = both["high"] - both["low"] < both["width"] - SLACK
    lower = (both["low"] > both["below"] + SLACK) | narrow
    upper = (both["high"] < both["above"] - SLACK) | narrow
    rows = zip(both["target"], lower, upper, strict=True)
    return {target: (bool(a), bool(b)) for target, a, b in rows if a or b}


def _told(
    system: System, targets: pd.DataFrame, chosen: Sequence[str], price: pd.Series, bound: float
) -> Withheld:
    left = attack(system.without(chosen), targets=targets, enough=np.inf)
    cost = float(price[list(chosen)].sum())
    return Withheld(tuple(chosen), cost, min(bound, cost), left[["target", "low", "high"]])


def _cover(price: pd.Series, cuts: Sequence[frozenset[str]]) -> tuple[tuple[str, ...], float]:
    """The cheapest relations that hit every cut, and what they cost."""
    if not cuts:
        return (), 0.0
    names = sorted(set().union(*cuts))
    rows = np.array([[name in cut for name in names] for cut in dict.fromkeys(cuts)], dtype=float)
    cost = price[names].to_numpy(dtype=float)
    found = milp(
        cost,
        constraints=LinearConstraint(rows, 1.0, np.inf),
        bounds=Bounds(0.0, 1.0),
        integrality=np.ones(len(names)),
    )
    chosen = tuple(name for name, taken in zip(names, found.x, strict=True) if taken > 0.5)
    return chosen, float(price[list(chosen)].sum())


def _proofs(
    system: System,
    targets: pd.DataFrame,
    faults: dict[str, tuple[bool, bool]],
    price: pd.Series,
) -> list[frozenset[str]]:
    """For each disclosed target the relations that prove it and may be withheld.

    Where the continuous programme does not prove it, only integers do: then any may be needed.
    """
    cuts = []
    for target, ends in faults.items():
        vector = _vector(system, targets, target)
        used: set[str] = set()
        for end, sign in zip(ends, (1.0, -1.0), strict=True):
            used |= set(_support(system, sign * vector)) if end else set()
        named = used & set(price.index)
        cuts.append(frozenset(named or set(price.index) & set(system.relations)))
    return cuts


def _vector(system: System, targets: pd.DataFrame, target: str) -> np.ndarray:
    own = targets[targets["target"] == target]
    vector = np.zeros(len(system.cells))
    np.add.at(vector, pd.Index(system.cells).get_indexer(own["cell"]), own["coefficient"])
    return vector


def _support(system: System, objective: np.ndarray) -> Iterator[str]:
    """Relations whose multipliers prove the least value of ``objective``."""
    equal = system.most - system.least <= SLACK
    finite = [~equal & np.isfinite(system.most), ~equal & np.isfinite(system.least)]
    rows = [np.flatnonzero(mask) for mask in finite]
    order = np.concatenate(rows)
    signs = np.concatenate([np.ones(len(rows[0])), -np.ones(len(rows[1]))])
    ends = np.concatenate([system.most[rows[0]], -system.least[rows[1]]])
    found = linprog(
        objective,
        A_ub=system.matrix[order] * signs[:, None] if len(order) else None,
        b_ub=ends if len(order) else None,
        A_eq=system.matrix[np.flatnonzero(equal)] if equal.any() else None,
        b_eq=system.least[equal] if equal.any() else None,
        bounds=np.column_stack([system.low, system.high]),
        method="highs",
    )
    if found.x is None:
        return
    names = np.array(system.relations, dtype=object)
    if equal.any():
        yield from names[equal][np.abs(found.eqlin.marginals) > SLACK]
    if len(order):
        yield from names[order][np.abs(found.ineqlin.marginals) > SLACK]


def _completed(
    system: System,
    targets: pd.DataFrame,
    needs: pd.DataFrame,
    chosen: Sequence[str],
    price: pd.Series,
) -> tuple[str, ...]:
    """``chosen`` and, as long as a target is disclosed, the cheapest relation of its proof."""
    gone = set(chosen)
    while True:
        faults = _faults(_attacked(system, targets, sorted(gone), needs), needs)
        if not faults:
            return tuple(sorted(gone))
        for cut in _proofs(system.without(sorted(gone)), targets, faults, price):
            gone.add(min(cut - gone, key=lambda name: (price[name], name)))


def _spared(
    system: System,
    targets: pd.DataFrame,
    needs: pd.DataFrame,
    chosen: Sequence[str],
    price: pd.Series,
) -> tuple[str, ...]:
    """``chosen`` without those that need not be withheld, the dearest tried first."""
    kept = list(chosen)
    for name in sorted(chosen, key=lambda one: (-price[one], one)):
        fewer = [one for one in kept if one != name]
        if not _faults(_attacked(system, targets, fewer, needs), needs):
            kept = fewer
    return tuple(kept)
