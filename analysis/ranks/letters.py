"""Letters for units that cannot be told apart: shared if and only if no difference is confirmed."""

from __future__ import annotations

import numpy as np


def letters(score: np.ndarray, *, separable: np.ndarray) -> list[str]:
    """Letters per unit: two units share one if and only if they are not separable.

    Each letter is a maximal set of mutually inseparable units; 'a' goes to the set that holds the
    best score. Source: Piepho 2004, J. Comput. Graph. Stat. 13:456; sets by Bron & Kerbosch 1973.
    """
    order = sorted(range(len(score)), key=lambda unit: (-score[unit], unit))
    near = [
        sum(1 << j for j, b in enumerate(order) if j != i and not separable[a, b])
        for i, a in enumerate(order)
    ]
    sets = sorted(_maximal_sets(near))
    result = [""] * len(score)
    for number, members in enumerate(sets):
        for place in members:
            result[order[place]] += _letter(number)
    return result


def _maximal_sets(near: list[int]) -> list[tuple[int, ...]]:
    found: list[tuple[int, ...]] = []
    stack = [(0, (1 << len(near)) - 1, 0)]
    while stack:
        chosen, open_, closed = stack.pop()
        if not open_ and not closed:
            found.append(tuple(_bits(chosen)))
            continue
        pivot = max(_bits(open_ | closed), key=lambda v: (open_ & near[v]).bit_count())
        for place in _bits(open_ & ~near[pivot]):
            bit = 1 << place
            stack.append((chosen | bit, open_ & near[place], closed & near[place]))
            open_, closed = open_ & ~bit, closed | bit
    return [members for members in found if members]


def _bits(mask: int) -> list[int]:
    places = []
    while mask:
        low = mask & -mask
        places.append(low.bit_length() - 1)
        mask ^= low
    return places


def _letter(number: int) -> str:
    word = ""
    number += 1
    while number:
        number, digit = divmod(number - 1, 26)
        word = chr(ord("a") + digit) + word
    return word
