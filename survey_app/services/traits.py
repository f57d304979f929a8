"""Coarsen what identifies by itself: no combination in a class has fewer than k."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

Combination = tuple[str | None, ...]


def coarsen(rows: Sequence[Combination], k: int) -> list[Combination]:
    """Traits of one class's rows, most needed trait first, with the last ones removed (None)
    until every combination that remains, the wholly empty one included, has at least ``k`` rows.

    Fewer than ``k`` rows in all keep nothing.
    """
    kept: dict[int, Combination] = {}
    rest = list(range(len(rows)))
    for width in range(len(rows[0]) if rows else 0, -1, -1):
        short = {i: _shorten(rows[i], width) for i in rest}
        sizes = Counter(short.values())
        settled = [i for i in rest if sizes[short[i]] >= k]
        kept |= {i: short[i] for i in settled}
        rest = [i for i in rest if i not in kept]
    return _absorb(rows, kept, rest)


def _shorten(row: Combination, width: int) -> Combination:
    return row[:width] + (None,) * (len(row) - width)


def _absorb(
    rows: Sequence[Combination], kept: dict[int, Combination], rest: list[int]
) -> list[Combination]:
    """Rows still alone lose all traits, and the smallest group joins them."""
    empty: Combination = (None,) * (len(rows[0]) if rows else 0)
    groups = Counter(kept.values())
    if rest and groups and empty not in groups:
        smallest = min(groups, key=lambda g: (groups[g], str(g)))
        kept = {i: empty if group == smallest else group for i, group in kept.items()}
    return [kept.get(i, empty) for i in range(len(rows))]


def rare(values: Sequence[str | None], k: int) -> set[int]:
    """Places to be blanked, so that every value that remains has at least ``k`` places and the
    blank ones, if there are any, are at least ``k`` too: as few as do it, later ones first."""
    places: dict[str, list[int]] = defaultdict(list)
    blank = {place for place, value in enumerate(values) if value is None}
    for place, value in enumerate(values):
        if value is not None:
            places[value].append(place)
    blank |= {place for found in places.values() if len(found) < k for place in found}
    common = sorted((len(found), value) for value, found in places.items() if len(found) >= k)
    missing = k - len(blank) if blank and common else 0
    if missing > sum(size - k for size, _ in common):  # too few to spare: one value goes whole
        return blank | set(places[common[0][1]])
    for size, value in reversed(common):
        taken = min(size - k, max(missing, 0))
        blank |= set(places[value][size - taken :])
        missing -= taken
    return blank
